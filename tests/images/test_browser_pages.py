"""The pages of the hub: who sees what, in words, and what is recorded."""

from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image
from pydicom.uid import generate_uid

import make
from images.instances import CT, as_file, ct
from images.web import client, keep, know
from plateau.images.quarantine import service as quarantine
from plateau.kernel.caller import Caller, Role
from plateau.kernel.ids import SiteId
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db


@pytest.fixture
def world(db: Db) -> make.World:
    with db.begin() as tx:
        return make.a_world(tx)


def somebody(world: make.World, role: Role) -> Caller:
    made = make.a_caller(world.requester_id, world.site_id, role=role)
    return replace(made, language="en")


def search(db: Db, blobs: Blobs, caller: Caller, **asked: str) -> str:
    answer = client(db, blobs, caller).post("/images", data={"csrf": "c", **asked})
    assert answer.status_code == 200
    return answer.text


def test_a_study_is_found_by_each_thing_people_know_of_it(
    db: Db, blobs: Blobs, world: make.World
) -> None:
    keep(db, blobs, as_file(ct()))
    reader = somebody(world, Role.READER)
    with db.begin() as tx:
        surname = tx.value("select surname from patients.patient")
        first_name = tx.value("select first_name from patients.patient")
    for asked in (
        {"name": surname.lower()[:4]},
        {"name": f"{surname} {first_name[:2]}"},
        {"local_id": "IPP-TEST-1"},
        {"accession": "ACC1"},
        {"modality": "CT"},
        {"site": str(world.site_id)},
        {"since": "2026-11-24", "until": "2026-11-24"},
    ):
        assert "Page 1 · results: 1" in search(db, blobs, reader, **asked), asked
    for asked in ({"name": "%"}, {"modality": "MR"}, {"until": "2026-11-23"}, {"accession": "X"}):
        assert "No study" in search(db, blobs, reader, **asked), asked


def test_accents_and_case_do_not_matter(db: Db, blobs: Blobs, world: make.World) -> None:
    keep(db, blobs, as_file(ct()))
    with db.begin() as tx:
        tx.run("update patients.patient set surname = 'ÉTCHÉVERRY-ESSAI'")
    reader = somebody(world, Role.READER)
    for name in ("etcheverry", "ÉTCHÉVERRY-ESSAI"):
        assert "Page 1 · results: 1" in search(db, blobs, reader, name=name)


def test_other_sites_patients_are_not_listed(db: Db, blobs: Blobs, world: make.World) -> None:
    keep(db, blobs, as_file(ct()))
    with db.begin() as tx:
        elsewhere = make.a_site(tx, "ELSEWHERE")
    reader = make.a_caller(world.reader_id, elsewhere)
    assert "Page 1" not in client(db, blobs, reader).get("/images").text


def test_pages_follow_each_other(db: Db, blobs: Blobs, world: make.World) -> None:
    keep(db, blobs, *(as_file(ct()) for _ in range(52)))
    reader = somebody(world, Role.READER)
    first, second = search(db, blobs, reader), search(db, blobs, reader, page="2")
    assert "Page 1 · results: 50, and there are more" in " ".join(first.split())
    assert "Page 2 · results: 2" in second
    too_far = client(db, blobs, reader).post("/images", data={"csrf": "c", "page": "201"})
    assert too_far.status_code == 400


def test_dates_that_are_none_are_refused_not_a_bug(db: Db, blobs: Blobs, world: make.World) -> None:
    page = client(db, blobs, somebody(world, Role.READER))
    for asked in ({"since": "yesterday"}, {"until": "9999-12-31"}, {"site": "1"}, {"name": "\0"}):
        assert page.post("/images", data={"csrf": "c", **asked}).status_code in {400, 422}


def test_opening_a_study_shows_its_series_and_is_recorded(
    db: Db, blobs: Blobs, world: make.World
) -> None:
    image = ct()
    keep(db, blobs, as_file(image))
    page = client(db, blobs, somebody(world, Role.TECHNOLOGIST))
    answer = page.get(f"/images/studies/{image.StudyInstanceUID}")
    with db.begin() as tx:
        seen = tx.value("select count(*) from access.audit where action = 'images.view'")
    assert f"/series/{image.SeriesInstanceUID}/thumbnail" in answer.text
    assert f"StudyInstanceUIDs={image.StudyInstanceUID}" in answer.text
    assert seen == 1
    assert page.get(f"/images/studies/{generate_uid()}").status_code == 404


def test_the_small_picture_of_a_series_is_one(db: Db, blobs: Blobs, world: make.World) -> None:
    image = ct()
    keep(db, blobs, as_file(image))
    answer = client(db, blobs, somebody(world, Role.READER)).get(
        f"/dicom-web/studies/{image.StudyInstanceUID}/series/{image.SeriesInstanceUID}/thumbnail"
    )
    assert answer.headers["content-type"].startswith("image/")


def test_the_list_has_small_pictures_that_are_no_look_at_the_images(
    db: Db, blobs: Blobs, world: make.World
) -> None:
    image = ct()
    keep(db, blobs, as_file(image))
    path = f"/images/studies/{image.StudyInstanceUID}/picture"
    page = client(db, blobs, somebody(world, Role.READER))

    assert f'src="{path}"' in page.get("/images").text
    first = page.get(path)
    again = page.get(path, headers={"If-None-Match": first.headers["ETag"]})

    with Image.open(BytesIO(first.content)) as picture:
        assert picture.size == (64, 64)
    assert again.status_code == 304
    assert "private" in first.headers["Cache-Control"]
    with db.begin() as tx:
        assert tx.values("select distinct action from access.audit") == ["images.search"]
    elsewhere = make.a_caller(world.reader_id, make_elsewhere(db))
    assert client(db, blobs, elsewhere).get(path).status_code == 404
    assert client(db, blobs, somebody(world, Role.PHYSICIST)).get(path).status_code == 404


def make_elsewhere(db: Db) -> SiteId:
    with db.begin() as tx:
        return make.a_site(tx, "ELSEWHERE")


@pytest.mark.filterwarnings("ignore::UserWarning")  # of the reader, about the broken image
def test_a_study_without_a_picture_shows_none(db: Db, blobs: Blobs, world: make.World) -> None:
    broken, report = ct(), ct()
    broken.PixelData = b"\1\2"
    for keyword in ("PixelData", "Rows", "Columns"):
        delattr(report, keyword)
    keep(db, blobs, as_file(broken), as_file(report))
    page = client(db, blobs, somebody(world, Role.READER))
    for image in (broken, report):
        answer = page.get(f"/images/studies/{image.StudyInstanceUID}/picture")
        assert (answer.status_code, answer.content) == (204, b"")


def test_whoever_sees_no_patient_begins_with_the_machines(
    db: Db, blobs: Blobs, world: make.World
) -> None:
    page = client(db, blobs, somebody(world, Role.PHYSICIST))
    assert page.get("/images").url.path == "/images/peers"
    assert page.get("/images/quarantine").status_code == 404
    assert page.post("/images", data={"csrf": "c"}).status_code == 404


def test_a_technologist_decides_from_the_page(db: Db, blobs: Blobs, world: make.World) -> None:
    image = ct(generate_uid())
    keep(db, blobs, as_file(image))
    image.StudyDescription = "Thorax"
    with db.begin() as tx:
        number = quarantine.hold(
            tx, blobs, content=as_file(image), origin=CT, reason="other content", at=make.NIGHT
        )
    page = client(db, blobs, somebody(world, Role.TECHNOLOGIST))
    listed = page.get("/images/quarantine").text
    assert "Quarantine (1)" in listed
    path = f"/images/quarantine/{number}"
    shown = page.get(path).text
    assert "Thorax" in shown
    assert "≠ differs" in shown
    refused = page.post(path, data={"csrf": "c", "state": "kept_old", "reason": ""})
    assert refused.status_code == 400
    decided = page.post(path, data={"csrf": "c", "state": "kept_old", "reason": "Recadrage."})
    assert "What is stored was kept." in decided.text
    assert "Nothing is in quarantine." in page.get("/images/quarantine").text
    assert "Recadrage." in page.get("/images/quarantine?decided=1").text
    assert "Decide" in page.post(f"{path}/reopen", data={"csrf": "c"}).text
    assert page.get("/images/quarantine/999").status_code == 404


def test_no_name_stands_in_an_address(db: Db, blobs: Blobs, world: make.World) -> None:
    know(db, world, "IPP-2")
    page = search(db, blobs, somebody(world, Role.READER), name="INVENTE")
    assert 'method="get"' not in page
    assert "?name=" not in page

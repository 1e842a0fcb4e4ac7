"""A person rejects images from the study's page, and brings them back."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydicom import dcmread
from pydicom.dataset import Dataset

import make
from images.instances import as_file, ct
from images.rejecting import a_study
from images.web import client, keep, run
from plateau.kernel.caller import Caller, Role
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db

UNSAID = (  # by the images that are rejected
    "Warning - Missing attribute or value that would be needed to build DICOMDIR - Study ID"
)


@pytest.fixture
def world(db: Db) -> make.World:
    with db.begin() as tx:
        return make.a_world(tx)


@pytest.fixture
def technologist(world: make.World) -> Caller:
    made = make.a_caller(world.requester_id, world.site_id, role=Role.TECHNOLOGIST)
    return replace(made, language="en")


def shown(db: Db) -> set[str]:
    with db.begin() as tx:
        return set(tx.values("select sop_instance_uid from images.instance"))


def reject(web: TestClient, images: list[Dataset], **asked: str) -> int:
    path = f"/images/studies/{images[0].StudyInstanceUID}/reject"
    data = {"csrf": "c", "code": "113001", **asked}
    return web.post(path, data=data, follow_redirects=False).status_code


@pytest.mark.parametrize(
    ("asked", "left"),
    [({}, []), ({"numbers": "2"}, [0, 2]), ({"numbers": " 1 , 3-9"}, [1])],
)
def test_some_images_are_rejected_from_the_page(
    db: Db, blobs: Blobs, technologist: Caller, asked: dict[str, str], left: list[int]
) -> None:
    images = a_study(3)
    keep(db, blobs, *map(as_file, images))
    with client(db, blobs, technologist) as web:
        assert "Reject images" in web.get(f"/images/studies/{images[0].StudyInstanceUID}").text
        assert reject(web, images, text="Flou cinétique", **asked) == 303
        page = web.get("/images/rejected").text
    assert shown(db) == {str(images[place].SOPInstanceUID) for place in left}
    assert "Flou cinétique" in page
    with db.begin() as tx:
        trail = tx.values(
            "select actor from access.audit where action like 'images.reject%%' order by audit_id"
        )
    assert technologist.name in trail
    assert any(str(technologist.person_id) in actor for actor in trail)


def test_a_series_is_rejected_and_the_other_stays(
    db: Db, blobs: Blobs, technologist: Caller
) -> None:
    images = a_study(2)
    other = ct(images[0].StudyInstanceUID)
    other.SeriesInstanceUID = f"{images[0].StudyInstanceUID[:60]}.2"
    keep(db, blobs, *map(as_file, [*images, other]))
    with client(db, blobs, technologist) as web:
        assert reject(web, images, series=images[0].SeriesInstanceUID) == 303
    assert shown(db) == {str(other.SOPInstanceUID)}


def test_what_cannot_be_rejected_says_why(db: Db, blobs: Blobs, technologist: Caller) -> None:
    images = a_study(1)
    keep(db, blobs, as_file(images[0]))
    with client(db, blobs, technologist) as web:
        assert reject(web, images, code="") == 400
        assert reject(web, images, numbers="one") == 400
        assert reject(web, images, numbers="7") == 404
        assert reject(web, images, text="x" * 1001) == 400
    assert len(shown(db)) == 1


@pytest.mark.parametrize("role", [Role.READER, Role.REQUESTER, Role.MANAGER])
def test_others_reject_nothing(db: Db, blobs: Blobs, world: make.World, role: Role) -> None:
    images = a_study(1)
    keep(db, blobs, as_file(images[0]))
    other = make.a_caller(world.requester_id, world.site_id, role=role)
    with client(db, blobs, other) as web:
        assert reject(web, images) == 404
        assert web.get("/images/rejected").status_code == 404
    assert len(shown(db)) == 1


def test_images_are_shown_again_from_the_page(db: Db, blobs: Blobs, technologist: Caller) -> None:
    images = a_study(2)
    keep(db, blobs, *map(as_file, images))
    with client(db, blobs, technologist) as web:
        reject(web, images)
        with db.begin() as tx:
            rejection_id = tx.value("select rejection_id from images.rejection")
        undo = f"/images/rejected/{rejection_id}/undo"
        assert web.post(undo, data={"csrf": "c", "reason": ""}).status_code == 400
        assert web.post(undo, data={"csrf": "c", "reason": "Erreur de série"}).status_code == 200
        assert "Erreur de série" in web.get("/images/rejected").text
        assert web.post(undo, data={"csrf": "c", "reason": "encore"}).status_code == 409
        assert (
            web.post("/images/rejected/0/undo", data={"csrf": "c", "reason": "x"}).status_code
            == 404
        )
    assert len(shown(db)) == 2


def test_nothing_rejected_is_said(db: Db, blobs: Blobs, technologist: Caller) -> None:
    with client(db, blobs, technologist) as web:
        assert "No image has been rejected." in web.get("/images/rejected").text


def test_dciodvfy_accepts_the_note_we_write(
    db: Db, blobs: Blobs, technologist: Caller, tmp_path: Path
) -> None:
    images = a_study(2)
    keep(db, blobs, *map(as_file, images))
    with client(db, blobs, technologist) as web:
        reject(web, images, text="Flou cinétique")
    with db.begin() as tx:
        written = blobs.get(
            tx.value(
                """
                select blob_key from images.hidden h
                join images.rejection r on r.note_uid = h.sop_instance_uid
                """
            )
        )
    path = tmp_path / "note.dcm"
    path.write_bytes(written)
    done = run("dciodvfy", str(path))
    said = (done.stdout + done.stderr).splitlines()
    assert "KeyObjectSelectionDocument" in said
    assert [line for line in said if line.startswith(("Error", "Warning"))] == [UNSAID]
    assert dcmread(BytesIO(written)).ContentSequence[0].TextValue == "Flou cinétique"

"""Quotas of members: what is refused beyond them, and what never is."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydicom.dataset import Dataset

import make
from images import web
from images.archives import a_peer
from images.instances import as_file, associated, ct, running, store
from plateau.images import jobs, keeper
from plateau.images.events import FetchAsked
from plateau.images.fetch import service as fetching
from plateau.images.fetch.types import Found
from plateau.images.importing import queries, work
from plateau.images.importing import service as importing
from plateau.images.quota.types import OverQuotaError
from plateau.kernel.caller import Caller, Role
from plateau.platform import clock, runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.dimse import Hub

USED_UP = "the quota of this member is used up"
SIZE = len(as_file(ct()))  # of any of them, within some bytes: UIDs are not all as long
ALMOST = SIZE - SIZE // 4
Limit = Callable[[int], None]


@pytest.fixture
def world(db: Db) -> make.World:
    with db.begin() as tx:
        return make.a_world(tx)


@pytest.fixture
def limit(db: Db, world: make.World) -> Limit:
    """Gives the member of the world a quota, in bytes."""

    def limited(quota: int) -> None:
        with db.begin() as tx:
            tx.run("delete from territory.quota")
            tx.run(
                "insert into territory.quota values (%(id)s, %(gb)s, %(since)s)",
                id=world.member_id,
                gb=quota / 1e9,
                since=make.SINCE,
            )

    return limited


@pytest.fixture
def caller(world: make.World) -> Caller:
    found = make.a_caller(world.requester_id, world.site_id, role=Role.TECHNOLOGIST)
    return replace(found, language="en")


@pytest.fixture
def page(db: Db, blobs: Blobs, caller: Caller) -> TestClient:
    return web.client(db, blobs, caller)


def stored(db: Db) -> int:
    with db.begin() as tx:
        return tx.value("select count(*) from images.instance")


def upload(page: TestClient, world: make.World, *images: Dataset) -> tuple[int, str]:
    answer = page.post(
        "/images/imports",
        data={"csrf": "c", "site": str(world.site_id), "issuer": ""},
        files=[("files", (f"{n}.dcm", as_file(one))) for n, one in enumerate(images)],
    )
    return answer.status_code, answer.text


def send(page: TestClient, image: Dataset) -> tuple[int, str]:
    kind = 'multipart/related; type="application/dicom"; boundary=here'
    head = b"--here\r\nContent-Type: application/dicom\r\n\r\n"
    body = head + as_file(image) + b"\r\n--here--\r\n"
    headers = {"X-CSRF-Token": "c", "Content-Type": kind}
    answer = page.post(f"{web.ROOT}/studies", content=body, headers=headers)
    return answer.status_code, answer.text


def test_an_upload_beyond_the_quota_is_refused_in_words_and_nothing_of_it_is_kept(
    page: TestClient, db: Db, world: make.World, limit: Limit, tmp_path: Path
) -> None:
    limit(SIZE + SIZE // 2)
    status, text = upload(page, world, ct(), ct())  # together they are more
    assert status == 507
    assert USED_UP in text
    assert not [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    assert upload(page, world, ct())[0] == 200


def test_a_folder_that_fills_the_quota_has_the_rest_named_in_its_report(
    page: TestClient, db: Db, world: make.World, limit: Limit, tmp_path: Path
) -> None:
    limit(SIZE + SIZE // 2)
    folder = tmp_path / "cd"
    folder.mkdir()
    for number in range(4):
        (folder / f"IM{number}").write_bytes(as_file(ct(number=number + 1)))
    with db.begin() as tx:
        one = importing.begin_folder(tx, folder, site_id=world.site_id, issuer="", now=clock.now())
    work.run(db, runtime.blobs(), keeper.in_use(), one)

    with db.begin() as tx:
        reasons = [file.reason for file in queries.refused(tx, one.import_id)]
    assert stored(db) == 2  # the second one was begun with room left
    assert len(reasons) == 2
    assert all(reason.startswith(USED_UP) for reason in reasons)
    assert USED_UP in page.get(f"/images/imports/{one.import_id}").text
    with db.begin() as tx, pytest.raises(OverQuotaError):
        importing.begin_folder(tx, tmp_path, site_id=world.site_id, issuer="", now=clock.now())


def test_what_people_send_by_web_beyond_the_quota_is_refused_with_507(
    page: TestClient, db: Db, limit: Limit
) -> None:
    limit(SIZE // 2)
    assert send(page, ct())[0] == 200
    status, text = send(page, ct())
    assert status == 507
    assert USED_UP in text
    assert stored(db) == 1


def test_a_request_that_fills_the_quota_has_each_instance_answered(
    page: TestClient, db: Db, limit: Limit
) -> None:
    limit(SIZE + ALMOST)
    images = [ct(number=n) for n in range(1, 5)]
    kind = 'multipart/related; type="application/dicom"; boundary=here'
    head = b"--here\r\nContent-Type: application/dicom\r\n\r\n"
    body = b"".join(head + as_file(one) + b"\r\n" for one in images) + b"--here--\r\n"
    headers = {"X-CSRF-Token": "c", "Content-Type": kind}
    answer = page.post(f"{web.ROOT}/studies", content=body, headers=headers)
    reasons = [item["00081197"]["Value"][0] for item in answer.json()["00081198"]["Value"]]
    assert (answer.status_code, stored(db)) == (202, 2)
    assert reasons == [0xA700, 0xA700]


def test_a_fetch_beyond_the_quota_is_refused_before_and_while_it_waits(
    db: Db, world: make.World, caller: Caller, limit: Limit
) -> None:
    a_peer(db, 1, by="get")
    study = Found(study_uid="1.2.3", local_id="IPP-TEST-1", name="", birth_date="", sex="",
                  day="", modalities="", description="", accession_number="")  # fmt: skip
    asked = fetching.Wish(ae_title="ARCHIVE", site_id=world.site_id, study=study)
    with db.begin() as tx:
        seen = ", ".join(fetching.compare(tx, caller, asked, now=clock.now()).differences)
        fetch_id = fetching.begin(tx, caller, replace(asked, seen=seen), now=clock.now())
    limit(1)
    web.keep(db, runtime.blobs(), as_file(ct()))

    jobs.fetch(FetchAsked(fetch_id=fetch_id))  # never calls: nobody answers there
    with db.begin() as tx:
        (one,) = fetching.listed(tx, caller)
    assert one.state == "refused"
    assert (one.last_error or "").startswith(USED_UP)
    with db.begin() as tx, pytest.raises(OverQuotaError):
        fetching.begin(tx, caller, replace(asked, seen=seen), now=clock.now())


def test_what_a_machine_sends_beyond_the_quota_is_stored_and_said(
    page: TestClient, db: Db, blobs: Blobs, world: make.World, limit: Limit
) -> None:
    limit(1)
    with running(Hub(db, blobs)) as port, associated(port) as machine:
        assert [store(machine, ct()).Status for _ in range(3)] == [0, 0, 0]
    assert stored(db) == 3
    text = page.get("/images/storage").text
    assert "quota used up" in text
    assert 'role="alert"' in text
    assert upload(page, world, ct())[0] == 507


@pytest.mark.parametrize(
    ("per_cent", "said"), [(89, "within its quota"), (91, "almost full"), (100, "quota used up")]
)
def test_the_storage_page_warns_from_90_per_cent(
    page: TestClient, db: Db, blobs: Blobs, limit: Limit, per_cent: int, said: str
) -> None:  # fmt: skip
    content = as_file(ct())
    limit(len(content) * 100 // per_cent)
    web.keep(db, blobs, content)
    text = page.get("/images/storage").text
    words = ("within its quota", "almost full", "quota used up")
    assert [word for word in words if word in text] == [said]


def test_rejected_images_count_and_deleted_ones_do_not(
    page: TestClient, db: Db, blobs: Blobs, limit: Limit
) -> None:
    web.keep(db, blobs, as_file(ct()))
    limit(ALMOST)
    with db.begin() as tx:
        tx.run("insert into images.hidden select * from images.instance")
        tx.run("delete from images.instance")
        tx.run("update images.study set bytes = 0, instances = 0")
    assert "quota used up" in page.get("/images/storage").text
    with db.begin() as tx:
        tx.run("delete from images.hidden")
    assert "within its quota" in page.get("/images/storage").text


def test_without_a_quota_or_outside_its_dates_nothing_is_refused(
    page: TestClient, db: Db, world: make.World, limit: Limit
) -> None:
    assert upload(page, world, ct())[0] == 200
    assert "no quota" in page.get("/images/storage").text
    limit(1)
    tomorrow: date = clock.now().date() + timedelta(days=2)
    with db.begin() as tx:
        tx.run("update territory.quota set valid_from = %(on)s", on=tomorrow)
    assert upload(page, world, ct())[0] == 200


def test_the_quota_of_one_member_does_not_hold_for_another(
    db: Db, blobs: Blobs, world: make.World, limit: Limit
) -> None:
    limit(1)
    web.keep(db, blobs, as_file(ct()))
    with db.begin() as tx:
        elsewhere = make.a_site(tx, "AUTRE")
        there = make.a_caller(world.requester_id, elsewhere, role=Role.TECHNOLOGIST)
    answer = web.client(db, blobs, there).post(
        "/images/imports",
        data={"csrf": "c", "site": str(elsewhere), "issuer": ""},
        files=[("files", ("1.dcm", as_file(ct())))],
    )
    assert answer.status_code == 200

"""A system that gives identifiers of its own sends people whom nobody here has recognised yet."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest
from fastapi.testclient import TestClient
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

import make
from images.archives import a_peer
from images.instances import associated, ct, running, store
from images.web import ROOT, client
from plateau.images import jobs
from plateau.images.commitment import queries as commitment
from plateau.images.events import StrangerRecognised
from plateau.images.retention import queries as retention
from plateau.images.strangers import service as strangers
from plateau.images.upkeep import service as upkeep
from plateau.kernel.caller import Role
from plateau.patients import service as patients
from plateau.platform import clock
from plateau.platform.blobs import Blobs, key_of
from plateau.platform.db import Db
from plateau.platform.dimse import Hub

ISSUER = "CLINIQUE-INVENTEE"
SUCCESS, UNKNOWN = 0x0000, 0x0124


@pytest.fixture
def world(db: Db) -> make.World:
    with db.begin() as tx:
        return make.a_world(tx)


@pytest.fixture
def port(db: Db, blobs: Blobs, world: make.World) -> Iterator[int]:
    """A hub that an archive with identifiers of its own may send to."""
    a_peer(db, 1, site=world.site_id, issuer=ISSUER)
    with db.begin() as tx:
        tx.run("update territory.peer set may_store = true")
    with running(Hub(db, blobs)) as port:
        yield port


@pytest.fixture
def page(db: Db, blobs: Blobs, world: make.World) -> TestClient:
    caller = make.a_caller(world.requester_id, world.site_id, role=Role.TECHNOLOGIST)
    return client(db, blobs, replace(caller, language="en"))


def foreign(count: int = 3, local_id: str = "X-1") -> list[Dataset]:
    """A study as another institution describes our patient."""
    study_uid = generate_uid()
    images = [ct(study_uid, n, local_id) for n in range(1, count + 1)]
    for image in images:
        image.PatientBirthDate, image.PatientSex = "19500203", "F"
    return images


def send(port: int, *images: Dataset, title: str = "ARCHIVE") -> list[int]:
    with associated(port, title) as system:
        return [store(system, image).Status for image in images]


def counts(db: Db) -> tuple[int, int]:
    """What is indexed, and what waits."""
    with db.begin() as tx:
        return (
            tx.value("select count(*) from images.instance"),
            tx.value("select count(*) from images.stranger_instance"),
        )


def recognise(page: TestClient, db: Db, ours: str = "IPP-TEST-1") -> None:
    """What a person does, then the worker."""
    with db.begin() as tx:
        number = tx.value("select min(stranger_id) from images.stranger")
    shown = page.post(f"/images/strangers/{number}/compare", data={"csrf": "c", "ours": ours})
    assert shown.status_code == 200, shown.text
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', shown.text))
    answer = page.post(f"/images/strangers/{number}", data=form)
    assert answer.status_code == 200, answer.text
    work_on(db)


def work_on(db: Db) -> int:
    with db.begin() as tx:
        asked = tx.values(
            """
            select (args->>'stranger_id')::int from public.procrastinate_jobs
            where task_name = 'plateau.images.jobs.index_what_waited' order by id
            """
        )
    for number in asked:
        jobs.index_what_waited(StrangerRecognised(stranger_id=number))
    return len(asked)


def test_a_system_that_sends_somebody_unknown_is_never_refused(
    port: int, db: Db, blobs: Blobs, world: make.World, page: TestClient
) -> None:
    images = foreign()
    assert send(port, *images, *images) == [SUCCESS] * 6
    assert counts(db) == (0, 3)
    with db.begin() as tx:
        keys = tx.values("select blob_key from images.stranger_instance")
        assert tx.value("select count(*) from images.refusal") == 0
    assert {key_of(blobs.get(key)) for key in keys} == set(keys)
    text = page.get("/images/quarantine").text
    for word in (ISSUER, "X-1", "TESTINVENTE^Camille", "19500203", "ARCHIVE"):
        assert word in text
    reader = make.a_caller(world.reader_id, world.site_id, role=Role.READER)
    with client(db, blobs, reader) as web:  # nobody is shown it
        assert web.get(f"{ROOT}/studies/{images[0].StudyInstanceUID}").status_code == 404
        assert web.get(f"{ROOT}/studies").json() == []


def test_once_recognised_what_waited_is_indexed_byte_for_byte(
    port: int, db: Db, blobs: Blobs, world: make.World, page: TestClient
) -> None:
    images = foreign()
    send(port, *images)
    with db.begin() as tx:
        before = set(tx.values("select blob_key from images.stranger_instance"))
    recognise(page, db)
    assert counts(db) == (3, 0)
    with db.begin() as tx:
        assert set(tx.values("select blob_key from images.instance")) == before
        assert tx.values("select patient_id from images.study") == [world.patient_id]
        (metadata,) = tx.values("select metadata from images.instance limit 1")
    assert metadata["00100021"]["Value"] == [ISSUER]
    assert "whom nobody here has recognised" not in page.get("/images/quarantine").text
    work_on(db)  # the engine runs jobs at least once
    assert counts(db) == (3, 0)
    assert send(port, *foreign(1)) == [SUCCESS]  # from now on, at once
    assert counts(db) == (4, 0)


def test_the_tab_counts_who_waits_and_each_step_is_recorded(
    port: int, db: Db, page: TestClient
) -> None:
    send(port, *foreign(1))
    assert "Quarantine (1)" in page.get("/images/quarantine").text
    recognise(page, db)
    with db.begin() as tx:
        done = tx.values(
            "select distinct action from access.audit where action like 'images.stranger%%'"
        )
    assert sorted(done) == [
        "images.stranger.compare", "images.stranger.list", "images.stranger.recognise",
    ]  # fmt: skip


def test_what_comes_while_somebody_is_recognised_does_not_wait_for_ever(
    port: int, db: Db, world: make.World
) -> None:
    send(port, *foreign(2))
    with db.begin() as tx:  # the same person, recognised from the page of imports
        patients.recognise(tx, issuer=ISSUER, value="X-1", patient_id=world.patient_id,
                           by="test", at=clock.now())  # fmt: skip
        strangers.recognised(tx, issuer=ISSUER, local_id="X-1")
    assert work_on(db) == 1
    assert counts(db) == (2, 0)


def test_a_wrong_comparison_changes_nothing(port: int, db: Db, page: TestClient) -> None:
    send(port, *foreign(1))
    with db.begin() as tx:
        number = tx.value("select stranger_id from images.stranger")
    compare = f"/images/strangers/{number}/compare"
    assert page.post(compare, data={"csrf": "c", "ours": "NOBODY"}).status_code == 404
    said = {"csrf": "c", "ours": "IPP-TEST-1", "seen": "something else"}
    assert page.post(f"/images/strangers/{number}", data=said).status_code == 409
    assert page.post(f"/images/strangers/{number + 1}", data=said).status_code == 404
    assert counts(db) == (0, 1)


def test_people_of_other_sites_are_neither_listed_nor_recognised(
    port: int, db: Db, blobs: Blobs, world: make.World
) -> None:
    send(port, *foreign(1))
    with db.begin() as tx:
        number = tx.value("select stranger_id from images.stranger")
        elsewhere = make.a_site(tx, "AUTRE")
    others = [
        make.a_caller(world.requester_id, elsewhere, role=Role.TECHNOLOGIST),
        make.a_caller(world.reader_id, world.site_id, role=Role.READER),
    ]
    said = {"csrf": "c", "ours": "IPP-TEST-1", "seen": ""}
    for other in others:
        with client(db, blobs, other) as web:
            assert "X-1" not in web.get("/images/quarantine").text
            assert web.post(f"/images/strangers/{number}", data=said).status_code == 404


def test_other_content_under_one_uid_goes_to_a_person_once_recognised(
    port: int, db: Db, page: TestClient
) -> None:
    image = foreign(1)[0]
    assert send(port, image) == [SUCCESS]
    image.PixelData = bytes(32)
    assert send(port, image) == [SUCCESS]
    assert counts(db) == (0, 2)
    recognise(page, db)
    assert counts(db) == (1, 0)
    with db.begin() as tx:
        assert tx.value("select count(*) from images.quarantine where state = 'open'") == 1


def test_a_study_known_with_another_patient_stays_and_says_why(
    port: int, db: Db, page: TestClient, world: make.World
) -> None:
    images = foreign(1)
    ours = ct(images[0].StudyInstanceUID, 9)
    with db.begin() as tx:
        other = make.a_patient(tx, world.site_id, "IPP-AUTRE-2")
    assert other != world.patient_id
    assert send(port, ours, title="CT_TEST") == [SUCCESS]
    send(port, *images)
    recognise(page, db, ours="IPP-AUTRE-2")
    assert counts(db) == (1, 1)
    text = page.get("/images/quarantine").text
    assert "this study is known with another patient" in text
    assert "Try again" in text


def test_somebody_without_an_identifier_is_kept_and_cannot_be_recognised(
    port: int, db: Db, page: TestClient
) -> None:
    assert send(port, *foreign(1, "")) == [SUCCESS]
    assert counts(db) == (0, 1)
    assert "without an identifier" in page.get("/images/quarantine").text
    with db.begin() as tx:
        number = tx.value("select stranger_id from images.stranger")
    asked = {"csrf": "c", "ours": "IPP-TEST-1"}
    assert page.post(f"/images/strangers/{number}/compare", data=asked).status_code == 400


def test_a_machine_that_gives_the_identifiers_of_its_site_is_still_told_of_a_mistake(
    port: int, db: Db
) -> None:
    assert send(port, ct(patient="NOBODY"), title="CT_TEST") == [UNKNOWN]
    assert counts(db) == (0, 0)


def test_what_waits_is_committed_and_its_bytes_are_not_removed(port: int, db: Db) -> None:
    images = foreign(2)
    send(port, *images)
    uids = [str(image.SOPInstanceUID) for image in images]
    with db.begin() as tx:
        assert {one.sop_instance_uid for one in commitment.stored(tx, uids)} == set(uids)
        tx.run(
            """
            insert into images.doomed
            select blob_key, sop_instance_uid, received_at - interval '1 day'
            from images.stranger_instance
            """
        )
        assert retention.doomed(tx, before=clock.now(), limit=10) == []


def test_what_was_not_meant_for_us_is_deleted_with_a_reason(
    port: int, db: Db, page: TestClient
) -> None:
    send(port, *foreign(2))
    with db.begin() as tx:
        number = tx.value("select stranger_id from images.stranger")
    where = f"/images/strangers/{number}/discard"
    assert page.post(where, data={"csrf": "c", "reason": " "}).status_code == 400
    assert counts(db) == (0, 2)
    assert page.post(where, data={"csrf": "c", "reason": "sent by mistake"}).status_code == 200
    assert counts(db) == (0, 0)
    with db.begin() as tx:
        said = tx.values("select reason from access.audit where action = 'images.stranger.discard'")
        assert said == ["sent by mistake"]
        assert len(retention.doomed(tx, before=clock.now(), limit=10)) == 2


def test_what_waits_is_read_again_like_everything_stored(
    port: int, db: Db, blobs: Blobs, page: TestClient, world: make.World
) -> None:
    send(port, *foreign(2))
    with db.begin() as tx:
        lost = tx.value("select min(blob_key) from images.stranger_instance")
    assert blobs.remove(lost, unless_since=clock.wall() + timedelta(hours=1))
    stop = Event()
    assert upkeep.check_some(db, blobs, now=clock.now(), stop=stop, rate_mb_s=1000) == 2
    keeper = make.a_caller(world.requester_id, world.site_id, role=Role.TECHNOLOGIST)
    with db.begin() as tx:
        assert [one.kind for one in upkeep.damages(tx, keeper)] == ["missing"]

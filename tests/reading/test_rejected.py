"""Images rejected under a report: the reading is told, and a reader decides."""

from dataclasses import replace
from typing import TypeVar

import pytest
from pydantic import TypeAdapter
from pydicom.dataset import Dataset

import make
from images.instances import as_file, ct
from images.rejecting import note
from images.web import keep
from plateau.images.events import ImagesRejected, ImagesRestored
from plateau.images.reject import service as rejecting
from plateau.kernel.caller import Caller, Role
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.reading import jobs, service
from reading.night import Client, Night, signed, take

TOLD = "Images of this exam were rejected since it was opened for reading."
Event = TypeVar("Event")
ASKED = "A reader has to decide what it changes."


@pytest.fixture
def images(db: Db, blobs: Blobs, night: Night) -> list[Dataset]:
    """The images of the exam of the night, stored."""
    uid = make.study_uid_of(night.exam_id)
    made = [ct(uid, number) for number in (1, 2)]
    keep(db, blobs, *map(as_file, made))
    return made


def events(db: Db, kind: type[Event], name: str) -> list[Event]:
    """What the engine hands to one of our jobs."""
    with db.begin() as tx:
        found = tx.values(
            "select args from public.procrastinate_jobs where task_name = %(name)s order by id",
            name=f"plateau.reading.jobs.{name}",
        )
    return [TypeAdapter(kind).validate_python(fields) for fields in found]


def reject(db: Db, blobs: Blobs, images: list[Dataset]) -> int:
    """An image is rejected, and the worker tells the reading; the number of the rejection."""
    keep(db, blobs, as_file(note(images[:1])))
    for event in events(db, ImagesRejected, "tell_the_report"):
        jobs.tell_the_report(event)
        jobs.tell_the_report(event)  # at least once
    with db.begin() as tx:
        return tx.value("select max(rejection_id) from images.rejection")


def restore(db: Db, night: Night, number: int) -> None:
    technologist = make.a_caller(
        night.world.requester_id, night.world.site_id, role=Role.TECHNOLOGIST
    )
    with db.begin() as tx:
        rejecting.undo(tx, technologist, number, reason="Erreur de série", now=make.NIGHT)
    for event in events(db, ImagesRestored, "tell_the_report_again"):
        jobs.tell_the_report_again(event)


def decide(night: Night, client: Client, number: int, caller: Caller | None = None,
           **said: str) -> int:  # fmt: skip
    path = f"/exams/{night.exam_id}/rejected/{number}"
    answer = client(caller or night.reader).post(path, data={"csrf": "c", **said})
    return answer.status_code


def english(caller: Caller) -> Caller:
    return replace(caller, language="en")


def test_images_rejected_after_signing_ask_a_reader_to_decide(
    db: Db, blobs: Blobs, night: Night, client: Client, images: list[Dataset]
) -> None:
    signed(db, blobs, night)
    number = reject(db, blobs, images)
    browser = client(english(night.reader))
    listed = browser.get("/worklist").text
    assert ASKED in listed
    assert f"/exams/{night.exam_id}#rejected" in listed
    page = browser.get(f"/exams/{night.exam_id}").text
    assert "Reason: quality." in page
    assert f"/images/rejected/{number}" in page

    assert decide(night, client, number, verdict="stands") == 400  # without a reason
    assert decide(night, client, number, verdict="seen") == 422  # it is signed
    assert decide(night, client, number, verdict="other", reason="x") == 400
    assert decide(night, client, number, verdict="stands", reason="Une seule coupe.") == 303
    assert decide(night, client, number, verdict="stands", reason="Encore.") == 409
    page = browser.get(f"/exams/{night.exam_id}").text
    assert "the report stands" in page
    assert "Une seule coupe." in page
    assert ASKED not in browser.get("/worklist").text
    with db.begin() as tx:
        reason = tx.value("select reason from access.audit where action = 'report.rejected_images'")
    assert reason == "stands: Une seule coupe."


def test_images_rejected_while_somebody_reads_are_said_on_the_open_page(
    db: Db, blobs: Blobs, night: Night, client: Client, images: list[Dataset]
) -> None:
    take(db, night)
    browser = client(english(night.reader))
    assert TOLD not in browser.get(f"/read/{night.exam_id}").text
    number = reject(db, blobs, images)
    for answer in (
        browser.get(f"/read/{night.exam_id}"),
        browser.get(f"/read/{night.exam_id}/clock"),
        browser.post(f"/read/{night.exam_id}/heartbeat", data={"csrf": "c"}),
    ):
        assert TOLD in answer.text
    assert decide(night, client, number, verdict="stands", reason="x") == 422  # nothing is signed
    assert decide(night, client, number, verdict="seen") == 303
    assert TOLD not in browser.get(f"/read/{night.exam_id}").text


def test_a_draft_that_waits_is_told_too(
    db: Db, blobs: Blobs, night: Night, client: Client, images: list[Dataset]
) -> None:
    take(db, night)
    with db.begin() as tx:
        tx.run("update reading.task set state = 'draft', reader_id = null, lease_until = null")
    reject(db, blobs, images)
    assert ASKED in client(english(night.reader)).get("/worklist").text


def test_images_rejected_before_anybody_reads_ask_nothing(
    db: Db, blobs: Blobs, night: Night, client: Client, images: list[Dataset]
) -> None:
    reject(db, blobs, images)
    assert ASKED not in client(english(night.reader)).get("/worklist").text


def test_images_that_are_back_leave_nothing_to_decide(
    db: Db, blobs: Blobs, night: Night, client: Client, images: list[Dataset]
) -> None:
    signed(db, blobs, night)
    number = reject(db, blobs, images)
    restore(db, night, number)
    browser = client(english(night.reader))
    assert ASKED not in browser.get("/worklist").text
    assert "They were brought back" in browser.get(f"/exams/{night.exam_id}").text
    assert decide(night, client, number, verdict="stands", reason="x") == 409


def test_a_restoration_that_is_heard_first_wins(
    db: Db, blobs: Blobs, night: Night, client: Client, images: list[Dataset]
) -> None:
    signed(db, blobs, night)
    keep(db, blobs, as_file(note(images[:1])))
    with db.begin() as tx:
        number = tx.value("select rejection_id from images.rejection")
    restore(db, night, number)
    for event in events(db, ImagesRejected, "tell_the_report"):
        jobs.tell_the_report(event)
    assert ASKED not in client(english(night.reader)).get("/worklist").text


def test_only_a_reader_of_the_site_decides(
    db: Db, blobs: Blobs, night: Night, client: Client, images: list[Dataset]
) -> None:
    signed(db, blobs, night)
    number = reject(db, blobs, images)
    site_id = night.world.site_id
    said = {"verdict": "stands", "reason": "x"}
    for role in (Role.TECHNOLOGIST, Role.COORDINATOR, Role.REQUESTER, Role.ADMINISTRATOR):
        other = make.a_caller(night.world.requester_id, site_id, role=role)
        assert decide(night, client, number, other, **said) == 404
    with db.begin() as tx:
        stranger = make.a_caller(make.a_person(tx), make.a_site(tx, "AILLEURS"))
    assert decide(night, client, number, stranger, **said) == 404
    coordinator = make.a_caller(night.world.requester_id, site_id, role=Role.COORDINATOR)
    page = client(english(coordinator)).get(f"/exams/{night.exam_id}").text
    assert "A reader of this site has to decide" in page
    assert 'name="verdict"' not in page


def test_a_decision_after_the_report_was_signed_meanwhile_is_asked_again(
    db: Db, blobs: Blobs, night: Night, client: Client, images: list[Dataset]
) -> None:
    take(db, night)
    number = reject(db, blobs, images)
    with db.begin() as tx:
        service.release(tx, night.reader, exam_id=night.exam_id, now=make.NIGHT)
    signed(db, blobs, night)
    assert decide(night, client, number, verdict="seen") == 422
    assert decide(night, client, number, verdict="addendum", reason="Coupe 3 manquante.") == 303

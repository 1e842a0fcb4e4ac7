"""One exam from submit to counted, on the embedded PostgreSQL and on Debian's."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from chain import exam
from chain.exam import Place
from databases import Databases, databases_of
from exchange.post import filed
from plateau.kernel.ids import ExamId
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.requests import service as requests


@pytest.fixture(scope="module", params=["server", "debian_server"], ids=["embedded", "Debian"])
def databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    """Those of one server, then of the other."""
    yield from databases_of(request.getfixturevalue(request.param))


@pytest.fixture
def place(at_night: None, db: Db, blobs: Blobs, database: str, tmp_path: Path) -> Iterator[Place]:
    with exam.a_place(db, blobs, database, tmp_path) as place:
        yield place


def state(place: Place, exam_id: ExamId) -> str:
    with place.db.begin() as tx:
        return requests.exam(tx, exam_id).state


def counts(place: Place) -> dict[str, int]:
    """How often each thing happened."""
    with place.db.begin() as tx:
        return {
            "instances": tx.value("select count(*) from images.instance"),
            "tasks": tx.value("select count(*) from reading.task"),
            "versions": tx.value("select count(*) from reading.version"),
            "deliveries": tx.value("select count(*) from exchange.delivery"),
            "attempts": tx.value("select count(*) from exchange.attempt"),
            "entries": tx.value("select count(*) from activity.entry"),
            "messages": len(filed(place.inbox)),
        }


ONCE = {
    "instances": 3,
    "tasks": 1,
    "versions": 1,
    "deliveries": 1,
    "attempts": 1,
    "entries": 1,
    "messages": 1,
}


def test_a_head_ct_is_asked_for_accepted_scanned_read_delivered_and_counted(place: Place) -> None:
    request_id = exam.ask(place)
    place.hear()
    assert exam.to_scan(place) == []  # nothing is acquired before acceptance

    exam_id = exam.accept(place, request_id)
    place.hear()
    [item] = exam.to_scan(place)
    assert (item.PatientID, item.RequestedProcedurePriority) == ("IPP-TEST-1", "STAT")

    exam.scan(place, item)
    place.hear()
    assert state(place, exam_id) == "complete"
    assert exam.to_scan(place) == []

    assert exam.read(place) == exam_id
    assert counts(place)["entries"] == 0  # counting is a job: the signature does not wait for it
    assert "TDM-CRANE" not in place.page(place.manager, "/activity")
    place.hear()
    assert place.deliver() == ["AA"]
    assert counts(place) == ONCE

    with place.db.begin() as tx:
        delivered = tx.value("select delivered_at from exchange.delivery where state = 'delivered'")
        counted = tx.value("select key from activity.entry")
    assert delivered
    assert counted == f"reading:{exam_id}"
    assert "TDM-CRANE" in place.page(place.manager, "/activity")
    assert "TESTINVENTE" in place.page(place.requester, "/results")


def test_the_delivered_message_holds_the_signed_report_and_its_dose(place: Place) -> None:
    exam_id = whole(place)

    [message] = (place.inbox / "TEST").glob("*.hl7")
    text = message.read_text("utf-8")
    assert exam.TEXT.conclusion in text
    assert re.search(r"OBX\|\d+\|ED\|", text)
    with place.db.begin() as tx:
        accession = requests.exam(tx, exam_id).accession_number
    assert accession in text


def test_every_job_run_twice_changes_nothing(place: Place) -> None:
    whole(place)

    place.hear_everything_again()

    assert place.deliver() == []
    assert counts(place) == ONCE


def test_every_job_run_twice_on_the_way_leads_to_the_same_end(place: Place) -> None:
    exam_id = exam.accept(place, exam.ask(place))
    place.hear_everything_again()
    exam.scan(place, *exam.to_scan(place))
    place.hear_everything_again()
    exam.read(place)
    place.hear_everything_again()
    place.deliver()
    place.hear_everything_again()

    assert place.deliver() == []
    assert state(place, exam_id) == "complete"
    assert counts(place) == ONCE


def test_who_did_what_to_the_patient_is_in_the_audit_trail(place: Place) -> None:
    whole(place)

    with place.db.begin() as tx:
        actions = tx.values("select action from access.audit order by at, audit_id")
    trail = [
        "request.submit", "request.accept", "worklist.query", "report.take", "report.draft",
        "report.sign", "report.deliver",
    ]  # fmt: skip
    assert [action for action in actions if action in trail] == trail


def whole(place: Place) -> ExamId:
    """One exam, from its request to its count."""
    exam_id = exam.accept(place, exam.ask(place))
    exam.scan(place, *exam.to_scan(place))
    place.hear()
    exam.read(place)
    place.hear()
    place.deliver()
    return exam_id

"""Multidisciplinary meetings on the real database."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from make import NIGHT
from plateau.kernel.caller import Role
from plateau.kernel.errors import ConflictError, InvalidInputError, NotFoundError, RuleBrokenError
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.reading import service as reading
from plateau.reading.opinion.service import meeting
from plateau.reading.opinion.service.meeting import Plan
from plateau.reading.types import Addendum
from reading.night import PASSWORD, Client, Night
from reading.second_look import a_signed_report, somebody

DAY = NIGHT + timedelta(days=3)
AFTER = DAY + timedelta(hours=2)


def planned(db: Db, night: Night) -> UUID:
    plan = Plan(site_id=night.world.site_id, title="RCP neuro", place="Salle 2", held_at=DAY)
    with db.begin() as tx:
        return meeting.plan(tx, night.reader, plan, now=NIGHT)


def on_the_list(db: Db, night: Night) -> UUID:
    meeting_id = planned(db, night)
    with db.begin() as tx:
        meeting.add_exam(
            tx, night.reader, meeting_id, night.exam_id, question="Opérer ?", now=NIGHT
        )
    return meeting_id


def test_an_exam_is_discussed_concluded_and_signed_into_its_report(
    db: Db, blobs: Blobs, night: Night
) -> None:
    a_signed_report(db, blobs, night)
    meeting_id = on_the_list(db, night)
    with db.begin() as tx:
        with pytest.raises(ConflictError):
            meeting.add_exam(tx, night.reader, meeting_id, night.exam_id, question="?", now=NIGHT)
        with pytest.raises(RuleBrokenError, match="not taken place"):
            meeting.conclude(tx, night.reader, meeting_id, night.exam_id, text="Opérer.", now=NIGHT)
        meeting.conclude(tx, night.reader, meeting_id, night.exam_id, text="Opérer.", now=AFTER)
        with pytest.raises(ConflictError):
            meeting.conclude(tx, night.reader, meeting_id, night.exam_id, text="Non.", now=AFTER)
    addendum = Addendum(
        exam_id=night.exam_id,
        text="RCP : opérer.",
        conclusion="À opérer.",
        reason="RCP neuro",
        password=PASSWORD,
    )
    with db.begin() as tx:
        meeting.attach(tx, blobs, night.reader, meeting_id, addendum, now=AFTER)
        with pytest.raises(ConflictError):
            meeting.attach(tx, blobs, night.reader, meeting_id, addendum, now=AFTER)
        versions = reading.history(tx, night.reader, exam_id=night.exam_id).versions
        assert versions[-1].reason == "RCP neuro"
        beside = meeting.of_exam(tx, night.reader, night.exam_id, now=AFTER).items[0]
        assert (beside.conclusion, beside.version_id) == ("Opérer.", versions[-1].version_id)


def test_only_an_empty_meeting_is_called_off(db: Db, night: Night) -> None:
    empty, full = planned(db, night), on_the_list(db, night)
    with db.begin() as tx:
        meeting.call_off(tx, night.reader, empty, now=NIGHT)
        with pytest.raises(RuleBrokenError):
            meeting.call_off(tx, night.reader, full, now=NIGHT)
        with pytest.raises(RuleBrokenError, match="called off"):
            meeting.add_exam(tx, night.reader, empty, night.exam_id, question="?", now=NIGHT)


def test_a_meeting_is_planned_ahead_and_has_a_name(db: Db, night: Night) -> None:
    plan = Plan(site_id=night.world.site_id, title=" ", place="", held_at=DAY)
    with db.begin() as tx:
        for wrong in (plan, replace(plan, title="RCP", held_at=NIGHT - timedelta(hours=1))):
            with pytest.raises(InvalidInputError):
                meeting.plan(tx, night.reader, wrong, now=NIGHT)


def test_the_list_holds_back_what_is_of_other_sites(db: Db, night: Night, client: Client) -> None:
    meeting_id = on_the_list(db, night)
    with db.begin() as tx:
        requester = somebody(tx, night, Role.REQUESTER)
        assert meeting.agenda(tx, requester, meeting_id, now=NIGHT).items
        nowhere = replace(requester, roles={Role.REQUESTER: frozenset()})
        with pytest.raises(NotFoundError):
            meeting.agenda(tx, nowhere, meeting_id, now=NIGHT)
        with pytest.raises(NotFoundError):
            meeting.conclude(tx, requester, meeting_id, night.exam_id, text="x", now=AFTER)
    assert client(nowhere).get(f"/meetings/{meeting_id}").status_code == 404


def test_the_pages(db: Db, night: Night, client: Client) -> None:
    browser = client(replace(night.reader, language="en"))
    assert "No meeting is planned." in browser.get("/meetings").text
    form = {
        "csrf": "c",
        "site_id": str(night.world.site_id),
        "title": "RCP thorax",
        "held_at": "2026-11-26T18:00",
    }
    where = browser.post("/meetings", data=form).headers["location"]
    assert "26/11/2026 18:00" in browser.get(where).text or "18:00" in browser.get(where).text
    beside = browser.get(f"/read/{night.exam_id}/opinions", headers={"HX-Request": "true"}).text
    assert "RCP thorax" in beside
    asked = {"csrf": "c", "meeting_id": where.rpartition("/")[2], "question": "Opérer ?"}
    assert browser.post(f"/read/{night.exam_id}/meetings", data=asked).status_code == 303
    page = browser.get(where).text
    assert "TESTINVENTE" in page
    assert "once the meeting has taken place" in page

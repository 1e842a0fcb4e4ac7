"""The control room: who reads how much, what will be late, without anything of a patient."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from make import NIGHT
from make_after import a_task
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import NotFoundError
from plateau.kernel.ids import ExamId
from plateau.platform.db import Db
from plateau.reading.control import rules, service
from plateau.reading.control.types import Exam
from reading.night import Client, Night, take

HOURS = st.integers(-5, 5).map(lambda hours: NIGHT + timedelta(hours=hours))


@pytest.fixture
def boss(night: Night) -> Caller:
    """Somebody who coordinates the site."""
    roles = {Role.COORDINATOR: frozenset({night.world.site_id})}
    return replace(night.reader, roles=roles, language="en")


@st.composite
def exams(draw: st.DrawFn) -> Exam:
    return Exam(
        exam_id=ExamId(draw(st.uuids())),
        urgency="U1",
        modality="CT",
        exam_name="Scanner",
        exam_name_en="CT",
        site_name="TEST",
        state="unassigned",
        due_at=draw(HOURS),
        expected_at=draw(st.none() | HOURS),
        reader_name=None,
        is_stopped=draw(st.booleans()),
    )


@given(st.lists(exams(), max_size=20))
def test_no_exam_is_both_late_and_soon_late_and_none_whose_clock_is_stopped(
    found: list[Exam],
) -> None:
    late, soon = rules.late(found, NIGHT), rules.soon_late(found, NIGHT)
    assert not {one.exam_id for one in late} & {one.exam_id for one in soon}
    assert not any(one.is_stopped for one in (*late, *soon))
    assert all(one.due_at < NIGHT for one in late)


def test_the_room_counts_what_waits_and_what_readers_hold(
    db: Db, night: Night, boss: Caller
) -> None:
    with db.begin() as tx:
        a_task(tx, night.world, urgency="U2")
    take(db, night)
    with db.begin() as tx:
        early = service.room(tx, boss, now=NIGHT)
        late = service.room(tx, boss, now=NIGHT + timedelta(minutes=31))
    assert (early.waiting, len(early.late), len(late.late)) == (2, 0, 2)
    assert dict(early.by_urgency) == {"U0": 1, "U1": 0, "U2": 1, "U3": 0}
    assert [(one.held, one.load_minutes > 0) for one in early.readers] == [(1, True)]


def test_who_coordinates_nothing_sees_no_control_room(db: Db, night: Night) -> None:
    with db.begin() as tx, pytest.raises(NotFoundError):
        service.room(tx, night.reader, now=NIGHT)


@pytest.mark.parametrize("path", ["/control/reading", "/control/wall"])
def test_the_pages_say_nothing_of_a_patient(
    night: Night, client: Client, boss: Caller, path: str
) -> None:
    page = client(boss).get(path)
    assert page.status_code == 200
    assert "Dr Lecture" in page.text
    assert "TESTINVENTE" not in page.text
    assert client(night.reader).get(path).status_code == 404


def test_the_control_page_shows_its_part_alone(night: Night, client: Client, boss: Caller) -> None:
    browser = client(boss)
    page = browser.get("/control").text
    assert 'id="room" hx-get="/control/reading"' in page
    part = browser.get("/control/reading", headers={"HX-Request": "true", "HX-Target": "room"})
    assert "Load of the readers on duty" in part.text
    assert "<nav" not in part.text


def test_a_stopped_clock_is_not_late(db: Db, night: Night, boss: Caller) -> None:
    after = NIGHT + timedelta(hours=2)
    with db.begin() as tx:
        assert len(service.room(tx, boss, now=after).late) == 1
        tx.run(
            "insert into requests.question (exam_id, cause, owner, stops_clock, asked_at, asked_by)"
            " values (%(exam)s, 'prior_awaited', 'requester', true, %(at)s, %(by)s)",
            exam=night.exam_id,
            at=NIGHT,
            by=night.reader.person_id,
        )
        assert service.room(tx, boss, now=after).late == []


def test_what_nobody_reads_is_shared_among_who_may_read_it(
    db: Db, night: Night, boss: Caller, client: Client
) -> None:
    with db.begin() as tx:
        second = a_task(tx, night.world)
        seen = service.sharing(tx, boss, now=NIGHT)
        with pytest.raises(NotFoundError):
            service.sharing(tx, night.reader, now=NIGHT)
    assert {one.exam.exam_id for one in seen.exams} == {night.exam_id, second}
    assert {tuple(one.person_id for one in each.choices) for each in seen.exams} == {
        (night.reader.person_id,)
    }
    page, path = client(boss), f"/control/share/{night.exam_id}"
    given = {"csrf": "c", "person_id": str(night.reader.person_id)}
    assert page.post(path, data=given).headers["location"] == "/control/share"
    with db.begin() as tx:
        held = {
            one.exam.exam_id: one.is_given for one in service.sharing(tx, boss, now=NIGHT).exams
        }
    assert held == {night.exam_id: True, second: False}
    assert page.post(path, data={"csrf": "c", "person_id": ""}).status_code == 303
    assert page.post(path, data={"csrf": "c", "person_id": ""}).status_code == 409
    take(db, night)
    with db.begin() as tx:
        left = service.sharing(tx, boss, now=NIGHT)
    assert [one.exam.exam_id for one in left.exams] == [second], "who reads it keeps it"

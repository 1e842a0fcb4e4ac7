"""Taking the next exam, giving one to somebody, and saying why, on a real database."""

from dataclasses import replace
from datetime import timedelta

import pytest

from make import NIGHT, a_caller, a_duty, a_line, a_member, a_person, a_role, a_site
from make_after import a_task
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import ConflictError, NotFoundError, RuleBrokenError
from plateau.kernel.ids import PersonId
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db, Tx
from plateau.reading import assigning, service
from plateau.reading.rules.ranking import Choice, Ring, WhyNot
from reading.night import (
    SOON,
    WALL,
    Client,
    Night,
    a_colleague,
    replayed,
    signed,
    state_of,
    steps_of,
    take,
)


def explained(tx: Tx, night: Night) -> dict[PersonId, Choice]:
    found = assigning.explain(tx, night.exam_id, sites={night.world.site_id}, now=NIGHT)
    return {one.reader.person_id: one for one in found}


def a_coordinator(tx: Tx, night: Night) -> Caller:
    person_id = a_person(tx, "regulation", "Régulation")
    a_role(tx, person_id, Role.COORDINATOR, night.world.site_id)
    return replace(a_caller(person_id, night.world.site_id, role=Role.COORDINATOR), language="en")


def a_far_reader(tx: Tx, night: Night) -> Caller:
    """On duty for another member's site, privileged at this one too."""
    elsewhere = a_site(tx, "LOIN", a_member(tx, "AUTRE"))
    person_id = a_person(tx, "loin", "Dr Loin", elsewhere)
    a_role(tx, person_id, Role.READER, night.world.site_id)
    tx.run(
        "insert into territory.privilege values (%(id)s, %(site)s, '2020-01-01')",
        id=person_id,
        site=night.world.site_id,
    )
    a_duty(tx, a_line(tx, elsewhere, elsewhere, code="LOIN"), person_id)
    return a_caller(person_id, night.world.site_id)


def test_the_exam_says_who_reads_it_and_why_not_the_others(db: Db, night: Night) -> None:
    with db.begin() as tx:
        colleague = a_colleague(tx, night)
        far = a_far_reader(tx, night)
        found = explained(tx, night)

        assert (found[night.reader.person_id].place, found[night.reader.person_id].ring) == (
            1,
            Ring.LOCAL,
        )
        assert found[colleague.person_id].why_not == (WhyNot.OFF_DUTY,)
        assert found[far.person_id].why_not == (WhyNot.RING_CLOSED,)
        assert found[far.person_id].opens_at == NIGHT + timedelta(minutes=21)


def test_outer_rings_take_what_the_inner_one_left(db: Db, night: Night) -> None:
    with db.begin() as tx:
        far = a_far_reader(tx, night)
        assert service.take_next(tx, far, now=NIGHT, wall=WALL) is None
        later = NIGHT + timedelta(minutes=21)
        assert service.take_next(tx, far, now=later, wall=WALL) == night.exam_id


def test_without_anybody_nearer_the_outer_ring_reads_at_once(db: Db, night: Night) -> None:
    with db.begin() as tx:
        far = a_far_reader(tx, night)
        tx.run("delete from planning.duty where person_id = %(id)s", id=night.world.reader_id)
        assert service.take_next(tx, far, now=NIGHT, wall=WALL) == night.exam_id


def test_a_coordinator_gives_an_exam_and_its_reader_finds_it_first(db: Db, night: Night) -> None:
    with db.begin() as tx:
        colleague = a_colleague(tx, night)
        a_duty(tx, night.world.line_id, colleague.person_id, position=2)
        coordinator = a_coordinator(tx, night)
        assigning.assign(tx, coordinator, night.exam_id, to=colleague.person_id, now=NIGHT)

        assert state_of(tx, night.exam_id) == replayed(tx, night.exam_id) == "assigned"
        assert service.take_next(tx, night.reader, now=NIGHT, wall=WALL) is None
        assert explained(tx, night)[colleague.person_id].reader.load_minutes == 10
        assert service.take_next(tx, colleague, now=SOON, wall=WALL) == night.exam_id
        log = service.history(tx, night.reader, exam_id=night.exam_id).transitions
        assert (log[0].role, log[0].cause) == (Role.COORDINATOR, "Dr Deux")


def test_a_coordinator_takes_back_what_was_given_and_nobody_reads(db: Db, night: Night) -> None:
    with db.begin() as tx:
        coordinator = a_coordinator(tx, night)
        with pytest.raises(ConflictError, match="given to nobody"):
            assigning.take_back(tx, coordinator, night.exam_id, now=NIGHT)
        me = night.reader.person_id
        assigning.assign(tx, coordinator, night.exam_id, to=me, now=NIGHT)
        with pytest.raises(NotFoundError):
            assigning.take_back(tx, night.reader, night.exam_id, now=NIGHT)
        assigning.take_back(tx, coordinator, night.exam_id, now=NIGHT)
        assert state_of(tx, night.exam_id) == replayed(tx, night.exam_id) == "unassigned"
        assert service.take_next(tx, night.reader, now=NIGHT, wall=WALL) == night.exam_id
        with pytest.raises(ConflictError, match="being read"):
            assigning.take_back(tx, coordinator, night.exam_id, now=NIGHT)


def test_nobody_is_given_what_they_may_not_read(db: Db, night: Night) -> None:
    with db.begin() as tx:
        colleague = a_colleague(tx, night)
        coordinator = a_coordinator(tx, night)
        with pytest.raises(RuleBrokenError, match="may not read"):
            assigning.assign(tx, coordinator, night.exam_id, to=colleague.person_id, now=NIGHT)
        with pytest.raises(NotFoundError):
            assigning.assign(tx, night.reader, night.exam_id, to=colleague.person_id, now=NIGHT)
        assert state_of(tx, night.exam_id) == "unassigned"


def test_a_closed_ring_is_opened_by_hand(db: Db, night: Night) -> None:
    with db.begin() as tx:
        far = a_far_reader(tx, night)
        coordinator = a_coordinator(tx, night)
        assigning.assign(tx, coordinator, night.exam_id, to=far.person_id, now=NIGHT)
        assert service.take_next(tx, far, now=NIGHT, wall=WALL) == night.exam_id


def test_what_was_given_can_be_declined_or_taken_by_hand(db: Db, night: Night) -> None:
    with db.begin() as tx:
        coordinator = a_coordinator(tx, night)
        me = night.reader.person_id
        assigning.assign(tx, coordinator, night.exam_id, to=me, now=NIGHT)
        assigning.decline(tx, night.reader, night.exam_id, now=NIGHT)
        assert state_of(tx, night.exam_id) == "unassigned"
        with pytest.raises(ConflictError, match="any more"):
            assigning.decline(tx, night.reader, night.exam_id, now=NIGHT)
        assigning.assign(tx, coordinator, night.exam_id, to=me, now=NIGHT)
        colleague = a_colleague(tx, night)
        service.take(tx, colleague, exam_id=night.exam_id, now=NIGHT, wall=WALL)
        assert steps_of(tx, night.exam_id)[-1] == "taken"
        assert replayed(tx, night.exam_id) == "reading"


def test_nobody_hoards(db: Db, night: Night) -> None:
    with db.begin() as tx:
        tx.run("update reading.assignment_terms set held_at_most = 1")
        second = a_task(tx, night.world)
        service.take(tx, night.reader, exam_id=night.exam_id, now=NIGHT, wall=WALL)
        with pytest.raises(RuleBrokenError, match="already hold 1 exams"):
            service.take(tx, night.reader, exam_id=second, now=NIGHT, wall=WALL)


def test_signing_teaches_how_long_exams_take_and_who_knows_the_patient(
    db: Db, blobs: Blobs, night: Night
) -> None:
    signed(db, blobs, night)
    with db.begin() as tx:
        pace = tx.value("select minutes from reading.pace")
        assert pace == 10
        again = a_task(tx, night.world)
        found = explained(tx, replace(night, exam_id=again))[night.reader.person_id]
        assert found.knows_patient
        assert found.reader.read_minutes == 10
        assert explained(tx, night) == {}


# The pages


def test_the_exam_page_explains_and_a_coordinator_assigns_on_it(
    db: Db, client: Client, night: Night
) -> None:
    with db.begin() as tx:
        a_colleague(tx, night)
        a_far_reader(tx, night)
        coordinator = a_coordinator(tx, night)
    browser = client(coordinator)
    page = browser.get(f"/exams/{night.exam_id}").text
    assert "queue of 0 min" in page
    assert "Dr Deux: not on duty for this site now" in page
    assert "nearer readers come first until" in page

    form = {"csrf": "c", "person_id": str(night.reader.person_id)}
    answer = browser.post(f"/exams/{night.exam_id}/assign", data=form)
    assert answer.status_code == 303
    assert "is to read it" in browser.get(f"/exams/{night.exam_id}").text

    mine = client(replace(night.reader, language="en"))
    assert f"/worklist/{night.exam_id}/decline" in mine.get("/worklist").text
    declined = mine.post(f"/worklist/{night.exam_id}/decline", data={"csrf": "c"})
    assert declined.status_code == 303
    reader_page = mine.get(f"/exams/{night.exam_id}").text
    assert "Assign to" not in reader_page


def test_a_signed_exam_has_nothing_left_to_assign(
    db: Db, blobs: Blobs, client: Client, night: Night
) -> None:
    take(db, night)
    with db.begin() as tx:
        coordinator = a_coordinator(tx, night)
        tx.run("update reading.task set state = 'final', signed_at = %(at)s", at=SOON)
    browser = client(coordinator)
    assert "Who reads it, and why" not in browser.get(f"/exams/{night.exam_id}").text
    form = {"csrf": "c", "person_id": str(night.reader.person_id)}
    assert browser.post(f"/exams/{night.exam_id}/assign", data=form).status_code == 409

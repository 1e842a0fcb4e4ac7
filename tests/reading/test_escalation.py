"""Exams that nobody reads climb the ladder of the contract, whatever dies meanwhile."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from make import NIGHT, a_caller, a_duty, a_person, a_role
from plateau.access.notify import service as notify
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import ConflictError, NotFoundError
from plateau.kernel.ids import MemberId, PersonId
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db, Tx
from plateau.reading import service as reading
from plateau.reading.escalation import rules, service
from plateau.reading.escalation.types import Call, Rung, Target
from plateau.reading.rules.ranking import Choice, Reader, Ring, WhyNot
from reading.night import Client, Night, a_colleague, signed, take
from reading.test_assigning import a_far_reader

MINUTE = timedelta(minutes=1)

ladders = st.lists(
    st.tuples(st.sampled_from(list(Target)), st.floats(0, 2), st.integers(1, 90)),
    min_size=1,
    max_size=7,
).map(lambda rows: [Rung(n, *row, 10) for n, row in enumerate(rows, 1)])
delays = st.integers(-60, 2000).map(lambda minutes: NIGHT + timedelta(minutes=minutes))


def choice(n: int, ring: Ring, why_not: tuple[WhyNot, ...]) -> Choice:
    person = Reader(
        person_id=PersonId(UUID(int=n + 1)),
        name=f"Dr {n}",
        member_id=MemberId(UUID(int=1)),
        department="",
        contracted=ring is Ring.OPERATOR,
        on_duty=True,
        covers=frozenset(),
        privileges=frozenset(),
        skills=frozenset(),
        held=0,
        load_minutes=0,
        read_minutes=0,
        patients=frozenset(),
    )
    return Choice(
        reader=person,
        ring=ring,
        place=None if why_not else n + 1,
        why_not=why_not,
        in_time=True,
        knows_patient=False,
        opens_at=NIGHT,
    )


whys = st.sampled_from([(), (WhyNot.RING_CLOSED,), (WhyNot.OFF_DUTY,), (WhyNot.NO_SKILL,)])
pools = st.lists(st.tuples(st.sampled_from(list(Ring)), whys), max_size=8).map(
    lambda rows: [choice(n, *row) for n, row in enumerate(rows)]
)


@given(ladders, delays)
def test_a_climb_goes_up_in_time_and_ends(ladder: Sequence[Rung], due_at: datetime) -> None:
    now, position, seen = NIGHT, 0, list[int]()
    while (rung := rules.rung_after(ladder, position)) is not None:
        step = rules.plan(ladder, rung, (), now=now, complete_at=NIGHT, due_at=due_at)
        told = rules.plan(
            ladder, rung, (PersonId(UUID(int=1)),), now=now, complete_at=NIGHT, due_at=due_at
        )
        seen.append(rung.position)
        position = rung.position
        if step.next_at is None or told.next_at is None:
            assert told.next_at is step.next_at is None
            break
        assert told.next_at >= now + timedelta(minutes=rung.wait_minutes)
        assert now <= step.next_at <= told.next_at
        now = told.next_at
    assert seen == [rung.position for rung in ladder]


@given(st.lists(st.sampled_from(list(Target)), max_size=12), pools, st.booleans())
def test_nobody_is_called_twice_nor_who_may_not_read(
    targets: Sequence[Target], pool: Sequence[Choice], given_first: bool
) -> None:
    called: list[PersonId] = []
    owner = pool[0].reader.person_id if pool and given_first else None
    for target in targets:
        called += rules.readers_for(target, pool, called=called, given_to=owner)
    assert len(called) == len(set(called))
    may = {one.reader.person_id for one in pool if one.why_not in {(), (WhyNot.RING_CLOSED,)}}
    assert set(called) <= may | ({owner} if owner else set())


def coordinator(tx: Tx, night: Night) -> Caller:
    person_id = a_person(tx, "regulation", "Régulation")
    a_role(tx, person_id, Role.COORDINATOR, night.world.site_id)
    caller = a_caller(person_id, night.world.site_id, role=Role.COORDINATOR)
    return replace(caller, language="en", name="Régulation")


def sweep(db: Db, minutes: float) -> int:
    """One look of the worker so many minutes after the night began."""
    with db.begin() as tx:
        return service.sweep(tx, now=NIGHT + timedelta(minutes=minutes))


def calls(db: Db, night: Night) -> list[Call]:
    with db.begin() as tx:
        return list(service.ladder(tx, night.reader, night.exam_id).calls)


def told(tx: Tx, caller: Caller) -> list[str]:
    return [row.link for row in notify.mine(tx, caller) if row.kind == "escalation"]


def test_an_exam_nobody_takes_climbs_from_reader_to_operator(db: Db, night: Night) -> None:
    with db.begin() as tx:
        colleague = a_colleague(tx, night)
        a_duty(tx, night.world.line_id, colleague.person_id, position=2)
        far = a_far_reader(tx, night)
        boss = coordinator(tx, night)
    assert [sweep(db, minutes) for minutes in (0, 8.9)] == [0, 0]
    for minutes in range(9, 31):
        sweep(db, minutes)
    found = calls(db, night)
    assert [one.target for one in found] == [
        "reader", "second_reader", "next_ring", "coordinator", "operator",
    ]  # fmt: skip
    assert {found[0].person_id, found[1].person_id} == {
        night.reader.person_id,
        colleague.person_id,
    }
    assert [one.person_id for one in found[2:]] == [far.person_id, boss.person_id, None]
    assert [one.told_at for one in found] == [
        NIGHT + minutes * MINUTE for minutes in (9, 14, 18, 23, 26)
    ]
    with db.begin() as tx:
        for caller in (night.reader, colleague, far, boss):
            assert told(tx, caller) == [f"/exams/{night.exam_id}#escalation"]


def test_reader_unreachable(db: Db, night: Night) -> None:
    """Whoever does not answer is passed over when their time is up, and the next one is told."""
    with db.begin() as tx:
        colleague = a_colleague(tx, night)
        a_duty(tx, night.world.line_id, colleague.person_id, position=2)
    sweep(db, 9)
    assert sweep(db, 11) == 0
    sweep(db, 13.5)
    first, second = calls(db, night)
    assert first.passed_on_at == NIGHT + 13.5 * MINUTE
    assert second.is_open
    with db.begin() as tx:
        who = next(one for one in (night.reader, colleague) if one.person_id == second.person_id)
        told_them = notify.mine(tx, who)[0]
        assert told_them.told["before"] == first.name


def test_an_answer_holds_the_climb_which_goes_on_when_nothing_follows(db: Db, night: Night) -> None:
    with db.begin() as tx:
        boss = coordinator(tx, night)
    sweep(db, 9)
    with db.begin() as tx:
        with pytest.raises(ConflictError):
            service.acknowledge(tx, boss, night.exam_id, now=NIGHT + 10 * MINUTE)
        service.acknowledge(tx, night.reader, night.exam_id, now=NIGHT + 10 * MINUTE)
        held = service.ladder(tx, night.reader, night.exam_id)
        assert (held.held, held.may_answer) == (True, False)
        assert held.next_at == NIGHT + 20 * MINUTE
    assert sweep(db, 19) == 0
    assert sweep(db, 20) == 1
    with db.begin() as tx:
        with pytest.raises(ConflictError):
            service.acknowledge(tx, night.reader, night.exam_id, now=NIGHT + 21 * MINUTE)
        trail = tx.values("select action from access.audit where action like 'escalation%%'")
        assert trail == ["escalation.answer"]


def test_whoever_answered_at_the_top_is_asked_again(db: Db, night: Night) -> None:
    with db.begin() as tx:
        tx.run("delete from reading.escalation_step where target <> 'coordinator'")
        boss = coordinator(tx, night)
    sweep(db, 23)
    with db.begin() as tx:
        service.acknowledge(tx, boss, night.exam_id, now=NIGHT + 24 * MINUTE)
    assert sweep(db, 34) == 1
    assert [one.person_id for one in calls(db, night)] == [boss.person_id] * 2
    assert sweep(db, 300) == 0  # nobody answered at the top: everybody was called


def test_nothing_climbs_while_it_is_read_or_its_clock_is_stopped_nor_once_signed(
    db: Db, blobs: Blobs, night: Night
) -> None:
    sweep(db, 0)
    take(db, night)
    assert sweep(db, 20) == 0
    with db.begin() as tx:
        reading.release(tx, night.reader, exam_id=night.exam_id, now=NIGHT)
        tx.run(
            "insert into requests.question (exam_id, cause, owner, stops_clock, asked_at, asked_by)"
            " values (%(exam)s, 'prior_awaited', 'requester', true, %(at)s, %(by)s)",
            exam=night.exam_id,
            at=NIGHT,
            by=night.reader.person_id,
        )
    assert sweep(db, 20) == 0
    with db.begin() as tx:
        tx.run("update requests.question set answer = 'x', answered_at = asked_at,"
               " answered_by = asked_by")  # fmt: skip
    assert sweep(db, 20) == 1
    signed(db, blobs, night)
    assert sweep(db, 300) == 0


def test_a_contract_of_its_own_takes_the_place_of_the_general_one(db: Db, night: Night) -> None:
    with db.begin() as tx:
        boss = coordinator(tx, night)
        tx.run(
            "insert into reading.escalation_step values ('2020-01-01', %(site)s, 'U0', 1,"
            " 'coordinator', 0.1, 1, 5, 'essai', true)",
            site=night.world.site_id,
        )
    for minutes in range(60):
        sweep(db, minutes)
    assert [one.person_id for one in calls(db, night)] == [boss.person_id]


def test_two_workers_call_nobody_twice(db: Db, night: Night) -> None:
    sweep(db, 0)
    with db.begin() as tx, db.begin() as other:
        assert service.sweep(tx, now=NIGHT + 9 * MINUTE) == 1
        assert service.sweep(other, now=NIGHT + 9 * MINUTE) == 0
    assert len(calls(db, night)) == 1


def test_only_people_of_the_site_see_or_answer(db: Db, night: Night) -> None:
    sweep(db, 9)
    with db.begin() as tx:
        nobody = a_caller(night.reader.person_id)
        with pytest.raises(NotFoundError):
            service.ladder(tx, nobody, night.exam_id)
        with pytest.raises(NotFoundError):
            service.acknowledge(tx, nobody, night.exam_id, now=NIGHT)


def test_the_exam_says_who_was_called_when(db: Db, night: Night, client: Client) -> None:
    sweep(db, 9)
    browser = client(replace(night.reader, language="en"))
    assert (
        f'hx-get="/reading/{night.exam_id}/escalation"'
        in browser.get(f"/exams/{night.exam_id}").text
    )
    page = browser.get(f"/reading/{night.exam_id}/escalation").text
    assert "I see to it" in page
    assert "next: second reader" in page
    answer = f"/reading/{night.exam_id}/escalation/answer"
    assert browser.post(answer, data={"csrf": "c"}).status_code == 303
    page = browser.get(f"/reading/{night.exam_id}/escalation").text
    assert "answered at" in page
    assert "I see to it" not in page

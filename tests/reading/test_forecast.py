"""When exams are expected to be read: bounds that hold for any queue, and the real tables."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from make import NIGHT, a_duty
from make_after import a_task
from plateau.kernel.ids import ExamId, MemberId, PatientId, PersonId, SiteId
from plateau.platform.db import Db
from plateau.reading.escalation import service
from plateau.reading.rules import forecast
from plateau.reading.rules.ranking import Reader, Terms, Waiting
from reading.night import Client, Night, a_colleague

NARROW = "\u202f"
TERMS = Terms(0.25, 0.5, 0.7, 0.85, 5, 15, 0.25, 10)
SITES = [SiteId(UUID(int=n)) for n in (1, 2)]
MEMBER = MemberId(UUID(int=9))


def waiting(n: int, site: int, modality: str, minutes: float, delay: int) -> Waiting:
    return Waiting(
        exam_id=ExamId(UUID(int=n + 1)),
        site_id=SITES[site],
        member_id=MEMBER,
        department="40",
        modality=modality,
        patient_id=PatientId(UUID(int=7)),
        complete_at=NIGHT,
        due_at=NIGHT + timedelta(minutes=delay),
        minutes=minutes,
    )


def reader(n: int, load: float, covers: set[int], skills: set[str], on_duty: bool) -> Reader:
    sites = frozenset(SITES[site] for site in covers)
    return Reader(
        person_id=PersonId(UUID(int=n + 1)),
        name=f"Dr {n}",
        member_id=MEMBER,
        department="40",
        contracted=False,
        on_duty=on_duty,
        covers=sites if on_duty else frozenset(),
        privileges=sites,
        skills=frozenset(skills),
        held=0,
        load_minutes=load,
        read_minutes=0,
        patients=frozenset(),
    )


kinds = st.sampled_from(["CT", "MR"])
queues = st.lists(
    st.tuples(st.integers(0, 1), kinds, st.floats(1, 60), st.integers(0, 600)), max_size=12
).map(lambda rows: [waiting(n, *row) for n, row in enumerate(rows)])
teams = st.lists(
    st.tuples(st.floats(0, 200), st.sets(st.integers(0, 1)), st.sets(kinds), st.booleans()),
    max_size=5,
).map(lambda rows: [reader(n, *row) for n, row in enumerate(rows)])


def expected(queue: list[Waiting], team: list[Reader]) -> dict[ExamId, datetime | None]:
    return forecast.expected(queue, team, NIGHT, TERMS)


@given(queues, teams)
def test_every_exam_has_an_answer_no_sooner_than_reading_it_takes(
    queue: list[Waiting], team: list[Reader]
) -> None:
    found = expected(queue, team)
    assert set(found) == {one.exam_id for one in queue}
    for one in queue:
        at = found[one.exam_id]
        able = [
            r for r in team if one.site_id in r.covers and one.modality in r.skills and r.on_duty
        ]
        assert (at is None) == (not able)
        if at:
            soonest = min(r.load_minutes for r in able) + one.minutes
            assert at >= NIGHT + timedelta(minutes=soonest) - timedelta(seconds=1)


@given(queues.filter(bool), teams)
def test_what_goes_before_never_depends_on_what_comes_after(
    queue: list[Waiting], team: list[Reader]
) -> None:
    whole, shorter = expected(queue, team), expected(queue[:-1], team)
    assert {exam: whole[exam] for exam in shorter} == shorter


@given(queues, teams, st.floats(1, 100))
def test_nobody_is_read_sooner_because_one_reader_has_more_to_do(
    queue: list[Waiting], team: list[Reader], more: float
) -> None:
    """True of the first exam; later ones may gain from another order, as in any queue."""
    if queue and team:
        busier = [replace(team[0], load_minutes=team[0].load_minutes + more), *team[1:]]
        before, after = (expected(queue[:1], one)[queue[0].exam_id] for one in (team, busier))
        assert before is None or (after is not None and after >= before)


def test_five_thousand_exams_are_foreseen_at_once() -> None:
    queue = [waiting(n, n % 2, "CT", 10, 60) for n in range(5000)]
    team = [reader(n, 0, {0, 1}, {"CT"}, on_duty=True) for n in range(40)]
    found = expected(queue, team)
    last = max(at for at in found.values() if at)
    assert last == NIGHT + timedelta(minutes=5000 / 40 * 10)


def test_the_list_says_what_will_be_late_before_it_is(db: Db, night: Night, client: Client) -> None:
    with db.begin() as tx:
        for _ in range(4):  # ten minutes each: the fourth is over after its thirty minutes
            a_task(tx, night.world)
        assert service.foresee(tx, now=NIGHT) == 5
    page = client(replace(night.reader, language="en")).get("/worklist").text
    assert page.count("late in about") == 2
    with db.begin() as tx:  # with a second reader, all are read in time
        colleague = a_colleague(tx, night)
        a_duty(tx, night.world.line_id, colleague.person_id, position=2)
        service.foresee(tx, now=NIGHT)
    page = client(replace(night.reader, language="en")).get("/worklist").text
    assert "late in about" not in page


def test_the_time_a_clock_was_stopped_is_left(db: Db, night: Night, client: Client) -> None:
    with db.begin() as tx:
        tx.run(
            "insert into requests.question (exam_id, cause, owner, stops_clock, asked_at, asked_by)"
            " values (%(exam)s, 'prior_awaited', 'requester', true, %(at)s, %(by)s)",
            exam=night.exam_id,
            at=NIGHT - timedelta(minutes=20),
            by=night.reader.person_id,
        )
    page = client(replace(night.reader, language="en")).get("/worklist").text
    assert f"50{NARROW}min</span>" in page  # thirty were left at NIGHT: fifty when it stopped
    with db.begin() as tx:  # what was answered meanwhile has moved the deadline already
        tx.run(
            """
            insert into requests.question (exam_id, cause, owner, stops_clock, asked_at, asked_by,
              answer, answered_at, answered_by)
            values (%(exam)s, 'missing_images', 'technologist', true, %(at)s, %(by)s, 'x',
                    %(end)s, %(by)s)
            """,
            exam=night.exam_id,
            at=NIGHT - timedelta(minutes=15),
            end=NIGHT - timedelta(minutes=5),
            by=night.reader.person_id,
        )
        tx.run("update reading.task set due_at = due_at + interval '10 minutes'")
    page = client(replace(night.reader, language="en")).get("/worklist").text
    assert f"50{NARROW}min</span>" in page

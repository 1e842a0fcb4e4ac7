"""Who is given an exam, and why not the others."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plateau.kernel.ids import ExamId, MemberId, PatientId, PersonId, SiteId
from plateau.reading.rules import ranking
from plateau.reading.rules.ranking import Reader, Ring, Terms, Waiting, WhyNot

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
HERE, THERE = SiteId(UUID(int=1)), SiteId(UUID(int=2))
OURS, THEIRS = MemberId(UUID(int=11)), MemberId(UUID(int=12))
PATIENT = PatientId(UUID(int=21))
TERMS = Terms(0.25, 0.5, 0.7, 0.85, 3, 15, 0.25, 10)
EXAM = Waiting(
    exam_id=ExamId(UUID(int=31)),
    site_id=HERE,
    member_id=OURS,
    department="64",
    modality="CT",
    patient_id=PATIENT,
    complete_at=NOW,
    due_at=NOW + timedelta(minutes=60),
    minutes=10,
)


def reader(number: int, **changed: object) -> Reader:
    one = Reader(
        person_id=PersonId(UUID(int=number)),
        name=f"Dr {number}",
        member_id=OURS,
        department="64",
        contracted=False,
        on_duty=True,
        covers=frozenset({HERE}),
        privileges=frozenset({HERE, THERE}),
        skills=frozenset({"CT", "MR"}),
        held=0,
        load_minutes=0.0,
        read_minutes=0.0,
        patients=frozenset(),
    )
    return replace(one, **changed)  # pyright: ignore[reportArgumentType] - fields by name


def places(found: Sequence[ranking.Choice]) -> list[int]:
    return [one.reader.person_id.int for one in found if one.place]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"covers": frozenset(), "on_duty": False}, WhyNot.OFF_DUTY),
        ({"covers": frozenset({THERE})}, WhyNot.OFF_DUTY),
        ({"privileges": frozenset({THERE})}, WhyNot.NO_PRIVILEGE),
        ({"skills": frozenset({"MR"})}, WhyNot.NO_SKILL),
        ({"held": 3}, WhyNot.HOLDS_ENOUGH),
    ],
)
def test_each_hard_condition_refuses_and_says_so(changed: dict[str, object], why: WhyNot) -> None:
    [one] = ranking.rank(EXAM, [reader(1, **changed)], NOW, TERMS)
    assert (one.place, one.why_not) == (None, (why,))


def test_the_first_reader_is_not_the_second() -> None:
    twice = replace(EXAM, first_reader=PersonId(UUID(int=1)))
    assert places(ranking.rank(twice, [reader(1), reader(2)], NOW, TERMS)) == [2]


@pytest.mark.parametrize(
    ("changed", "ring"),
    [
        ({}, Ring.LOCAL),
        ({"member_id": THEIRS}, Ring.POOL),
        ({"member_id": THEIRS, "covers": frozenset({THERE})}, Ring.DEPARTMENT),
        ({"member_id": THEIRS, "covers": frozenset(), "department": "40"}, Ring.REGION),
        ({"contracted": True}, Ring.OPERATOR),
    ],
)
def test_rings_go_outwards(changed: dict[str, object], ring: Ring) -> None:
    assert ranking.ring_of(EXAM, reader(1, **changed)) is ring


def test_rings_open_as_the_deadline_nears_and_the_nearest_at_once() -> None:
    people = [
        reader(1),
        reader(2, member_id=THEIRS),
        reader(3, member_id=THEIRS, covers=frozenset({THERE})),
        reader(4, contracted=True),
    ]
    for minutes, able in ((0, [1]), (15, [1, 2]), (30, [1, 2, 3]), (51, [1, 2, 3, 4])):
        now = NOW + timedelta(minutes=minutes)
        assert sorted(places(ranking.rank(EXAM, people, now, TERMS))) == able
    alone = ranking.rank(EXAM, people[3:], NOW, TERMS)
    assert places(alone) == [4]
    closed = ranking.rank(EXAM, people, NOW, TERMS)[-1]
    assert closed.why_not == (WhyNot.RING_CLOSED,)
    assert closed.opens_at == NOW + timedelta(minutes=51)


def test_who_would_be_late_goes_after_who_would_not() -> None:
    far = reader(2, member_id=THEIRS)
    people = [reader(1, load_minutes=200.0), far]
    assert places(ranking.rank(EXAM, people, NOW + timedelta(minutes=20), TERMS)) == [2, 1]


def test_load_continuity_and_fairness_decide_between_equals() -> None:
    busy, idle = reader(1, load_minutes=20.0), reader(2)
    assert places(ranking.rank(EXAM, [busy, idle], NOW, TERMS)) == [2, 1]
    knows = reader(1, load_minutes=10.0, patients=frozenset({PATIENT}))
    assert places(ranking.rank(EXAM, [knows, idle], NOW, TERMS)) == [1, 2]
    tired = reader(1, read_minutes=240.0)
    assert places(ranking.rank(EXAM, [tired, idle], NOW, TERMS)) == [2, 1]


def test_what_is_seen_outweighs_the_prior_in_the_end() -> None:
    assert ranking.expected_minutes(10, 10, 0, 0) == 10
    assert ranking.expected_minutes(10, 10, 200, 10) == 15
    assert ranking.expected_minutes(10, 0, 0, 0) == 10
    assert ranking.queue_minutes({"A": 2, "B": 1}, {"A": 5.0, "B": 7.0}) == 17


minutes = st.integers(0, 240).map(float)
sites = st.sampled_from([HERE, THERE])
readers = st.builds(
    reader,
    st.integers(1, 30),
    member_id=st.sampled_from([OURS, THEIRS]),
    department=st.sampled_from(["64", "40", ""]),
    contracted=st.booleans(),
    on_duty=st.booleans(),
    covers=st.frozensets(sites),
    privileges=st.frozensets(sites),
    skills=st.frozensets(st.sampled_from(["CT", "MR"])),
    held=st.integers(0, 4),
    load_minutes=minutes,
    read_minutes=minutes,
    patients=st.frozensets(st.integers(21, 23).map(lambda n: PatientId(UUID(int=n)))),
)
pools = st.lists(readers, max_size=12, unique_by=lambda one: one.person_id)
exams = st.builds(
    lambda site, modality, patient, waited, first: replace(
        EXAM,
        site_id=site,
        modality=modality,
        patient_id=PatientId(UUID(int=patient)),
        complete_at=NOW - timedelta(minutes=waited),
        due_at=NOW + timedelta(minutes=60 - waited),
        first_reader=PersonId(UUID(int=first)) if first else None,
    ),
    sites,
    st.sampled_from(["CT", "MR"]),
    st.integers(21, 24),
    st.integers(0, 90),
    st.integers(0, 3),
)


@settings(deadline=None)
@given(exams, pools)
def test_nobody_is_ranked_who_may_not_and_everybody_has_a_place_or_a_reason(
    exam: Waiting, pool: list[Reader]
) -> None:
    found = ranking.rank(exam, pool, NOW, TERMS)

    assert {one.reader.person_id for one in found} == {one.person_id for one in pool}
    assert [one.place for one in found if one.place] == list(
        range(1, 1 + sum(one.place is not None for one in found))
    )
    for one in found:
        assert (one.place is None) == bool(one.why_not)
        if one.place:
            assert exam.site_id in one.reader.privileges
            assert exam.modality in one.reader.skills
            assert one.reader.person_id != exam.first_reader
            assert one.opens_at <= NOW
    if any(not ranking.unable(exam, one, TERMS) for one in pool):
        assert found[0].place == 1


@settings(deadline=None)
@given(st.lists(exams, max_size=6), pools)
def test_ranking_all_at_once_ranks_as_one_by_one(
    waiting: list[Waiting], pool: list[Reader]
) -> None:
    together = ranking.orders(waiting, pool, NOW, TERMS)

    for exam, order in zip(waiting, together, strict=True):
        found = ranking.rank(exam, pool, NOW, TERMS)
        assert order == [one.reader.person_id for one in found if one.place]


@settings(deadline=None)
@given(exams, pools)
def test_what_opens_to_a_reader_is_what_they_are_ranked_for(
    exam: Waiting, pool: list[Reader]
) -> None:
    exam = replace(exam, first_reader=None)
    passed = (NOW - exam.complete_at) / (exam.due_at - exam.complete_at)
    ranked = ranking.orders([exam], pool, NOW, TERMS)[0]
    for one in pool:
        found = ranking.openings([exam], one.person_id, pool, TERMS)
        share = found.get((exam.site_id, exam.modality))
        assert (share is not None and share <= passed) == (one.person_id in ranked)


@settings(deadline=None)
@given(exams, pools, st.randoms())
def test_the_order_in_which_readers_are_listed_changes_nothing(
    exam: Waiting, pool: list[Reader], chance: object
) -> None:
    shuffled = sorted(pool, key=lambda one: hash((one.name, str(chance))))
    assert ranking.rank(exam, pool, NOW, TERMS) == ranking.rank(exam, shuffled, NOW, TERMS)

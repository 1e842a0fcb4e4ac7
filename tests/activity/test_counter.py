"""Counters: drifts cancel out, order changes nothing, exchanges bring back to the target."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activity.test_money import AGREEMENT, CT
from plateau.activity.agreements.types import MakeUp
from plateau.activity.counter import rules
from plateau.activity.counter.types import Row, Span
from plateau.kernel.errors import InvalidInputError

QUARTER = Span(first_on=date(2026, 1, 1), last_on=date(2026, 3, 31))
SHARED = replace(
    AGREEMENT,
    parties=("A", "B", "C"),
    shares={"A": 2500, "B": 2500, "C": 5000},
    unit="session",
    also=("exam", "minute", "icr", "euro"),
    weights={"TDM": 1250},
    make_up=MakeUp(within_weeks=6, most_per_week=2),
)
rows = st.lists(
    st.builds(
        Row,
        day=st.dates(date(2026, 1, 1), date(2026, 3, 31)),
        kind=st.sampled_from(["reading", "fee", *rules.SESSIONS]),
        machine=st.sampled_from(["CT_1", "CT_2"]),
        modality=st.just("CT"),
        exam_code=st.just("TDM"),
        reader_member=st.sampled_from("ABC"),
        session_member=st.sampled_from("ABC"),
        patient_member=st.sampled_from("ABC"),
        quantity=st.integers(1, 9),
        minutes=st.integers(0, 90),
    ),
    max_size=40,
)


def held(member: str, n: int, day: date = date(2026, 2, 2)) -> Row:
    return Row(day, "session_held", "CT_1", "CT", "", member, member, "A", n, 240 * n)


@given(rows, st.randoms(use_true_random=False))
def test_drifts_cancel_out_and_order_changes_nothing(some: list[Row], random: Random) -> None:
    found = rules.counter(SHARED, QUARTER, some, [CT])

    for count in found.counts:
        assert sum(one.drift for one in count.standings) == 0
        assert sum(one.done for one in count.standings) == count.total
        if count.points:
            assert count.points[-1].standings == count.standings
    mixed = random.sample(some, len(some))
    assert rules.counter(SHARED, QUARTER, mixed, [CT]) == found


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_exchanges_bring_everybody_within_a_session_of_the_target(a: int, b: int, c: int) -> None:
    some = [held("A", a), held("B", b), held("C", c)]
    count = rules.count(SHARED, QUARTER, [row for row in some if row.quantity], [], "session")

    moved = {"A": 0, "B": 0, "C": 0}
    for one in rules.exchanges(SHARED, count):
        assert 0 < one.sessions >= one.feasible
        moved[one.giver] -= one.sessions
        moved[one.taker] += one.sessions

    assert sum(moved.values()) == 0
    if not count.is_in_band:
        for one in count.standings:
            assert abs(one.drift + 10_000 * moved[one.member]) < 20_000


def test_a_team_that_drifts_leaves_the_band_and_owes_sessions() -> None:
    fair = replace(SHARED, parties=("A", "B"), shares={"A": 5000, "B": 5000})
    some = [held("A", 60), held("B", 40), held("B", 1, date(2025, 12, 31))]

    found = rules.counter(fair, QUARTER, some, [CT])

    (count, *_) = found.counts
    assert [(one.done, one.target, one.points) for one in count.standings] == [
        (60, 50, 10),
        (40, 50, -10),
    ]
    assert not count.is_in_band
    (one,) = found.exchanges
    assert (one.giver, one.taker, one.sessions, one.feasible) == ("A", "B", 10, 10)
    late = replace(fair, make_up=MakeUp(within_weeks=2, most_per_week=1))
    assert rules.exchanges(late, count)[0].feasible == 2


def test_a_lent_session_counts_for_who_used_it_and_a_given_up_one_for_nobody() -> None:
    lent = replace(held("A", 3), kind="session_lent", reader_member="B")
    given_up = replace(held("A", 2), kind="session_given_up")

    found = rules.counter(SHARED, QUARTER, [lent, given_up], [])

    assert [one.done for one in found.counts[0].standings] == [0, 3, 0]
    assert found.sessions["session_given_up"]["A"] == 2


@pytest.mark.parametrize(("owner", "expected"), [("reader", "A"), ("session", "B"),
                                                 ("patient", "C")])  # fmt: skip
def test_who_owns_an_act_is_as_agreed(owner: str, expected: str) -> None:
    act = Row(date(2026, 1, 5), "reading", "CT_1", "CT", "TDM", "A", "B", "C", 1, 10)

    count = rules.count(replace(SHARED, owner=owner), QUARTER, [act], [], "icr")

    assert {one.member: one.done for one in count.standings if one.done} == {expected: 1250}


def test_what_nobody_owns_or_nothing_prices_is_said() -> None:
    act = Row(date(2026, 1, 5), "reading", "CT_1", "CT", "AUTRE", "A", "", "C", 2, 10)
    by_session = replace(SHARED, owner="session")
    fee = replace(act, kind="fee", day=date(2026, 1, 6))

    counts = {
        count.unit: count for count in rules.counter(by_session, QUARTER, [act, fee], []).counts
    }

    assert (counts["exam"].unowned, counts["icr"].unpriced, counts["euro"].unpriced) == (2, 2, 2)


@given(
    st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.sampled_from(["month", "quarter", "year"])
)
def test_periods_follow_each_other_without_a_gap(day: date, period: str) -> None:
    agreement = replace(SHARED, period=period)
    span = rules.span_of(agreement, on=day)

    assert span.first_on <= day <= span.last_on
    assert rules.before(agreement, span).last_on == span.first_on - timedelta(days=1)


def test_a_day_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidInputError):
        rules.parsed(SHARED, "24/11/2026", today=date(2026, 1, 1))

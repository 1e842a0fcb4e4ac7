"""Shares to the cent, fees by rank, pay of duties: properties, then the published figures."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateau.activity.agreements import rules
from plateau.activity.agreements.types import Agreement, DutyPay, Machine, Made, Tariff
from plateau.kernel import holidays
from plateau.kernel.errors import RuleBrokenError
from plateau.kernel.time import PARIS

CT = Tariff(
    modality="CT",
    reference=3,
    full_cents=93_53,
    full_amortised_cents=69_38,
    thresholds=(11, 13),
    reduced_cents=(54_68, 41_88, 29_63),
    amortised_after=7,
    cut=0,
    cut_amortised=0,
    source="test",
    verified=False,
    valid_from=date(2018, 7, 1),
    valid_to=None,
)
AGREEMENT = Agreement(
    code="AC", name="", parties=("A", "B"),
    machines=(Machine("CT_1", date(2021, 3, 1)), Machine("CT_2", date(2016, 1, 1))),
    lines=(), shares={"A": 5000, "B": 5000}, unit="exam", also=(), owner="reader", tolerance=200,
    period="quarter", weights={}, make_up=None, operator="A", keys={}, capital={}, surface={},
    duty_pay=None, same_pay=None, lending=None, valid_from=date(2026, 1, 1), valid_to=None,
)  # fmt: skip
PRIVATE = DutyPay(
    pay="GARDE", status="private", whole_cents=422_00, early_cents=141_00, deep_cents=281_00,
    source="PDSES", verified=True, valid_from=date(2025, 11, 1), valid_to=None,
)  # fmt: skip
codes = st.text("ABCDEFG", min_size=1, max_size=2)
parts = st.dictionaries(codes, st.integers(0, 10**6), min_size=1, max_size=8).filter(
    lambda found: sum(found.values()) > 0
)
made = st.builds(
    Made,
    machine=st.sampled_from(["CT_1", "CT_2"]),
    modality=st.just("CT"),
    day=st.dates(date(2026, 1, 1), date(2026, 3, 1)),
    owner=st.sampled_from(["A", "B"]),
    count=st.integers(1, 6),
)


@given(st.integers(0, 10**12), parts)
def test_shares_add_up_to_the_cent_and_follow_the_parts(total: int, by: dict[str, int]) -> None:
    shares = rules.split(total, by)

    assert sum(shares.values()) == total
    whole = sum(by.values())
    for code, part in by.items():
        assert abs(shares[code] * whole - total * part) < whole
    shuffled = dict(Random(total).sample([*by.items()], len(by)))
    assert rules.split(total, shuffled) == shares


def test_cents_left_over_go_to_the_largest_remainders_then_to_the_first_code() -> None:
    assert rules.split(100, {"B": 1, "A": 1, "C": 1}) == {"A": 34, "B": 33, "C": 33}
    assert rules.split(100_01, {"A": 25, "B": 25, "C": 50}) == {"A": 2500, "B": 2500, "C": 5001}
    with pytest.raises(RuleBrokenError):
        rules.split(1, {"A": 0})


@given(st.lists(made, max_size=30), st.randoms(use_true_random=False))
def test_fees_are_all_priced_once_whatever_their_order(some: list[Made], random: Random) -> None:
    fees, unpriced = rules.priced(some, [CT], AGREEMENT)

    assert unpriced == []
    assert sum(one.count for one in fees) == sum(one.count for one in some)
    for machine in ("CT_1", "CT_2"):
        total = sum(one.count for one in some if one.machine == machine)
        expected = sum(
            rules.fee(CT, rank, amortised=machine == "CT_2")[1] for rank in range(1, total + 1)
        )
        assert sum(one.cents for one in fees if one.machine == machine) == expected
    mixed = random.sample(some, len(some))
    again = rules.priced(mixed, [CT], AGREEMENT)[0]
    assert sum(one.cents for one in again) == sum(one.cents for one in fees)


@given(made, made)
def test_what_is_taken_back_gives_back_what_it_made(one: Made, other: Made) -> None:
    last = Made(one.machine, "CT", date(2026, 4, 1), "A", one.count)
    back = Made(one.machine, "CT", date(2026, 4, 2), "A", -one.count)
    before = rules.priced([other], [CT], AGREEMENT)[0]

    fees = rules.priced([other, last, back], [CT], AGREEMENT)[0]

    assert sum(fee.cents for fee in fees) == sum(fee.cents for fee in before)


@pytest.mark.parametrize(
    ("rank", "amortised", "expected"),
    [(1, False, (0, 93_53)), (3, True, (0, 69_38)), (4, True, (1, 54_68)), (11, False, (1, 54_68)),
     (12, False, (2, 41_88)), (13, False, (2, 41_88)), (14, False, (3, 29_63))],
)  # fmt: skip
def test_tiers_of_july_2018(rank: int, amortised: bool, expected: tuple[int, int]) -> None:
    assert rules.fee(CT, rank, amortised=amortised) == expected


def test_cuts_are_those_of_2025_to_2027() -> None:
    cut = [rules.fee(replace(CT, cut=cut), 1, amortised=False)[1] for cut in (8_60, 10_00, 12_60)]
    assert cut == [85_49, 84_18, 81_75]  # 85.486, 84.177, 81.745


def test_a_day_without_tariff_is_named_and_keeps_its_ranks() -> None:
    ended = replace(CT, valid_to=date(2026, 2, 1))
    later = replace(CT, valid_from=date(2026, 2, 2))
    some = [Made("CT_1", "CT", date(2026, month, day), "A", 2)
            for month, day in ((1, 31), (2, 1), (2, 2))]  # fmt: skip

    fees, unpriced = rules.priced(some, [ended, later], AGREEMENT)

    assert unpriced == [some[1]]
    assert [(one.day.day, one.tier) for one in fees] == [(31, 0), (2, 1)]


@pytest.mark.parametrize(
    ("installed", "amortised"),
    [(date(2019, 1, 1), True), (date(2019, 1, 2), False), (None, False), (date(2010, 5, 1), True)],
)
def test_a_machine_is_amortised_after_seven_full_years_on_1_january(
    installed: date | None, amortised: bool
) -> None:
    assert rules.is_amortised(installed, CT, on=date(2026, 12, 31)) is amortised


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=PARIS).astimezone(UTC)


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "cents"),
    [
        (at(24, 20), at(25, 8), 422_00),
        (at(24, 20), at(25, 0), 141_00),
        (at(25, 0), at(25, 8), 281_00),
        (at(24, 20), at(24, 22), 70_50),
        (at(24, 8), at(24, 18), 0),
        (at(28, 13), at(28, 20), 281_00),  # Saturday afternoon
        (at(29, 8), at(29, 20), 422_00),  # Sunday
        (at(11, 8), at(12, 8), 844_00),  # a holiday and its night
        (at(24, 20, month=10), at(25, 8, month=10), 422_00),  # the clock goes back: 13 hours
        (at(25, 0, month=10), at(25, 4, 30, month=10), 171_72),  # 5.5 of 9 hours
    ],
)
def test_duties_pay_by_their_parts(starts_at: datetime, ends_at: datetime, cents: int) -> None:
    assert sum(part.cents for part in rules.pay(starts_at, ends_at, PRIVATE)) == cents


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(1, 2 * 24 * 60),
    st.integers(1, 2 * 24 * 60),
)
def test_a_duty_handed_over_pays_what_it_would_have(
    start: datetime, first: int, second: int
) -> None:
    start = start.replace(second=0, microsecond=0)
    middle = start + timedelta(minutes=first)
    end = middle + timedelta(minutes=second)

    def total(since: datetime, until: datetime) -> int:
        return sum(part.cents for part in rules.pay(since, until, PRIVATE))

    assert abs(total(start, end) - total(start, middle) - total(middle, end)) <= 1


def test_easter_moves() -> None:
    assert date(2026, 4, 6) in holidays.of_year(2026)
    assert date(2027, 5, 6) in holidays.of_year(2027)  # Ascension

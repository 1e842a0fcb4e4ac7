"""Duties in instants, whom they cover, and the rest people are owed."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateau.kernel.ids import LineId, PersonId, SiteId
from plateau.kernel.time import PARIS, instant, local
from plateau.planning import rules
from plateau.planning.types import (
    Coverage,
    Duty,
    Hours,
    OperatorNight,
    Roster,
    RosterEntry,
    SitePlace,
)

NIGHT = Hours(starts_at=time(20), ends_at=time(8), first_starts_at=time(18))
DAY = Hours(starts_at=time(8), ends_at=time(20), first_starts_at=time(8))
LINE = LineId(UUID(int=1))
AMY, BOB = PersonId(UUID(int=2)), PersonId(UUID(int=3))
HOUR = timedelta(hours=1)


def night_of(day: date, *people: PersonId) -> list[Duty]:
    return rules.expand(NIGHT, RosterEntry(line_id=LINE, on=day, people=people or (AMY, BOB)))


def coverage(duty: Duty, covers_from: time) -> Coverage:
    return Coverage(
        SiteId(uuid4()), covers_from, "Europe/Paris", "Bayonne", duty.duty_id, duty.line_id,
        "Nuit", duty.person_id, "Dr Essai", duty.position, duty.starts_at, duty.ends_at,
        day=local(duty.starts_at).date(),
    )  # fmt: skip


def test_a_night_crosses_midnight_and_its_first_reader_starts_early() -> None:
    first, second = night_of(date(2026, 11, 23))
    assert (first.position, first.person_id) == (1, AMY)
    assert first.starts_at == datetime(2026, 11, 23, 17, tzinfo=UTC)  # 18:00 in winter
    assert second.starts_at == datetime(2026, 11, 23, 19, tzinfo=UTC)
    assert first.ends_at == second.ends_at == datetime(2026, 11, 24, 7, tzinfo=UTC)


def test_a_day_stays_within_its_day() -> None:
    (duty,) = rules.expand(DAY, RosterEntry(line_id=LINE, on=date(2026, 7, 1), people=(AMY,)))
    assert duty.starts_at == datetime(2026, 7, 1, 6, tzinfo=UTC)  # 08:00 in summer
    assert duty.ends_at == datetime(2026, 7, 1, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 10, 24), 13), (date(2027, 3, 27), 11), (date(2026, 11, 23), 12)],
    ids=["clocks go back", "clocks go forward", "ordinary"],
)
def test_a_night_lasts_what_the_clocks_make_it(day: date, hours: int) -> None:
    _, second = night_of(day)
    assert second.ends_at - second.starts_at == hours * HOUR


days = st.dates(date(2024, 1, 1), date(2030, 12, 31))
clocks = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))
zones = st.sampled_from([PARIS, ZoneInfo("Indian/Reunion"), ZoneInfo("America/Cayenne")])


@given(days, clocks, clocks, clocks, zones)
def test_a_duty_shows_its_hours_on_the_local_clock(
    day: date, starts: time, ends: time, first: time, zone: ZoneInfo
) -> None:
    hours = Hours(starts_at=starts, ends_at=ends, first_starts_at=first, zone=zone)
    for duty in rules.expand(hours, RosterEntry(line_id=LINE, on=day, people=(AMY, BOB))):
        start = min(starts, first) if duty.position == 1 else starts
        begin, end = local(duty.starts_at, zone), local(duty.ends_at, zone)
        assert begin.date() == day
        assert begin.time() == start or _is_skipped(day, start, zone)
        assert end.time() == ends or _is_skipped(end.date(), ends, zone)
        assert end.date() == (day if ends > starts else day + timedelta(days=1))


def _is_skipped(day: date, clock: time, zone: ZoneInfo) -> bool:
    """Whether no clock of the zone ever shows that hour on that day."""
    shown = datetime.combine(day, clock, zone).astimezone(UTC).astimezone(zone)
    return shown.replace(tzinfo=None) != datetime.combine(day, clock)


@given(days)
def test_night_and_day_follow_each_other_without_a_gap(day: date) -> None:
    chain = [
        rules.expand(DAY, RosterEntry(line_id=LINE, on=day, people=(AMY,)))[0],
        night_of(day, BOB, AMY)[1],
        rules.expand(DAY, RosterEntry(line_id=LINE, on=day + timedelta(1), people=(BOB,)))[0],
    ]
    assert all(before.ends_at == after.starts_at for before, after in pairwise(chain))


@given(days)
def test_the_same_entry_gives_the_same_ids(day: date) -> None:
    ids = [duty.duty_id for duty in night_of(day)]
    assert ids == [duty.duty_id for duty in night_of(day, BOB, AMY)]
    assert len(set(ids)) == 2


def test_a_site_is_covered_from_its_own_hour_until_the_end() -> None:
    first, _ = night_of(date(2026, 11, 23))
    early, late = coverage(first, time(18)), coverage(first, time(20))
    assert rules.covers(early, first.starts_at)
    assert not rules.covers(early, first.starts_at - timedelta(microseconds=1))
    assert not rules.covers(late, first.starts_at + HOUR)
    assert rules.covers(late, first.starts_at + 2 * HOUR)
    assert rules.covers(late, first.ends_at - HOUR)  # after midnight
    assert not rules.covers(late, first.ends_at)


@given(days, st.integers(0, 24 * 60))
def test_at_night_the_early_sites_have_one_reader_then_all_have_two(day: date, minute: int) -> None:
    duties = night_of(day)
    at = duties[0].starts_at - 4 * HOUR + timedelta(minutes=minute)
    early = sum(rules.covers(coverage(duty, time(18)), at) for duty in duties)
    late = sum(rules.covers(coverage(duty, time(20)), at) for duty in duties)
    evening, night, morning = duties[0].starts_at, duties[1].starts_at, duties[0].ends_at
    assert early == (0 if at < evening or at >= morning else 1 if at < night else 2)
    assert late == (2 if night <= at < morning else 0)


def test_every_site_is_listed_and_its_people_come_line_by_line() -> None:
    night = night_of(date(2026, 11, 23))
    day = rules.expand(DAY, RosterEntry(line_id=LINE, on=date(2026, 11, 23), people=(AMY, BOB)))
    site = SiteId(UUID(int=9))
    people = [
        replace(coverage(duty, time(8)), site_id=site, line_name=name)
        for name, duty in (("A", night[0]), ("B", day[0]), ("A", night[1]), ("B", day[1]))
    ]
    sites = [SitePlace(site, "Site", "Ville"), SitePlace(SiteId(UUID(int=8)), "Seul", "Ville")]
    covered, alone = rules.on_call(sites, people, at=night[0].starts_at)
    assert [person.line_name for person in covered.people] == ["B", "B", "A"]
    assert alone.people == ()


def duty(person: PersonId, start: int, hours: int) -> Duty:
    starts_at = datetime(2026, 3, 28, tzinfo=UTC) + start * HOUR
    return Duty(rules.expand(DAY, RosterEntry(line_id=LINE, on=starts_at.date(), people=(AMY,)))[0]
                .duty_id, LINE, person, 1, starts_at, starts_at + hours * HOUR)  # fmt: skip


def test_eleven_hours_is_enough_and_less_is_not() -> None:
    night, late, on_time = duty(AMY, 20, 12), duty(AMY, 42, 4), duty(AMY, 43, 4)
    assert rules.short_rests([late, night]) == [(night, late)]
    assert rules.short_rests([night, on_time]) == []
    assert rules.short_rests([night, duty(BOB, 33, 4)]) == []


def test_the_night_when_clocks_go_back_shortens_the_rest_before_the_next_duty() -> None:
    """08:00 to 19:00 is eleven hours; the night itself took thirteen."""
    night = night_of(date(2026, 10, 24))[1]
    evening = Duty(
        night.duty_id, LINE, BOB, 1, night.ends_at + 11 * HOUR, night.ends_at + 13 * HOUR
    )
    assert rules.short_rests([night, evening]) == []
    assert local(evening.starts_at).time() == time(19)


spans = st.lists(st.tuples(st.integers(0, 200), st.integers(1, 14)), max_size=8)


@given(spans)
def test_no_short_rest_means_every_two_duties_are_far_apart(starts: list[tuple[int, int]]) -> None:
    duties = [duty(AMY, start, hours) for start, hours in starts]
    apart = all(
        later.starts_at - earlier.ends_at >= rules.MIN_DAILY_REST
        or earlier.starts_at - later.ends_at >= rules.MIN_DAILY_REST
        for n, earlier in enumerate(duties)
        for later in duties[n + 1 :]
    )
    assert (rules.short_rests(duties) == []) == apart


def test_two_places_at_once_are_told_from_a_short_rest() -> None:
    night, short, meanwhile = duty(AMY, 20, 12), duty(AMY, 40, 4), duty(AMY, 25, 1)
    assert rules.two_places(rules.short_rests([night, short])) == []
    assert rules.two_places(rules.short_rests([night, meanwhile])) == [(night, meanwhile)]


NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def nights(first: date, *pairs: tuple[PersonId, ...]) -> list[Duty]:
    entries = tuple(
        RosterEntry(line_id=LINE, on=first + timedelta(n), people=pair)
        for n, pair in enumerate(pairs)
        if pair
    )
    return rules.expand_all(Roster(lines={LINE: NIGHT}, entries=entries))


rosters = st.lists(
    st.sampled_from([(), (AMY,), (BOB,), (AMY, BOB), (BOB, AMY)]), min_size=1, max_size=4
)


@given(rosters, rosters)
def test_a_new_roster_replaces_what_has_not_begun_and_keeps_the_rest(
    old: list[tuple[PersonId, ...]], new: list[tuple[PersonId, ...]]
) -> None:
    known, planned = nights(date(2026, 11, 23), *old), nights(date(2026, 11, 23), *new)
    plan = rules.replan(known, planned, at=NOON)
    after = {duty.duty_id: duty for duty in known if duty.duty_id not in plan.removed}
    after |= {duty.duty_id: duty for duty in plan.written}
    begun = [duty for duty in known if duty.starts_at <= NOON]
    assert all(after[duty.duty_id] == duty for duty in begun)
    future = {duty for duty in after.values() if duty.starts_at > NOON}
    assert future == {duty for duty in planned if duty.starts_at > NOON}
    assert rules.replan(list(after.values()), planned, at=NOON).size == 0


@pytest.mark.parametrize(
    ("days", "day", "answering"),
    [
        ("all", date(2027, 3, 29), True),
        ("off", date(2027, 3, 29), True),  # Easter Monday
        ("working", date(2027, 3, 29), False),
        ("off", date(2027, 3, 30), False),
        ("working", date(2027, 3, 30), True),
    ],
)
def test_an_operator_answers_on_the_days_of_its_line(days: str, day: date, answering: bool) -> None:
    night = OperatorNight(
        SiteId(uuid4()), "Nuit", "Nuit SA", None, days, time(20), time(0, 30), time(7),
        "Europe/Paris", day,
    )  # fmt: skip
    after = day + timedelta(days=1)

    assert (rules.answers(night, instant(after, time(0, 30))) is not None) is answering
    assert rules.answers(night, instant(after, time(0, 29))) is None
    assert rules.answers(night, instant(after, time(7))) is None

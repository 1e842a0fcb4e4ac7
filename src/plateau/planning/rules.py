"""What a duty is in instants, whom it covers when, and the rest people are owed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from plateau.kernel import holidays
from plateau.kernel.ids import DutyId, LineId, SiteId
from plateau.kernel.time import instant, local
from plateau.planning.types import (
    Coverage,
    Duty,
    Hours,
    OnCall,
    Operator,
    OperatorNight,
    PlannedDays,
    Replan,
    Roster,
    RosterEntry,
    SitePlace,
)

MIN_DAILY_REST = timedelta(hours=11)  # Source: Code de la santé publique, art. R6152-27
_DUTIES = UUID("5b0c3c0e-6f0b-5d0c-9b57-3f1f0f0a7d11")  # namespace of the duties' ids


def expand(hours: Hours, entry: RosterEntry) -> list[Duty]:
    """The duties of a roster entry: local hours as instants, whatever the clocks do that night."""
    overnight = hours.ends_at <= hours.starts_at
    ends_at = instant(entry.on + timedelta(days=overnight), hours.ends_at, hours.zone)
    return [
        _duty(entry, position, instant(entry.on, _start(hours, position), hours.zone), ends_at)
        for position in range(1, len(entry.people) + 1)
    ]


def _start(hours: Hours, position: int) -> time:
    return min(hours.first_starts_at, hours.starts_at) if position == 1 else hours.starts_at


def _duty(entry: RosterEntry, position: int, starts_at: datetime, ends_at: datetime) -> Duty:
    return Duty(
        duty_id(entry.line_id, position, starts_at),
        entry.line_id,
        entry.people[position - 1],
        position,
        starts_at,
        ends_at,
    )


def duty_id(line_id: LineId, position: int, starts_at: datetime) -> DutyId:
    """Stable, so that publishing the same roster again changes nothing."""
    instant_utc = starts_at.astimezone(UTC).isoformat()
    return DutyId(uuid5(_DUTIES, f"{line_id}/{position}/{instant_utc}"))


def expand_all(roster: Roster) -> list[Duty]:
    """Every duty of a roster."""
    return [duty for entry in roster.entries for duty in expand(roster.lines[entry.line_id], entry)]


def unplanned(
    duties: Iterable[Duty], lines: Mapping[LineId, Hours], planned: Sequence[PlannedDays]
) -> list[Duty]:
    """The duties of days that no published roster plans: on the others, that roster is right."""
    return [
        duty
        for duty in duties
        if not any(
            days.line_id == duty.line_id and days.first_on <= _day(duty, lines) <= days.last_on
            for days in planned
        )
    ]


def _day(duty: Duty, lines: Mapping[LineId, Hours]) -> date:
    """The local day on which a duty began."""
    return local(duty.begun_at or duty.starts_at, lines[duty.line_id].zone).date()


def replan(known: Sequence[Duty], planned: Sequence[Duty], *, at: datetime) -> Replan:
    """How the known duties of some lines become the planned ones.

    Those that have begun at `at` stay; a past one that was never recorded is added, unless
    somebody already held that position over a part of those hours.
    """
    known_by_id = {duty.duty_id: duty for duty in known}
    begun = [duty for duty in known if duty.starts_at <= at]
    wanted = [duty for duty in planned if not any(_same_post(duty, held) for held in begun)]
    kept = {duty.duty_id for duty in [*wanted, *begun]}
    return Replan(
        written=tuple(duty for duty in wanted if known_by_id.get(duty.duty_id) != duty),
        removed=frozenset(known_by_id.keys() - kept),
    )


def _same_post(one: Duty, other: Duty) -> bool:
    return (
        (one.line_id, one.position) == (other.line_id, other.position)
        and one.starts_at < other.ends_at
        and other.starts_at < one.ends_at
    )


def covers(coverage: Coverage, at: datetime) -> bool:
    """Whether the person answers for the site at `at`.

    They are on duty, and their line has begun to cover the site on the day when the duty began.
    """
    if not coverage.starts_at <= at < coverage.ends_at:
        return False
    zone = ZoneInfo(coverage.time_zone)
    return instant(coverage.day, coverage.covers_from, zone) <= at


def answers(night: OperatorNight, at: datetime) -> Operator | None:
    """The operator, if the hours of its night hold `at` and its line runs on that day.

    Hours before that of the line are of the day after.
    """
    is_off = night.day.weekday() >= 5 or bool(holidays.between(night.day, night.day))
    zone = ZoneInfo(night.time_zone)
    first = night.day + timedelta(days=night.operator_from <= night.line_starts_at)
    last = first + timedelta(days=night.operator_to <= night.operator_from)
    starts_at = instant(first, night.operator_from, zone)
    ends_at = instant(last, night.operator_to, zone)
    if night.days not in {"all", "off" if is_off else "working"} or not starts_at <= at < ends_at:
        return None
    return Operator(
        line_name=night.line_name,
        name=night.name,
        phone=night.phone,
        starts_at=starts_at,
        ends_at=ends_at,
    )


def on_call(
    sites: Sequence[SitePlace],
    coverages: Sequence[Coverage],
    nights: Sequence[OperatorNight] = (),
    *,
    at: datetime,
) -> list[OnCall]:
    """Each site with those who answer for it at `at`, line by line; a site may have nobody."""
    answering: dict[SiteId, list[Coverage]] = {}
    for one in sorted(coverages, key=lambda coverage: (coverage.ends_at, coverage.line_name)):
        if covers(one, at):
            answering.setdefault(one.site_id, []).append(one)
    return [
        OnCall(
            site=site,
            people=tuple(answering.get(site.site_id, ())),
            operators=tuple(
                found
                for night in nights
                if night.site_id == site.site_id and (found := answers(night, at))
            ),
        )
        for site in sites
    ]


def short_rests(
    duties: Iterable[Duty], *, minimum: timedelta = MIN_DAILY_REST
) -> list[tuple[Duty, Duty]]:
    """The pairs of consecutive duties of one person with less than `minimum` between them."""
    ordered = sorted(duties, key=lambda duty: (duty.person_id, duty.starts_at, duty.ends_at))
    return [
        (before, after)
        for before, after in pairwise(ordered)
        if before.person_id == after.person_id and after.starts_at - before.ends_at < minimum
    ]


def two_places(pairs: Sequence[tuple[Duty, Duty]]) -> list[tuple[Duty, Duty]]:
    """Of these pairs, those that overlap: the person would be at two places at once."""
    return [(before, after) for before, after in pairs if after.starts_at < before.ends_at]

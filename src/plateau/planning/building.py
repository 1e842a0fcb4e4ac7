"""The problem of a period, from what the territory and the rules say."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol, TypeVar
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from plateau.kernel import holidays
from plateau.kernel.ids import LineId, MemberId, PersonId
from plateau.kernel.time import instant
from plateau.planning import plan_queries, terms
from plateau.planning.plan_types import (
    ContractRow,
    CoveredRow,
    GridRow,
    HeldRow,
    LineRow,
    PastDuty,
    PastSession,
    ShareOfMember,
)
from plateau.planning.roster import law
from plateau.planning.roster.types import (
    Assignment,
    Burden,
    Contract,
    Half,
    Held,
    Kind,
    Person,
    Post,
    Problem,
    Setting,
    ShareTarget,
    Span,
    Status,
)
from plateau.platform.db import Tx

_POSTS = UUID("0a4d7f10-55c1-5b7e-8a0b-3c1d2e9f6b42")  # namespace of the ids of posts
_KNOWN = timedelta(weeks=17)  # how far back work counts: the averages of four months
_EVENING = time(16)


def problem(tx: Tx, *, first: date, last: date) -> Problem:
    """Everything a roster from `first` to `last` is made from, as the tables say it now.

    Ids of posts derive from what they are, so that asking again gives the same. Leave, wishes and
    what is published are added by publication.
    """
    days = _Days(first, last, ZoneInfo(plan_queries.zone(tx)))
    return Problem(
        first=first,
        last=last,
        people=tuple(_people(tx, days)),
        posts=tuple(sorted((*_sessions(tx, days), *_duties(tx, days)), key=_order)),
        settings=settings(tx),
        holidays=days.holidays,
        travel_minutes={
            (row.origin_id, row.destination_id): row.minutes
            for row in plan_queries.travels(tx, on=first)
        },
        shares=tuple(_shares(tx, first)),
        members=plan_queries.members(tx),
        carried=noted(tx, before=first),
        before=before(tx, first=first, zone=days.zone),
        zone=days.zone,
    )


def settings(tx: Tx) -> tuple[Setting, ...]:
    """The rules as the law has them, then as people decided: the last word on a day holds."""
    return (*law.settings(), *_decided(tx))


def noted(
    tx: Tx, *, before: date, after: date | None = None
) -> dict[tuple[PersonId, Burden], float]:
    """The counters of burdens that people noted, the last before a day, after another if given."""
    rows = plan_queries.carried(tx, before=before, after=after)
    return {(row.person_id, Burden(row.burden)): row.done for row in rows}


def _order(post: Post) -> tuple[datetime, str, UUID]:
    return (post.starts_at, post.name, post.post_id)


@dataclass(frozen=True, slots=True)
class _Days:
    """The days of a period, at the clock of its territory."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def all(self) -> list[date]:
        """Each of them."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    @property
    def holidays(self) -> frozenset[date]:
        """Those that are public holidays."""
        return holidays.between(self.first, self.last)


class _Dated(Protocol):
    """A row that holds from a day until the day before another."""

    @property
    def valid_from(self) -> date: ...
    @property
    def valid_to(self) -> date | None: ...


def _span(row: _Dated) -> Span:
    """The days of a row, the last one counted."""
    return Span(first=row.valid_from, last=row.valid_to and row.valid_to - timedelta(days=1))


def _decided(tx: Tx) -> Iterator[Setting]:
    for row in plan_queries.settings(tx):
        yield Setting(
            rule=row.rule,
            span=Span(first=row.first_on, last=row.last_on),
            is_on=row.is_on,
            is_hard=row.is_hard,
            weight=row.weight,
            numbers=row.numbers,
            source=row.source,
            is_verified=row.is_verified,
        )


def people(tx: Tx, *, first: date, last: date) -> list[Person]:
    """Those who are planned between two days, by name; leave and wishes are not in it."""
    return [*_people(tx, _Days(first, last, ZoneInfo(plan_queries.zone(tx))))]


def _people(tx: Tx, days: _Days) -> Iterator[Person]:
    contracts = _by_person(plan_queries.contracts(tx, last=days.last))
    changes = _by_person(plan_queries.terms(tx))
    skills = _by_person(plan_queries.skills(tx, last=days.last))
    rights = _by_person(plan_queries.privileges(tx, last=days.last))
    lines = _by_person(plan_queries.line_members(tx, first=days.first, last=days.last))
    for row in plan_queries.people(tx, first=days.first, last=days.last):
        yield Person(
            person_id=row.person_id,
            name=row.name,
            member_id=row.member_id,
            home_site_id=row.home_site_id,
            contracts=terms.amended(
                map(_contract, contracts[row.person_id]), changes[row.person_id]
            ),
            skills=tuple(_held(one) for one in skills[row.person_id]),
            privileges=tuple(_held(one) for one in rights[row.person_id]),
            lines=frozenset(one.line_id for one in lines[row.person_id]),
        )


class _OfPerson(Protocol):
    """A row about somebody."""

    @property
    def person_id(self) -> PersonId: ...


T = TypeVar("T", bound=_OfPerson)


def _by_person(rows: Sequence[T]) -> dict[PersonId, list[T]]:
    found: dict[PersonId, list[T]] = defaultdict(list)
    for row in rows:
        found[row.person_id].append(row)
    return found


def _contract(row: ContractRow) -> Contract:
    return Contract(
        span=_span(row),
        status=Status(row.status),
        share=row.share,
        half_days=row.half_days,
        takes_extra=row.takes_extra,
        max_duties=row.max_duties,
    )


def _held(row: HeldRow) -> Held:
    return Held(what=row.what, span=_span(row))


def _sessions(tx: Tx, days: _Days) -> Iterator[Post]:
    closed = days.holidays
    for row in plan_queries.grid(tx, first=days.first, last=days.last):
        for on in days.all:
            if _span(row).holds(on) and _is_worked(row, on, is_holiday=on in closed):
                yield _session(row, on)


def _is_worked(row: GridRow, on: date, *, is_holiday: bool) -> bool:
    """Whether a session takes place on a day: dates given one by one go before all else."""
    if on.isoformat() in row.closed_days:
        return False
    if on.isoformat() in row.extra_days:
        return True
    return str(on.isoweekday()) in row.weekdays and (row.on_holidays or not is_holiday)


def _session(row: GridRow, on: date) -> Post:
    zone = ZoneInfo(row.time_zone)
    return Post(
        post_id=uuid5(_POSTS, f"session:{row.code}/{row.half}/{on}"),
        kind=Kind.SESSION,
        on=on,
        half=Half(row.half),
        starts_at=instant(on, row.starts_at, zone),
        ends_at=instant(on, row.ends_at, zone),
        site_id=row.site_id,
        name=row.name,
        needed=row.needed,
        skill=row.skill,
        statuses=frozenset(Status(word) for word in row.statuses.split()),
        machine=row.machine,
        family=row.family,
        is_optional=row.is_optional,
        run=f"{row.code} {_week(on)}" if row.same_team else None,
    )


def _week(on: date) -> str:
    year, week, _ = on.isocalendar()
    return f"{year}-W{week:02d}"


def _duties(tx: Tx, days: _Days) -> Iterator[Post]:
    covers: dict[LineId, list[CoveredRow]] = defaultdict(list)
    for row in plan_queries.covered(tx, first=days.first, last=days.last):
        covers[row.line_id].append(row)
    for line in plan_queries.lines(tx, first=days.first, last=days.last):
        for on in days.all:
            is_off = on.weekday() >= 5 or on in days.holidays
            if _span(line).holds(on) and line.days in {"all", "off" if is_off else "working"}:
                yield from duties_of(line, covers[line.line_id], on)


def duties_of(line: LineRow, covers: Sequence[CoveredRow], on: date) -> list[Post]:
    """The posts of a line on a day: one for its readers, two when the first of them starts early.

    A site that is closed that night is not waited for; with none left, nobody is on duty. A private
    operator takes over from the hour it begins.
    """
    opened = [c for c in covers if _span(c).holds(on) and on not in c.closed]
    if not opened:
        return []
    early = min(c.starts_at for c in opened)
    if early >= line.starts_at:
        return [_duty(line, on, line.starts_at, (1, line.readers))]
    first = _duty(line, on, early, (1, 1))
    if line.readers == 1:
        return [first]
    return [first, _duty(line, on, line.starts_at, (2, line.readers - 1))]


def _duty(line: LineRow, on: date, starts_at: time, places: tuple[int, int]) -> Post:
    """A post of so many readers, from a position on."""
    zone, ends_at = ZoneInfo(line.time_zone), line.operator_from or line.ends_at
    is_overnight = ends_at <= starts_at
    return Post(
        post_id=uuid5(_POSTS, f"duty:{line.line_id}/{places[0]}/{on}"),
        kind=Kind.DUTY,
        on=on,
        half=Half.NIGHT if is_overnight or starts_at >= _EVENING else Half.MORNING,
        starts_at=instant(on, starts_at, zone),
        ends_at=instant(on + timedelta(days=is_overnight), ends_at, zone),
        site_id=line.site_id,
        name=line.name,
        needed=places[1],
        skill=line.skill,
        line_id=line.line_id,
        first_position=places[0],
    )


def _shares(tx: Tx, first: date) -> Iterator[ShareTarget]:
    families: dict[str, list[ShareOfMember]] = defaultdict(list)
    for row in plan_queries.shares(tx, on=first):
        families[row.family].append(row)
    carried = shares_carried(tx, before=first)
    for family, mine in families.items():
        yield ShareTarget(
            family=family,
            shares={row.member_id: row.share for row in mine},
            tolerance=mine[0].tolerance,
            carried=carried.get(family, {}),
        )


def shares_carried(tx: Tx, *, before: date) -> dict[str, dict[MemberId, float]]:
    """What was done of shared sessions before a day: beyond the shares, as it was counted last, and
    what is published of the days after that."""
    found: dict[str, dict[MemberId, float]] = {}
    counted: dict[str, date] = {}
    for row in plan_queries.shares_carried(tx, before=before):
        found.setdefault(row.family, {})[row.member_id] = row.sessions
        counted[row.family] = row.carried_on
    for family, on in counted.items():
        for row in plan_queries.shares_held(tx, family=family, after=on, before=before):
            mine = found[family]
            mine[row.member_id] = mine.get(row.member_id, 0.0) + row.sessions
    return found


def shares_said(tx: Tx, *, before: date) -> dict[str, tuple[str, date]]:
    """Who counted the sessions of each shared family last before a day, and up to when."""
    rows = plan_queries.shares_carried(tx, before=before)
    return {row.family: (row.source, row.carried_on) for row in rows}


def before(tx: Tx, *, first: date, zone: ZoneInfo) -> tuple[tuple[Post, Assignment], ...]:
    """The work of the weeks before a day, which rests and averages look back to."""
    until = instant(first, time(0), zone)
    return tuple(_before(tx, until))


def _before(tx: Tx, until: datetime) -> Iterator[tuple[Post, Assignment]]:
    """Duties as they were taken, sessions as they were published."""
    for duty in plan_queries.past_duties(tx, since=until - _KNOWN, until=until):
        yield _past_duty(duty), Assignment(duty.duty_id, duty.person_id, duty.position)
    for row in plan_queries.past_sessions(tx, since=until - _KNOWN, until=until):
        yield _past_session(row), Assignment(row.post_id, row.person_id, row.position)


def _past_session(row: PastSession) -> Post:
    return Post(
        post_id=row.post_id,
        kind=Kind.SESSION,
        on=row.day,
        half=Half(row.half),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        site_id=row.site_id,
        name=row.name,
        machine=row.machine,
    )


def _past_duty(row: PastDuty) -> Post:
    starts_at, ends_at = (
        at.astimezone(ZoneInfo(row.time_zone)) for at in (row.starts_at, row.ends_at)
    )
    is_night = starts_at.date() != ends_at.date() or starts_at.time() >= _EVENING
    return Post(
        post_id=row.duty_id,
        kind=Kind.DUTY,
        on=starts_at.date(),
        half=Half.NIGHT if is_night else Half.MORNING,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        site_id=row.site_id,
        name=row.name,
        line_id=row.line_id,
        first_position=row.position,
    )

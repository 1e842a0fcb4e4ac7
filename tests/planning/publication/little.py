"""A little pool: one site with a night line and a scanner, six doctors, two weeks."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid5

from make import a_line, a_person, a_role, a_site
from planning.roster.rosters import by_hand
from plateau.kernel import holidays
from plateau.kernel.caller import Caller, Role
from plateau.kernel.ids import LineId, PersonId, SiteId
from plateau.kernel.time import instant
from plateau.planning.publication.service import desk, drafting, publishing
from plateau.planning.publication.types import Leniency, Period, Version
from plateau.planning.roster import law
from plateau.planning.roster.types import (
    Assignment,
    Contract,
    Half,
    Held,
    Kind,
    Person,
    Post,
    Problem,
    Roster,
    Span,
    Status,
)
from plateau.platform.db import Tx

FIRST = date(2027, 1, 4)  # a Monday
LAST = date(2027, 1, 17)
BEFORE = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
_SINCE = Span(first=date(2020, 1, 1))
_IDS = UUID("0f8b7a52-5d52-5f0e-8d2a-0a4b5d7d9c11")
NAMES = ("Dr Ada EXEMPLE", "Dr Beñat FACTICE", "Dr Clara INVENTÉ", "Dr Denis ESSAI",
         "Dr Eva MODÈLE", "Dr Fred FABLE")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """The rows, the problem on them, and its coordinator."""

    site_id: SiteId
    line_id: LineId
    doctors: tuple[PersonId, ...]
    problem: Problem
    coordinator: Caller

    def doctor(self, number: int) -> Caller:
        """One of the doctors, signed in."""
        return Caller(
            person_id=self.doctors[number],
            name=NAMES[number],
            roles={Role.READER: frozenset({self.site_id})},
            csrf="c",
        )

    def night(self, day: int) -> Post:
        """The night of a day of the period, from 0."""
        return self.post(Kind.DUTY, day, Half.NIGHT)

    def session(self, day: int, half: Half = Half.MORNING) -> Post:
        """The session of a half-day."""
        return self.post(Kind.SESSION, day, half)

    def post(self, kind: Kind, day: int, half: Half) -> Post:
        on = FIRST + timedelta(days=day)
        return next(p for p in self.problem.posts if (p.kind, p.on, p.half) == (kind, on, half))


def a_pool(tx: Tx, code: str = "PETIT") -> Pool:
    """The rows of a little pool, and its problem."""
    site_id = a_site(tx, code)
    line_id = a_line(tx, site_id, site_id, code=f"NUIT-{code}")
    doctors = tuple(a_person(tx, name=name, site_id=site_id) for name in NAMES)
    for one in doctors:
        a_role(tx, one, Role.READER, site_id)
    boss = a_person(tx, name="Camille RÉGUL")
    a_role(tx, boss, Role.COORDINATOR, site_id)
    return Pool(
        site_id=site_id,
        line_id=line_id,
        doctors=doctors,
        problem=a_problem(site_id, line_id, doctors),
        coordinator=Caller(
            person_id=boss,
            name="Camille RÉGUL",
            roles={Role.COORDINATOR: frozenset({site_id})},
            csrf="c",
        ),
    )


def a_problem(site_id: SiteId, line_id: LineId, doctors: Iterable[PersonId]) -> Problem:
    people = tuple(
        _person(person_id, name, site_id, line_id)
        for person_id, name in zip(doctors, NAMES, strict=True)
    )
    days = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    posts = [_night(site_id, line_id, day) for day in days]
    posts += [
        _session(site_id, day, half, *hours)
        for day in days
        if day.weekday() < 5
        for half, hours in (
            (Half.MORNING, (time(8, 30), time(12, 30))),
            (Half.AFTERNOON, (time(13, 30), time(17, 30))),
        )
    ]
    return Problem(
        first=FIRST,
        last=LAST,
        people=people,
        posts=tuple(sorted(posts, key=lambda post: post.starts_at)),
        settings=law.settings(),
        holidays=holidays.between(FIRST, LAST),
        travel_minutes={},
    )


def _person(person_id: PersonId, name: str, site_id: SiteId, line_id: LineId) -> Person:
    return Person(
        person_id=person_id,
        name=name,
        member_id=None,
        home_site_id=site_id,
        contracts=(Contract(span=_SINCE, status=Status.HOSPITAL, takes_extra=True),),
        skills=(Held(what="CT", span=_SINCE),),
        privileges=(Held(what=str(site_id), span=_SINCE),),
        lines=frozenset({line_id}),
    )


def _night(site_id: SiteId, line_id: LineId, on: date) -> Post:
    return Post(
        post_id=uuid5(_IDS, f"{line_id}/{on}"),
        kind=Kind.DUTY,
        on=on,
        half=Half.NIGHT,
        starts_at=instant(on, time(20)),
        ends_at=instant(on + timedelta(days=1), time(8)),
        site_id=site_id,
        name="Garde de nuit",
        skill="CT",
        line_id=line_id,
    )


def _session(site_id: SiteId, on: date, half: Half, starts: time, ends: time) -> Post:
    return Post(
        post_id=uuid5(_IDS, f"{site_id}/{on}/{half}"),
        kind=Kind.SESSION,
        on=on,
        half=half,
        starts_at=instant(on, starts),
        ends_at=instant(on, ends),
        site_id=site_id,
        name="CT1",
        skill="CT",
        machine="CT1",
    )


def a_period(tx: Tx, pool: Pool) -> Period:
    """The period of the pool, nothing in it."""
    return desk.keep_period(tx, pool.problem, now=BEFORE)


def a_roster(pool: Pool) -> Roster:
    """A whole roster, by hand."""
    return by_hand(pool.problem)


def a_draft(
    tx: Tx, pool: Pool, period: Period, *, but: Iterable[UUID] = (), now: datetime = BEFORE
) -> Version:
    """A draft of that roster, with some posts left empty."""
    left = set(but)
    held = [one for one in a_roster(pool).assignments if one.post_id not in left]
    return drafting.begin(tx, pool.coordinator, period.period_id, held=held, reason="", now=now)


def publish(
    tx: Tx, pool: Pool, period: Period, *, now: datetime = BEFORE
) -> Version:  # fmt: skip
    """That roster published, whatever hard rules are left accepted with a reason."""
    draft = a_draft(tx, pool, period, now=now)
    accept_all(tx, pool, draft, now=now)
    return publishing.publish(tx, pool.coordinator, draft.version_id, reason="", now=now)


def accept_all(tx: Tx, pool: Pool, draft: Version, *, now: datetime = BEFORE) -> None:
    found = desk.of_version(tx, draft.version_id, now=now).judged().hard
    for one in found:
        what = Leniency(reason="essai", rule=one.rule, person_id=one.person_id)
        drafting.accept(tx, pool.coordinator, draft.period_id, what, now=now)


def holder(held: Iterable[Assignment], post: Post) -> PersonId:
    """Who holds a post."""
    return next(one.person_id for one in held if one.post_id == post.post_id)


def at(post: Post, hours: float) -> datetime:
    """So many hours after a post has begun."""
    return post.starts_at + timedelta(hours=hours)


def without(problem: Problem, *skills: str) -> Problem:
    """The same problem, nobody having some skills."""
    return replace(
        problem,
        people=tuple(
            replace(p, skills=tuple(s for s in p.skills if s.what not in skills))
            for p in problem.people
        ),
    )

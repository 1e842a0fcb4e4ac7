"""A version on the desk: its problem as lived, who holds what, and what the checker says."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from uuid import UUID, uuid4

from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import ConflictError, InvalidInputError, RuleBrokenError
from plateau.kernel.ids import PersonId
from plateau.planning import building
from plateau.planning.publication import rules
from plateau.planning.publication.queries import asked, making, versions
from plateau.planning.publication.types import Judged, Period, Version
from plateau.planning.roster import file, targets
from plateau.planning.roster.check import check
from plateau.planning.roster.types import (
    Assignment,
    Breach,
    Override,
    Person,
    Post,
    Problem,
    Roster,
)
from plateau.platform.db import Tx

LONGEST_DAYS = 400
COORDINATORS = (Role.COORDINATOR,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything to judge a version by, and to change it."""

    period: Period
    version: Version | None
    published: Version | None
    problem: Problem
    held: frozenset[Assignment]
    current: frozenset[Assignment]  # what is published
    overrides: tuple[Override, ...]

    @property
    def posts(self) -> dict[UUID, Post]:
        """The posts by id."""
        return {post.post_id: post for post in self.problem.posts}

    @property
    def people(self) -> dict[PersonId, Person]:
        """The people by id."""
        return {person.person_id: person for person in self.problem.people}

    def post(self, post_id: UUID) -> Post:
        """One post of the period."""
        found = self.posts.get(post_id)
        if found is None:
            raise ConflictError("this post is no longer asked for")
        return found

    def check(self, held: frozenset[Assignment] | None = None) -> list[Breach]:
        """What the checker says of the version, or of other assignments for the same problem."""
        wanted = self.held if held is None else held
        return check(self.problem, Roster(assignments=wanted, overrides=self.overrides))

    def judged(self) -> Judged:
        """The breaches of the version, apart."""
        return rules.judge(self.check(), self.overrides)


def require_coordinator(caller: Caller) -> None:
    """Refuse whoever does not make rosters."""
    if not caller.is_one_of(*COORDINATORS):
        raise RuleBrokenError("only a coordinator changes rosters")


def open_period(tx: Tx, *, first: date, last: date, now: datetime) -> Period:
    """The period of these days, its problem read again from the territory."""
    if last < first or (last - first).days > LONGEST_DAYS:
        raise InvalidInputError("a roster is made for 1 to {days} days", days=LONGEST_DAYS)
    problem = building.problem(tx, first=first, last=last)
    return keep_period(tx, carried_over(tx, problem, now=now), now=now)


def carried_over(tx: Tx, problem: Problem, *, now: datetime) -> Problem:
    """A problem with the counters of burdens as the last published period before it leaves them.

    What somebody noted after that period goes before.
    """
    last = making.last_lived(tx, before=problem.first)
    if last is None:
        return problem
    desk = of_period(tx, last.period_id, now=now)
    left = targets.left_over(desk.problem, Roster(assignments=desk.current))
    noted = building.noted(tx, before=problem.first, after=last.last_on)
    return replace(problem, carried={**problem.carried, **left, **noted})


def as_known(tx: Tx, *, first: date, last: date, now: datetime) -> Problem:
    """The problem of some days with leave, wishes and counters as they stand; nothing is kept."""
    problem = building.problem(tx, first=first, last=last)
    return rules.as_lived(
        carried_over(tx, problem, now=now),
        absences=asked.absences(tx, first=first, last=last, granted=True),
        wishes=asked.wishes(tx, first=first, last=last),
    )


def keep_period(tx: Tx, problem: Problem, *, now: datetime) -> Period:
    """A period whose problem is this one; ConflictError when other days overlap with it."""
    found = versions.period_at(tx, first=problem.first, last=problem.last)
    if found and (found.first_on, found.last_on) != (problem.first, problem.last):
        raise ConflictError(
            "there is a roster from {first} to {last} already: choose these days, or others",
            first=found.first_on,
            last=found.last_on,
        )
    period_id = found.period_id if found else uuid4()
    period = Period(period_id, problem.first, problem.last, now)
    versions.put_period(tx, period, file.write_problem(problem))
    versions.put_posts(tx, period_id, problem.posts, at=now)
    return period


@lru_cache(maxsize=4)
def _read(content: bytes) -> Problem:
    return file.read_problem(content)


def lived(tx: Tx, period: Period, *, published: frozenset[Assignment], now: datetime) -> Problem:
    """A problem with what came since: leave, wishes, relaxations, other work before it."""
    first, last = period.first_on, period.last_on
    problem = _read(versions.problem(tx, period.period_id))
    if making.has_changed(tx, before=first, since=period.loaded_at):
        problem = replace(problem, before=building.before(tx, first=first, zone=problem.zone))
    return rules.as_lived(
        problem,
        absences=asked.absences(tx, first=first, last=last, granted=True),
        wishes=asked.wishes(tx, first=first, last=last),
        relaxed=making.relaxed(tx, period.period_id),
        published=published,
        now=now,
    )


def of_version(tx: Tx, version_id: UUID, *, now: datetime, locked: bool = False) -> Desk:
    """A version on the desk; `locked` against others who would change it."""
    version = versions.version(tx, version_id, locked=locked)
    return _laid(tx, versions.period(tx, version.period_id), version, now)


def of_period(tx: Tx, period_id: UUID, *, now: datetime) -> Desk:
    """What is published of a period, or nothing, on the desk."""
    return _laid(
        tx, versions.period(tx, period_id), versions.published(tx, period_id), now
    )  # fmt: skip


def _laid(tx: Tx, period: Period, version: Version | None, now: datetime) -> Desk:
    published = versions.published(tx, period.period_id)
    none: frozenset[Assignment] = frozenset()
    current = versions.assignments(tx, published.version_id) if published else none
    is_current = version is not None and published == version
    held = versions.assignments(tx, version.version_id) if version and not is_current else current
    return Desk(
        period=period,
        version=version,
        published=published,
        problem=lived(tx, period, published=current, now=now),
        held=held if version else none,
        current=current,
        overrides=tuple(map(rules.override_of, making.accepted(tx, period.period_id))),
    )


def without_past(desk: Desk) -> Desk:
    """The same, for a change of what has begun: a duty handed over while it goes on."""
    return replace(desk, problem=replace(desk.problem, frozen_until=None))

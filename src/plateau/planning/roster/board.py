"""A roster laid out for its rules: each person's work in order of time, made once."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

from plateau.kernel.ids import PersonId
from plateau.planning.roster import targets
from plateau.planning.roster.spans import days_of, sole_contract
from plateau.planning.roster.targets import Fairness
from plateau.planning.roster.types import (
    Assignment,
    Burden,
    Contract,
    Half,
    Kind,
    Person,
    Post,
    Problem,
    Roster,
    Setting,
)

REST_MINUTES = 11 * 60  # work of one day with less than this between is done in one go
_TWO_DAYS = 2 * 1440
_LONG = 8 * 60  # a duty as long as this is a day's or a night's, not an evening's
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)

At = Callable[[date], Setting | None]  # a rule as it holds on a day; None: it is off


class Work(NamedTuple):
    """One post held by somebody; instants in minutes since 1970, the day as its ordinal."""

    start: int
    end: int
    day: int
    post: Post
    site: int  # index of the board's sites
    is_long: bool  # a whole night or day of duty: it counts two half-days
    is_night: bool
    number: int  # among the planned posts; -1: of the weeks before
    is_planned: bool  # not of the weeks before


class Stretch(NamedTuple):
    """Work of one day with no rest within it."""

    start: int
    end: int
    works: tuple[Work, ...]

    @property
    def first(self) -> Work:
        """How it begins."""
        return self.works[0]

    @property
    def minutes(self) -> int:
        """From its beginning to its end."""
        return self.end - self.start


class Rest(NamedTuple):
    """What lies between two pieces of work: its minutes, below zero when they overlap."""

    minutes: int
    day: int  # of the work that follows
    before: Stretch
    after: Stretch


@dataclass(slots=True)
class Week:
    """What somebody works from a Monday to a Sunday."""

    minutes: int = 0
    posts: int = 0
    long: int = 0  # of these posts, those that count two half-days


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """Somebody and all their work, in order of time."""

    person: Person
    works: Sequence[Work]
    stretches: Sequence[Stretch]
    rests: Sequence[Rest]  # those that are planned, and not of two days or more
    weeks: Mapping[int, Week]  # by `week_of`
    away: frozenset[int]  # days of leave
    sole: Contract | None  # the contract of the whole time, when there is one

    def contract(self, day: int) -> Contract | None:
        """The contract of a day."""
        return self.sole or self.person.contract(date.fromordinal(day))

    @property
    def planned(self) -> Iterator[Work]:
        """The work that is planned now."""
        return (work for work in self.works if work.is_planned)


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A problem and a roster, laid out."""

    problem: Problem
    posts: Sequence[Work]  # by number
    holders: Sequence[Sequence[PersonId]]  # of each post
    numbers: Mapping[int, int]  # of posts, by their ids as integers, which are quicker to compare
    workers: Mapping[PersonId, Worker]
    unknown: Sequence[Assignment]
    sites: Mapping[UUID, int]
    travel: Mapping[tuple[int, int], int]
    since: int  # the first day of which work is known
    burdens: Mapping[int, Sequence[Burden]]  # of the posts, by number, that are one
    fairness: Mapping[Burden, Fairness]


def week_of(day: int) -> int:
    """The week of a day, from Monday to Sunday; the first of January of year 1 was a Monday."""
    return (day - 1) // 7


def monday_of(week: int) -> int:
    """The first day of a week."""
    return week * 7 + 1


def lay_out(
    problem: Problem, roster: Roster, *, fairness: Mapping[Burden, Fairness] | None = None
) -> Board:
    """A roster laid out for its rules; the fair parts may be known already."""
    sites: dict[UUID, int] = {}
    posts = [_work(post, sites, number) for number, post in enumerate(problem.posts)]
    numbers = {post.post_id.int: number for number, post in enumerate(problem.posts)}
    works: dict[int, list[Work]] = {person.person_id.int: [] for person in problem.people}
    holders: list[list[PersonId]] = [[] for _ in posts]
    unknown: list[Assignment] = []
    for held in roster.assignments:
        number, mine = numbers.get(held.post_id.int), works.get(held.person_id.int)
        if number is None or mine is None:
            unknown.append(held)
        else:
            mine.append(posts[number])
            holders[number].append(held.person_id)
    for post, held in problem.before:
        if held.person_id.int in works:
            works[held.person_id.int].append(_work(post, sites, -1))
    since = min((post.on for post, _ in problem.before), default=problem.first).toordinal()
    return Board(
        problem=problem,
        posts=posts,
        holders=holders,
        numbers=numbers,
        workers={p.person_id: worker(problem, p, works[p.person_id.int]) for p in problem.people},
        unknown=sorted(unknown),
        sites=sites,
        travel=_travel(problem, sites),
        since=since,
        burdens={
            number: burdens
            for number, post in enumerate(problem.posts)
            if post.kind is Kind.DUTY and (burdens := targets.burdens_of(post, problem))
        },
        fairness=targets.fairness(problem) if fairness is None else fairness,
    )


def held_now(board: Board) -> Counter[tuple[UUID, PersonId]]:
    """Who holds which post, as a bag."""
    return Counter(
        (work.post.post_id, person_id)
        for work in board.posts
        for person_id in board.holders[work.number]
    )


def _travel(problem: Problem, sites: Mapping[UUID, int]) -> dict[tuple[int, int], int]:
    known = {
        (sites[one], sites[other]): minutes
        for (one, other), minutes in problem.travel_minutes.items()
        if one in sites and other in sites
    }
    return {(other, one): minutes for (one, other), minutes in known.items()} | known


def _work(post: Post, sites: dict[UUID, int], number: int) -> Work:
    start = (post.starts_at - _EPOCH) // _MINUTE
    end = (post.ends_at - _EPOCH) // _MINUTE
    is_long = post.kind is Kind.DUTY and end - start >= _LONG
    site = sites.setdefault(post.site_id, len(sites))
    is_night = is_long and post.half is Half.NIGHT
    return Work(start, end, post.on.toordinal(), post, site, is_long, is_night, number, number >= 0)


def worker(problem: Problem, person: Person, works: Iterable[Work]) -> Worker:
    """Somebody and their work, in order of time."""
    ordered = sorted(works, key=lambda work: (work[0], work[1]))
    pieces = list(stretches(ordered))
    return Worker(
        person=person,
        works=ordered,
        stretches=pieces,
        rests=list(_rests(pieces)),
        weeks=_weeks(ordered),
        away=days_of(person.leave, problem),
        sole=sole_contract(person, problem),
    )


def stretches(works: Sequence[Work]) -> Iterator[Stretch]:
    """The work of somebody, in pieces with a rest or a night between them."""
    mine: list[Work] = []
    end = 0
    for work in works:
        if mine and (work.day != mine[0].day or work.start - end >= REST_MINUTES):
            yield Stretch(mine[0].start, end, tuple(mine))
            mine, end = [], 0
        mine.append(work)
        end = max(end, work.end)
    if mine:
        yield Stretch(mine[0].start, end, tuple(mine))


def _rests(pieces: Sequence[Stretch]) -> Iterator[Rest]:
    for before, after in pairwise(pieces):
        minutes, first = after.start - before.end, after.works[0]
        if minutes <= _TWO_DAYS and first.is_planned:
            yield Rest(minutes, first.day, before, after)


def _weeks(works: Iterable[Work]) -> dict[int, Week]:
    weeks: dict[int, Week] = {}
    for work in works:
        number = (work.day - 1) // 7
        week = weeks.get(number)
        if week is None:
            week = weeks[number] = Week()
        week.minutes += work.end - work.start
        week.posts += 1
        week.long += work.is_long
    return weeks

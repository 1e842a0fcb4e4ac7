"""Each person's fair part of each burden, and how near to it arithmetic lets a roster come."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from math import ceil, floor
from typing import NamedTuple

from plateau.kernel.ids import PersonId
from plateau.planning.roster.spans import always, days_of, sole_contract
from plateau.planning.roster.types import Burden, Half, Kind, Person, Post, Problem, Roster

_LONG = timedelta(hours=8)
_EVENING_ENDS = time(20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What somebody ought to hold of a burden, and the fewest and the most they can hold."""

    target: float
    fewest: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fairness:
    """The parts of a burden; no roster has a largest deviation below `least`."""

    burden: Burden
    total: int
    parts: Mapping[PersonId, Part]
    least: float


def burdens_of(post: Post, problem: Problem) -> tuple[Burden, ...]:
    """The burdens of a duty; travelling, which depends on who holds a post, is `travels`."""
    if post.kind is not Kind.DUTY:
        return ()
    if post.length < _LONG:
        return (Burden.HOLIDAY,) if post.on in problem.holidays else (Burden.EVENING,)
    if post.half is not Half.NIGHT:
        return _day_burdens(post.on, problem)
    begins_early = post.starts_at.astimezone(problem.zone).time() < _EVENING_ENDS
    return (_night_burden(post.on, problem), *([Burden.EVENING] if begins_early else []))


def _day_burdens(on: date, problem: Problem) -> tuple[Burden, ...]:
    if on in problem.holidays:
        return (Burden.HOLIDAY,)
    return (Burden.WEEKEND_DAY,) if on.weekday() >= 5 else ()


def _night_burden(on: date, problem: Problem) -> Burden:
    if on in problem.holidays:
        return Burden.HOLIDAY
    if on.weekday() == 4:
        return Burden.FRIDAY_NIGHT
    return Burden.WEEKEND_NIGHT if on.weekday() > 4 else Burden.WEEK_NIGHT


def travels(post: Post, person: Person) -> bool:
    """Whether a post takes somebody away from their own site; duties are elsewhere for all."""
    return post.kind is Kind.SESSION and post.site_id != person.home_site_id


def fairness(problem: Problem) -> dict[Burden, Fairness]:
    """The fair parts of each burden of duties.

    Each post is owed by those able to hold it on its day, in proportion to their contracts: who is
    on leave owes nothing of that day. What was carried over is then paid back.
    """
    able = Able(problem)
    posts: dict[Burden, list[Post]] = defaultdict(list)
    for post in problem.posts:
        if post.kind is Kind.DUTY:
            for burden in burdens_of(post, problem):
                posts[burden].append(post)
    return {burden: _fair(problem, burden, posts[burden], able) for burden in posts}


def left_over(problem: Problem, roster: Roster) -> dict[tuple[PersonId, Burden], float]:
    """What each has done of each burden less what was due, earlier periods counted: for the next.

    Of burdens that nobody owed here, what earlier periods left stays.
    """
    held = done(problem, roster)
    here = {
        (person_id, burden): held[burden][person_id] - part.target
        for burden, fair in fairness(problem).items()
        for person_id, part in fair.parts.items()
    }
    return {**problem.carried, **here}


def _fair(problem: Problem, burden: Burden, posts: list[Post], able: "Able") -> Fairness:
    due: dict[int, float] = defaultdict(float)  # by ids as integers, quicker to compare
    forced: dict[int, int] = defaultdict(int)
    days: dict[int, set[date]] = defaultdict(set)
    for post in posts:
        people = able.to_hold(post)
        shares = sum(share for _, share in people) or 1.0
        for person_id, share in people:
            due[person_id.int] += post.needed * share / shares
            days[person_id.int].add(post.on)
            if len(people) <= post.needed:
                forced[person_id.int] += 1
    total = sum(post.needed for post in posts)
    ids = [person.person_id for person in problem.people if person.person_id.int in due]
    parts = {
        one: Part(
            target=target,
            fewest=min(forced[one.int], able.cap(one)),
            most=min(len(days[one.int]), able.cap(one)),
        )
        for one, target in _paid_back({one: due[one.int] for one in ids}, problem, burden).items()
    }
    return Fairness(burden=burden, total=total, parts=parts, least=least(parts.values(), total))


def _paid_back(
    due: Mapping[PersonId, float], problem: Problem, burden: Burden
) -> dict[PersonId, float]:
    """The targets once what was carried is paid back; they add up to the same."""
    carried = {person_id: problem.carried.get((person_id, burden), 0.0) for person_id in due}
    whole, owed = sum(due.values()), sum(carried.values())
    return {
        person_id: part + (owed * part / whole if whole else 0.0) - carried[person_id]
        for person_id, part in due.items()
    }


def least(parts: Iterable[Part], total: int) -> float:
    """The least that the largest deviation from target can be, whatever the roster.

    Whole numbers between `fewest` and `most` that add up to `total` exist within a deviation only
    if the lowest ones allowed add up to no more, and the highest ones to no less.
    """
    parts = list(parts)
    if not parts or not sum(p.fewest for p in parts) <= total <= sum(p.most for p in parts):
        return 0.0  # nothing to share, or a demand nobody can meet, which cover says
    low, high = 0.0, max(total + abs(part.target) for part in parts) + 1
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if _fits(parts, total, middle) else (middle, high)
    return high


def _fits(parts: Iterable[Part], total: int, deviation: float) -> bool:
    lowest = highest = 0
    for part in parts:
        least_held = max(part.fewest, ceil(part.target - deviation - 1e-9))
        most_held = min(part.most, floor(part.target + deviation + 1e-9))
        if least_held > most_held:
            return False
        lowest, highest = lowest + least_held, highest + most_held
    return lowest <= total <= highest


def done(problem: Problem, roster: Roster) -> dict[Burden, dict[PersonId, int]]:
    """What each person holds of each burden, travelling among them."""
    posts = {post.post_id: (post, burdens_of(post, problem)) for post in problem.posts}
    people = {person.person_id: person for person in problem.people}
    held: dict[Burden, dict[PersonId, int]] = {burden: defaultdict(int) for burden in Burden}
    for assignment in roster.assignments:
        post, burdens = posts.get(assignment.post_id, (None, ()))
        person = people.get(assignment.person_id)
        for burden in burdens:
            held[burden][assignment.person_id] += 1
        if post is not None and person is not None and travels(post, person):
            held[Burden.TRAVEL][assignment.person_id] += 1
    return held


class Able:
    """Who is able to hold a post on its day, remembered for posts alike."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._known: dict[object, list[tuple[PersonId, float]]] = {}
        self._likely: dict[object, list[_Likely]] = {}
        self._away = {p.person_id.int: days_of(p.leave, problem) for p in problem.people}
        self._caps = {person.person_id: _cap(person) for person in problem.people}

    def cap(self, person_id: PersonId) -> int:
        """The most duties that a person's contract allows."""
        return self._caps[person_id]

    def to_hold(self, post: Post) -> list[tuple[PersonId, float]]:
        """The people able to hold a post, each with the share of full time of that day."""
        kind = (post.line_id and post.line_id.int, post.skill, post.site_id.int, post.statuses)
        key = (post.on, kind)
        if key not in self._known:
            if kind not in self._likely:
                self._likely[kind] = list(self._might(post))
            self._known[key] = list(_weigh(self._likely[kind], post))
        return self._known[key]

    def _might(self, post: Post) -> Iterator["_Likely"]:
        for person in self._problem.people:
            if _might(person, post):
                share = _sure_share(person, post, self._problem)
                yield _Likely(person, share, self._away[person.person_id.int])


class _Likely(NamedTuple):
    """Somebody able to hold posts of a kind: `share` when on every day of the problem."""

    person: Person
    share: float | None
    away: frozenset[int]


def _weigh(people: Iterable[_Likely], post: Post) -> Iterator[tuple[PersonId, float]]:
    day = post.on.toordinal()
    for person, share, away in people:
        if day in away:
            continue
        if share is not None:
            yield person.person_id, share
        elif is_able(person, post):
            contract = person.contract(post.on)
            yield person.person_id, contract.share if contract else 0.0


def _sure_share(person: Person, post: Post, problem: Problem) -> float | None:
    """The share of somebody whose contract and rights hold from the first day to the last."""
    contract = sole_contract(person, problem)
    sure = (
        contract is not None
        and post.skill in {*always(person.skills, problem), None}
        and str(post.site_id) in always(person.privileges, problem)
    )
    return contract.share if contract is not None and sure else None


def _might(person: Person, post: Post) -> bool:
    """Whether somebody is able to hold a post on some day."""
    return (
        (post.line_id is None or post.line_id in person.lines)
        and any(contract.status in post.statuses for contract in person.contracts)
        and (post.skill is None or any(held.what == post.skill for held in person.skills))
        and any(held.what == str(post.site_id) for held in person.privileges)
    )


def is_able(person: Person, post: Post) -> bool:
    """Whether somebody could hold a post if it were their only work."""
    contract = person.contract(post.on)
    return (
        contract is not None
        and contract.status in post.statuses
        and (post.line_id is None or post.line_id in person.lines)
        and (post.skill is None or person.has(post.skill, post.on))
        and person.may_work_at(post.site_id, post.on)
        and not person.is_on_leave(post.on)
    )


def _cap(person: Person) -> int:
    limits = [c.max_duties for c in person.contracts if c.max_duties is not None]
    return max(limits, default=10**6)

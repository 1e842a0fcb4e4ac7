"""How many sessions of a family each member ought to hold week by week, so that shares come out.

A member whose people are on leave one week does its part in others: weeks planned one after the
other would find out too late.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from ortools.sat.python.cp_model import CpModel, IntVar, LinearExpr

from plateau.kernel.ids import MemberId, PersonId
from plateau.planning.roster.types import Half, Kind, Person, Post
from plateau.planning.solver import book as books
from plateau.planning.solver import cpsat, loads
from plateau.planning.solver.book import Book
from plateau.planning.solver.components import loosened, might_hold
from plateau.planning.solver.cpsat import Effort
from plateau.planning.solver.stage import monday

Quotas = Mapping[tuple[str, MemberId, date], int]  # sessions of a family, from a Monday
_EFFORT = 2.0  # CP-SAT's own units
_SHORT, _OVER, _OFF = 1000, 30, 100  # prices: a session, a half-day too many, a share's unit
_Demand = tuple[str | None, str | None, frozenset[object]]


@dataclass(slots=True)
class _Draft:
    """The counts being planned: of each person, each week, each kind of session."""

    book: Book
    settled: Mapping[PersonId, Sequence[Post]]
    weeks: dict[date, dict[_Demand, list[Post]]]
    model: CpModel = field(default_factory=CpModel)
    counts: dict[tuple[PersonId, date, _Demand], IntVar] = field(default_factory=dict)
    costs: list[LinearExpr | IntVar | int] = field(default_factory=list)

    def begun(self, family: str) -> dict[MemberId, int]:
        """The sessions of a family that each member holds already."""
        found: dict[MemberId, int] = defaultdict(int)
        for person in self.book.problem.people:
            for post in self.settled.get(person.person_id, ()):
                is_now = post.on >= self.book.problem.first
                if is_now and post.family == family and person.member_id is not None:
                    found[person.member_id] += 1
        return found


def plan(book: Book, settled: Mapping[PersonId, Sequence[Post]], posts: Sequence[Post]) -> Quotas:
    """The sessions of each shared family by member and week; empty when nothing is shared."""
    shared = {share.family for share in book.problem.shares}
    weeks: dict[date, dict[_Demand, list[Post]]] = defaultdict(lambda: defaultdict(list))
    for post in posts:
        if post.kind is Kind.SESSION:
            family = post.family if post.family in shared else None
            weeks[monday(post.on)][post.skill, family, frozenset(post.statuses)].append(post)
    if not shared or not weeks:
        return {}
    draft = _Draft(book, settled, weeks)
    for first, demands in weeks.items():
        _week(draft, first, demands)
    _shares(draft)
    draft.model.minimize(sum(draft.costs))
    solver = cpsat.solver_for(Effort(workers=1, deterministic=_EFFORT, gap=0.001))
    if solver.solve(draft.model) not in cpsat.FOUND:
        return {}
    members = {person.person_id: person.member_id for person in book.problem.people}
    found: dict[tuple[str, MemberId, date], int] = defaultdict(int)
    for (who, first, (_, family, _)), count in draft.counts.items():
        member = members[who]
        if family is not None and member is not None:
            found[family, member, first] += solver.value(count)
    return dict(found)


def _week(draft: _Draft, first: date, demands: Mapping[_Demand, Sequence[Post]]) -> None:
    """Nobody does more than their half-days; every session of the week is somebody's."""
    for person in draft.book.problem.people:
        halves = [_halves(draft, person, posts) for posts in demands.values()]
        free = len(set().union(*halves)) if halves else 0
        mine: list[IntVar] = []
        for demand, able in zip(demands, halves, strict=True):
            if able:
                count = draft.model.new_int_var(0, len(able), "")
                draft.counts[person.person_id, first, demand] = count
                mine.append(count)
        if mine:
            _hold(draft, person, first, (mine, free))
    for demand, posts in demands.items():
        mine = [
            count for (_, on, what), count in draft.counts.items() if (on, what) == (first, demand)
        ]
        short = draft.model.new_int_var(0, sum(post.needed for post in posts), "")
        draft.model.add(LinearExpr.sum([*mine, short]) == sum(post.needed for post in posts))
        draft.costs.append(_SHORT * short)


def _halves(draft: _Draft, person: Person, posts: Sequence[Post]) -> set[tuple[date, Half]]:
    """The half-days on which somebody could hold one of these posts, beside their duties."""
    if not might_hold(person, posts[0], loosened(draft.book.problem)):
        return set()
    held: dict[date, list[Post]] = defaultdict(list)
    for other in draft.settled.get(person.person_id, ()):
        for n in (-1, 0, 1):
            held[other.on + timedelta(days=n)].append(other)
    found: set[tuple[date, Half]] = set()
    for post in posts:
        if (post.on, post.half) not in found and (
            books.price(draft.book, person, post) is not None
            and not any(draft.book.clash(person, post, other) for other in held.get(post.on, ()))
        ):
            found.add((post.on, post.half))
    return found


def _hold(draft: _Draft, person: Person, first: date, week: tuple[list[IntVar], int]) -> None:
    """The half-days of the contract, which volunteers may pass at a price."""
    mine, free = week
    total = LinearExpr.sum(mine)
    draft.model.add(total <= free)
    contract = person.contract(first) or person.contracts[0]
    if contract.status not in books.DOCTORS:
        return
    held = [one for one in draft.settled.get(person.person_id, ()) if monday(one.on) == first]
    due = math.floor(loads.half_days_due(person, first) + 1e-6)
    room = max(0, due - sum(map(books.half_days, held)))
    if not contract.takes_extra:
        draft.model.add(total <= room)
    elif room < free:
        over = draft.model.new_int_var(0, free, "")
        draft.model.add(over >= total - room)
        draft.costs.append(_OVER * over)


def _shares(draft: _Draft) -> None:
    """The price of each member's distance from its share, and of sessions of those without one."""
    members = {person.person_id: person.member_id for person in draft.book.problem.people}
    for share in draft.book.problem.shares:
        needed = sum(
            post.needed
            for demands in draft.weeks.values()
            for (_, family, _), posts in demands.items()
            if family == share.family
            for post in posts
        )
        begun = draft.begun(share.family)
        total = needed + sum(begun.values()) + sum(share.carried.values())
        for member in sorted({one for one in members.values() if one is not None}):
            mine = [
                count
                for (who, _, (_, family, _)), count in draft.counts.items()
                if family == share.family and members[who] == member
            ]
            target = share.shares.get(member, 0.0) * total - share.carried.get(member, 0.0)
            target -= begun.get(member, 0)
            off = draft.model.new_int_var(0, 10 * needed + 10, "")
            draft.model.add(off >= 10 * LinearExpr.sum(mine) - round(10 * target))
            draft.model.add(off >= round(10 * target) - 10 * LinearExpr.sum(mine))
            draft.costs.append(_OFF // 10 * off)

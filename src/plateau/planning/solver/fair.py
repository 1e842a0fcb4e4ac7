"""Fairness as convex costs: a deviation costs more and more, and far more past its limit."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ortools.sat.python.cp_model import IntVar, LinearExpr

from plateau.kernel.ids import MemberId, PersonId
from plateau.planning.roster import targets
from plateau.planning.roster.targets import Fairness
from plateau.planning.roster.types import Burden, Person, Post, ShareTarget
from plateau.planning.solver.quotas import Quotas
from plateau.planning.solver.stage import SCALE, Bound, Stage, monday

_SQUARE = 0.1  # of a rule's weight, for the square of a deviation within its limit
_EXCESS = 20.0  # of a rule's weight, for each unit past the limit
_ROOM = 6  # counts priced one by one past the target


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """What a count costs around its target."""

    target: float
    limit: float
    weight: float

    def cost(self, count: int) -> int:
        """Convex in the count."""
        off = abs(count - self.target)
        excess = max(0.0, off - self.limit - 1e-6)
        return round(SCALE * self.weight * (_SQUARE * off * off + _EXCESS * excess))


def post_burdens(stage: Stage, fairness: Mapping[Burden, Fairness]) -> None:
    """Nights, weekends, holidays and evenings near each person's target."""
    people = {one.person_id for one in stage.people}
    for burden, fair in fairness.items():
        setting = stage.book.of(f"fair_{burden.value}", stage.book.problem.last)
        if setting is None:
            continue
        limit = max(setting.numbers.get("tolerance", 1.0), fair.least)
        weight = setting.weight or 100
        takes = _takes(stage, burden)
        for person_id, part in fair.parts.items():
            if person_id not in people:
                continue
            curve = Curve(target=part.target, limit=limit, weight=weight)
            held = _held(stage, person_id, burden)
            price(stage, takes.get(person_id, []), curve, held=held)
            _note(stage, takes.get(person_id, []), curve, held)


def _takes(stage: Stage, burden: Burden) -> dict[PersonId, list[IntVar]]:
    found: dict[PersonId, list[IntVar]] = defaultdict(list)
    for person_id, mine in stage.by_person.items():
        for post, take in mine:
            if burden in targets.burdens_of(post, stage.book.problem):
                found[person_id].append(take)
    return found


def _held(stage: Stage, person_id: PersonId, burden: Burden) -> int:
    problem = stage.book.problem
    return sum(
        burden in targets.burdens_of(post, problem)
        for post in stage.settled.get(person_id, ())
        if post.on >= problem.first
    )


def price(stage: Stage, takes: Sequence[IntVar], curve: Curve, *, held: int = 0) -> None:
    """Charge a count of choices along a convex curve, exactly: each unit has its own price.

    Prices of successive units grow, so that the model fills them in order by itself.
    """
    if not takes:
        stage.costs.append(curve.cost(held))
        return
    most = len(takes)
    priced = min(most, max(1, math.ceil(curve.target) - held + _ROOM))
    marginals = [curve.cost(held + n + 1) - curve.cost(held + n) for n in range(priced)]
    steps = [stage.model.new_bool_var("") for _ in marginals]
    stage.costs.append(curve.cost(held) + LinearExpr.weighted_sum(steps, marginals))
    units: list[IntVar] = [*steps]
    if most > priced:
        rest = stage.model.new_int_var(0, most - priced, "")
        stage.costs.append(marginals[-1] * 2 * rest if marginals[-1] > 0 else 0)
        units.append(rest)
    stage.model.add(LinearExpr.sum(list(takes)) == LinearExpr.sum(units))


def _note(stage: Stage, takes: Sequence[IntVar], curve: Curve, held: int) -> None:
    """A count that a first roster keeps within its limit, whatever the rest costs."""
    if takes:
        bound = Bound(takes=takes, target=curve.target - held, limit=curve.limit)
        stage.bounds.append(bound)


@dataclass(slots=True)
class Counters:
    """What was done in the weeks already planned, carried from one week to the next."""

    by_member: dict[tuple[str, MemberId], int] = field(default_factory=lambda: defaultdict(int))
    by_family: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    travelled: dict[PersonId, int] = field(default_factory=lambda: defaultdict(int))
    weeks: int = 0

    def add(self, held: Iterable[tuple[Person, Post]]) -> None:
        """Count some sessions."""
        for person, post in held:
            self.travelled[person.person_id] += targets.travels(post, person)
            if post.family is not None and person.member_id is not None:
                self.by_member[post.family, person.member_id] += 1
                self.by_family[post.family] += 1


def post_shares(stage: Stage, done: Counters, quotas: Quotas) -> None:
    """Each member near its share of the sessions of a family, all weeks so far together.

    Members without a share ought to hold none.
    """
    setting = stage.book.of("machine_share", stage.book.problem.last)
    members = {one.member_id for one in stage.people if one.member_id is not None}
    for share in stage.book.problem.shares:
        if setting is None or not any(post.family == share.family for post in stage.posts):
            continue
        for member in sorted(members | set(share.shares)):
            target, limit = _share_target(stage, share, member, (done, quotas))
            curve = Curve(target=target, limit=limit, weight=(setting.weight or 100) / 10)
            held = done.by_member[share.family, member]
            takes = _of_member(stage, share, member)
            price(stage, takes, curve, held=held)
            _note(stage, takes, curve, held)


def _share_target(
    stage: Stage, share: ShareTarget, member: MemberId, known: tuple[Counters, Quotas]
) -> tuple[float, float]:
    """What a member ought to hold by the end of this week, and how far from it is well."""
    done, quotas = known
    mondays = sorted({first for family, _, first in quotas if family == share.family})
    now = monday(stage.posts[-1].on)
    if mondays and now < mondays[-1]:
        mine = (
            count
            for (family, who, first), count in quotas.items()
            if (family, who) == (share.family, member) and first <= now
        )
        return sum(mine), share.tolerance / 2
    needed = sum(post.needed for post in stage.posts if post.family == share.family)
    total = done.by_family[share.family] + needed + sum(share.carried.values())
    target = share.shares.get(member, 0.0) * total - share.carried.get(member, 0.0)
    return target, share.tolerance


def _of_member(stage: Stage, share: ShareTarget, member: MemberId) -> list[IntVar]:
    return [
        take
        for person in stage.people
        if person.member_id == member
        for post, take in stage.by_person.get(person.person_id, ())
        if post.family == share.family
    ]


def post_travel(stage: Stage, done: Counters, presence: Mapping[PersonId, float]) -> None:
    """Sessions away from home shared between the people of a site, as far as known by now."""
    setting = stage.book.of("fair_travel", stage.book.problem.last)
    if setting is None:
        return
    groups: dict[object, list[Person]] = defaultdict(list)
    for person in stage.people:
        groups[person.home_site_id].append(person)
    for people in groups.values():
        whole = sum(presence[one.person_id] for one in people) or 1.0
        total = sum(done.travelled[one.person_id] for one in people)
        ahead = total * (done.weeks + 1) / max(1, done.weeks)
        for person in people:
            away = [
                take
                for post, take in stage.by_person.get(person.person_id, ())
                if targets.travels(post, person)
            ]
            curve = Curve(
                target=ahead * presence[person.person_id] / whole,
                limit=setting.numbers.get("tolerance", 1.0),
                weight=setting.weight / 5,
            )
            price(stage, away, curve, held=done.travelled[person.person_id])

"""Fairness as convex costs: a deviation costs more and more, and far more past its limit."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ortools.sat.python.cp_model import IntVar, LinearExpr

from plateau.kernel.ids import PersonId
from plateau.planning.roster import targets
from plateau.planning.roster.targets import Fairness
from plateau.planning.roster.types import Burden
from plateau.planning.solver.stage import SCALE, Bound, Stage

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

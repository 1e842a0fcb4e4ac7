"""A first solution of a public instance: one person after the other, each row exact."""

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from ortools.sat.python.cp_model import CpModel

from plateau.planning.solver import model as models
from plateau.planning.solver import shift_model
from plateau.planning.solver.board import Board
from plateau.planning.solver.cpsat import FOUND, Effort, solver_for
from plateau.planning.solver.shift_model import ShiftPlan
from plateau.planning.solver.shifts import Cover, Instance

_ROW = 2.0  # CP-SAT's own unit of work, for one person
_WHOLE = 60.0


def first(instance: Instance, plan: ShiftPlan, board: Board, *, seed: int) -> None:
    """The board has a solution, unless some person has no row at all."""
    held: Counter[tuple[int, str]] = Counter()
    taken: dict[tuple[str, int], str] = {}
    for who in _order(instance, seed):
        if board.is_over():
            return
        row = _row(instance, who, held)
        if row is None:
            return
        taken |= row
        held.update((day, shift) for (_, day), shift in row.items())
    _complete(plan, board, taken)


def _order(instance: Instance, seed: int) -> list[str]:
    """Those who can do least choose first."""
    people = list(instance.staff)
    random.Random(seed).shuffle(people)  # noqa: S311  # a search, not a secret
    return sorted(
        people, key=lambda who: sum(most > 0 for most in instance.staff[who].most.values())
    )


def _row(
    instance: Instance, who: str, held: Mapping[tuple[int, str], int]
) -> dict[tuple[str, int], str] | None:
    """The best row of one person, given what others hold."""
    alone = replace(
        instance,
        staff={who: instance.staff[who]},
        wished={key: price for key, price in instance.wished.items() if key[0] == who},
        unwished={key: price for key, price in instance.unwished.items() if key[0] == who},
        cover={key: _left(one, held[key]) for key, one in instance.cover.items()},
    )
    plan = shift_model.build(alone)
    solver = solver_for(Effort(workers=1, deterministic=_ROW))
    if solver.solve(plan.model) not in FOUND:
        return None
    return plan.taken(list(solver.response_proto.solution))


def _left(one: Cover, held: int) -> Cover:
    return replace(one, wanted=max(0, one.wanted - held))


def _complete(plan: ShiftPlan, board: Board, taken: Mapping[tuple[str, int], str]) -> None:
    """Every variable of the plan, from the shifts that people hold."""
    whole = CpModel()
    whole.proto.copy_from(plan.model.proto)
    for (who, day, shift), take in plan.takes.items():
        value = int(taken.get((who, day)) == shift)
        domain = whole.proto.variables[take.index].domain
        domain.clear()
        domain.extend([value, value])
    solver = solver_for(Effort(workers=1, deterministic=_WHOLE))
    if solver.solve(whole) in FOUND:
        values = list(solver.response_proto.solution)
        board.offer(values, models.cost_of(plan, values), engine="one by one")

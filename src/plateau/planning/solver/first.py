"""A first legal solution of a stage: every post filled, every count near its target, no price."""

import math
from collections.abc import Iterable

from ortools.sat.python.cp_model import INFEASIBLE, CpModel, LinearExpr

from plateau.planning.solver import cpsat, greedy
from plateau.planning.solver.board import Board
from plateau.planning.solver.cpsat import Effort
from plateau.planning.solver.greedy import Hints
from plateau.planning.solver.model import Plan, Values
from plateau.planning.solver.stage import Bound, Stage

_PRICED = 1.0  # CP-SAT's own units, for the prices of a solution
_LOOSER = (0.0, 0.5, 1.0, None)  # how far past its limit a count may be; None: anything
_LINEAR = (0, 2)  # without linear relaxations, which is quicker or hopeless, then with them
_EACH = 5000  # choices that a unit of work is enough for
_MOSTLY = 0.95  # of the posts


def find(part: Stage, plan: Plan, board: Board, hints: Hints, *, seed: int = 0) -> None:
    """The board has a legal solution, whole if one was found: CP-SAT is quick without prices."""
    known = {key for key in hints if key in part.takes}
    if len(known) >= _MOSTLY * sum(post.needed for post in part.posts):
        complete(part, plan, board, frozenset(known))
        if is_whole(part, board):
            return
    else:
        known = set(greedy.choose(part))
    if not legally(part, plan, board, frozenset(known), seed=seed):
        complete(part, plan, board, frozenset(hints | known), may_leave=True)


def legally(part: Stage, plan: Plan, board: Board, near: Hints, *, seed: int = 0) -> bool:
    """Whether the board was offered a whole legal solution, near some hints if possible."""
    for looser in _LOOSER:
        values = _legal(part, plan, near, looser=looser, seed=seed)
        if values is not None:
            complete(part, plan, board, _taken(part, values))
            return True
        if board.is_over():
            break
    return False


def begin(part: Stage, plan: Plan, board: Board, known: Iterable[Hints]) -> None:
    """The board has the cheapest of some solutions, each as far as it is possible here."""
    for hints in known:
        if hints:
            is_possible = hints <= part.takes.keys()
            complete(part, plan, board, hints & part.takes.keys(), may_leave=not is_possible)


def is_whole(part: Stage, board: Board) -> bool:
    """Whether the board's solution fills every post that must be."""
    values = board.values
    optional = {post.post_id for post in part.posts if post.is_optional}
    return values is not None and not any(
        values[one.index] for key, one in part.missing.items() if key not in optional
    )


def is_near(part: Stage, board: Board) -> bool:
    """Whether the board's solution is whole, with every count near its target."""
    values = board.values
    if values is None or not is_whole(part, board):
        return False
    for bound in part.bounds:
        low, high = within(bound, 0.0)
        if not low <= sum(values[one.index] for one in bound.takes) <= high:
            return False
    return True


def _legal(
    part: Stage, plan: Plan, hints: Hints, *, looser: float | None, seed: int
) -> Values | None:
    small = _bare(part, plan, looser)
    for key, take in part.takes.items():
        small.add_hint(small.get_bool_var_from_proto_index(take.index), key in hints)
    units = 0.3 + len(part.takes) / _EACH
    for level in _LINEAR:
        solver = cpsat.solver_for(Effort(workers=1, seed=seed, deterministic=units, first=True))
        solver.parameters.linearization_level = level
        status = solver.solve(small)
        if status in cpsat.FOUND:
            return list(solver.response_proto.solution)
        if status == INFEASIBLE:
            break
    return None


def _bare(part: Stage, plan: Plan, looser: float | None) -> CpModel:
    """The plan without prices: every post filled, counts near their targets."""
    small = CpModel()
    small.proto.copy_from(plan.model.proto)
    small.proto.clear_objective()
    small.proto.clear_solution_hint()
    optional = {post.post_id for post in part.posts if post.is_optional}
    for post_id, missing in part.missing.items():
        if post_id not in optional:
            _fix(small, missing.index, 0, 0)
    for bound in part.bounds if looser is not None else ():
        low, high = within(bound, looser or 0.0)
        small.add_linear_constraint(LinearExpr.sum(list(bound.takes)), low, high)
    return small


def within(bound: Bound, looser: float) -> tuple[int, int]:
    """The fewest and the most that a bound allows."""
    reach = bound.limit + looser + 1e-6
    high = min(len(bound.takes), math.floor(bound.target + reach))
    low = min(max(0, math.ceil(bound.target - reach)), len(bound.takes))
    return low, max(low, high, 0)


def _taken(part: Stage, values: Values) -> Hints:
    return frozenset(key for key, take in part.takes.items() if values[take.index])


def complete(
    part: Stage, plan: Plan, board: Board, known: Hints, *, may_leave: bool = False
) -> None:
    """The board has the solution that takes what is known, or the best part of it."""
    small = CpModel()
    small.proto.copy_from(plan.model.proto)
    small.proto.clear_solution_hint()
    for key, take in part.takes.items():
        if key not in known:
            _fix(small, take.index, 0, 0)
        elif not may_leave:
            _fix(small, take.index, 1, 1)
    solver = cpsat.solver_for(Effort(workers=1, deterministic=_PRICED, plain=True))
    if solver.solve(small) in cpsat.FOUND:
        board.offer(list(solver.response_proto.solution), solver.objective_value, engine="start")


def _fix(model: CpModel, index: int, low: int, high: int) -> None:
    domain = model.proto.variables[index].domain
    domain.clear()
    domain.extend([low, high])

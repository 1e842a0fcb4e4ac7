"""CP-SAT on a plan, telling a board what it finds."""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass

from ortools.sat.python.cp_model import (
    FEASIBLE,
    INFEASIBLE,
    OPTIMAL,
    CpSolver,
    CpSolverSolutionCallback,
)

from plateau.planning.solver import model as models
from plateau.planning.solver.board import Board
from plateau.planning.solver.model import Plan

_LOOK_S = 0.2
FOUND = (OPTIMAL, FEASIBLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How hard an engine works. With one worker and `deterministic`, runs repeat exactly."""

    workers: int = 2
    seed: int = 0
    deterministic: float | None = None  # CP-SAT's own unit of work, about a second
    first: bool = False  # stop at the first solution
    plain: bool = False  # without leaning on linear relaxations
    gap: float = 0.0  # at which a solution is good enough


class _Found(CpSolverSolutionCallback):
    """Hands each solution to the board."""

    def __init__(self, board: Board) -> None:
        super().__init__()
        self._board = board

    def on_solution_callback(self) -> None:
        """A solution was found."""
        self._board.offer(list(self.response_proto.solution), self.objective_value, engine="cp-sat")


def search(plan: Plan, board: Board, effort: Effort, *, seconds: float = math.inf) -> None:
    """Search a plan until the board says to stop; the incumbent of the board is the hint."""
    if board.values is not None:
        models.hint(plan.model, board.values)
    solver = solver_for(effort)
    solver.best_bound_callback = lambda bound: board.raise_bound(bound, engine="cp-sat")
    if effort.deterministic is None:
        solver.parameters.max_time_in_seconds = max(0.1, min(seconds, board.left()))
    with watched(board, solver.stop_search):
        status = solver.solve(plan.model, _Found(board))
    if status == INFEASIBLE:
        board.refuse()
    if status in FOUND:
        board.offer(list(solver.response_proto.solution), solver.objective_value, engine="cp-sat")
        board.raise_bound(solver.best_objective_bound, engine="cp-sat")


def anything(plan: Plan, board: Board, *, workers: int, seed: int) -> None:
    """Too hard for a first look: take the first solution, however long it takes."""
    board.seconds = math.inf
    search(plan, board, Effort(workers=workers, seed=seed, first=True))


def solver_for(effort: Effort) -> CpSolver:
    """A solver that leans on linear relaxations, which the layered graphs make strong."""
    solver = CpSolver()
    solver.parameters.num_workers = effort.workers
    solver.parameters.random_seed = effort.seed
    solver.parameters.linearization_level = 1 if effort.first or effort.plain else 2
    solver.parameters.relative_gap_limit = effort.gap
    solver.parameters.stop_after_first_solution = effort.first
    is_light = effort.first or effort.plain
    if effort.workers > 1 and not is_light:
        solver.parameters.extra_subsolvers.extend(["max_lp"])
    if effort.deterministic is not None:
        solver.parameters.max_deterministic_time = effort.deterministic
    return solver


class watched:  # noqa: N801  # reads as a word of `with`, as the standard library's do
    """Call `stop` as soon as the board says that the search is over."""

    def __init__(self, board: Board, stop: Callable[[], None]) -> None:
        self._board = board
        self._stop = stop
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, name="watch", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(_LOOK_S):
            if self._board.is_over():
                self._stop()
                return

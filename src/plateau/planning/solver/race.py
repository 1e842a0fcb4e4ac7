"""Several engines on one plan at once: one proves what another does not, and all share a board."""

import threading
import time
from collections.abc import Callable, Sequence

import structlog

from plateau.kernel.errors import UnavailableError
from plateau.planning.solver import cpsat, highs, improve
from plateau.planning.solver.board import Board
from plateau.planning.solver.cpsat import Effort
from plateau.planning.solver.improve import Pace
from plateau.planning.solver.model import Plan

_PATIENCE = 0.1  # of the time, without anything found
_DAY_S = 0.5
_SWEEPS = 2
_TURN = 0.1  # of the time, for CP-SAT at least
log = structlog.get_logger()


def run(
    plan: Plan, board: Board, *, workers: int, seed: int, start: Callable[[], None] | None = None
) -> None:
    """Search with as many threads as workers: HiGHS on one, on the others all else in turn.

    All else: `start` gives a first solution, neighbourhoods improve it as long as they find
    something, then CP-SAT has the whole plan for as long, and so on in turn.
    """

    def in_turn() -> None:
        if start:
            start()
        threads, turn = max(1, workers - 1), 0
        while not board.is_over():
            began = time.monotonic()
            if board.values is not None:
                pace = Pace(threads=threads, seed=seed + turn, patience=_PATIENCE)
                improve.search(plan, board, pace)
            spent = time.monotonic() - began
            if not board.is_over():
                effort = Effort(workers=threads, seed=seed + turn)
                cpsat.search(plan, board, effort, seconds=max(_TURN * board.seconds, spent))
            turn += 1

    if workers == 1:
        in_turn()
        return
    _engines([lambda: highs.search(plan, board, seed=seed), in_turn], board)


def week(plan: Plan, board: Board, *, workers: int, seed: int) -> None:
    """HiGHS, which proves weeks of sessions; beside it, with two workers, neighbourhoods.

    The board has a first solution: its days are looked at one by one before.
    """
    for turn in range(_SWEEPS):
        improve.sweep(plan, board, Pace(threads=1, seed=seed + turn, seconds=_DAY_S))
    engines: list[Callable[[], None]] = [lambda: highs.search(plan, board, seed=seed)]
    if workers > 1:
        pace = Pace(threads=1, seed=seed, seconds=1.0)
        engines.append(lambda: improve.search(plan, board, pace))
    try:
        if not board.is_over():
            _engines(engines, board)
    except UnavailableError:
        cpsat.search(plan, board, Effort(workers=workers, seed=seed, gap=board.gap))


def _engines(engines: Sequence[Callable[[], None]], board: Board) -> None:
    """Run every engine to its end. One that is missing does not lose what another found."""
    for fault in _faults(engines):
        if board.values is None or not isinstance(fault, UnavailableError):
            raise fault
        log.warning("planner.engine_missing", reason=fault.code)


def together(works: Sequence[Callable[[], None]]) -> None:
    """Do several things at once, each to its end; the first fault is raised then."""
    for fault in _faults(works):
        raise fault


def _faults(works: Sequence[Callable[[], None]]) -> list[BaseException]:
    faults: list[BaseException] = []

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as fault:  # noqa: BLE001  # handed to the caller
            faults.append(fault)

    threads = [threading.Thread(target=guarded, args=(one,), name="engine") for one in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return faults

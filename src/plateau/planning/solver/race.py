"""Several engines on one plan at once: one proves what another does not, and all share a board."""

import threading
from collections.abc import Callable, Sequence

from plateau.planning.solver import cpsat, highs
from plateau.planning.solver.board import Board
from plateau.planning.solver.cpsat import Effort
from plateau.planning.solver.model import Plan


def run(plan: Plan, board: Board, *, workers: int, seed: int) -> None:
    """Search with as many threads as workers: HiGHS on one of them, CP-SAT on the others."""
    if workers == 1:
        cpsat.search(plan, board, Effort(workers=1, seed=seed))
        return
    _together(
        [
            lambda: highs.search(plan, board, seed=seed),
            lambda: cpsat.search(plan, board, Effort(workers=workers - 1, seed=seed)),
        ]
    )


def _together(engines: Sequence[Callable[[], None]]) -> None:
    """Run every engine to its end; the first fault is raised once all have ended."""
    faults: list[BaseException] = []

    def guarded(engine: Callable[[], None]) -> None:
        try:
            engine()
        except BaseException as fault:  # noqa: BLE001  # handed to the caller below
            faults.append(fault)

    threads = [threading.Thread(target=guarded, args=(one,), name="engine") for one in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]

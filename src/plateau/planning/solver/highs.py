"""HiGHS on the same plan: what a linear solver proves where CP-SAT does not, and the reverse.

It runs in a process of its own: the wheels of HiGHS and of OR-Tools each bring a library of the
same name, and one process can hold only one of them.
"""

import pickle
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import orjson

from plateau.kernel.errors import UnavailableError
from plateau.planning.solver import linear
from plateau.planning.solver.board import Board
from plateau.planning.solver.cpsat import watched
from plateau.planning.solver.model import Plan, cost_of

_LOOK_S = 1.0
_KILLED = (-15, -9)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """A line of the process: a solution, a bound, or that there is none."""

    values: list[int] | None = None
    bound: float | None = None
    infeasible: bool = False


def search(plan: Plan, board: Board, *, seed: int = 0) -> None:
    """Search a plan with HiGHS until the board says to stop."""
    with subprocess.Popen(
        [sys.executable, "-m", "plateau.planning.solver.highs_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        with watched(board, process.terminate):
            _ask(process, plan, board, seed=seed)
            with _feeding(process, board):
                _hear(process, plan, board)
        if process.wait() not in (0, *_KILLED):
            raise UnavailableError("the linear engine ended with {code}", code=process.returncode)


def _ask(process: subprocess.Popen[bytes], plan: Plan, board: Board, *, seed: int) -> None:
    arrays = linear.programme(plan.model)
    arrays |= {"seconds": np.array([board.left()]), "seed": np.array([seed])}
    if board.values is not None:
        arrays["start"] = np.array(board.values, dtype=float)
    content = pickle.dumps(arrays)
    try:
        _write(process, len(content).to_bytes(8, "big") + content)
    except BrokenPipeError:
        return  # stopped before it began: the board is over


def _write(process: subprocess.Popen[bytes], content: bytes) -> None:
    if process.stdin:
        process.stdin.write(content)
        process.stdin.flush()


@contextmanager
def _feeding(process: subprocess.Popen[bytes], board: Board) -> Generator[None, None, None]:
    """Hand on, while this lasts, what other engines find."""
    ended = threading.Event()

    def feed() -> None:
        told = board.best
        while not ended.wait(_LOOK_S):
            if board.best < told and board.values is not None and board.engine != "highs":
                told = board.best
                try:
                    _write(process, orjson.dumps(list(board.values)) + b"\n")
                except (BrokenPipeError, ValueError):
                    return  # it has ended

    thread = threading.Thread(target=feed, name="feed", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _hear(process: subprocess.Popen[bytes], plan: Plan, board: Board) -> None:
    for line in process.stdout or ():
        said = _Said(**orjson.loads(line))
        if said.values is not None:
            board.offer(said.values, cost_of(plan, said.values), engine="highs")
        if said.bound is not None:
            board.raise_bound(said.bound, engine="highs")
        if said.infeasible:
            board.refuse()

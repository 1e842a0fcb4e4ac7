"""The public instances: ours beside the textbook model, HiGHS alone and Timefold."""

import csv
import math
import os
import statistics
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from ortools.sat.python.cp_model import CpSolver

from harness import Result, Target
from peers import elsewhere
from peers.textbook import textbook
from plateau.planning.solver import construct, highs, race, shift_model, shifts
from plateau.planning.solver.board import Board
from plateau.planning.solver.shifts import Instance

DEFAULT = "../shared/roster/instances"


def folder() -> Path:
    """Where the instances ought to be."""
    return Path(os.environ.get("INSTANCES") or DEFAULT)


def are_in(where: Path) -> bool:
    """Whether the instances are in a folder."""
    return (where / "best_known.csv").exists()


def measured(where: Path, limit: float, peer: float, seeds: Sequence[int]) -> list[Result]:
    """Each instance against its best known value, and against each peer; how many are proven."""
    with (where / "best_known.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    results: list[Result] = []
    proven = 0
    for row in rows:
        instance = shifts.read((where / f"{row['instance']}.txt").read_text("utf-8"))
        boards = [_race(instance, limit, seed) for seed in seeds]
        known = int(row["best_known_solution"])
        results += _beside(row["instance"], known, boards, _peers(instance, peer))
        proven += statistics.median(board.is_proven() for board in boards) > 0
    target = Target(bound=7, better="higher")
    results.append(Result(name="proven optimal", value=proven, unit="instances", target=target))
    return results


def _peers(instance: Instance, limit: float) -> dict[str, tuple[float | None, str]]:
    return {
        "textbook CP-SAT": (_textbook(instance, limit), f"peer {limit:g} s"),
        "HiGHS on the flow": (_highs(instance, limit), f"peer {limit:g} s"),
        "Timefold": elsewhere.best(instance, limit),
    }


def _beside(
    name: str, known: int, boards: Sequence[Board], peers: dict[str, tuple[float | None, str]]
) -> list[Result]:
    best = statistics.median(board.best for board in boards)
    bound = statistics.median(board.bound for board in boards)
    ours = f"bound {bound:.0f}, {statistics.median(map(_seconds, boards)):.0f} s"
    return [
        Result(
            name=name,
            value=best if math.isfinite(best) else None,
            unit="cost",
            peer=peer,
            peer_value=value,
            target=Target(bound=known),
            note=f"{ours}; {said}",
        )
        for peer, (value, said) in peers.items()
    ]


def _seconds(board: Board) -> float:
    return board.history[-1].seconds if board.history else 0.0


def _race(instance: Instance, limit: float, seed: int) -> Board:
    plan = shift_model.build(instance)
    board = Board(seconds=limit)
    start = partial(construct.first, instance, plan, board, seed=seed)
    race.run(plan, board, workers=2, seed=seed, start=start)
    faults = shifts.faults(instance, plan.taken(board.values)) if board.values else []
    assert not faults, faults
    return board


def _textbook(instance: Instance, limit: float) -> float | None:
    solver = CpSolver()
    solver.parameters.num_workers = 2
    solver.parameters.max_time_in_seconds = limit
    solver.solve(textbook(instance))
    return solver.objective_value if solver.response_proto.solution else None


def _highs(instance: Instance, limit: float) -> float | None:
    board = Board(seconds=limit)
    highs.search(shift_model.build(instance), board)
    return board.best if board.values is not None else None

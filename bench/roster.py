"""The planner: public shift-scheduling instances, and invented pools of real sizes.

INSTANCES names a folder of `Instance*.txt` and `best_known.csv`; `--quick` takes short limits and
one seed; names after it choose among `public basque-landes le-mans region`.
"""

import argparse
import csv
import importlib.util
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ortools.sat.python.cp_model import CpSolver

from harness import Result, Target, report
from peers.textbook import textbook
from plateau.planning.roster import samples
from plateau.planning.roster.board import lay_out
from plateau.planning.roster.check import check
from plateau.planning.roster.replace import replacements
from plateau.planning.roster.types import Kind, Problem, Span
from plateau.planning.solver import construct, highs, race, shift_model, shifts
from plateau.planning.solver.board import Board
from plateau.planning.solver.shifts import Instance
from plateau.planning.solver.solve import Solution, solve

DEFAULT = "../shared/roster/instances"
PARTS = ("public", "basque-landes", "le-mans", "region")


@dataclass(frozen=True, slots=True)
class Limits:
    """How long each part may take. Units: seconds."""

    public: float = 300
    peer: float = 60
    quarter: float = 60
    region: float = 600
    seeds: Sequence[int] = (1, 2, 3)


QUICK = Limits(public=20, peer=10, quarter=20, region=60, seeds=(1,))


def main() -> None:
    """Measure what was asked for and print it beside its targets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("parts", nargs="*", default=PARTS)
    asked = parser.parse_args()
    limits = QUICK if asked.quick else Limits()
    results: list[Result] = []
    for part in asked.parts:
        results += _MEASURES[part](limits)
    report("roster-quick" if asked.quick else "roster", results, keep=True)


def public(limits: Limits) -> list[Result]:
    """The public instances, against the plain model and HiGHS alone."""
    folder = Path(os.environ.get("INSTANCES") or DEFAULT)
    if not (folder / "best_known.csv").exists():
        note = f"no instances in {folder}: set INSTANCES"
        return [Result(name="public instances", value=None, unit="", note=note)]
    with (folder / "best_known.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    results: list[Result] = []
    proven = 0
    for row in rows:
        instance = shifts.read((folder / f"{row['instance']}.txt").read_text("utf-8"))
        mine, was_proven = _one(row["instance"], instance, int(row["best_known_solution"]), limits)
        results += mine
        proven += was_proven
    target = Target(bound=7, better="higher")
    results.append(Result(name="proven optimal", value=proven, unit="instances", target=target))
    if importlib.util.find_spec("timefold") is None:
        note = "its wheel is not installed here"
        results.append(Result(name="Timefold", value=None, unit="", note=note))
    return results


def _one(name: str, instance: Instance, known: int, limits: Limits) -> tuple[list[Result], bool]:
    boards = [_race(instance, limits.public, seed) for seed in limits.seeds]
    best = statistics.median(board.best for board in boards)
    bound = statistics.median(board.bound for board in boards)
    plain, alone = _textbook(instance, limits.peer), _highs(instance, limits.peer)
    target = Target(bound=known)
    note = f"bound {bound:.0f}, {statistics.median(map(_seconds, boards)):.0f} s"
    return [
        Result(
            name=name,
            value=best,
            unit="cost",
            peer=peer,
            peer_value=value,
            target=target,
            note=note,
        )
        for peer, value in (("textbook CP-SAT", plain), ("HiGHS on the flow", alone))
    ], bound >= best


def _seconds(board: Board) -> float:
    return board.history[-1].seconds if board.history else 0.0


def _race(instance: Instance, seconds: float, seed: int) -> Board:
    plan = shift_model.build(instance)
    board = Board(seconds=seconds)
    start = partial(construct.first, instance, plan, board, seed=seed)
    race.run(plan, board, workers=2, seed=seed, start=start)
    faults = shifts.faults(instance, plan.taken(board.values)) if board.values else []
    assert not faults, faults
    return board


def _textbook(instance: Instance, seconds: float) -> float | None:
    solver = CpSolver()
    solver.parameters.num_workers = 2
    solver.parameters.max_time_in_seconds = seconds
    solver.solve(textbook(instance))
    return solver.objective_value if solver.response_proto.solution else None


def _highs(instance: Instance, seconds: float) -> float | None:
    board = Board(seconds=seconds)
    highs.search(shift_model.build(instance), board)
    return board.best if board.values is not None else None


def basque_landes(limits: Limits) -> list[Result]:
    """A quarter of a pool of 36 doctors; then a sick call on it."""
    problem = samples.basque_landes()
    results, found = _pool("Basque-Landes quarter", problem, limits.quarter, limits, first=10)
    return [*results, *_sick(problem, found)]


def le_mans(limits: Limits) -> list[Result]:
    """A quarter of nuclear medicine: six machines shared by halves, twenty technologists."""
    results, _ = _pool("Le Mans quarter", samples.le_mans(), limits.quarter, limits, first=10)
    return results


def region(limits: Limits) -> list[Result]:
    """A quarter of 200 doctors on 25 sites; one seed, for its length."""
    one = replace(limits, seeds=limits.seeds[:1])
    results, found = _pool("region quarter", samples.region(), limits.region, one, first=30)
    board = lay_out(samples.region(), found.roster)
    assert board.workers
    spent = _timed(lambda: check(samples.region(), found.roster))
    result = Result(name="check of the region", value=spent, unit="s", target=Target(bound=1))
    return [*results, result]


def _pool(
    name: str, problem: Problem, seconds: float, limits: Limits, *, first: float
) -> tuple[list[Result], Solution]:
    found = [solve(problem, seconds=seconds, workers=2, seed=seed) for seed in limits.seeds]

    def median(of: Callable[[Solution], float]) -> float:
        return statistics.median(of(one) for one in found)

    def count(one: Solution, rule: str) -> int:
        return sum(b.is_hard and (b.rule == "cover") is (rule == "cover") for b in one.breaches)

    def unfair(one: Solution) -> int:
        return sum(b.rule.startswith("fair_") and b.rule != "fair_travel" for b in one.breaches)

    return [
        Result(name=f"{name}: first roster", value=median(lambda one: one.first_seconds),
               unit="s", target=Target(bound=first)),
        Result(name=f"{name}: posts short", value=median(lambda one: count(one, "cover")),
               unit="posts", target=Target(bound=0)),
        Result(name=f"{name}: other hard breaches", value=median(lambda one: count(one, "")),
               unit="breaches", target=Target(bound=0)),
        Result(name=f"{name}: burdens past what arithmetic allows", value=median(unfair),
               unit="people", target=Target(bound=0)),
        Result(name=f"{name}: gap to the stages' bounds", value=median(lambda one: 100 * one.gap),
               unit="%", target=Target(bound=1)),
    ], found[0]  # fmt: skip


def _sick(problem: Problem, found: Solution) -> Iterator[Result]:
    """Somebody falls ill on a published quarter: who could take the duty, and a new plan."""
    duties = {one.post_id: one for one in problem.posts if one.kind is Kind.DUTY}
    held = next(one for one in sorted(found.roster.assignments) if one.post_id in duties)
    duty = duties[held.post_id]
    away = tuple(
        replace(one, leave=(*one.leave, Span(first=duty.on, last=duty.on)))
        if one.person_id == held.person_id
        else one
        for one in problem.people
    )
    ill = replace(problem, people=away, published=found.roster.assignments)
    now = duty.starts_at
    spent = _timed(lambda: replacements(ill, found.roster, duty.post_id, now=now))
    yield Result(name="sick call: replacements", value=1000 * spent, unit="ms",
                 target=Target(bound=200))  # fmt: skip
    spent = _timed(lambda: solve(ill, seconds=10, workers=2))
    yield Result(name="sick call: new plan", value=spent, unit="s", target=Target(bound=10))


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


_MEASURES: dict[str, Callable[[Limits], list[Result]]] = {
    "public": public,
    "basque-landes": basque_landes,
    "le-mans": le_mans,
    "region": region,
}

if __name__ == "__main__":
    main()

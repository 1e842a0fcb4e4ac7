"""Large-neighbourhood search: free a part of the best solution, solve it, keep what is better."""

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ortools.sat.python.cp_model import OPTIMAL, CpModel, CpSolver

from plateau.planning.solver import model as models
from plateau.planning.solver.board import Board
from plateau.planning.solver.cpsat import FOUND, watched
from plateau.planning.solver.model import Choice, Plan, Values, cost_of

Free = Callable[[Choice], bool]
_LEAST, _MOST = 0.3, 8.0  # of a neighbourhood's usual size
_LEARNING = 0.07
_REWARD = 8.0
_NEAR = 14  # days


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What neighbourhoods are cut from."""

    days: int
    people: Sequence[str]
    pains: Mapping[int, float] = field(default_factory=dict[int, float])  # what days cost now


@dataclass(slots=True)
class _Kind:
    """A way to cut neighbourhoods: how well it did, and how large it may be."""

    cut: Callable[[random.Random, Ground, float], Free]
    score: float = 1.0
    size: float = 1.0


def _window(chance: random.Random, ground: Ground, size: float) -> Free:
    """Some days in a row, for all."""
    length = max(min(4, -(-ground.days // 7)), int(min(12, 0.4 * ground.days) * size))
    first = chance.randrange(-length // 2, max(1, ground.days - length // 2))
    return lambda one: first <= one.day < first + length


def _few(chance: random.Random, ground: Ground, size: float) -> Free:
    """A few people, from the first day to the last."""
    people = _drawn(chance, ground, max(2, int(4 * size)))
    return lambda one: one.person in people


def _some(chance: random.Random, ground: Ground, size: float) -> Free:
    """Some people, for five weeks."""
    people = _drawn(chance, ground, max(3, int(9 * size)))
    length = 35
    first = chance.randrange(-length // 2, max(1, ground.days - length // 2))
    return lambda one: one.person in people and first <= one.day < first + length


def _two_windows(chance: random.Random, ground: Ground, size: float) -> Free:
    """Two stretches of days, for all: what burdens one may relieve the other."""
    length = max(3, int(6 * size))
    firsts = [chance.randrange(ground.days) for _ in range(2)]
    return lambda one: any(first <= one.day < first + length for first in firsts)


def _painful(chance: random.Random, ground: Ground, size: float) -> Free:
    """The days around one that costs, for all: the more it costs, the more often."""
    length = max(4, int(9 * size))
    first = _costly(chance, ground) - chance.randrange(length)
    return lambda one: first <= one.day < first + length


def _painful_some(chance: random.Random, ground: Ground, size: float) -> Free:
    """Some people, for the weeks around a day that costs."""
    people = _drawn(chance, ground, max(3, int(8 * size)))
    day = _costly(chance, ground)
    return lambda one: one.person in people and abs(one.day - day) <= _NEAR


def _costly(chance: random.Random, ground: Ground) -> int:
    days = [day for day, pain in ground.pains.items() if pain > 0]
    if not days:
        return chance.randrange(ground.days)
    return chance.choices(days, [ground.pains[day] for day in days])[0]


def _drawn(chance: random.Random, ground: Ground, count: int) -> frozenset[str]:
    return frozenset(chance.sample(list(ground.people), min(count, len(ground.people))))


def _kinds() -> list[_Kind]:
    cuts = (_window, _few, _some, _two_windows, _painful, _painful_some)
    return [_Kind(cut) for cut in cuts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long to try, and with how many threads; `rounds` alone makes a run repeatable."""

    threads: int = 2
    seed: int = 0
    seconds: float = 4.0  # for one neighbourhood
    deterministic: float | None = None
    rounds: int | None = None
    patience: float | None = None  # share of the time without success after which to give up


@dataclass(slots=True)
class _Search:
    plan: Plan
    board: Board
    pace: Pace
    ground: Ground
    kinds: list[_Kind] = field(default_factory=_kinds)
    lock: threading.Lock = field(default_factory=threading.Lock)
    failures: list[BaseException] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)


def search(plan: Plan, board: Board, pace: Pace) -> None:
    """Improve the board's solution until the board says to stop; it must have one."""
    ground = Ground(
        days=1 + max((one.day for one in plan.choices), default=0),
        people=sorted({one.person for one in plan.choices}),
    )
    state = _Search(plan, board, pace, ground)
    if pace.threads == 1:
        _work(state, pace.seed)
        return
    threads = [
        threading.Thread(target=_safely, args=(state, pace.seed * 31 + number), name="improve")
        for number in range(pace.threads)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if state.failures:
        raise state.failures[0]


def sweep(plan: Plan, board: Board, pace: Pace) -> None:
    """Each day is decided again, all others being as they are: quick, and most of the gain."""
    chance = random.Random(pace.seed)  # noqa: S311  # a search, not a secret
    state = _Search(plan, board, pace, Ground(days=1, people=()))
    for day in sorted({one.day for one in plan.choices}):
        values = board.values
        if values is None or board.is_over():
            return
        solver = _solver(state, chance)
        solver.parameters.linearization_level = 2  # what ties people needs its relaxation
        part = restricted(plan, values, lambda one, day=day: one.day == day)
        if solver.solve(part) in FOUND:
            found = list(solver.response_proto.solution)
            board.offer(found, cost_of(plan, found), engine="days")


def _safely(state: _Search, seed: int) -> None:
    """A fault in a thread is the caller's to hear of."""
    try:
        _work(state, seed)
    except BaseException as error:
        state.failures.append(error)
        raise


def _work(state: _Search, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # a search, not a secret
    done = 0
    while not _is_over(state, done):
        values = state.board.values
        if values is None:
            return
        _round(state, chance, values)
        done += 1


def _is_over(state: _Search, done: int) -> bool:
    pace, board = state.pace, state.board
    if board.is_over() or (pace.rounds is not None and done >= pace.rounds):
        return True
    idle = min(board.idle(), time.monotonic() - state.began)
    return pace.patience is not None and idle > pace.patience * board.seconds


def _round(state: _Search, chance: random.Random, values: Values) -> None:
    """One neighbourhood: cut, solve, and learn from it."""
    with state.lock:
        kind = chance.choices(state.kinds, [one.score for one in state.kinds])[0]
        ground = replace(state.ground, pains=_pains(state.plan, values))
        free = kind.cut(chance, ground, kind.size)
    part = restricted(state.plan, values, free)
    solver = _solver(state, chance)
    with watched(state.board, solver.stop_search):
        status = solver.solve(part)
    is_better = False
    if status in FOUND:
        found = list(solver.response_proto.solution)
        is_better = state.board.offer(found, cost_of(state.plan, found), engine="neighbourhoods")
        if not is_better:
            _drift(state.board, values, found, state.plan)
    with state.lock:
        _learn(kind, status=status, is_better=is_better, was_quick=_was_quick(solver, state.pace))


def _pains(plan: Plan, values: Values) -> dict[int, float]:
    """What each day costs in a solution."""
    found: dict[int, float] = {}
    for spot in plan.spots:
        found[spot.day] = found.get(spot.day, 0.0) + spot.base + spot.price * values[spot.index]
    return found


def _drift(board: Board, before: Values, found: Values, plan: Plan) -> None:
    """Walk along a plateau: another solution as good is where the next search starts."""
    if board.values is before and cost_of(plan, found) <= board.best:
        board.values = found


def restricted(plan: Plan, values: Values, free: Free) -> CpModel:
    """The plan with every choice that is not free fixed by its domain, started from `values`."""
    part = CpModel()
    part.proto.copy_from(plan.model.proto)
    for one in plan.choices:
        if not free(one):
            domain = part.proto.variables[one.index].domain
            domain.clear()
            domain.extend([values[one.index]] * 2)
    models.hint(part, values)
    return part


def _solver(state: _Search, chance: random.Random) -> CpSolver:
    solver = CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = chance.randrange(1 << 30)
    solver.parameters.linearization_level = 2 if chance.random() < 0.6 else 1
    solver.parameters.cp_model_probing_level = 0
    solver.parameters.symmetry_level = 0
    if state.pace.deterministic is not None:
        solver.parameters.max_deterministic_time = state.pace.deterministic
    else:
        limit = min(state.pace.seconds, state.board.left())
        solver.parameters.max_time_in_seconds = max(0.2, limit)
    return solver


def _was_quick(solver: CpSolver, pace: Pace) -> bool:
    if pace.deterministic is not None:
        return solver.deterministic_time < 0.4 * pace.deterministic
    return solver.wall_time < 0.4 * pace.seconds


def _learn(kind: _Kind, *, status: object, is_better: bool, was_quick: bool) -> None:
    """What succeeds is tried more often; what is solved quickly may be larger."""
    earned = _REWARD if is_better else 0.0
    kind.score = max(0.2, (1 - _LEARNING) * kind.score + _LEARNING * earned)
    if status == OPTIMAL and was_quick:
        kind.size = min(_MOST, kind.size * 1.07)
    elif status != OPTIMAL:
        kind.size = max(_LEAST, kind.size * 0.9)

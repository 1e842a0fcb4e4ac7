"""A roster for a problem: duties over the whole period, then sessions, twice when time allows."""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ortools.sat.python.cp_model import CpModel

from plateau.kernel.ids import PersonId
from plateau.planning.roster import targets
from plateau.planning.roster.check import check
from plateau.planning.roster.types import Breach, Kind, Post, Problem, Roster
from plateau.planning.solver import cpsat, duties, greedy, improve, sessions, stage
from plateau.planning.solver.board import Board, Standing
from plateau.planning.solver.book import Book
from plateau.planning.solver.cpsat import Effort
from plateau.planning.solver.fair import Counters
from plateau.planning.solver.greedy import Hints
from plateau.planning.solver.improve import Pace
from plateau.planning.solver.model import Plan
from plateau.planning.solver.stage import MISSING, SCALE, Stage

_FIRST_PASS = 0.12  # of the time, for a first whole roster
_SHORT_S = 20.0  # below it, one pass
_DUTIES = 0.45  # of a pass
_PLAIN = 0.2  # of the time for duties, before neighbourhoods
_LEAST_S = 0.3  # for a week of sessions
_START = 1.0  # of CP-SAT's own units, for a first solution
_MOSTLY = 0.95  # of the posts
_GAP = 0.001  # at which a week of sessions is good enough


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a solve stands. Costs are in the units of the rules' weights."""

    step: str  # "duties" or "sessions"
    done: float  # share of the work, 0 to 1
    best: float
    bound: float
    gap: float
    seconds: float
    by_rule: Mapping[str, float] = field(default_factory=dict)  # of the best whole roster
    roster: Roster | None = None  # a whole roster better than those before


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """A roster, what it costs to the solver and to each rule, and the bound of its stages."""

    roster: Roster
    cost: float
    bound: float
    gap: float
    proven: bool
    by_rule: Mapping[str, float]
    breaches: Sequence[Breach] = ()
    first_seconds: float = math.nan  # until every post was looked at once


def _ignore(_: Progress) -> None:
    return


def _never() -> bool:
    return False


@dataclass(slots=True)
class _Run:
    """A solve: what is asked, and what is left of the time."""

    problem: Problem
    seconds: float
    workers: int
    seed: int
    on_progress: Callable[[Progress], None]
    should_stop: Callable[[], bool]
    book: Book
    settled: dict[PersonId, list[Post]]
    free: Sequence[Post]
    began: float = field(default_factory=time.monotonic)
    by_rule: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_exact(self) -> bool:
        """With one worker the clock is never looked at: the same seed gives the same roster."""
        return self.workers == 1

    def spent(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.began


@dataclass(slots=True)
class _Pass:
    """One whole roster in the making."""

    held: list[tuple[PersonId, Post]] = field(default_factory=list)
    cost: float = 0.0
    bound: float = 0.0
    is_whole: bool = False


def solve(  # noqa: PLR0913  # the fixed interface between the parts of the planner
    problem: Problem,
    *,
    seconds: float,
    workers: int = 2,
    seed: int = 0,
    start: Roster | None = None,
    on_progress: Callable[[Progress], None] = _ignore,
    should_stop: Callable[[], bool] = _never,
) -> Solution:
    """The best roster found in the time given; whoever asks to stop gets the best so far.

    With one worker, `seconds` are CP-SAT's deterministic units and the result is repeatable.
    """
    settled, free = _settled(problem)
    run = _Run(
        problem, seconds, workers, seed, on_progress, should_stop, Book(problem), settled, free
    )
    known = start.assignments if start else problem.published
    hints: Hints = frozenset((one.person_id, one.post_id) for one in known)
    best: _Pass | None = None
    first_seconds = math.nan
    for budget in _budgets(run):
        found = _whole(run, budget, hints)
        if math.isnan(first_seconds) and found.is_whole:
            first_seconds = run.spent()
        if best is None or (found.is_whole and (not best.is_whole or found.cost < best.cost)):
            best = found
            _tell_whole(run, best)
        hints = frozenset((who, post.post_id) for who, post in best.held)
        if should_stop():
            break
    return _concluded(run, best or _Pass(), first_seconds)


def _settled(problem: Problem) -> tuple[dict[PersonId, list[Post]], list[Post]]:
    """What is known: the weeks before, and published posts that have begun; what is free."""
    posts = {post.post_id: post for post in problem.posts}
    until = problem.frozen_until
    frozen = {one.post_id for one in problem.posts if until and one.starts_at < until}
    held = [(one.person_id, post) for post, one in problem.before]
    held += [
        (one.person_id, posts[one.post_id]) for one in problem.published if one.post_id in frozen
    ]
    return stage.by_time(held), [one for one in problem.posts if one.post_id not in frozen]


def _budgets(run: _Run) -> Iterator[float]:
    """The time of each pass: a short one for a first roster, then all that is left."""
    if run.is_exact or run.seconds < _SHORT_S:
        yield run.seconds
        return
    yield run.seconds * _FIRST_PASS
    yield run.seconds - run.spent()


def _whole(run: _Run, budget: float, hints: Hints) -> _Pass:
    """Duties, then sessions given them."""
    began = time.monotonic()
    made = _Pass()
    settled = {who: list(posts) for who, posts in run.settled.items()}
    fairness = targets.fairness(run.problem)
    has_sessions = any(one.kind is Kind.SESSION for one in run.free)
    share = _DUTIES if has_sessions else 1.0
    duty = duties.build(run.book, settled, run.free, fairness)
    _solve(run, duty, budget * share, (hints, made, "duties"))
    settled = stage.by_time([*_flat(settled), *made.held])
    done = Counters()
    people = {one.person_id: one for one in run.problem.people}
    pieces = list(sessions.parts(run.problem, run.free))
    week = None
    for number, piece in enumerate(pieces):
        if run.should_stop():
            return made
        monday = stage.monday(piece[0].on)
        done.weeks += monday != week and week is not None
        week = monday
        left = budget - (time.monotonic() - began) if not run.is_exact else budget * (1 - share)
        model = sessions.build(run.book, settled, piece, done)
        pieces_left = len(pieces) - (number if not run.is_exact else 0)
        held = _solve(run, model, max(_LEAST_S, left / pieces_left), (hints, made, "sessions"))
        done.add((people[who], post) for who, post in held)
        for who, post in held:
            settled.setdefault(who, []).append(post)
        for who in {who for who, _ in held}:
            settled[who].sort(key=lambda post: post.starts_at)
        _tell(run, made, "sessions", (number + 1) / len(pieces))
    made.is_whole = True
    return made


def _flat(settled: Mapping[PersonId, Iterable[Post]]) -> list[tuple[PersonId, Post]]:
    return [(who, post) for who, posts in settled.items() for post in posts]


def _solve(
    run: _Run, part: Stage, budget: float, into: tuple[Hints, _Pass, str]
) -> list[tuple[PersonId, Post]]:
    """Solve a stage within its time and add what it holds to the roster in the making."""
    hints, made, step = into
    if not part.posts:
        return []
    plan = part.plan()

    def tell(standing: Standing) -> None:
        so_far = _Pass(cost=made.cost + standing.best, bound=made.bound + standing.bound)
        _tell(run, so_far, step, 0.0)

    board = Board(
        seconds=math.inf if run.is_exact else budget, should_stop=run.should_stop, on_change=tell
    )
    if step == "duties":
        _start(plan, part, board, hints)
    else:
        _hint(plan, part, hints)
    _engines(run, plan, board, (budget, step))
    if step == "sessions" and _is_short(part, board):
        _start(plan, part, board, hints)
    if board.values is None:
        made.cost += SCALE * MISSING * sum(post.needed for post in part.posts)
        return []
    held = part.assignments(board.values)
    made.held += held
    made.cost += board.best
    made.bound += max(board.bound, 0.0) if math.isfinite(board.bound) else 0.0
    return held


def _hint(plan: Plan, part: Stage, hints: Hints) -> None:
    """Choices to try first: those of a roster that still fills most posts, or quick ones."""
    known = {key for key in hints if key in part.takes}
    needed = sum(post.needed for post in part.posts)
    if len(known) < _MOSTLY * needed:
        known = set(greedy.choose(part))
    for key, take in part.takes.items():
        plan.model.add_hint(take, key in known)


def _is_short(part: Stage, board: Board) -> bool:
    """Whether a solution lacks somebody on some post."""
    values = board.values
    return values is None or any(values[one.index] for one in part.missing.values())


def _start(plan: Plan, part: Stage, board: Board, hints: Hints) -> None:
    """The best solution among choices already known, or made quickly: a small model, at once."""
    known = hints | greedy.choose(part)
    small = CpModel()
    small.proto.copy_from(plan.model.proto)
    for key, take in part.takes.items():
        if key not in known:
            domain = small.proto.variables[take.index].domain
            domain.clear()
            domain.extend([0, 0])
        elif key in hints:
            small.add_hint(small.get_bool_var_from_proto_index(take.index), True)
    solver = cpsat.solver_for(Effort(workers=1, deterministic=_START))
    solver.parameters.linearization_level = 1
    if solver.solve(small) in cpsat.FOUND:
        board.offer(list(solver.response_proto.solution), solver.objective_value, engine="start")


def _engines(run: _Run, plan: Plan, board: Board, ask: tuple[float, str]) -> None:
    """CP-SAT on the whole stage; neighbourhoods too when it is the duties, whose bound is weak."""
    budget, step = ask
    part = budget * (_PLAIN if step == "duties" else 1.0)
    effort = Effort(
        workers=run.workers,
        seed=run.seed,
        deterministic=part if run.is_exact else None,
        gap=_GAP,
        plain=step == "sessions",
    )
    if run.is_exact or step == "sessions":
        cpsat.search(plan, board, effort)
    else:
        cpsat.search(plan, board, effort, seconds=part)
    if board.values is None and not run.should_stop() and not board.is_infeasible:
        _anything(run, plan, board)
        return
    if step == "duties" and board.values is not None and not board.is_over():
        rounds = max(1, round(budget * (1 - _PLAIN))) if run.is_exact else None
        limit = 1.0 if run.is_exact else None
        pace = Pace(threads=run.workers, seed=run.seed, deterministic=limit, rounds=rounds)
        improve.search(plan, board, pace)


def _anything(run: _Run, plan: Plan, board: Board) -> None:
    """Too little time for a solution: take the first one, however long it takes."""
    board.seconds = math.inf
    cpsat.search(plan, board, Effort(workers=run.workers, seed=run.seed, first=True))


def _tell(run: _Run, made: _Pass, step: str, done: float) -> None:
    run.on_progress(
        Progress(
            step=step,
            done=done,
            best=made.cost / SCALE,
            bound=made.bound / SCALE,
            gap=_gap(made),
            seconds=run.spent(),
            by_rule=run.by_rule,
        )
    )


def _tell_whole(run: _Run, made: _Pass) -> None:
    """A whole roster goes out with what each rule costs in it, to be kept if all else is lost."""
    found = _concluded(run, made, math.nan)
    run.by_rule = found.by_rule
    run.on_progress(
        Progress(
            step="sessions",
            done=1.0,
            best=found.cost,
            bound=found.bound,
            gap=found.gap,
            seconds=run.spent(),
            by_rule=found.by_rule,
            roster=found.roster,
        )
    )


def _gap(made: _Pass) -> float:
    return max(0.0, made.cost - made.bound) / max(1.0, abs(made.cost))


def _concluded(run: _Run, best: _Pass, first_seconds: float) -> Solution:
    """The roster with what each rule costs in it, as the checker says."""
    posts = {one.post_id for one in run.free}
    frozen = frozenset(one for one in run.problem.published if one.post_id not in posts)
    roster = Roster(assignments=stage.as_assignments(best.held) | frozen)
    breaches = check(run.problem, roster)
    by_rule: dict[str, float] = {}
    for one in breaches:
        by_rule[one.rule] = by_rule.get(one.rule, 0.0) + one.cost
    return Solution(
        roster=roster,
        cost=best.cost / SCALE,
        bound=best.bound / SCALE,
        gap=_gap(best),
        proven=best.is_whole and best.bound >= best.cost,
        by_rule=by_rule,
        breaches=breaches,
        first_seconds=first_seconds,
    )

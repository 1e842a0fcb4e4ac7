"""A roster for a problem: a first legal one at once, then a better one for as long as there is."""

import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from plateau.kernel.ids import PersonId
from plateau.planning.roster import targets
from plateau.planning.roster.check import check
from plateau.planning.roster.types import Breach, Post, Problem, Roster
from plateau.planning.solver import components, stage
from plateau.planning.solver.book import Book
from plateau.planning.solver.chain import Chain
from plateau.planning.solver.run import Progress, Run, gap_of
from plateau.planning.solver.stage import SCALE

_UNKNOWN = (math.nan, math.nan)
_TURNS = 5
_AGAIN = 0.15  # of the time, left, to look once more
_WORTH_S = 1.0  # left, to look for a better roster


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """A roster, what it costs to the solver and to each rule, and the bound of its stages.

    Sessions are said apart, with shares and travelling: their bound is proven, given the duties.
    """

    roster: Roster
    cost: float
    bound: float
    gap: float
    proven: bool
    by_rule: Mapping[str, float]
    breaches: Sequence[Breach] = ()
    first_seconds: float = math.nan  # until every post was looked at once
    first_processor_s: float = math.nan  # of processor until then: the same on a busy machine
    session_cost: float = 0.0
    session_bound: float = 0.0

    @property
    def session_gap(self) -> float:
        """How far sessions may be from the best with these duties, as a share of their cost."""
        return gap_of(self.session_cost, self.session_bound)


def _ignore(_: Progress) -> None:
    return


def _never() -> bool:
    return False


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
    began = time.process_time()
    parts = components.split(problem)
    run = Run(seconds, workers, seed, on_progress, should_stop, parts=len(parts))
    known = start.assignments if start else problem.published
    hints = frozenset((one.person_id, one.post_id) for one in known)
    fairness = targets.fairness(problem)
    threads = workers if len(parts) == 1 else 1
    chains: list[Chain] = []
    for number, part in enumerate(parts):
        settled, free = _settled(part)
        chain = Chain(run, part, number, threads, fairness, hints, Book(part), settled, free)
        chains.append(chain)
    _each(chains, Chain.quick, run)
    is_whole = all(one.best.is_whole for one in chains)
    first = (run.spent(), time.process_time() - began) if is_whole else _UNKNOWN
    if is_whole:
        _tell_whole(run, problem, chains)
    for turn in range(_TURNS):
        if not _is_worth_more(run, chains, turn):
            break
        _each(chains, lambda one: one.better(_budget(run, chains, one)), run)
        _tell_whole(run, problem, chains)
    return _concluded(problem, chains, first)


def _is_worth_more(run: Run, chains: Sequence[Chain], turn: int) -> bool:
    """Whether there is time for one more look, and something to win."""
    if run.should_stop() or (turn and run.is_exact):
        return False
    worth = _WORTH_S if turn == 0 else max(_WORTH_S, _AGAIN * run.seconds)
    return run.left() > worth and not all(one.best.is_proven for one in chains)


def _budget(run: Run, chains: Sequence[Chain], one: Chain) -> float:
    """The time of a part: by the size of what is left to do, on as many parts at once."""
    if len(chains) == 1 or run.is_exact:
        return run.seconds if run.is_exact else run.left()
    waiting = sum(len(each.free) for each in chains if not each.is_done)
    at_once = min(run.workers, sum(not each.is_done for each in chains))
    return min(run.left(), run.left() * at_once * len(one.free) / max(1, waiting))


def _each(chains: Sequence[Chain], work: Callable[[Chain], None], run: Run) -> None:
    """Do something with each part, as many at once as there are workers, the largest first."""
    ordered = sorted(chains, key=lambda one: -len(one.free))
    for one in ordered:
        one.is_done = False
    faults: list[BaseException] = []
    turns = iter(ordered)
    if len(ordered) == 1 or run.workers == 1:
        _take_turns(turns, work, faults)
    else:
        threads = [
            threading.Thread(target=_take_turns, args=(turns, work, faults), name="part")
            for _ in range(run.workers)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if faults:
        raise faults[0]


def _take_turns(
    turns: Iterator[Chain], work: Callable[[Chain], None], faults: list[BaseException]
) -> None:
    """Work on one part after the other, until there is none left or one failed."""
    for one in turns:
        try:
            work(one)
        except BaseException as fault:  # noqa: BLE001  # handed to the caller
            faults.append(fault)
        one.is_done = True
        if faults:
            return


def _settled(problem: Problem) -> tuple[dict[PersonId, list[Post]], list[Post]]:
    """What is known: the weeks before, and published posts that have begun; what is free."""
    posts = {post.post_id: post for post in problem.posts}
    until = problem.frozen_until
    frozen = {one.post_id for one in problem.posts if until and one.starts_at < until}
    held = [(one.person_id, post) for post, one in problem.before]
    held += [
        (one.person_id, posts[one.post_id])
        for one in problem.published
        if one.post_id in frozen and one.post_id in posts
    ]
    return stage.by_time(held), [one for one in problem.posts if one.post_id not in frozen]


def _roster(problem: Problem, chains: Iterable[Chain]) -> Roster:
    until = problem.frozen_until
    begun = {one.post_id for one in problem.posts if until and one.starts_at < until}
    frozen = frozenset(one for one in problem.published if one.post_id in begun)
    held = [one for chain in chains for one in chain.best.held]
    return Roster(assignments=stage.as_assignments(held) | frozen)


def _tell_whole(run: Run, problem: Problem, chains: Sequence[Chain]) -> None:
    """A whole roster goes out with what each rule costs in it, to be kept if all else is lost."""
    found = _concluded(problem, chains)
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


def _concluded(
    problem: Problem, chains: Sequence[Chain], first: tuple[float, float] = _UNKNOWN
) -> Solution:
    """The roster with what each rule costs in it, as the checker says."""
    made = [one.best for one in chains]
    roster = _roster(problem, chains)
    breaches = check(problem, roster)
    by_rule: dict[str, float] = {}
    for one in breaches:
        by_rule[one.rule] = by_rule.get(one.rule, 0.0) + one.cost
    cost, bound = sum(one.cost for one in made), sum(one.bound for one in made)
    return Solution(
        roster=roster,
        cost=cost / SCALE,
        bound=bound / SCALE,
        gap=gap_of(cost, bound),
        proven=all(one.is_whole for one in made) and bound >= cost,
        by_rule=by_rule,
        breaches=breaches,
        first_seconds=first[0],
        first_processor_s=first[1],
        session_cost=sum(one.session_cost for one in made) / SCALE,
        session_bound=sum(one.session_bound for one in made) / SCALE,
    )

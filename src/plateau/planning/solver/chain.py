"""One part of a problem: its duties over the whole period, then its sessions week by week."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from plateau.kernel.ids import PersonId
from plateau.planning.roster.targets import Fairness
from plateau.planning.roster.types import Burden, Kind, Post, Problem
from plateau.planning.solver import cpsat, duties, first, improve
from plateau.planning.solver.board import Board, Standing
from plateau.planning.solver.book import Book
from plateau.planning.solver.cpsat import Effort
from plateau.planning.solver.greedy import Hints
from plateau.planning.solver.improve import Pace
from plateau.planning.solver.made import Made
from plateau.planning.solver.model import Plan
from plateau.planning.solver.run import Run
from plateau.planning.solver.stage import Stage
from plateau.planning.solver.weeks import Weeks

_DUTIES = 0.25  # of the time, when there are sessions too
_PLAIN = 0.15  # of the time for duties, before neighbourhoods


@dataclass(slots=True)
class Chain:
    """A part of a problem, and the best roster of it so far."""

    run: Run
    problem: Problem
    number: int
    threads: int
    fairness: Mapping[Burden, Fairness]
    hints: Hints
    book: Book
    settled: dict[PersonId, list[Post]]
    free: Sequence[Post]
    best: Made = field(default_factory=Made)
    is_done: bool = False  # in the round that goes on
    _duties: Stage | None = None
    _plan: Plan | None = None
    _board: Board | None = None
    _weeks: Weeks | None = None

    def quick(self) -> None:
        """A first whole roster, legal if possible, as soon as may be."""
        made = Made()
        part = self._duties = duties.build(self.book, self.settled, self.free, self.fairness)
        plan = self._plan = part.plan()
        board = self._board = Board(seconds=math.inf, should_stop=self.run.should_stop)
        if part.posts:
            first.find(part, plan, board, self.hints, seed=self.run.seed)
            if board.values is None:
                cpsat.anything(plan, board, workers=self.threads, seed=self.run.seed)
            made.add(part, board)
        weeks = self._weeks = Weeks(self.run, self.book, self.free, self.threads, self._tell)
        weeks.hold(made, self.settled, self.hints, None)
        self._keep(made)

    def better(self, budget: float) -> None:
        """A better roster within the time: duties first, then each week of sessions."""
        began = time.monotonic()
        part, plan, board, weeks = self._duties, self._plan, self._board, self._weeks
        if part is None or plan is None or board is None or weeks is None:
            return
        made = Made()
        has_sessions = any(one.kind is Kind.SESSION for one in self.free)
        if part.posts:
            share = budget * (_DUTIES if has_sessions else 1.0)
            made.add(part, self._improve_duties(plan, board, share))
        spent = budget * _DUTIES if self.run.is_exact else time.monotonic() - began
        weeks.hold(made, self.settled, self.hints, budget - spent)
        self._keep(made)

    def _keep(self, made: Made) -> None:
        if made.is_better(self.best):
            self.best = made
            self.hints = frozenset((who, post.post_id) for who, post in made.held)

    def _improve_duties(self, plan: Plan, known: Board, budget: float) -> Board:
        """CP-SAT on all duties, then neighbourhoods: its bound is weak."""
        run = self.run
        seconds = math.inf if run.is_exact else budget
        board = Board(seconds=seconds, should_stop=run.should_stop, on_change=self._heard("duties"))
        board.best, board.values = known.best, known.values
        if board.values is not None and not run.is_exact:
            pace = Pace(threads=self.threads, seed=run.seed, seconds=3.0)
            _for(board, budget * (1 - _PLAIN), plan, pace)
        plain = budget * _PLAIN
        effort = Effort(
            workers=self.threads,
            seed=run.seed,
            deterministic=plain if run.is_exact else None,
        )
        if not board.is_over():
            cpsat.search(plan, board, effort, seconds=plain)
        if run.is_exact and board.values is not None and not board.is_over():
            rounds = max(1, round(budget * (1 - _PLAIN)))
            improve.search(
                plan, board, Pace(threads=1, seed=run.seed, deterministic=1.0, rounds=rounds)
            )
        self._board = board
        return board

    def _tell(self, made: Made, done: float) -> None:
        self.run.tell(self.number, "sessions", (made.cost, made.bound, done))

    def _heard(self, step: str) -> "_Teller":
        return _Teller(self, step)


def _for(board: Board, seconds: float, plan: Plan, pace: Pace) -> None:
    """Neighbourhoods for a part of the board's time."""
    whole, board.seconds = board.seconds, min(board.seconds, seconds)
    improve.search(plan, board, pace)
    board.seconds = whole


@dataclass(frozen=True, slots=True)
class _Teller:
    """Tells where a stage of a chain stands."""

    chain: Chain
    step: str

    def __call__(self, standing: Standing) -> None:
        """What the stage found."""
        bound = max(0.0, standing.bound)  # nothing costs less than nothing
        self.chain.run.tell(self.chain.number, self.step, (standing.best, bound, 0.0))

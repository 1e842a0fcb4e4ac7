"""One part of a problem: its duties over the whole period, then its sessions week by week."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from plateau.kernel.ids import PersonId
from plateau.planning.roster.targets import Fairness
from plateau.planning.roster.types import Burden, Kind, Post, Problem
from plateau.planning.solver import cpsat, duties, first, improve, merge, quotas, race, sessions
from plateau.planning.solver import stage as stages
from plateau.planning.solver.board import Board, Standing
from plateau.planning.solver.book import Book
from plateau.planning.solver.cpsat import Effort
from plateau.planning.solver.fair import Counters
from plateau.planning.solver.greedy import Hints
from plateau.planning.solver.improve import Pace
from plateau.planning.solver.merge import Merged
from plateau.planning.solver.model import Plan
from plateau.planning.solver.run import Run
from plateau.planning.solver.sessions import So
from plateau.planning.solver.stage import MISSING, SCALE, Stage

Held = tuple[PersonId, Post]
_DUTIES = 0.25  # of the time, when there are sessions too
_PLAIN = 0.15  # of the time for duties, before neighbourhoods
_LATE = 0.1  # of the time, past its end, for weeks already begun
_LEAST_S = 0.5  # for a week of sessions
_DAY = 0.3  # CP-SAT's own units, for a day of sessions
_GAP = 0.001  # at which a week of sessions is good enough


@dataclass(slots=True)
class Made:
    """A roster of one part. Costs are the models' own; those of sessions are said apart."""

    held: list[Held] = field(default_factory=list)
    cost: float = 0.0
    bound: float = 0.0
    session_cost: float = 0.0
    session_bound: float = 0.0
    short: int = 0
    is_whole: bool = False

    @property
    def is_proven(self) -> bool:
        """Whether nothing costs less, given what was decided in turn."""
        return self.is_whole and self.bound >= self.cost * (1 - _GAP)

    def is_better(self, other: "Made") -> bool:
        """Whether it is whole, and lacks fewer people, or costs less."""
        if self.is_whole is not other.is_whole:
            return self.is_whole
        return (self.short, self.cost) < (other.short, other.cost)


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

    def quick(self) -> None:
        """A first whole roster, legal if possible, as soon as may be."""
        made = Made()
        part = self._duties = duties.build(self.book, self.settled, self.free, self.fairness)
        plan = self._plan = part.plan()
        board = self._board = Board(seconds=math.inf, should_stop=self.run.should_stop)
        if part.posts:
            first.find(part, plan, board, self.hints, seed=self.run.seed)
            if board.values is None:
                _anything(self, plan, board)
            _add(made, part, board)
        self._weeks(made, None)
        self._keep(made)

    def better(self, budget: float) -> None:
        """A better roster within the time: duties first, then each week of sessions."""
        began = time.monotonic()
        part, plan, board = self._duties, self._plan, self._board
        if part is None or plan is None or board is None or self.run.should_stop():
            return
        made = Made()
        has_sessions = any(one.kind is Kind.SESSION for one in self.free)
        if part.posts:
            share = budget * (_DUTIES if has_sessions else 1.0)
            _add(made, part, self._improve_duties(plan, board, share))
        spent = 0.0 if self.run.is_exact else time.monotonic() - began
        self._weeks(made, budget * (1 - _DUTIES) if self.run.is_exact else budget - spent)
        self._keep(made)

    def _is_late(self) -> bool:
        """Whether time is up and a whole roster is there: a better one is given up."""
        return self.best.is_whole and self.run.left() < -_LATE * self.run.seconds

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

    def _heard(self, step: str) -> "_Teller":
        return _Teller(self, step)

    def _weeks(self, made: Made, budget: float | None) -> None:
        """The sessions of each week, given the duties; without a budget, legal ones at once."""
        began = time.monotonic()
        settled = stages.by_time([*_flat(self.settled), *made.held])
        people = {one.person_id: one for one in self.problem.people}
        pieces = list(sessions.weeks(self.free))
        so = So(Counters(), quotas.plan(self.book, settled, [p for week in pieces for p in week]))
        for number, piece in enumerate(pieces):
            if self.run.should_stop() or (budget is not None and self._is_late()):
                return
            spent = 0.0 if self.run.is_exact else time.monotonic() - began
            left = None
            if budget is not None:
                pieces_left = len(pieces) if self.run.is_exact else len(pieces) - number
                left = max(_LEAST_S, (budget - spent) / pieces_left)
            held = self._week(made, settled, (piece, so), left)
            so.done.add((people[who], post) for who, post in held)
            for who, post in held:
                settled.setdefault(who, []).append(post)
            for who in {who for who, _ in held}:
                settled[who].sort(key=lambda post: post.starts_at)
            self.run.tell(
                self.number, "sessions", (made.cost, made.bound, (number + 1) / len(pieces))
            )
        made.is_whole = True

    def _week(
        self,
        made: Made,
        settled: Mapping[PersonId, Sequence[Post]],
        week: tuple[Sequence[Post], So],
        budget: float | None,
    ) -> list[Held]:
        """Who holds the sessions of a week."""
        piece, so = week
        folded = merge.merged(self.problem, piece)
        part = sessions.build(self.book, settled, folded.posts, so)
        plan, run = part.plan(), self.run
        seconds = math.inf if run.is_exact or budget is None else budget
        board = Board(seconds=seconds, should_stop=run.should_stop, gap=_GAP)
        first.find(part, plan, board, folded.hints(self.hints), seed=run.seed)
        if budget is not None and not board.is_over():
            _search(self, plan, board, budget)
        if board.values is None:
            _anything(self, plan, board)
        return _add(made, part, board, folded)


def _search(chain: Chain, plan: Plan, board: Board, budget: float) -> None:
    run = chain.run
    if run.is_exact:
        improve.sweep(plan, board, Pace(threads=1, seed=run.seed, deterministic=_DAY))
        effort = Effort(workers=1, seed=run.seed, deterministic=budget, gap=_GAP)
        cpsat.search(plan, board, effort)
    else:
        race.week(plan, board, workers=chain.threads, seed=run.seed)


def _for(board: Board, seconds: float, plan: Plan, pace: Pace) -> None:
    """Neighbourhoods for a part of the board's time."""
    whole, board.seconds = board.seconds, min(board.seconds, seconds)
    improve.search(plan, board, pace)
    board.seconds = whole


def _anything(chain: Chain, plan: Plan, board: Board) -> None:
    """Too hard for a first look: take the first solution, however long it takes."""
    board.seconds = math.inf
    effort = Effort(workers=chain.threads, seed=chain.run.seed, first=True)
    cpsat.search(plan, board, effort)


def _add(made: Made, part: Stage, board: Board, folded: Merged | None = None) -> list[Held]:
    """What a stage holds joins the roster in the making."""
    if board.values is None:
        needed = sum(post.needed for post in part.posts)
        made.short += needed
        made.cost += SCALE * MISSING * needed
        return []
    held = part.assignments(board.values)
    optional = {post.post_id for post in part.posts if post.is_optional}
    made.short += sum(
        board.values[one.index] for key, one in part.missing.items() if key not in optional
    )
    bound = max(board.bound, 0.0) if math.isfinite(board.bound) else 0.0
    made.cost += board.best
    made.bound += bound
    if folded is not None:
        held = folded.unfolded(held)
        made.session_cost += board.best
        made.session_bound += bound
    made.held += held
    return held


def _flat(settled: Mapping[PersonId, Sequence[Post]]) -> list[Held]:
    return [(who, post) for who, posts in settled.items() for post in posts]


@dataclass(frozen=True, slots=True)
class _Teller:
    """Tells where a stage of a chain stands."""

    chain: Chain
    step: str

    def __call__(self, standing: Standing) -> None:
        """What the stage found."""
        bound = standing.bound if math.isfinite(standing.bound) else 0.0
        self.chain.run.tell(self.chain.number, self.step, (standing.best, bound, 0.0))

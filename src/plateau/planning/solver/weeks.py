"""The sessions of a part, week after week, given its duties; then all at once if few.

What a week costs alone is bounded then, with what ties it to others left out: no roster with
these duties has a week that costs less. Last, weeks are decided again with all others as they are.
"""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from plateau.kernel.ids import PersonId
from plateau.planning.roster.types import Post
from plateau.planning.solver import cpsat, first, improve, merge, quotas, race, sessions
from plateau.planning.solver import stage as stages
from plateau.planning.solver.board import Board
from plateau.planning.solver.book import Book
from plateau.planning.solver.cpsat import Effort
from plateau.planning.solver.greedy import Hints
from plateau.planning.solver.improve import Pace
from plateau.planning.solver.made import GAP, Held, Made, Part, proven
from plateau.planning.solver.model import Plan
from plateau.planning.solver.run import Run
from plateau.planning.solver.stage import Stage
from plateau.planning.solver.ties import Counters, Presence, So

_LATE = 0.1  # of the time, past its end, for weeks already begun
_LEAST_S = 0.3  # for a week of sessions: with less it is only legal
_DAY = 0.3  # CP-SAT's own units, for a day of sessions
_IN_TURN = 0.6  # of the time, until each week was looked at in turn
_ALONE = 0.8  # of the time, until it is known what weeks cost alone
_FEW = 15_000  # choices that can be decided over all weeks at once
Settled = Mapping[PersonId, Sequence[Post]]


@dataclass(frozen=True, slots=True)
class Floor:
    """The least that a week costs alone, as far as it is proven, and who holds it then."""

    bound: float = 0.0
    held: Hints = frozenset()


@dataclass(slots=True)
class Clock:
    """The time of one look at all weeks; no budget: legal weeks at once."""

    run: Run
    budget: float | None
    began: float = field(default_factory=time.monotonic)

    def is_over(self) -> bool:
        """Whether to give up: asked to, or long past the end."""
        is_late = self.budget is not None and self.run.left() < -_LATE * self.run.seconds
        return is_late or self.run.should_stop()

    def left(self) -> float:
        """Seconds before its end."""
        return (self.budget or 0.0) - (time.monotonic() - self.began)

    def share(self, part: float, count: int) -> float:
        """Seconds for one of some weeks, within a part of the time."""
        left = part * (self.budget or 0.0) - (time.monotonic() - self.began)
        return max(0.0, left / max(1, count))

    def units(self, part: float, count: int) -> float:
        """As `share`, in CP-SAT's own units."""
        return part * (self.budget or 0.0) / count


@dataclass(slots=True)
class Weeks:
    """How the sessions of a part are decided; what weeks cost alone is kept for its duties."""

    run: Run
    book: Book
    free: Sequence[Post]
    threads: int
    tell: Callable[[Made, float], None]
    pieces: Sequence[Sequence[Post]] = field(init=False)
    presence: Presence = field(init=False)
    _floors: dict[int, Floor] = field(default_factory=dict)
    _duties: frozenset[Held] = frozenset()  # of those floors

    def __post_init__(self) -> None:
        self.pieces = list(sessions.weeks(self.free))
        self.presence = Presence.to(self.book.problem)

    def hold(self, made: Made, before: Settled, hints: Hints, budget: float | None) -> None:
        """The sessions join a roster of duties; without a budget, legal ones at once."""
        clock, duties = Clock(self.run, budget), list(made.held)
        settled = stages.by_time([*_flat(before), *duties])
        if self._duties != frozenset(duties):
            self._duties, self._floors = frozenset(duties), {}
        alone = stages.by_time([*_flat(before), *duties])
        so = self._so(before, settled)
        people = {one.person_id: one for one in self.book.problem.people}
        for number in range(len(self.pieces)):
            if clock.is_over():
                return
            held = self._week(made, settled, number, (self._so_far(so, number), hints, clock))
            so.done.add((people[who], post) for who, post in held)
            for who, post in held:
                settled.setdefault(who, []).append(post)
            for who in {who for who, _ in held}:
                settled[who].sort(key=lambda post: post.starts_at)
            self.tell(made, (number + 1) / len(self.pieces))
        if budget is not None and self.pieces:
            self._look_down(made, alone, clock, _ALONE)
            self._all_at_once(made, before, clock)
            self._again(made, before, clock)
            if not self.run.is_exact and len(made.weeks) == len(self.pieces):
                self._look_down(made, alone, clock, 1.0)
        made.is_whole = True

    def _so(self, before: Settled, settled: Settled) -> So:
        """What is done before all weeks, and what they ought to hold."""
        done = Counters.of(self.book.problem, before)
        needed = quotas.plan(self.book, settled, [post for piece in self.pieces for post in piece])
        return So(
            done=done,
            begun=dict(done.by_member),
            presence=self.presence,
            quotas=needed,
            until=self.book.problem.last,
            is_last=True,
        )

    def _so_far(self, so: So, number: int) -> So:
        """As it is known in a week."""
        if number == len(self.pieces) - 1:
            return so
        return replace(so, until=self.pieces[number][-1].on, is_last=False)

    def _week(
        self, made: Made, settled: Settled, number: int, told: tuple[So, Hints, Clock]
    ) -> Sequence[Held]:
        """Who holds the sessions of a week."""
        so, hints, clock = told
        folded = merge.merged(self.book.problem, self.pieces[number])
        part = sessions.build(self.book, settled, folded.posts, so)
        plan, run = part.plan(), self.run
        floor = self._floors.get(number, Floor())
        board = Board(seconds=math.inf, should_stop=run.should_stop, gap=GAP)
        known = folded.hints(floor.held)
        if known:
            first.begin(part, plan, board, [known, folded.hints(hints)])
        else:
            first.find(part, plan, board, folded.hints(hints), seed=run.seed)
        if known and not first.is_near(part, board):
            first.legally(part, plan, board, known, seed=run.seed)
        board.raise_bound(floor.bound, engine="alone")  # nothing costs less than nothing
        if clock.budget is not None and not board.is_over():
            count = len(self.pieces)
            seconds = clock.share(_IN_TURN, count - number)
            if seconds >= _LEAST_S or run.is_exact:
                units = clock.units(_IN_TURN, count)
                self._search(plan, board, (seconds, units), self.threads)
        if board.values is None:
            cpsat.anything(plan, board, workers=self.threads, seed=run.seed)
        return made.put(number, Part(part, folded, board))

    def _search(self, plan: Plan, board: Board, time_: tuple[float, float], threads: int) -> None:
        """Search for some seconds; with one worker, for so many of CP-SAT's own units."""
        seconds, units = time_
        if not self.run.is_exact:
            board.restart(seconds)
            race.week(plan, board, workers=threads, seed=self.run.seed)
            return
        seed = self.run.seed
        improve.sweep(plan, board, Pace(threads=1, seed=seed, deterministic=_DAY))
        cpsat.search(plan, board, Effort(workers=1, seed=seed, deterministic=units, gap=board.gap))

    def _look_down(self, made: Made, alone: Settled, clock: Clock, part: float) -> None:
        """What weeks cost alone, of those that cost something, two at once on two threads."""
        hints = _keys(made.held)
        todo = [n for n, week in made.weeks.items() if week.cost > 0 and n not in self._floors]
        turns, count = iter(todo), len(todo)
        work = partial(self._floors_of, turns, alone, hints, (clock, part, count))
        if self.threads == 1:
            work()
        else:
            race.together([work] * self.threads)
        known = sum(floor.bound for floor in self._floors.values())
        made.session_bound = max(made.session_bound, known)

    def _floors_of(
        self, turns: Iterator[int], alone: Settled, hints: Hints, time_: tuple[Clock, float, int]
    ) -> None:
        clock, part, count = time_
        for number in turns:
            seconds = clock.share(part, math.ceil(count / self.threads))
            count -= 1
            if clock.is_over() or (seconds < _LEAST_S and not self.run.is_exact):
                return
            units = clock.units(_ALONE - _IN_TURN, len(self.pieces))
            self._floors[number] = self._floor(alone, number, hints, (seconds, units))

    def _floor(
        self, alone: Settled, number: int, hints: Hints, time_: tuple[float, float]
    ) -> Floor:
        folded = merge.merged(self.book.problem, self.pieces[number])
        part = sessions.alone(self.book, alone, folded.posts)
        plan, run = part.plan(), self.run
        board = Board(seconds=math.inf, should_stop=run.should_stop, gap=GAP / 2)
        first.begin(part, plan, board, [folded.hints(hints)])
        if board.values is None:
            return Floor()
        board.raise_bound(0.0, engine="alone")  # nothing costs less than nothing
        self._search(plan, board, time_, 1)
        held = folded.unfolded(part.assignments(board.values))
        return Floor(proven(board), _keys(held))

    def _all_at_once(self, made: Made, before: Settled, clock: Clock) -> None:
        """All weeks are decided again together, where they are few enough."""
        folded = merge.merged(self.book.problem, [p for piece in self.pieces for p in piece])
        is_few = len(folded.posts) * len(self.book.problem.people) <= _FEW
        if made.has_proven_sessions or not is_few or clock.is_over():
            return
        settled = stages.by_time([*_flat(before), *made.duties.held])
        part = sessions.build(self.book, settled, folded.posts, self._so(before, settled))
        plan = part.plan()
        board = self._from(part, plan, folded.hints(_keys(made.held)), made.session_bound)
        if board.values is None:
            return
        time_ = clock.share(1.0, 1), clock.units(1.0, 1)
        self._search(plan, board, time_, self.threads)
        made.session_bound = max(made.session_bound, min(proven(board), board.best))
        if board.best < made.session_cost:
            made.weeks = {}
            made.put(0, Part(part, folded, board))

    def _from(self, part: Stage, plan: Plan, known: Hints, bound: float) -> Board:
        """A board that has what is held now, if the model allows it."""
        board = Board(seconds=math.inf, should_stop=self.run.should_stop, gap=GAP)
        if known <= part.takes.keys():
            first.complete(part, plan, board, known)
        board.raise_bound(bound, engine="alone")
        return board

    def _again(self, made: Made, before: Settled, clock: Clock) -> None:
        """Each week is decided again with all others as they are, while that helps."""
        was = math.inf
        if self.run.is_exact or len(made.weeks) < len(self.pieces):
            return
        while made.session_cost < was:
            was = made.session_cost
            for number in sorted(made.weeks):
                if made.has_proven_sessions or clock.left() <= 0 or self.run.should_stop():
                    return
                floor = self._floors.get(number, Floor())
                if made.ties > 0 or made.weeks[number].cost > floor.bound:
                    self._week_again(made, before, number, (floor, clock))

    def _week_again(
        self, made: Made, before: Settled, number: int, told: tuple[Floor, Clock]
    ) -> None:
        """One week, all others as they are: shares and travelling are those of all weeks."""
        floor, clock = told
        others = [piece.held for other, piece in made.weeks.items() if other != number]
        settled = stages.by_time(
            [*_flat(before), *made.duties.held, *(one for held in others for one in held)]
        )
        folded = merge.merged(self.book.problem, self.pieces[number])
        done = Counters.of(self.book.problem, settled)
        so = So(done=done, presence=self.presence, until=self.book.problem.last, is_last=True)
        part = sessions.build(self.book, settled, folded.posts, so)
        plan = part.plan()
        known = folded.hints(_keys(made.weeks[number].held))
        board = self._from(part, plan, known, floor.bound)
        if board.values is None:
            return
        was = board.best
        first.begin(part, plan, board, [folded.hints(floor.held)])
        if not board.is_over():
            seconds = clock.share(1.0, len(self.pieces))
            self._search(plan, board, (seconds, 0.0), self.threads)
        if board.best < was:
            made.put(number, Part(part, folded, board))


def _keys(held: Iterable[Held]) -> Hints:
    return frozenset((who, post.post_id) for who, post in held)


def _flat(settled: Settled) -> list[Held]:
    return [(who, post) for who, posts in settled.items() for post in posts]

"""A roster of a part of a problem in the making, with what it costs and its bounds."""

import math
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from uuid import UUID

from plateau.kernel.ids import PersonId
from plateau.planning.roster.types import Post
from plateau.planning.solver.board import Board
from plateau.planning.solver.merge import Merged
from plateau.planning.solver.model import Values
from plateau.planning.solver.stage import MISSING, SCALE, Stage

GAP = 0.001  # at which a week of sessions is good enough
Held = tuple[PersonId, Post]


@dataclass(frozen=True, slots=True)
class Part:
    """Sessions decided: their model, what it was folded from, what was found."""

    stage: Stage
    folded: Merged
    board: Board


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
        return self.is_whole and self.bound >= self.cost * (1 - GAP)

    def is_better(self, other: "Made") -> bool:
        """Whether it is whole, and lacks fewer people, or costs less."""
        if self.is_whole is not other.is_whole:
            return self.is_whole
        return (self.short, self.cost) < (other.short, other.cost)

    def add(self, part: Stage, board: Board) -> None:
        """The duties of a stage join the roster in the making."""
        if board.values is None:
            self._lack(part)
            return
        self.held += part.assignments(board.values)
        self.short += _short(part, board.values)
        self.cost += board.best
        self.bound += proven(board)

    def add_week(self, week: Part, bound: float, *, is_last: bool) -> list[Held]:
        """A week of sessions joins it at what it costs alone; the last, with its ties."""
        part, values = week.stage, week.board.values
        if values is None:
            self._lack(part)
            return []
        held = week.folded.unfolded(part.assignments(values))
        cost = week.board.best - (0 if is_last else part.tied(values))
        self.held += held
        self.short += _short(part, values)
        self.cost, self.session_cost = self.cost + cost, self.session_cost + cost
        self.bound, self.session_bound = self.bound + bound, self.session_bound + bound
        return held

    def again(self, weeks: Part, duties: Sequence[Held]) -> None:
        """All weeks of sessions decided together take the place of those decided in turn."""
        board, values = weeks.board, weeks.board.values
        if values is None:
            return
        bound = max(self.session_bound, min(proven(board), board.best))
        self.bound, self.session_bound = self.bound + bound - self.session_bound, bound
        short = _short(weeks.stage, values)
        if board.best < self.session_cost:
            self.held = [*duties, *weeks.folded.unfolded(weeks.stage.assignments(values))]
            self.cost += board.best - self.session_cost
            self.session_cost = board.best
            self.short = short

    def instead(self, week: Part, ids: Set[UUID], was: float) -> None:
        """A week decided again, with all others as they are, takes its own place."""
        board, values = week.board, week.board.values
        if values is not None and board.best < was:
            found = week.folded.unfolded(week.stage.assignments(values))
            self.held = [*(one for one in self.held if one[1].post_id not in ids), *found]
            self.cost += board.best - was
            self.session_cost += board.best - was

    @property
    def has_proven_sessions(self) -> bool:
        """Whether no sessions cost less, given the duties."""
        return self.session_bound >= self.session_cost * (1 - GAP)

    def _lack(self, part: Stage) -> None:
        needed = sum(post.needed for post in part.posts)
        self.short += needed
        self.cost += SCALE * MISSING * needed


def _short(part: Stage, values: Values) -> int:
    optional = {post.post_id for post in part.posts if post.is_optional}
    return sum(values[one.index] for key, one in part.missing.items() if key not in optional)


def proven(board: Board) -> float:
    """What nothing costs less than, as a board knows; never below zero."""
    return max(0.0, board.bound) if board.bound < math.inf else 0.0

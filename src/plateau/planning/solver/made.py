"""A roster of a part of a problem in the making, with what it costs and its bounds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

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


@dataclass(frozen=True, slots=True)
class Piece:
    """The duties, or some sessions: who holds them, what they cost alone, how many people lack."""

    held: Sequence[Held] = ()
    cost: float = 0.0
    short: int = 0


@dataclass(slots=True)
class Made:
    """A roster of one part. Costs are the models' own; those of sessions are said apart."""

    duties: Piece = field(default_factory=Piece)
    weeks: dict[int, Piece] = field(default_factory=dict)
    ties: float = 0.0  # what shares and travelling cost over all weeks
    duty_bound: float = 0.0
    session_bound: float = 0.0
    is_whole: bool = False

    @property
    def held(self) -> list[Held]:
        """Who holds what."""
        return [one for piece in (self.duties, *self.weeks.values()) for one in piece.held]

    @property
    def short(self) -> int:
        """How many people lack."""
        return sum(piece.short for piece in (self.duties, *self.weeks.values()))

    @property
    def session_cost(self) -> float:
        """What sessions cost, and what ties their weeks."""
        return sum(piece.cost for piece in self.weeks.values()) + self.ties

    @property
    def cost(self) -> float:
        """What it all costs."""
        return self.duties.cost + self.session_cost

    @property
    def bound(self) -> float:
        """What nothing costs less than, given what was decided in turn."""
        return self.duty_bound + self.session_bound

    @property
    def is_proven(self) -> bool:
        """Whether nothing costs less, given what was decided in turn."""
        return self.is_whole and self.bound >= self.cost * (1 - GAP)

    @property
    def has_proven_sessions(self) -> bool:
        """Whether no sessions cost less, given the duties."""
        return self.session_bound >= self.session_cost * (1 - GAP)

    def is_better(self, other: "Made") -> bool:
        """Whether it is whole, and lacks fewer people, or costs less."""
        if self.is_whole is not other.is_whole:
            return self.is_whole
        return (self.short, self.cost) < (other.short, other.cost)

    def add(self, part: Stage, board: Board) -> None:
        """The duties of a stage join the roster in the making."""
        values = board.values
        if values is None:
            self.duties = _nothing(part)
            return
        self.duties = Piece(part.assignments(values), board.best, _short(part, values))
        self.duty_bound = proven(board)

    def put(self, number: int, week: Part) -> Sequence[Held]:
        """A week of sessions joins it at what it costs alone; its ties are those of all so far."""
        part, board = week.stage, week.board
        values = board.values
        if values is None:
            self.weeks[number] = _nothing(part)
            return ()
        self.ties = part.tied(values)
        held = week.folded.unfolded(part.assignments(values))
        self.weeks[number] = Piece(held, board.best - self.ties, _short(part, values))
        return held


def _nothing(part: Stage) -> Piece:
    needed = sum(post.needed for post in part.posts)
    return Piece(cost=SCALE * MISSING * needed, short=needed)


def _short(part: Stage, values: Values) -> int:
    optional = {post.post_id for post in part.posts if post.is_optional}
    return sum(values[one.index] for key, one in part.missing.items() if key not in optional)


def proven(board: Board) -> float:
    """What nothing costs less than, as a board knows; never below zero."""
    return max(0.0, board.bound) if board.bound < math.inf else 0.0

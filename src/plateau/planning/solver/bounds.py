"""How good the sessions of a roster are: a bound that no roster with the same duties is below.

Each week is solved alone, with what ties it to other weeks left out: shares of machines, fair
travelling, rests over a Sunday, hours averaged over months. The sum of their bounds is a bound of
all weeks together.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from plateau.kernel.ids import PersonId
from plateau.planning.roster.types import Kind, Post, Problem, Roster
from plateau.planning.solver import components, first, merge, race, sessions
from plateau.planning.solver import stage as stages
from plateau.planning.solver.board import Board
from plateau.planning.solver.book import Book
from plateau.planning.solver.stage import SCALE, Stage

Held = tuple[PersonId, Post]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What sessions cost, in the units of the rules, and the bound of any with these duties."""

    cost: float
    bound: float

    @property
    def gap(self) -> float:
        """How far the cost may be from the best, as a share of it."""
        return max(0.0, self.cost - self.bound) / self.cost if self.cost else 0.0


def of_sessions(problem: Problem, roster: Roster, *, week_s: float, workers: int = 2) -> Proof:
    """The cost of a roster's sessions week by week, and a bound of each. Units: seconds a week."""
    posts = {post.post_id: post for post in problem.posts}
    held = [
        (one.person_id, posts[one.post_id]) for one in roster.assignments if one.post_id in posts
    ]
    cost = bound = 0.0
    for part in components.split(problem):
        book, ids = Book(part), {post.post_id for post in part.posts}
        mine = [one for one in held if one[1].post_id in ids]
        for week in sessions.weeks(part.posts):
            found = _week(book, mine, week, (week_s, workers))
            cost, bound = cost + found.cost / SCALE, bound + found.bound / SCALE
    return Proof(cost=cost, bound=bound)


def _week(
    book: Book, held: Sequence[Held], posts: Sequence[Post], effort: tuple[float, int]
) -> Proof:
    """One week: what it costs as it is, and its bound."""
    seconds, workers = effort
    before = [(one.person_id, post) for post, one in book.problem.before]
    duties = stages.by_time([*before, *(one for one in held if one[1].kind is Kind.DUTY)])
    folded = merge.merged(book.problem, posts)
    part = sessions.alone(book, duties, folded.posts)
    plan = part.plan()
    board = Board(seconds=seconds)
    taken = folded.hints((who, post.post_id) for who, post in held)
    first.complete(part, plan, board, taken)
    cost = board.best if math.isfinite(board.best) else _nothing(part)
    race.week(plan, board, workers=workers, seed=0)
    bound = max(0.0, board.bound) if math.isfinite(board.bound) else 0.0
    return Proof(cost=cost, bound=bound)


def _nothing(part: Stage) -> float:
    """The cost of empty posts: what is held was not possible."""
    return float(SCALE * stages.MISSING * sum(post.needed for post in part.posts))

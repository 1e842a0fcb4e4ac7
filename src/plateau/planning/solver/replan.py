"""A published roster that no longer holds: the fewest changes that mend it, proven fewest.

Everything is fixed but the posts around those that lost somebody; the window grows until they are
filled with as few changes as any roster could.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from uuid import UUID

from ortools.sat.python.cp_model import OPTIMAL, LinearExpr

from plateau.kernel.ids import PersonId
from plateau.planning.roster import targets
from plateau.planning.roster.types import Assignment, Post, Problem, Roster
from plateau.planning.solver import book as books
from plateau.planning.solver import cpsat, fair, window
from plateau.planning.solver import model as models
from plateau.planning.solver.book import Book
from plateau.planning.solver.cpsat import Effort
from plateau.planning.solver.model import Values
from plateau.planning.solver.stage import Stage

_AROUND = (0, 1, 2, 4, 9)  # days before and after the posts touched
_SHORT = 1000  # changes that a post without somebody is worth
_FEWEST, _NICEST = 4.0, 1.0  # CP-SAT's own units, for each question


@dataclass(frozen=True, slots=True, kw_only=True)
class Replan:
    """A roster with few changes. `fewest` is proven: no roster mends this with less."""

    roster: Roster
    changed: frozenset[Assignment]  # those that are new
    fewest: int
    short: int  # people still lacking
    days: int  # before and after the posts touched, where changes were looked for

    @property
    def is_proven(self) -> bool:
        """Whether no roster has fewer changes."""
        return self.short == 0 and len(self.changed) <= self.fewest


def replan(problem: Problem, *, seed: int = 0) -> Replan:
    """The published roster of a problem, mended where people can no longer hold what they held.

    Each place lost needs one new assignment; if filling those alone is proven impossible, one more.
    """
    known = _Known.of(problem)
    fewest, best = known.lost, _kept(known)
    for days in _AROUND if known.touched else ():
        found, is_exact = _within(known, days, fewest, seed)
        fewest += days == 0 and is_exact and found.short > 0
        if (found.short, len(found.changed)) < (best.short, len(best.changed)):
            best = found
        best = replace(best, fewest=fewest)
        if best.is_proven:
            break
    return best


@dataclass(frozen=True, slots=True)
class _Known:
    """What was published, and what of it no longer holds."""

    problem: Problem
    book: Book
    posts: Mapping[UUID, Post]
    kept: frozenset[Assignment]
    touched: Sequence[Post]  # free posts that lack somebody now
    lost: int  # places to fill, each with a new assignment

    @staticmethod
    def of(problem: Problem) -> "_Known":
        """What a problem says of its published roster."""
        book, posts = Book(problem), {post.post_id: post for post in problem.posts}
        people = {one.person_id: one for one in problem.people}
        until = problem.frozen_until
        kept = {
            one
            for one in problem.published
            if one.post_id in posts
            and one.person_id in people
            and (
                (until is not None and posts[one.post_id].starts_at < until)
                or books.price(book, people[one.person_id], posts[one.post_id]) is not None
            )
        }
        filled: dict[UUID, int] = defaultdict(int)
        for one in kept:
            filled[one.post_id] += 1
        touched = [
            post
            for post in problem.posts
            if filled[post.post_id] < post.needed
            and not post.is_optional
            and (until is None or post.starts_at >= until)
        ]
        lost = sum(post.needed - filled[post.post_id] for post in touched)
        return _Known(problem, book, posts, frozenset(kept), touched, lost)


def _kept(known: _Known) -> Replan:
    """What is left of the published roster, before anything is done."""
    kept = Roster(assignments=known.kept)
    nothing = frozenset[Assignment]()
    return Replan(roster=kept, changed=nothing, fewest=known.lost, short=known.lost, days=0)


def _within(known: _Known, days: int, fewest: int, seed: int) -> tuple[Replan, bool]:
    """The fewest changes among the posts some days around those touched; whether proven there."""
    part = _part(known, days)
    was = {(one.person_id, one.post_id) for one in known.kept}
    optional = {post.post_id for post in part.posts if post.is_optional}
    short = LinearExpr.sum([m for key, m in part.missing.items() if key not in optional])
    changes = LinearExpr.sum([take for key, take in part.takes.items() if key not in was])
    part.model.minimize(_SHORT * short + changes)
    for key, take in part.takes.items():
        part.model.add_hint(take, key in was)
    solver = cpsat.solver_for(Effort(workers=1, seed=seed, deterministic=_FEWEST))
    status = solver.solve(part.model)
    if status not in cpsat.FOUND:
        return _kept(known), False
    values = list(solver.response_proto.solution)
    part.model.add(_SHORT * short + changes <= round(solver.objective_value))
    values = _nicest(part, values, seed)
    taken = frozenset((who, post.post_id) for who, post in part.assignments(values))
    ids = {post.post_id for post in part.posts}
    placed = _placed(known, taken, ids)
    lacking = sum(values[one.index] for key, one in part.missing.items() if key not in optional)
    found = Replan(
        roster=Roster(assignments=placed),
        changed=placed - known.kept,
        fewest=fewest,
        short=lacking,
        days=days,
    )
    return found, status == OPTIMAL


def _part(known: _Known, days: int) -> Stage:
    """The model of the free posts around those touched, all else being as it was published."""
    problem, until = known.problem, known.problem.frozen_until
    near = {post.on + timedelta(days=n) for post in known.touched for n in range(-days, days + 1)}
    touched = {post.post_id for post in known.touched}
    free = [
        post
        for post in problem.posts
        if (post.post_id in touched or (days and post.on in near))
        and (until is None or post.starts_at >= until)
    ]
    held = [(one.person_id, post) for post, one in problem.before]
    held += [(one.person_id, known.posts[one.post_id]) for one in known.kept]
    part = window.opened(known.book, held, free)
    fair.post_burdens(part, targets.fairness(problem))
    return part


def _nicest(part: Stage, values: Values, seed: int) -> Values:
    """Of the solutions with as few changes, a good one for the rules that have a price."""
    models.hint(part.model, values)
    part.model.minimize(sum(part.costs))
    solver = cpsat.solver_for(Effort(workers=1, seed=seed, deterministic=_NICEST))
    found = solver.solve(part.model) in cpsat.FOUND
    return list(solver.response_proto.solution) if found else values


def _placed(
    known: _Known, taken: Set[tuple[PersonId, UUID]], ids: Set[UUID]
) -> frozenset[Assignment]:
    """Who stays keeps their position; who comes takes one that is left."""
    stay = {
        one for one in known.kept if one.post_id not in ids or (one.person_id, one.post_id) in taken
    }
    places: dict[UUID, set[int]] = defaultdict(set)
    for one in stay:
        places[one.post_id].add(one.position)
    new: set[Assignment] = set()
    for who, post_id in sorted(taken - {(one.person_id, one.post_id) for one in stay}):
        position = next(n for n in count(1) if n not in places[post_id])
        places[post_id].add(position)
        new.add(Assignment(post_id, who, position))
    return frozenset(stay | new)

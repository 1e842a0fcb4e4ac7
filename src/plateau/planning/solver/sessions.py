"""Second stage: sessions given the duties, week by week."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from plateau.kernel.ids import MemberId, PersonId
from plateau.planning.roster.types import Kind, Person, Post, Problem
from plateau.planning.solver import comfort, fair, loads, stage
from plateau.planning.solver.book import Book
from plateau.planning.solver.fair import Counters
from plateau.planning.solver.quotas import Quotas
from plateau.planning.solver.stage import Stage


@dataclass(frozen=True, slots=True)
class So:
    """What the weeks before hold, and what each week ought to hold of shared machines."""

    done: Counters
    quotas: Quotas = field(default_factory=dict[tuple[str, MemberId, date], int])


def build(
    book: Book, settled: Mapping[PersonId, Sequence[Post]], posts: Iterable[Post], so: So
) -> Stage:
    """The model of the sessions of a week, or of a part of one, given what was done before."""
    sessions = alone(book, settled, posts)
    fair.post_shares(sessions, so.done, so.quotas)
    fair.post_travel(sessions, so.done, presence(book.problem))
    return sessions


def alone(book: Book, settled: Mapping[PersonId, Sequence[Post]], posts: Iterable[Post]) -> Stage:
    """The model of some work, without what ties a week to others."""
    work = stage.opened(book, posts, settled)
    stage.cover(work)
    stage.keep_apart(work)
    stage.rest_longer_after_long_days(work)
    loads.post(work)
    comfort.post(work)
    return work


def weeks(free: Iterable[Post]) -> Iterator[list[Post]]:
    """The free sessions, week after week."""
    found: dict[date, list[Post]] = defaultdict(list)
    for one in free:
        if one.kind is Kind.SESSION:
            found[stage.monday(one.on)].append(one)
    for first in sorted(found):
        yield found[first]


def presence(problem: Problem) -> dict[PersonId, float]:
    """Contract times presence of each person, in full-time days of the period."""
    return {person.person_id: _presence(problem, person) for person in problem.people}


def _presence(problem: Problem, person: Person) -> float:
    days = range(problem.first.toordinal(), problem.last.toordinal() + 1)
    held = (date.fromordinal(day) for day in days)
    contracts = (None if person.is_on_leave(day) else person.contract(day) for day in held)
    return sum(one.share for one in contracts if one)

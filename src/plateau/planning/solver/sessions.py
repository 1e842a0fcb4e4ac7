"""Second stage: sessions given the duties, week by week."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from plateau.kernel.ids import PersonId
from plateau.planning.roster.types import Kind, Post
from plateau.planning.solver import comfort, loads, stage, ties
from plateau.planning.solver.book import Book
from plateau.planning.solver.stage import Stage
from plateau.planning.solver.ties import So


def build(
    book: Book, settled: Mapping[PersonId, Sequence[Post]], posts: Iterable[Post], so: So
) -> Stage:
    """The model of the sessions of a week, or of a part of one, given what was done before."""
    sessions = alone(book, settled, posts)
    ties.post(sessions, so)
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

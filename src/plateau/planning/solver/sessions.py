"""Second stage: sessions given the duties, week by week, in parts that share no people."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from plateau.kernel.ids import PersonId, SiteId
from plateau.planning.roster.types import Kind, Person, Post, Problem
from plateau.planning.solver import comfort, fair, loads, stage
from plateau.planning.solver.book import Book
from plateau.planning.solver.fair import Counters
from plateau.planning.solver.stage import Stage


def build(
    book: Book,
    settled: Mapping[PersonId, Sequence[Post]],
    posts: Iterable[Post],
    done: Counters,
) -> Stage:
    """The model of the sessions of a week, or of a part of one, given what was done before."""
    sessions = stage.opened(book, posts, settled)
    stage.cover(sessions)
    stage.keep_apart(sessions)
    stage.rest_longer_after_long_days(sessions)
    loads.post(sessions)
    comfort.post(sessions)
    fair.post_shares(sessions, done)
    fair.post_travel(sessions, done, presence(book.problem))
    return sessions


def parts(problem: Problem, free: Iterable[Post]) -> Iterator[list[Post]]:
    """The free sessions: week after week, zone after zone."""
    zones = zones_of(problem)
    found: dict[tuple[date, SiteId], list[Post]] = defaultdict(list)
    for one in free:
        if one.kind is Kind.SESSION:
            found[stage.monday(one.on), zones[one.site_id]].append(one)
    for key in sorted(found, key=lambda one: (one[0], one[1])):
        yield found[key]


def zones_of(problem: Problem) -> dict[SiteId, SiteId]:
    """The sites that share people are one zone, named by the first of them.

    Zones share nobody, so that solving them apart loses nothing.
    """
    sites = sorted({post.site_id for post in problem.posts if post.kind is Kind.SESSION})
    zones = {site: site for site in sites}

    def root(site: SiteId) -> SiteId:
        while zones[site] != site:
            site = zones[site]
        return site

    for person in problem.people:
        held = {one.what for one in person.privileges}
        mine = [site for site in sites if str(site) in held]
        for site in mine[1:]:
            zones[root(site)] = root(mine[0])
    return {site: root(site) for site in sites}


def presence(problem: Problem) -> dict[PersonId, float]:
    """Contract times presence of each person, in full-time days of the period."""
    return {person.person_id: _presence(problem, person) for person in problem.people}


def _presence(problem: Problem, person: Person) -> float:
    days = range(problem.first.toordinal(), problem.last.toordinal() + 1)
    held = (date.fromordinal(day) for day in days)
    contracts = (None if person.is_on_leave(day) else person.contract(day) for day in held)
    return sum(one.share for one in contracts if one)

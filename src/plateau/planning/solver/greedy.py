"""A quick first choice for a stage: post after post, to who may and has had least. Only a hint."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date
from uuid import UUID

from plateau.kernel.ids import PersonId
from plateau.planning.solver import book as books
from plateau.planning.solver import loads
from plateau.planning.solver.stage import Stage, monday

Hints = frozenset[tuple[PersonId, UUID]]


def choose(stage: Stage) -> Hints:
    """Who could hold which post: without clashes, within the half-days of their contracts."""
    places = _places(stage)
    shares = {one.person_id: _share(stage, one.person_id) for one in stage.people}
    room = _Room(stage)
    count: Counter[PersonId] = Counter()
    chosen: dict[PersonId, set[int]] = defaultdict(set)
    found: set[tuple[PersonId, UUID]] = set()
    for post in sorted(stage.posts, key=lambda one: (len(places[one.post_id]), one.starts_at)):
        free = [
            who
            for who, place in places[post.post_id].items()
            if not ({place} | stage.clashes[who][place]) & chosen[who]
            and room.has(who, post.on, post)
        ]
        free.sort(key=lambda who: (count[who] / shares[who], who))
        for who in free[: post.needed]:
            chosen[who].add(places[post.post_id][who])
            count[who] += 1
            room.take(who, post.on, post)
            found.add((who, post.post_id))
    return frozenset(found)


def _places(stage: Stage) -> Mapping[UUID, dict[PersonId, int]]:
    """For each post, who may hold it, and where posts alike stand among theirs."""
    places: dict[UUID, dict[PersonId, int]] = defaultdict(dict)
    for who, groups in stage.alike.items():
        for place, group in enumerate(groups):
            for post, _ in group:
                places[post.post_id][who] = place
    return places


def _share(stage: Stage, who: PersonId) -> float:
    return max(1, len(stage.by_person.get(who, ())))


class _Room:
    """The half-days left to each person in each week."""

    def __init__(self, stage: Stage) -> None:
        self._people = {one.person_id: one for one in stage.people}
        self._left: dict[tuple[PersonId, date], float] = {}
        for who, posts in stage.settled.items():
            for post in posts:
                if who in self._people:
                    self.take(who, post.on, post)

    def has(self, who: PersonId, on: date, post: books.Post) -> bool:
        """Whether a post still fits in the week."""
        return self._of(who, on) >= books.half_days(post)

    def take(self, who: PersonId, on: date, post: books.Post) -> None:
        """Count a post."""
        self._left[who, monday(on)] = self._of(who, on) - books.half_days(post)

    def _of(self, who: PersonId, on: date) -> float:
        key = (who, monday(on))
        if key not in self._left:
            person = self._people[who]
            is_doctor = books.status_of(person, on) in books.DOCTORS
            due = loads.half_days_due(person, on) if is_doctor else _EMPLOYEE
            self._left[key] = math.floor(due + 1e-6)
        return self._left[key]


_EMPLOYEE = 5.0  # shifts a week

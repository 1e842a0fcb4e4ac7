"""A part of a roster being decided: posts still free, work settled, a model of the choice."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from ortools.sat.python.cp_model import CpModel, IntVar, LinearExpr

from plateau.kernel.ids import PersonId
from plateau.planning.roster.types import Assignment, Person, Post
from plateau.planning.solver import book as books
from plateau.planning.solver.book import Book
from plateau.planning.solver.model import Choice, Plan, Values

SCALE = 10  # costs are whole numbers; a weight of one rule is this many
MISSING = 100_000  # of a post without somebody, where it must have one
_NEAR = timedelta(days=2)
Term = LinearExpr | IntVar | int
Key = tuple[PersonId, UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """How many of some choices a first roster ought to take: near a target."""

    takes: Sequence[IntVar]
    target: float
    limit: float


@dataclass(slots=True)
class Stage:
    """The model of a part of a roster."""

    book: Book
    posts: Sequence[Post]
    settled: Mapping[PersonId, Sequence[Post]]  # in order of time
    model: CpModel = field(default_factory=CpModel)
    takes: dict[Key, IntVar] = field(default_factory=dict)
    by_person: dict[PersonId, list[tuple[Post, IntVar]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    costs: list[Term] = field(default_factory=list)
    ties: list[tuple[IntVar, int]] = field(default_factory=list)  # what ties it to others costs
    missing: dict[UUID, IntVar] = field(default_factory=dict)
    bounds: list[Bound] = field(default_factory=list)
    alike: dict[PersonId, list[list[tuple[Post, IntVar]]]] = field(default_factory=dict)
    clashes: dict[PersonId, list[set[int]]] = field(default_factory=dict)  # of those alike

    @property
    def people(self) -> Sequence[Person]:
        """Everybody of the problem."""
        return self.book.problem.people

    def charge(self, term: Term, weight: float) -> None:
        """Add to the cost so many units at a rule's weight."""
        self.costs.append(round(SCALE * weight) * term)

    def tie(self, units: IntVar, weight: float) -> None:
        """Add to the cost so many units of what ties this part to others."""
        self.ties.append((units, round(SCALE * weight)))

    def tied(self, values: Values) -> int:
        """What ties it to others costs in a solution."""
        return sum(price * values[units.index] for units, price in self.ties)

    def plan(self) -> Plan:
        """The model, with its choices by person and day."""
        first = self.posts[0].on if self.posts else self.book.problem.first
        self.model.minimize(sum(self.costs) + sum(price * units for units, price in self.ties))
        choices = [
            Choice(take.index, str(person), (post.on - first).days)
            for person, mine in self.by_person.items()
            for post, take in mine
        ]
        return Plan(model=self.model, choices=choices)

    def assignments(self, values: Values) -> list[tuple[PersonId, Post]]:
        """Who holds which post in a solution."""
        return [
            (person, post)
            for person, mine in self.by_person.items()
            for post, take in mine
            if values[take.index]
        ]


def opened(book: Book, posts: Iterable[Post], settled: Mapping[PersonId, Sequence[Post]]) -> Stage:
    """A stage in which each post may go to whoever can hold it beside their settled work."""
    ordered = sorted(posts, key=lambda post: (post.starts_at, post.post_id))
    stage = Stage(book, ordered, settled)
    for person in book.problem.people:
        _open(stage, person)
    return stage


def _open(stage: Stage, person: Person) -> None:
    mine = stage.settled.get(person.person_id, ())
    starts = [post.starts_at for post in mine]
    for post in stage.posts:
        charged = books.price(stage.book, person, post)
        if charged is None:
            continue
        near = mine[
            bisect_left(starts, post.starts_at - _NEAR) : bisect_left(starts, post.ends_at + _NEAR)
        ]
        if any(stage.book.clash(person, post, other) for other in near):
            continue
        take = stage.model.new_bool_var("")
        stage.takes[person.person_id, post.post_id] = take
        stage.by_person[person.person_id].append((post, take))
        if charged:
            stage.charge(take, charged)


def cover(stage: Stage) -> None:
    """Every post has the people it needs, as far as possible; those missing are counted."""
    takes: dict[UUID, list[IntVar]] = defaultdict(list)
    for (_, post_id), take in stage.takes.items():
        takes[post_id].append(take)
    for post in stage.posts:
        missing = stage.model.new_int_var(0, post.needed, "")
        stage.missing[post.post_id] = missing
        stage.model.add(LinearExpr.sum([*takes[post.post_id], missing]) == post.needed)
        rule = "cover_optional" if post.is_optional else "cover"
        weight = stage.book.weight(rule, post.on)
        stage.charge(missing, weight if post.is_optional or weight else MISSING)


def keep_apart(stage: Stage) -> None:
    """Nobody holds two posts that overlap, or leave too little time to travel or to rest."""
    for person in stage.people:
        groups = _alike(stage.by_person.get(person.person_id, []))
        clashes = _clashes(stage.book, person, [posts[0][0] for posts in groups])
        stage.alike[person.person_id] = groups
        stage.clashes[person.person_id] = clashes
        for clique in _cliques(clashes):
            takes = [take for place in clique for _, take in groups[place]]
            if len(takes) > 1:
                stage.model.add_at_most_one(takes)


def _alike(mine: Sequence[tuple[Post, IntVar]]) -> list[list[tuple[Post, IntVar]]]:
    """Posts of the same hours, place and kind clash with the same others: they are one."""
    groups: dict[object, list[tuple[Post, IntVar]]] = defaultdict(list)
    for post, take in mine:
        groups[post.starts_at, post.ends_at, post.on, post.kind, post.site_id].append((post, take))
    return sorted(groups.values(), key=lambda posts: posts[0][0].starts_at)


def _cliques(clashes: Sequence[set[int]]) -> Iterable[list[int]]:
    """Groups where each clashes with all; every clash, and each one alone, is in one of them."""
    for i in range(len(clashes)):
        left = {j for j in clashes[i] if j > i}
        if not clashes[i]:
            yield [i]
        while left:
            group = [i]
            for j in sorted(clashes[i], key=lambda one: (one not in left, one)):
                if j > i and clashes[j].issuperset(group):
                    group.append(j)
            left -= set(group)
            yield group


def _clashes(book: Book, person: Person, posts: Sequence[Post]) -> list[set[int]]:
    """For each post, those it clashes with; `posts` are in order of time."""
    clashes: list[set[int]] = [set() for _ in posts]
    for i, post in enumerate(posts):
        for j in range(i + 1, len(posts)):
            if posts[j].starts_at > post.ends_at + _NEAR:
                break
            if book.clash(person, post, posts[j]):
                clashes[i].add(j)
                clashes[j].add(i)
    return clashes


def rest_longer_after_long_days(stage: Stage) -> None:
    """Who works a session and then a duty in one go rests as long, before what is next."""
    for person in stage.people:
        groups = stage.alike[person.person_id]
        for group in groups:
            if books.is_long(group[0][0]):
                _rest_if_held(stage, person, group)
        for duty in stage.settled.get(person.person_id, ()):
            if not books.is_long(duty):
                continue
            for early in groups:
                gap = duty.starts_at - early[0][0].ends_at
                if early[0][0].on == duty.on and timedelta(0) <= gap < books.JOINED:
                    _rest(stage, person, duty, early)


def _rest(stage: Stage, person: Person, duty: Post, early: Sequence[tuple[Post, IntVar]]) -> None:
    """What comes too soon after a duty that went on from earlier work excludes that work."""

    def is_too_soon(after: Post) -> bool:
        gap = after.starts_at - duty.ends_at
        if not timedelta(0) <= gap < _NEAR:
            return False
        return gap < books.rest_after(stage.book, person, duty, on=after.on, since=early[0][0])

    before = [take for _, take in early]
    for late in stage.alike[person.person_id]:
        if is_too_soon(late[0][0]):
            stage.model.add_at_most_one([*before, *(take for _, take in late)])
    if any(is_too_soon(after) for after in stage.settled.get(person.person_id, ())):
        stage.model.add(LinearExpr.sum(before) == 0)


def _rest_if_held(stage: Stage, person: Person, duty: Sequence[tuple[Post, IntVar]]) -> None:
    """As `_rest`, for a duty that is itself to be decided."""
    groups, post = stage.alike[person.person_id], duty[0][0]
    for early in groups:
        gap = post.starts_at - early[0][0].ends_at
        if early[0][0].on != post.on or not timedelta(0) <= gap < books.JOINED:
            continue
        near = (late for late in groups if timedelta(0) <= late[0][0].starts_at - post.ends_at)
        for late in near:
            after = late[0][0]
            owed = books.rest_after(stage.book, person, post, on=after.on, since=early[0][0])
            if after.starts_at - post.ends_at < min(owed, _NEAR):
                takes = [take for _, take in (*early, *duty, *late)]
                stage.model.add(LinearExpr.sum(takes) <= 2)  # of the three
        for after in stage.settled.get(person.person_id, ()):
            owed = books.rest_after(stage.book, person, post, on=after.on, since=early[0][0])
            if timedelta(0) <= after.starts_at - post.ends_at < min(owed, _NEAR):
                stage.model.add_at_most_one([take for _, take in (*early, *duty)])


def monday(on: date) -> date:
    """The first day of the week of a day."""
    return on - timedelta(days=on.weekday())


def by_time(held: Iterable[tuple[PersonId, Post]]) -> dict[PersonId, list[Post]]:
    """What each person holds, in order of time."""
    found: dict[PersonId, list[Post]] = defaultdict(list)
    for person, post in held:
        found[person].append(post)
    return {who: sorted(posts, key=lambda post: post.starts_at) for who, posts in found.items()}


def as_assignments(held: Iterable[tuple[PersonId, Post]]) -> frozenset[Assignment]:
    """Positions on each post: whoever was called first least often is first."""
    firsts: dict[PersonId, int] = defaultdict(int)
    holders: dict[UUID, list[PersonId]] = defaultdict(list)
    for person, post in sorted(held, key=lambda one: (one[1].starts_at, one[1].post_id, one[0])):
        holders[post.post_id].append(person)
    found: set[Assignment] = set()
    for post_id, people in holders.items():
        ordered = sorted(people, key=lambda one: (firsts[one], one))
        firsts[ordered[0]] += 1
        found |= {Assignment(post_id, one, place) for place, one in enumerate(ordered, start=1)}
    return frozenset(found)

"""The parts of a problem that share nobody: solving them apart loses nothing."""

from collections import defaultdict
from collections.abc import Iterable, Set
from dataclasses import replace

from plateau.kernel.ids import PersonId
from plateau.planning.roster.types import Assignment, Person, Post, Problem


def split(problem: Problem) -> list[Problem]:
    """Problems whose people and posts have nothing in common; one when everything is tied."""
    groups = _groups(problem)
    if len(groups) < 2:
        return [problem]
    return [_restricted(problem, posts) for posts in groups]


def _groups(problem: Problem) -> list[list[Post]]:
    """The posts, by what people, shares of machines and runs tie together."""
    kinds: dict[object, list[Post]] = defaultdict(list)
    for post in problem.posts:
        kinds[_kind(post)].append(post)
    shared = {share.family for share in problem.shares}
    roots, loose = _Roots(), loosened(problem)
    for person in problem.people:
        able = [kind for kind, posts in kinds.items() if might_hold(person, posts[0], loose)]
        roots.tie(able)
    for kind, posts in kinds.items():
        if posts[0].family in shared:
            roots.tie([kind, ("family", posts[0].family)])
        if posts[0].run is not None:
            roots.tie([kind, ("run", posts[0].run)])
    found: dict[object, list[Post]] = defaultdict(list)
    for kind, posts in kinds.items():
        found[roots.of(kind)] += posts
    return [sorted(one, key=lambda post: (post.starts_at, post.post_id)) for one in found.values()]


def _kind(post: Post) -> tuple[object, ...]:
    """What decides who may hold a post, and what it counts for."""
    shape = (post.kind, post.site_id, post.skill, post.line_id, post.statuses)
    return (*shape, post.family, post.run)


def loosened(problem: Problem) -> frozenset[str]:
    """The rules that on some day are off, or soft: lacking what they ask is no bar."""
    return frozenset(one.rule for one in problem.settings if not (one.is_on and one.is_hard))


def might_hold(person: Person, post: Post, loose: Set[str] = frozenset()) -> bool:
    """Whether somebody may hold posts of a kind on some day."""
    return (
        ("line" in loose or post.line_id is None or post.line_id in person.lines)
        and any(one.status in post.statuses for one in person.contracts)
        and ("skill" in loose or post.skill in {None, *(one.what for one in person.skills)})
        and ("privilege" in loose or str(post.site_id) in {one.what for one in person.privileges})
    )


def _restricted(problem: Problem, posts: list[Post]) -> Problem:
    ids = {post.post_id for post in posts}
    kinds, loose = {_kind(post): post for post in posts}, loosened(problem)
    people = tuple(
        person
        for person in problem.people
        if any(might_hold(person, post, loose) for post in kinds.values())
    )
    families = {post.family for post in posts}
    return replace(
        problem,
        posts=tuple(posts),
        people=people,
        shares=tuple(one for one in problem.shares if one.family in families),
        before=_of(problem, {one.person_id for one in people}),
        published=frozenset(one for one in problem.published if one.post_id in ids),
    )


def _of(problem: Problem, known: Set[PersonId]) -> tuple[tuple[Post, Assignment], ...]:
    return tuple(one for one in problem.before if one[1].person_id in known)


class _Roots:
    """Things tied together, each named by one of them."""

    def __init__(self) -> None:
        self._above: dict[object, object] = {}

    def of(self, one: object) -> object:
        """The thing that names those tied to this one."""
        while (above := self._above.get(one, one)) != one:
            one = above
        return one

    def tie(self, things: Iterable[object]) -> None:
        """Tie some things."""
        tied = list(things)
        for one in tied[1:]:
            if self.of(one) != self.of(tied[0]):
                self._above[self.of(one)] = self.of(tied[0])

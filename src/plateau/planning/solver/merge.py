"""Sessions alike are one post that needs several people: fewer choices, and none that are equal."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from plateau.kernel.ids import PersonId
from plateau.planning.roster.types import Half, Kind, Post, Problem

Held = tuple[PersonId, Post]


@dataclass(frozen=True, slots=True)
class Merged:
    """Posts, one for all those alike, and the posts that each stands for."""

    posts: Sequence[Post]
    behind: Mapping[UUID, Sequence[Post]]

    def hints(self, known: Iterable[tuple[PersonId, UUID]]) -> frozenset[tuple[PersonId, UUID]]:
        """What was known of the posts, said of those that stand for them."""
        front = {post.post_id: one for one, posts in self.behind.items() for post in posts}
        return frozenset((who, front[post]) for who, post in known if post in front)

    def unfolded(self, held: Iterable[Held]) -> list[Held]:
        """Who holds which post; on the same machine all day where that is possible."""
        holders: dict[UUID, list[PersonId]] = defaultdict(list)
        for who, post in held:
            holders[post.post_id].append(who)
        last: dict[tuple[PersonId, object], str | None] = {}
        found: list[Held] = []
        for front in sorted(self.posts, key=lambda post: (post.starts_at, post.post_id)):
            people = sorted(holders[front.post_id])
            slots = [post for post in self.behind[front.post_id] for _ in range(post.needed)]
            found += _seated(people, slots, last)
        return found


def _seated(
    people: Sequence[PersonId],
    slots: list[Post],
    last: dict[tuple[PersonId, object], str | None],
) -> list[Held]:
    """Those who were at a machine in the morning stay there; the others take what is left."""
    found: list[Held] = []
    waiting: list[PersonId] = []
    for who in people:
        mine = next((one for one in slots if last.get((who, one.on), "") == one.machine), None)
        if mine is None:
            waiting.append(who)
        else:
            slots.remove(mine)
            found.append((who, mine))
    found += zip(waiting, slots, strict=False)
    last.update({(who, post.on): post.machine for who, post in found if post.half is Half.MORNING})
    return found


def merged(problem: Problem, posts: Iterable[Post]) -> Merged:
    """Sessions of the same hours, place, skill and family are one; those published stay apart."""
    apart = {one.post_id for one in problem.published}
    groups: dict[object, list[Post]] = defaultdict(list)
    for post in posts:
        alone = post.kind is Kind.DUTY or post.run is not None or post.post_id in apart
        groups[post.post_id if alone else _likeness(post)].append(post)
    fronts = [
        replace(group[0], needed=sum(post.needed for post in group)) for group in groups.values()
    ]
    return Merged(fronts, {group[0].post_id: group for group in groups.values()})


def _likeness(post: Post) -> tuple[object, ...]:
    when = (post.on, post.half, post.starts_at, post.ends_at)
    return (*when, post.site_id, post.skill, post.statuses, post.family, post.is_optional)

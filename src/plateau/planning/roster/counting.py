"""Demands that no roster meets, found by counting, and wishes that contradict each other."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import combinations
from uuid import UUID

from plateau.kernel.ids import PersonId
from plateau.kernel.words import N_
from plateau.planning.roster.check import decided
from plateau.planning.roster.targets import Able
from plateau.planning.roster.types import Breach, Half, Person, Post, Problem, Wish, WishKind


def impossible(problem: Problem) -> list[Breach]:
    """What no roster can do, in words: nothing here says that one exists."""
    return [*_nobody_able(problem), *_too_few(problem), *_contradictory(problem)]


def _nobody_able(problem: Problem) -> Iterator[Breach]:
    able = Able(problem)
    for post in problem.posts:
        people = able.to_hold(post)
        if len(people) < post.needed and not post.is_optional:
            text = N_("{post} on {day} needs {needed} people with {skill}: {able} are able")
            values = {"post": post.name, "day": f"{post.on}", "needed": str(post.needed),
                      "skill": post.skill or "-", "able": str(len(people))}  # fmt: skip
            yield _hard("cover", text, values, posts=(post,))


def _too_few(problem: Problem) -> Iterator[Breach]:
    """Half-days on which the posts that ask for a skill outnumber the people who have it."""
    able = Able(problem)
    demands: dict[tuple[date, Half, str | None], list[Post]] = defaultdict(list)
    for post in problem.posts:
        if not post.is_optional:
            demands[post.on, post.half, post.skill].append(post)
    for (on, half, skill), posts in sorted(demands.items(), key=lambda item: item[0][:2]):
        together = _at_once(posts)
        people: set[PersonId] = {p for post in together for p, _ in able.to_hold(post)}
        needed = sum(post.needed for post in together)
        if len(together) > 1 and needed > len(people):
            text = N_(
                "{day} {half}: {needed} people with {skill} are needed at once, {able} are able"
            )
            values = {"day": f"{on}", "half": half.value, "needed": str(needed),
                      "skill": skill or "-", "able": str(len(people))}  # fmt: skip
            yield _hard("cover", text, values, posts=tuple(together))


def _at_once(posts: list[Post]) -> list[Post]:
    """Of these posts, the most that go on at one instant."""
    return max(
        ([p for p in posts if p.starts_at <= one.starts_at < p.ends_at] for one in posts),
        key=lambda together: sum(post.needed for post in together),
    )


def _contradictory(problem: Problem) -> Iterator[Breach]:
    setting = decided(problem, "wish_hard")
    for person in problem.people:
        for one, other in combinations(person.wishes, 2):
            both_hard = one.is_hard and other.is_hard
            if both_hard and _contradict(one, other) and setting(one.on) is not None:
                text = N_("{person} asked both to work and to be off on {day}")
                values = {"person": person.name, "day": f"{one.on}"}
                yield _hard("wish_hard", text, values, person=person, on=one.on)
        yield from _wish_on_leave(person)


def _contradict(one: Wish, other: Wish) -> bool:
    """Two wishes of a day, of which keeping one refuses the other."""
    if one.on != other.on or one.kind is other.kind:
        return False
    off, work = (one, other) if one.kind is WishKind.OFF else (other, one)
    return off.half is None or off.half is work.half


def _wish_on_leave(person: Person) -> Iterator[Breach]:
    for wish in person.wishes:
        if wish.is_hard and wish.kind is WishKind.WORK and person.is_on_leave(wish.on):
            text = N_("{person} asked to work on {day} and is on leave")
            values = {"person": person.name, "day": f"{wish.on}"}
            yield _hard("wish_hard", text, values, person=person, on=wish.on)


def _hard(
    rule: str, text: str, values: dict[str, str], *, posts: tuple[Post, ...] = (),
    person: Person | None = None, on: date | None = None,
) -> Breach:  # fmt: skip
    ids: tuple[UUID, ...] = tuple(post.post_id for post in posts)
    return Breach(
        rule=rule,
        is_hard=True,
        cost=0.0,
        text=text,
        values=values,
        on=on or (posts[0].on if posts else None),
        person_id=person.person_id if person else None,
        post_ids=ids,
    )

"""Pure decisions about published rosters: what may change, what differs, who is on duty."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

from plateau.kernel.errors import ConflictError, RuleBrokenError
from plateau.kernel.ids import PersonId
from plateau.planning.publication.types import (
    Absence,
    Accepted,
    Change,
    Difference,
    Judged,
    Relaxed,
    WishRow,
)
from plateau.planning.roster.check import standing
from plateau.planning.roster.types import (
    Assignment,
    Breach,
    Half,
    Override,
    Person,
    Post,
    Problem,
    Setting,
    Span,
    Wish,
    WishKind,
)
from plateau.planning.roster.types import Held as Right
from plateau.planning.rules import duty_id
from plateau.planning.types import Duty, Replan

SOFT_WEIGHT = 10_000  # of a hard rule that a coordinator made soft
COVER = frozenset({"cover", "cover_optional"})


def as_lived(
    problem: Problem,
    *,
    absences: Sequence[Absence] = (),
    wishes: Sequence[WishRow] = (),
    relaxed: Sequence[Relaxed] = (),
    published: frozenset[Assignment] = frozenset(),
    now: datetime | None = None,
) -> Problem:
    """A problem with what came since: absences, wishes, relaxations, and what is published."""
    leave: dict[PersonId, list[Span]] = defaultdict(list)
    for one in absences:
        leave[one.person_id].append(Span(first=one.first_on, last=one.last_on))
    wanted: dict[PersonId, list[Wish]] = defaultdict(list)
    for wish in wishes:
        wanted[wish.person_id].append(_wish(wish))
    optional = {one.post_id for one in relaxed if one.kind == "optional"}
    return replace(
        problem,
        people=tuple(
            _lived(p, leave[p.person_id], wanted[p.person_id]) for p in problem.people
        ),
        posts=tuple(
            replace(post, is_optional=True) if post.post_id in optional else post
            for post in problem.posts
        ),
        settings=(*problem.settings, *_decided(problem, relaxed)),
        published=published,
        frozen_until=now if published else None,
    )  # fmt: skip


def _wish(row: WishRow) -> Wish:
    half = Half(row.half) if row.half else None
    return Wish(
        on=row.day, kind=WishKind(row.kind), half=half, points=row.points, is_hard=row.is_hard
    )


def _lived(person: Person, leave: Sequence[Span], wishes: Sequence[Wish]) -> Person:
    if not leave and not wishes:
        return person
    known = {(wish.on, wish.half) for wish in wishes}
    kept = (wish for wish in person.wishes if (wish.on, wish.half) not in known)
    spans = (*person.leave, *(span for span in leave if span not in person.leave))
    return replace(person, leave=spans, wishes=(*kept, *wishes))


def _decided(problem: Problem, relaxed: Iterable[Relaxed]) -> list[Setting]:
    """The last setting of a rule wins: each relaxation repeats the rule, off or soft."""
    span = Span(first=problem.first, last=problem.last)
    found: list[Setting] = []
    for one in relaxed:
        known = [setting for setting in problem.settings if setting.rule == one.rule]
        if one.kind == "optional" or not known:
            continue
        is_off = one.kind == "rule_off"
        found.append(
            replace(
                known[-1],
                span=span,
                is_on=not is_off,
                is_hard=False,
                weight=known[-1].weight or SOFT_WEIGHT,
                source=one.reason,
            )
        )
    return found


def judge(breaches: Iterable[Breach], overrides: Sequence[Override]) -> Judged:
    """The breaches apart: hard ones that nobody accepted, soft ones, accepted ones."""
    breaches = list(breaches)
    left = standing(breaches, overrides)
    missing = {
        post_id for found in breaches if found.rule in COVER for post_id in found.post_ids
    }  # fmt: skip
    return Judged(
        hard=tuple(found for found in left if found.is_hard),
        soft=tuple(found for found in left if not found.is_hard),
        accepted=tuple(found for found in breaches if found not in left),
        uncovered=frozenset(missing),
    )


def honoured(problem: Problem, overrides: Sequence[Override]) -> Problem:
    """A problem in which who holds a published post despite a rule accepted for it may keep it.

    Skills and privileges only: an absence that was accepted once says nothing of the next one.
    """
    posts = {post.post_id: post for post in problem.posts}
    granted: dict[PersonId, list[tuple[str, Post]]] = defaultdict(list)
    for held in sorted(problem.published):
        for one in overrides:
            is_of = one.post_id in {None, held.post_id} and one.person_id in {None, held.person_id}
            if is_of and one.rule in _GRANTED and held.post_id in posts:
                granted[held.person_id].append((one.rule, posts[held.post_id]))
    people = tuple(_granted(one, granted[one.person_id]) for one in problem.people)
    return replace(problem, people=people)


_GRANTED = frozenset({"skill", "privilege"})


def _granted(person: Person, rights: Sequence[tuple[str, Post]]) -> Person:
    for rule, post in rights:
        day = Span(first=post.on, last=post.on)
        if rule == "privilege":
            right = Right(what=str(post.site_id), span=day)
            person = replace(person, privileges=(*person.privileges, right))
        elif post.skill is not None:
            person = replace(person, skills=(*person.skills, Right(what=post.skill, span=day)))
    return person


def override_of(row: Accepted) -> Override:
    """An accepted breach as the checker reads it."""
    return Override(
        rule=row.rule,
        post_id=row.post_id,
        person_id=row.person_id,
        reason=row.reason,
        by=row.author,
        at=row.at,
    )


def caused(before: Iterable[Breach], after: Iterable[Breach]) -> list[Breach]:
    """The hard breaches about people that a change brings; a post left empty is none of them."""
    known = {(b.rule, b.person_id, b.post_ids) for b in before if b.is_hard}
    return [
        found
        for found in after
        if found.is_hard
        and found.rule not in COVER
        and (found.rule, found.person_id, found.post_ids) not in known
    ]


def give(
    held: frozenset[Assignment], post: Post, to: PersonId, *, instead_of: PersonId | None
) -> Change:
    """Somebody takes a post: the place of another, else the first free one."""
    mine = [one for one in held if one.post_id == post.post_id]
    if any(one.person_id == to for one in mine):
        raise ConflictError("this person already holds this post")
    for one in mine:
        if one.person_id == instead_of:
            taken = Assignment(post.post_id, to, one.position)
            return Change(removed=frozenset({one}), added=frozenset({taken}))
    used = {one.position for one in mine}
    free = [n for n in range(1, post.needed + 1) if n not in used]
    if instead_of is not None or not free:
        raise ConflictError("this post has changed hands, or has everybody it needs")
    return Change(added=frozenset({Assignment(post.post_id, to, free[0])}))


def free(held: frozenset[Assignment], post_id: UUID, person_id: PersonId) -> Change:
    """Somebody no longer holds a post."""
    found = frozenset(o for o in held if (o.post_id, o.person_id) == (post_id, person_id))
    if not found:
        raise ConflictError("this post has changed hands, or has everybody it needs")
    return Change(removed=found)


def exchange(
    held: frozenset[Assignment], one: tuple[UUID, PersonId], other: tuple[UUID, PersonId]
) -> Change:
    """Two people take each other's posts."""
    removed = [a for a in held if (a.post_id, a.person_id) in {one, other}]
    if len(removed) != 2:
        raise ConflictError("this post has changed hands, or has everybody it needs")
    partner = {one[1]: other[1], other[1]: one[1]}
    added = (replace(a, person_id=partner[a.person_id]) for a in removed)
    return Change(removed=frozenset(removed), added=frozenset(added))


def changed(held: frozenset[Assignment], change: Change) -> frozenset[Assignment]:
    """A roster after a change."""
    return (held - change.removed) | change.added


def require_future(posts: Mapping[UUID, Post], change: Change, *, now: datetime) -> None:
    """Refuse to change what has begun."""
    for one in (*change.removed, *change.added):
        post = posts.get(one.post_id)
        if post is not None and post.starts_at <= now:
            raise RuleBrokenError(
                "{post} on {day} has begun: it stays as it was", post=post.name, day=post.on
            )


def keep_past(
    wanted: frozenset[Assignment],
    current: frozenset[Assignment],
    posts: Mapping[UUID, Post],
    *,
    now: datetime,
) -> frozenset[Assignment]:
    """What is wanted of the future, and of what has begun what is published."""

    def has_begun(one: Assignment) -> bool:
        post = posts.get(one.post_id)
        return post is not None and post.starts_at <= now

    future = frozenset(one for one in wanted if not has_begun(one))
    return future | frozenset(one for one in current if has_begun(one))


def differences(
    before: Iterable[Assignment], after: Iterable[Assignment]
) -> list[Difference]:  # fmt: skip
    """The posts that change hands between two rosters."""
    old, new = _holders(before), _holders(after)
    return [
        Difference(post_id=post_id, before=old.get(post_id, ()), after=new.get(post_id, ()))
        for post_id in sorted(old.keys() | new.keys())
        if old.get(post_id, ()) != new.get(post_id, ())
    ]


def _holders(assignments: Iterable[Assignment]) -> dict[UUID, tuple[PersonId, ...]]:
    found: dict[UUID, list[Assignment]] = defaultdict(list)
    for one in assignments:
        found[one.post_id].append(one)
    return {
        post_id: tuple(a.person_id for a in sorted(held, key=lambda a: (a.position, a.person_id)))
        for post_id, held in found.items()
    }


def duties_of(posts: Iterable[Post], held: Iterable[Assignment]) -> list[Duty]:
    """The duties that make people answer for sites: those of the posts of a line."""
    on_lines = {post.post_id: post for post in posts if post.line_id is not None}
    found: list[Duty] = []
    for one in sorted(held):
        post = on_lines.get(one.post_id)
        if post is None or post.line_id is None:
            continue
        position = post.first_position + one.position - 1
        key = duty_id(post.line_id, position, post.starts_at)
        found.append(Duty(key, post.line_id, one.person_id, position, post.starts_at, post.ends_at))
    return found


def follow(known: Sequence[Duty], planned: Sequence[Duty], *, at: datetime) -> Replan:
    """How known duties become the planned ones: the past stays, and one in progress whose holder
    changes is handed over at `at`."""
    ahead = {duty.duty_id: duty for duty in known if duty.starts_at >= at}
    written: list[Duty] = []
    kept = set(ahead) & {duty.duty_id for duty in planned if duty.starts_at >= at}
    for duty in planned:
        if duty.ends_at <= at:
            continue
        if duty.starts_at >= at:
            written += [duty] if ahead.get(duty.duty_id) != duty else []
        else:
            written += _hand_over(known, duty, at)
    return Replan(written=tuple(written), removed=frozenset(ahead.keys() - kept))


def _hand_over(known: Sequence[Duty], duty: Duty, at: datetime) -> list[Duty]:
    post = (duty.line_id, duty.position)
    running = [
        one for one in known if (one.line_id, one.position) == post and one.starts_at < at
    ]  # fmt: skip
    now = [one for one in running if one.ends_at > at]
    if any(one.person_id == duty.person_id for one in now):
        return []
    cut = [replace(one, ends_at=at) for one in now]
    if not any(one.starts_at == duty.starts_at for one in running):
        return [*cut, duty]  # nobody was recorded from the beginning
    key = duty_id(duty.line_id, duty.position, at)
    return [*cut, replace(duty, duty_id=key, starts_at=at, begun_at=duty.starts_at)]


def quarter(on: date) -> tuple[date, date]:
    """The first and the last day of the quarter of a day: wishes have a budget in each."""
    first = date(on.year, 3 * ((on.month - 1) // 3) + 1, 1)
    after = date(first.year + first.month // 12, (first.month + 2) % 12 + 1, 1)
    return first, after - timedelta(days=1)

"""Drafts: begin one, change it, take a change back, accept a breach, ask less."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID, uuid4

from plateau.kernel.caller import Caller
from plateau.kernel.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    RuleBrokenError,
)
from plateau.kernel.ids import PersonId
from plateau.planning.publication import rules
from plateau.planning.publication.queries import making, versions
from plateau.planning.publication.service import desk as desks
from plateau.planning.publication.service.desk import Desk
from plateau.planning.publication.types import (
    Accepted,
    Change,
    DayCopy,
    Drop,
    Hand,
    Leniency,
    Person,
    Relaxed,
    Version,
)
from plateau.planning.roster.rules.catalogue import RULES
from plateau.planning.roster.types import Assignment, Breach, Post
from plateau.platform.db import Tx


def begin(
    tx: Tx, caller: Caller, period_id: UUID, *, held: Iterable[Assignment] | None, reason: str,
    now: datetime,
) -> Version:  # fmt: skip
    """A new draft: with these assignments, or as what is published."""
    desks.require_coordinator(caller)
    author = Person(caller.person_id, caller.name)
    return begin_as(tx, author, period_id, held=held, reason=reason, now=now)


def begin_as(
    tx: Tx, author: Person, period_id: UUID, *, held: Iterable[Assignment] | None, reason: str,
    now: datetime,
) -> Version:  # fmt: skip
    """The same, for somebody who asked for it before."""
    versions.lock_period(tx, period_id)
    published = versions.published(tx, period_id)
    if held is None:
        held = versions.assignments(tx, published.version_id) if published else frozenset()
    parent_id = published.version_id if published else None
    draft = new_version(period_id, "draft", parent_id, author.name, reason=reason, at=now)
    versions.add_version(tx, draft, author_id=author.person_id)
    held = frozenset(held)
    people = versions.known(tx, {one.person_id for one in held})
    versions.put_assignments(
        tx, draft.version_id, removed=(), added=(one for one in held if one.person_id in people)
    )
    tx.touch("roster")
    return versions.version(tx, draft.version_id)


def new_version(
    period_id: UUID, state: str, parent_id: UUID | None, author: str, *, reason: str, at: datetime
) -> Version:
    """A version that takes its number when it is written."""
    published_at = at if state == "published" else None
    return Version(uuid4(), period_id, 0, state, parent_id, author, reason, at, published_at)


def drop(tx: Tx, caller: Caller, version_id: UUID) -> None:
    """A draft is given up."""
    desks.require_coordinator(caller)
    _draft(versions.version(tx, version_id, locked=True))
    versions.set_state(tx, version_id, state="dropped", reason="", at=None)
    tx.touch("roster")


def _draft(version: Version) -> None:
    if not version.is_draft:
        raise ConflictError("this version is no draft: begin one from it")


def hand_over(tx: Tx, caller: Caller, version_id: UUID, hand: Hand, *, now: datetime) -> Change:
    """Somebody takes a post of a draft, in another's place or in a free one.

    ConflictError with the first rule it would break, unless `hand.despite` says why it is done
    anyway: that reason then stays on the roster.
    """
    desk = _opened(tx, caller, version_id, now)
    if hand.to not in desk.people:
        raise NotFoundError("there is no such person in this roster")
    change = rules.give(desk.held, desk.post(hand.post_id), hand.to, instead_of=hand.instead_of)
    return _apply(tx, caller, desk, change, despite=hand.despite, now=now)


def move(tx: Tx, caller: Caller, version_id: UUID, drop: Drop, *, now: datetime) -> Change:
    """A post dropped on a cell: the same post for somebody else, or its like of another half-day.

    Whoever moves to another half-day leaves the post and takes the free one of the same name there.
    """
    desk = _opened(tx, caller, version_id, now)
    post = desk.post(drop.post_id)
    half = drop.half or post.half.value  # a column of a whole day
    if (post.on.isoformat(), post.half.value) == (drop.day, half):
        change = rules.give(desk.held, post, drop.to, instead_of=drop.of)
    else:
        there = _like(desk, post, drop.day, half)
        gone = rules.free(desk.held, drop.post_id, drop.of) if drop.of else Change()
        come = rules.give(desk.held, there, drop.to, instead_of=None)
        change = Change(removed=gone.removed, added=come.added)
    return _apply(tx, caller, desk, change, despite="", now=now)


def _like(desk: Desk, post: Post, day: str, half: str) -> Post:
    counts = {one.post_id: 0 for one in desk.problem.posts}
    for one in desk.held:
        counts[one.post_id] = counts.get(one.post_id, 0) + 1
    for one in desk.problem.posts:
        same = (one.name, one.site_id, one.on.isoformat(), one.half.value)
        if same == (post.name, post.site_id, day, half) and counts[one.post_id] < one.needed:
            return one
    raise ConflictError("no post {post} is free on {day} ({half})",
                        post=post.name, day=day, half=half)  # fmt: skip


def clear(
    tx: Tx, caller: Caller, version_id: UUID, *, post_id: UUID, person_id: PersonId, now: datetime
) -> Change:
    """Somebody no longer holds a post of a draft."""
    desk = _opened(tx, caller, version_id, now)
    change = rules.free(desk.held, post_id, person_id)
    return _apply(tx, caller, desk, change, despite="", now=now)


def copy_day(tx: Tx, caller: Caller, version_id: UUID, copy: DayCopy, *, now: datetime) -> Change:
    """Somebody takes, on a day, the free posts of the names that somebody holds on another."""
    desk = _opened(tx, caller, version_id, now)
    posts = desk.posts
    mine = [
        posts[a.post_id] for a in sorted(desk.held) if a.person_id == copy.of and a.post_id in posts
    ]
    wanted = [post for post in mine if post.on.isoformat() == copy.day]
    if not wanted:
        raise ConflictError("there is nothing to copy on that day")
    added = frozenset(
        one
        for post in wanted
        for one in rules.give(
            desk.held, _like(desk, post, copy.to_day, post.half.value), copy.to, instead_of=None
        ).added
    )
    return _apply(tx, caller, desk, Change(added=added), despite="", now=now)


def _opened(tx: Tx, caller: Caller, version_id: UUID, now: datetime) -> Desk:
    desks.require_coordinator(caller)
    desk = desks.of_version(tx, version_id, now=now, locked=True)
    if desk.version is None or not desk.version.is_draft:
        raise ConflictError("this version is no draft: begin one from it")
    return desk


def _apply(
    tx: Tx, caller: Caller, desk: Desk, change: Change, *, despite: str, now: datetime
) -> Change:
    assert desk.version is not None  # noqa: S101  # a draft was opened
    rules.require_future(desk.posts, change, now=now)
    brought = rules.caused(desk.check(), desk.check(rules.changed(desk.held, change)))
    if brought and not despite.strip():
        refuse(brought[0])
    for found in brought:
        _accept(tx, caller, desk.period.period_id, found, reason=despite, now=now)
    version_id = desk.version.version_id
    versions.put_assignments(tx, version_id, removed=change.removed, added=change.added)
    versions.add_edit(
        tx, version_id, author=caller.name, at=now, removed=change.removed, added=change.added
    )
    tx.touch("roster")
    return change


def refuse(found: Breach) -> None:
    """Say which rule a change would break."""
    raise ConflictError(found.text, **dict(found.values))


def undo(tx: Tx, caller: Caller, version_id: UUID) -> Change:
    """The last change of a draft is taken back."""
    desks.require_coordinator(caller)
    _draft(versions.version(tx, version_id, locked=True))
    found = versions.last_edit(tx, version_id)
    if found is None:
        raise ConflictError("there is nothing to undo")
    edit_id, removed, added = found
    change = Change(removed=frozenset(added), added=frozenset(removed))
    versions.put_assignments(tx, version_id, removed=change.removed, added=change.added)
    versions.mark_undone(tx, edit_id)
    tx.touch("roster")
    return change


def accept(tx: Tx, caller: Caller, period_id: UUID, what: Leniency, *, now: datetime) -> None:
    """A breach is accepted, with a reason that stays on the roster."""
    desks.require_coordinator(caller)
    if what.rule is None or what.rule not in RULES:
        raise NotFoundError("there is no such rule")
    one = Accepted(uuid4(), what.rule, what.post_id, what.person_id, _reason(what.reason),
                   caller.name,
                   now)  # fmt: skip
    versions.period(tx, period_id)
    making.add_override(tx, period_id, one)
    tx.touch("roster")


def _accept(
    tx: Tx, caller: Caller, period_id: UUID, found: Breach, *, reason: str, now: datetime
) -> None:
    post_id = found.post_ids[-1] if found.post_ids else None
    one = Accepted(uuid4(), found.rule, post_id, found.person_id, _reason(reason), caller.name, now)
    making.add_override(tx, period_id, one)


def _reason(text: str) -> str:
    if not text.strip():
        raise InvalidInputError("a breach is accepted with a reason: write one")
    return text.strip()


def relax(tx: Tx, caller: Caller, period_id: UUID, what: Leniency, *, now: datetime) -> None:
    """Less is asked: a post may stay empty, or a rule is off or soft for the period."""
    desks.require_coordinator(caller)
    period = versions.period(tx, period_id)
    problem = desks.lived(tx, period, published=frozenset(), now=now)
    posts: Mapping[UUID, Post] = {post.post_id: post for post in problem.posts}
    is_post = what.kind == "optional"
    if is_post and what.post_id not in posts:
        raise NotFoundError("there is no such post")
    if not is_post and (what.kind not in _SOFTER or what.rule not in RULES):
        raise NotFoundError("there is no such rule")
    if what.rule in NEVER:
        raise RuleBrokenError("this rule is a fact, not a choice: it cannot be relaxed")
    one = Relaxed(uuid4(), what.kind, None if is_post else what.rule,
                  what.post_id if is_post else None,
                  what.reason.strip(), caller.name, now)  # fmt: skip
    making.add_relaxation(tx, period_id, one)
    tx.touch("roster")


_SOFTER = frozenset({"rule_off", "rule_soft"})
NEVER = frozenset({"known", "one_place", "frozen", "contract"})


def restore(tx: Tx, caller: Caller, period_id: UUID, relaxation_id: UUID) -> None:
    """What was relaxed is asked for again."""
    desks.require_coordinator(caller)
    if not making.remove_relaxation(tx, period_id, relaxation_id):
        raise NotFoundError("this was asked for again already")
    tx.touch("roster")

"""Publishing: a checked version is what people live by, and who is on duty follows it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from plateau.kernel.caller import Caller
from plateau.kernel.errors import ConflictError, RuleBrokenError
from plateau.kernel.ids import PersonId
from plateau.kernel.time import local
from plateau.kernel.words import N_
from plateau.planning import queries as duty_queries
from plateau.planning.publication import rules
from plateau.planning.publication.queries import asked, versions
from plateau.planning.publication.service import desk as desks
from plateau.planning.publication.service import drafting, telling
from plateau.planning.publication.service.desk import Desk
from plateau.planning.publication.service.telling import Said
from plateau.planning.publication.types import Change, Difference, Version
from plateau.planning.roster.types import Assignment, Post
from plateau.planning.types import Duty
from plateau.platform.db import Tx

SOON = timedelta(hours=48)  # a change this near is urgent
_EACH = 3  # changes that are told one by one


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who makes a version: somebody."""

    person_id: PersonId
    name: str


def author_of(caller: Caller) -> Author:
    """A caller as the author of a version."""
    return Author(person_id=caller.person_id, name=caller.name)


def publish(
    tx: Tx, caller: Caller, version_id: UUID, *, reason: str, now: datetime
) -> Version:  # fmt: skip
    """A draft is what people live by: checked, its past as it was, those concerned told.

    RuleBrokenError while a hard breach stands that nobody accepted with a reason.
    """
    desks.require_coordinator(caller)
    versions.lock_period(tx, versions.version(tx, version_id).period_id)
    desk = desks.of_version(tx, version_id, now=now, locked=True)
    if desk.version is None or not desk.version.is_draft:
        raise ConflictError("this version is no draft: begin one from it")
    wanted = rules.keep_past(_rebased(tx, desk), desk.current, desk.posts, now=now)
    _require_sound(desk, wanted)
    versions.put_assignments(
        tx, version_id, removed=desk.held - wanted, added=wanted - desk.held
    )  # fmt: skip
    if desk.published:
        versions.set_state(tx, desk.published.version_id, state="past", reason="", at=None)
    versions.set_state(tx, version_id, state="published", reason=reason.strip(), at=now)
    _live_by(tx, desk, wanted, now=now)
    return versions.version(tx, version_id)


def _rebased(tx: Tx, desk: Desk) -> frozenset[Assignment]:
    """The draft, on top of what was published after it was begun."""
    draft, published = desk.version, desk.published
    if draft is None or published is None or draft.parent_id in {None, published.version_id}:
        return desk.held
    parent = versions.assignments(tx, draft.parent_id) if draft.parent_id else frozenset()
    removed, added = parent - desk.held, desk.held - parent
    seats = {(one.post_id, one.position) for one in desk.current - removed}
    if removed - desk.current or any((one.post_id, one.position) in seats for one in added):
        raise ConflictError(
            "version {number} was published since and changes the same posts: begin a new draft",
            number=published.number,
        )
    return (desk.current - removed) | added


def _require_sound(desk: Desk, held: frozenset[Assignment]) -> None:
    hard = rules.judge(desk.check(held), desk.overrides).hard
    if not hard:
        return
    values = hard[0].values
    raise RuleBrokenError(
        "{count} rules are broken, the first for {what} ({day}): correct them, relax them, or "
        "accept each with a reason; they stand at the head of the draft",
        count=len(hard),
        what=values.get("post") or values.get("person") or hard[0].rule,
        day=values.get("day", "—"),
    )


def amend(
    tx: Tx, author: Author, desk: Desk, change: Change, *, reason: str, now: datetime
) -> Version:
    """What is published changes at once, as a new version; nobody's rules may break."""
    if desk.published is None:
        raise ConflictError("nothing is published for these days")
    wanted = rules.changed(desk.current, change)
    brought = rules.caused(desk.check(desk.current), desk.check(wanted))
    if brought:
        drafting.refuse(brought[0])
    return _replace(tx, author, desk, wanted, reason=reason, now=now)


def _replace(
    tx: Tx, author: Author, desk: Desk, wanted: frozenset[Assignment], *, reason: str, now: datetime
) -> Version:
    parent_id = desk.published.version_id if desk.published else None
    if parent_id:
        versions.set_state(tx, parent_id, state="past", reason="", at=None)
    made = drafting.new_version(
        desk.period.period_id, "published", parent_id, author.name, reason=reason, at=now
    )
    versions.add_version(tx, made, author_id=author.person_id)
    versions.put_assignments(tx, made.version_id, removed=(), added=wanted)
    _live_by(tx, desk, wanted, now=now)
    return versions.version(tx, made.version_id)


def publish_again(
    tx: Tx, caller: Caller, version_id: UUID, *, reason: str, now: datetime
) -> Version:  # fmt: skip
    """An earlier version is published again, its future only: what has begun stays."""
    desks.require_coordinator(caller)
    versions.lock_period(tx, versions.version(tx, version_id).period_id)
    desk = desks.of_version(tx, version_id, now=now)
    if desk.version is None or desk.version.state != "past":
        raise ConflictError("only a version that was published can be published again")
    wanted = rules.keep_past(desk.held, desk.current, desk.posts, now=now)
    _require_sound(desk, wanted)
    return _replace(tx, author_of(caller), desk, wanted, reason=reason, now=now)


def _live_by(tx: Tx, desk: Desk, held: frozenset[Assignment], *, now: datetime) -> None:
    """Who is on duty follows; offers that no longer stand are over; those concerned are told."""
    planned = rules.duties_of(desk.problem.posts, held)
    known = _known(tx, desk)
    plan = rules.follow(known, planned, at=now)
    duty_queries.remove_duties(tx, plan.removed)
    duty_queries.put_duties(tx, plan.written)
    asked.lapse_swaps(tx, at=now)
    _tell(tx, desk, held, now=now)
    tx.touch("roster", "duty")


def _known(tx: Tx, desk: Desk) -> list[Duty]:
    """The duties of the days of a period, on the lines it plans."""
    lines = {post.line_id for post in desk.problem.posts if post.line_id is not None}
    zone, period = desk.problem.zone, desk.period
    return [
        duty
        for duty in duty_queries.duties(tx, line_ids=lines)
        if period.first_on <= local(duty.begun_at or duty.starts_at, zone).date() <= period.last_on
    ]


def _tell(tx: Tx, desk: Desk, held: frozenset[Assignment], *, now: datetime) -> None:
    if desk.published is None:
        told = {"first": f"{desk.period.first_on}", "last": f"{desk.period.last_on}"}
        text = N_("The roster from {first} to {last} is published")
        for person_id in sorted({one.person_id for one in held}):
            telling.tell(tx, person_id, Said(text=text, values=told), at=now)
        return
    before = {(one.post_id, one.person_id) for one in desk.current}
    after = {(one.post_id, one.person_id) for one in held}
    gained, lost = _by_person(desk, after - before), _by_person(desk, before - after)
    for person_id in sorted(gained.keys() | lost.keys()):
        said = [
            *_said(N_("You have {post} on {day}"), gained.get(person_id, ()), now),
            *_said(N_("You no longer have {post} on {day}"), lost.get(person_id, ()), now),
        ]
        for one in said:
            telling.note(tx, person_id, one, at=now)
        for one in said if len(said) <= _EACH else [_together(said)]:
            telling.send(tx, person_id, one, at=now)


def _by_person(desk: Desk, pairs: Iterable[tuple[UUID, PersonId]]) -> dict[PersonId, list[Post]]:
    posts = desk.posts
    found: dict[PersonId, list[Post]] = defaultdict(list)
    for post_id, person_id in sorted(pairs):
        if post_id in posts:
            found[person_id].append(posts[post_id])
    return found


def _said(text: str, posts: Iterable[Post], now: datetime) -> list[Said]:
    return [
        Said(
            text=text,
            values={"post": post.name, "day": f"{post.on}"},
            urgent=post.starts_at - now <= SOON,
        )
        for post in sorted(posts, key=lambda post: (post.starts_at, post.post_id))
    ]


def _together(said: Sequence[Said]) -> Said:
    """Many changes at once are one message."""
    return Said(
        text=N_("{count} of your posts changed: see your roster"),
        values={"count": str(len(said))},
        urgent=any(one.urgent for one in said),
    )


def compared(
    tx: Tx, version_id: UUID, *, other_id: UUID | None
) -> tuple[Version | None, list[Difference]]:
    """How a version differs from another, its parent when none is given."""
    version = versions.version(tx, version_id)
    against = other_id or version.parent_id
    if against is None:
        return None, []
    before = versions.assignments(tx, against)
    after = versions.assignments(tx, version_id)
    return versions.version(tx, against), rules.differences(before, after)


def names_in(tx: Tx, found: Iterable[Difference]) -> Mapping[PersonId, str]:
    """The names of the people of some differences."""
    people = {p for one in found for p in (*one.before, *one.after)}
    return {one.person_id: one.name for one in versions.names(tx, people)}

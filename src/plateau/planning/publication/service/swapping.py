"""Posts that people swap or give away, and posts that nobody holds yet."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from plateau.kernel.caller import Caller
from plateau.kernel.errors import ConflictError, NotFoundError, RuleBrokenError
from plateau.kernel.ids import PersonId
from plateau.kernel.words import N_
from plateau.planning.publication import rules
from plateau.planning.publication.queries import asked, versions
from plateau.planning.publication.service import desk as desks
from plateau.planning.publication.service import drafting, living, publishing, telling
from plateau.planning.publication.service.desk import Desk
from plateau.planning.publication.service.telling import Said
from plateau.planning.publication.types import Change, Offer, Swap, Version
from plateau.planning.roster.replace import Candidate
from plateau.platform.db import Tx

FAIR_FIRST = timedelta(hours=24)  # an open post is first for those who have done less
URGENT = timedelta(hours=48)  # before it begins, for anybody able


def offer(
    tx: Tx, caller: Caller, post_id: UUID, *, to: PersonId | None, return_post_id: UUID | None,
    now: datetime,
) -> UUID:  # fmt: skip
    """A post of mine is offered: to somebody, perhaps against one of theirs, or to whoever is able.

    ConflictError with the rule that it would break for the one it is offered to.
    """
    period_id = living.period_of(tx, post_id)
    desk = desks.of_period(tx, period_id, now=now)
    mine = rules.free(desk.current, post_id, caller.person_id)
    rules.require_future(desk.posts, mine, now=now)
    if to is not None:
        change = _change(desk, post_id, caller.person_id, to, return_post_id)
        rules.require_future(desk.posts, change, now=now)
        _require_legal(desk, change)
    elif return_post_id is not None:
        raise ConflictError("a post is swapped with somebody: say with whom")
    swap_id = uuid4()
    asked.add_swap(
        tx,
        Offer(swap_id=swap_id, period_id=period_id, post_id=post_id, from_id=caller.person_id,
              to_id=to, return_post_id=return_post_id),
        at=now,
    )  # fmt: skip
    if to is not None:
        post = desk.post(post_id)
        told = {"person": caller.name, "post": post.name, "day": f"{post.on}"}
        text = N_("{person} offers you {post} on {day}: answer on the page Swaps")
        said = Said(text=text, values=told, link=telling.SWAPS,
                    urgent=post.starts_at - now <= URGENT)  # fmt: skip
        telling.tell(tx, to, said, at=now)
    tx.touch("roster")
    return swap_id


def offer_open(tx: Tx, caller: Caller, post_id: UUID, *, now: datetime) -> int:
    """A post that lacks somebody is offered to all those able, who are told; how many they are."""
    desks.require_coordinator(caller)
    period_id = living.period_of(tx, post_id)
    desk = desks.of_period(tx, period_id, now=now)
    post = desk.post(post_id)
    if sum(one.post_id == post_id for one in desk.current) >= post.needed:
        raise ConflictError("this post has changed hands, or has everybody it needs")
    asked.add_swap(tx, Offer(swap_id=uuid4(), period_id=period_id, post_id=post_id), at=now)
    legal = [c for c in living.candidates_for(tx, desk, post_id, now=now) if c.is_legal]
    told = {"post": post.name, "day": f"{post.on}"}
    text = N_("{post} on {day} is open: take it on the page Swaps")
    said = Said(text=text, values=told, link=telling.SWAPS,
                urgent=post.starts_at - now <= URGENT)  # fmt: skip
    for one in legal:
        telling.tell(tx, one.person_id, said, at=now)
    tx.touch("roster")
    return len(legal)


def _change(
    desk: Desk, post_id: UUID, of: PersonId, to: PersonId, return_post_id: UUID | None
) -> Change:
    if return_post_id is not None:
        return rules.exchange(desk.current, (post_id, of), (return_post_id, to))
    return rules.give(desk.current, desk.post(post_id), to, instead_of=of)


def _require_legal(desk: Desk, change: Change) -> None:
    wanted = rules.changed(desk.current, change)
    brought = rules.caused(desk.check(desk.current), desk.check(wanted))
    if brought:
        drafting.refuse(brought[0])


def take(tx: Tx, caller: Caller, swap_id: UUID, *, now: datetime) -> Version:
    """I accept an offer: checked again, published at once, the other is told."""
    found = asked.swap(tx, swap_id)
    if found.to_id not in {None, caller.person_id}:
        raise NotFoundError("there is no such offer")
    if found.state != "offered":
        raise ConflictError("this offer is over")
    if found.from_id == caller.person_id:
        raise ConflictError("this offer is your own")
    versions.lock_period(tx, found.period_id)
    desk = desks.of_period(tx, found.period_id, now=now)
    change = _taken(tx, desk, found, caller, now)
    rules.require_future(desk.posts, change, now=now)
    version = publishing.amend(
        tx, publishing.author_of(caller), desk, change, reason=_reason(found, caller), now=now
    )
    if not asked.answer_swap(tx, swap_id, state="accepted", by=caller.person_id,
                             version_id=version.version_id, at=now):  # fmt: skip
        asked.accept_lapsed(tx, swap_id, by=caller.person_id, version_id=version.version_id, at=now)
    if found.from_id is not None:
        told = {"person": caller.name, "post": found.post_name}
        said = Said(text=N_("{person} takes {post}"), values=told)
        telling.tell(tx, found.from_id, said, at=now)
    return version


def _taken(tx: Tx, desk: Desk, found: Swap, caller: Caller, now: datetime) -> Change:
    if found.from_id is not None:
        return _change(desk, found.post_id, found.from_id, caller.person_id, found.return_post_id)
    mine = [
        one
        for one in living.candidates_for(tx, desk, found.post_id, now=now)
        if one.person_id == caller.person_id
    ]
    if not mine:
        raise RuleBrokenError("you are not able to take this post on that day")
    if not is_turn(mine[0], found, now=now):
        raise RuleBrokenError(
            "for its first 24 hours an open post is for those who have done less than their part"
        )
    post = desk.post(found.post_id)
    return rules.give(desk.current, post, caller.person_id, instead_of=None)


def is_turn(candidate: Candidate, offered: Swap, *, now: datetime) -> bool:
    """Whether somebody may take an open post already: those who have done less come first."""
    owes = sum(one.cost for one in candidate.effects if one.kind == "fairness") <= 0
    waited = now - offered.asked_at >= FAIR_FIRST
    return owes or waited or offered.starts_at - now <= URGENT


def _reason(found: Swap, caller: Caller) -> str:
    return f"{found.from_name or '—'} → {caller.name}: {found.post_name}"


def refuse(tx: Tx, caller: Caller, swap_id: UUID, *, now: datetime) -> None:
    """I refuse an offer made to me, or take back one of mine; the coordinator ends an open post."""
    found = asked.swap(tx, swap_id)
    is_mine = found.from_id == caller.person_id
    is_open = found.from_id is None and caller.is_one_of(*desks.COORDINATORS)
    if not (is_mine or is_open or found.to_id == caller.person_id):
        raise NotFoundError("there is no such offer")
    state = "refused" if found.to_id == caller.person_id else "withdrawn"
    if not asked.answer_swap(tx, swap_id, state=state, by=None, version_id=None, at=now):
        raise ConflictError("this offer is over")
    if state == "refused" and found.from_id:
        told = {"person": caller.name, "post": found.post_name}
        text = N_("{person} does not take {post}")
        said = Said(text=text, values=told, link=telling.SWAPS)
        telling.tell(tx, found.from_id, said, at=now)
    tx.touch("roster")

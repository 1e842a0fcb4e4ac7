"""Loops: opened, taken in hand, passed on by the clock, closed with a proof.

What opens a loop closes it too, when it knows that it happened; a person may always say so.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from plateau.access import service as access
from plateau.access.notify import service as notify
from plateau.access.types import Access
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import NotFoundError, RuleBrokenError
from plateau.kernel.ids import ExamId, PersonId, SiteId
from plateau.kernel.time import local
from plateau.kernel.words import N_
from plateau.platform.db import Tx
from plateau.reading.loops import queries, rules
from plateau.reading.loops.types import Did, Happened, Line, Loop, Opening, State, Step, Whose
from plateau.requests import service as requests

WATCHING = (Role.COORDINATOR,)
_TOGETHER = 100  # passed on in one sweep: the next one goes on
_SHOWN = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A loop with what happened to it."""

    line: Line
    events: tuple[Happened, ...]
    may_end: bool


def open_loop(tx: Tx, what: Opening, *, by: PersonId | None, now: datetime) -> UUID:
    """Something has to happen: its owner is told."""
    terms = queries.terms(tx, what.kind, what.category, on=local(now).date())
    loop = Loop(
        loop_id=uuid4(),
        kind=what.kind,
        category=what.category,
        exam_id=what.exam_id,
        patient_id=what.patient_id,
        site_id=what.site_id,
        text=what.text,
        owner_id=what.owner.person_id,
        owner_role=what.owner.role,
        state=rules.after(None, Step.OPENED),
        due_at=what.due_at or now + terms.within,
        next_at=now + terms.pass_on if what.due_at is None else what.due_at,
        step=0,
        opened_at=now,
        opened_by=by,
        ended_at=None,
        proof="",
    )
    queries.add(tx, loop)
    queries.log(tx, loop, Did(Step.OPENED, None, now, by))
    _tell(tx, loop, at=now, besides=by)
    tx.touch("loops")
    return loop.loop_id


def acknowledge(tx: Tx, caller: Caller, loop_id: UUID, *, now: datetime) -> None:
    """Whoever may see to it has it in hand: it is passed on when it is due, not before."""
    loop = _mine(tx, caller, loop_id)
    held = replace(
        loop,
        state=rules.after(State(loop.state), Step.ACKNOWLEDGED),
        owner_id=caller.person_id,
        next_at=max(loop.due_at, now + _patience(tx, loop, now)),
    )
    _move(tx, loop, held, Step.ACKNOWLEDGED, _Turn(caller, now))


def close(tx: Tx, caller: Caller, loop_id: UUID, *, proof: str, now: datetime) -> None:
    """It happened, and how that is known is said."""
    loop = _mine(tx, caller, loop_id)
    if loop.kind == "critical":
        raise RuleBrokenError("a critical result ends when it is read back or acknowledged")
    _end(tx, loop, Step.CLOSED, proof, _Turn(caller, now))


def lapse(tx: Tx, caller: Caller, loop_id: UUID, *, reason: str, now: datetime) -> None:
    """It no longer has to happen, and why is said."""
    _end(tx, _mine(tx, caller, loop_id), Step.LAPSED, reason, _Turn(caller, now))


def conclude(
    tx: Tx, loop_id: UUID, *, proof: str, by: Caller | None, now: datetime, lapsed: bool = False
) -> None:
    """What opened a loop knows that it happened, or need not; nothing if it is over already."""
    loop = queries.locked(tx, loop_id)
    if loop is not None and not loop.is_over:
        _end(tx, loop, Step.LAPSED if lapsed else Step.CLOSED, proof, _Turn(by, now))


def remind(tx: Tx, loop_id: UUID, text: str, *, now: datetime) -> None:
    """Its owners hear of it before it is due, once; nothing if it is over already."""
    loop = queries.locked(tx, loop_id)
    if loop is None or loop.is_over:
        return
    for person_id in _owners(tx, loop):
        notify.tell(
            tx,
            person_id=person_id,
            kind="loop",
            text=text,
            link=f"/loops/{loop_id}",
            at=now,
            key=f"reminder:{loop_id}:{person_id}",
        )


def sweep(tx: Tx, *, now: datetime) -> int:
    """The loops with which nobody moved are passed on, their new owners told; how many."""
    due = queries.due(tx, now=now, limit=_TOGETHER)
    for loop in due:
        owner = rules.next_owner(loop.owner)
        passed = replace(
            loop,
            state=rules.after(State(loop.state), Step.PASSED_ON),
            owner_id=owner.person_id,
            owner_role=owner.role,
            next_at=now + _patience(tx, loop, now),
            step=loop.step + 1,
        )
        _move(tx, loop, passed, Step.PASSED_ON, _Turn(None, now))
        _tell(tx, passed, at=now, besides=None)
    return len(due)


def lines(tx: Tx, caller: Caller, *, kind: str = "", is_over: bool = False) -> list[Line]:
    """What the caller has to see to, or watches over."""
    owned = [(role, site) for role, sites in caller.roles.items() for site in sites]
    whose = Whose(
        person_id=caller.person_id, owned=owned, watched=caller.sites_as(*WATCHING)
    )  # fmt: skip
    return queries.lines(tx, whose, kind=kind, is_over=is_over, limit=_SHOWN)


def of_exam(tx: Tx, caller: Caller, exam_id: ExamId) -> list[Line]:
    """The loops of an exam of the caller's sites, or those that are their sites'."""
    found = queries.of_exam(tx, exam_id)
    if requests.exam(tx, exam_id).site_id in caller.sites:
        return found
    return [one for one in found if one.site_id in caller.sites]


def seen(tx: Tx, caller: Caller, loop_id: UUID, *, now: datetime) -> Seen:
    """A loop of the caller's sites, with its history."""
    loop = queries.locked(tx, loop_id)
    if loop is None or not _concerns(tx, caller, loop):
        raise NotFoundError("there is no such thing to follow")
    line = next(one for one in queries.of_exam(tx, loop.exam_id) if one.loop_id == loop_id)
    _record(tx, caller, loop, "view", at=now)
    may_end = not loop.is_over and _may(tx, caller, loop)
    return Seen(line=line, events=tuple(queries.events(tx, loop_id)), may_end=may_end)


def open_of(tx: Tx, exam_id: ExamId) -> int:
    """How many loops of an exam are not over: its report is not closed before."""
    return queries.open_of(tx, exam_id)


@dataclass(frozen=True, slots=True)
class _Turn:
    """Who moves a loop, when; nobody: the clock."""

    by: Caller | None
    now: datetime


def _end(tx: Tx, loop: Loop, step: Step, proof: str, turn: _Turn) -> None:
    state = rules.after(State(loop.state), step, note=proof)
    ended = replace(loop, state=state, ended_at=turn.now, proof=proof.strip())
    _move(tx, loop, ended, step, turn)


def _move(tx: Tx, before: Loop, loop: Loop, step: Step, turn: _Turn) -> None:
    person_id = turn.by.person_id if turn.by else None
    queries.move(tx, loop, ended_by=person_id if loop.is_over else None)
    queries.log(tx, loop, Did(step, before.state, turn.now, person_id))
    if turn.by is not None:
        _record(tx, turn.by, loop, step, at=turn.now)
    tx.touch("loops")


def _mine(tx: Tx, caller: Caller, loop_id: UUID) -> Loop:
    loop = queries.locked(tx, loop_id)
    if loop is None or not _may(tx, caller, loop):
        raise NotFoundError("there is no such thing to follow")
    return loop


def _may(tx: Tx, caller: Caller, loop: Loop) -> bool:
    """Its owner, whoever opened it, their colleagues of that role, and the coordinators."""
    known = caller.person_id in {loop.owner_id, loop.opened_by}
    at_site = loop.site_id in caller.sites_as(Role(loop.owner_role))
    return known or at_site or bool(_homes(tx, loop) & caller.sites_as(*WATCHING))


def _concerns(tx: Tx, caller: Caller, loop: Loop) -> bool:
    return bool(_homes(tx, loop) & caller.sites) or _may(tx, caller, loop)


def _homes(tx: Tx, loop: Loop) -> frozenset[SiteId]:
    """The site that has to see to it, and the one that made the exam."""
    return frozenset({loop.site_id, requests.exam(tx, loop.exam_id).site_id})


def _patience(tx: Tx, loop: Loop, now: datetime) -> timedelta:
    """How long its owner has before the next one is told."""
    return queries.terms(tx, loop.kind, loop.category, on=local(now).date()).pass_on


def _tell(tx: Tx, loop: Loop, *, at: datetime, besides: PersonId | None) -> None:
    """Its owners hear of it; whoever opened it knows."""
    for person_id in _owners(tx, loop):
        if person_id == besides:
            continue
        notify.tell(
            tx,
            person_id=person_id,
            kind="critical" if loop.kind == "critical" else "loop",
            text=loop.text if loop.step == 0 else N_("Nobody moves: this is yours now."),
            link=f"/loops/{loop.loop_id}",
            at=at,
            urgent=loop.kind == "critical",
            key=f"loop:{loop.loop_id}:{loop.step}:{person_id}",
        )


def _owners(tx: Tx, loop: Loop) -> list[PersonId]:
    """Those who have to see to it; a house without coordinators has those of the exam's site."""
    is_watched = loop.owner_role == Role.COORDINATOR
    return queries.people(tx, loop.owner, _homes(tx, loop) if is_watched else {loop.site_id})


def _record(tx: Tx, caller: Caller, loop: Loop, done: str, *, at: datetime) -> None:
    what = Access(
        action=f"loop.{done}",
        subject=f"exam:{loop.exam_id}",
        patient_id=loop.patient_id,
        site_id=loop.site_id,
        reason=loop.proof or None,
    )
    access.record(tx, caller, what, at=at)

"""Retention: what is past its time is proposed; a person deletes it, unless somebody holds it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

import structlog

from plateau.access import service as access
from plateau.access.types import Access
from plateau.images.retention import queries, rules
from plateau.images.retention.types import Batch, Hold, Proposal, Reach, Tombstone
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import ConflictError, InvalidInputError, NotFoundError, RuleBrokenError
from plateau.kernel.ids import StudyId
from plateau.kernel.time import local
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db, Tx

log = structlog.get_logger()
DELETERS = (Role.ADMINISTRATOR, Role.MANAGER)
HOLDERS = (Role.ADMINISTRATOR, Role.MANAGER, Role.COORDINATOR)
_A_NIGHT = 5000  # proposals
_REST = timedelta(hours=1)  # of bytes, between the deletion of their rows and their own
_TOGETHER = 100


def propose(tx: Tx, *, now: datetime) -> int:
    """Studies past their time are proposed, once a day; how many."""
    today = local(now).date()
    if not queries.begin_sweep(tx, on=today):
        return 0
    candidates = queries.candidates(tx, on=today, limit=_A_NIGHT)
    dues = _dues(tx, [one.study_id for one in candidates], today)
    found = [(study_id, due) for study_id, due in dues.items() if due <= today]
    queries.propose(tx, found, on=today, at=now)
    if found:
        tx.touch("images")
    return len(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What somebody sees of retention at their sites."""

    proposals: list[Proposal]
    holds: list[Hold]
    tombstones: list[Tombstone]


def page(tx: Tx, caller: Caller) -> Page:
    """What the caller may delete, the reasons to keep studies, and what was deleted."""
    if not caller.is_one_of(*HOLDERS, *DELETERS):
        raise NotFoundError("this page does not exist, or is not yours to see")
    deletes = caller.sites_as(*DELETERS)
    return Page(
        proposals=queries.proposals(tx, sites=deletes),
        holds=queries.holds(tx, sites=caller.sites_as(*HOLDERS)),
        tombstones=queries.tombstones(tx, sites=deletes),
    )


def hold(tx: Tx, caller: Caller, study_uid: str, *, reason: str, now: datetime) -> None:
    """A study is kept whatever its age, until somebody lifts the hold."""
    study = _reached(tx, caller, *HOLDERS, study_uid=study_uid)
    reason = _said(reason)
    if not queries.hold(tx, study_id=study.study_id, reason=reason, by=caller.person_id, at=now):
        raise ConflictError("this study is already held")
    _record(tx, caller, study, "images.hold", reason=reason, at=now)
    tx.touch("images")


def lift(tx: Tx, caller: Caller, study_uid: str, *, reason: str, now: datetime) -> None:
    """A study is kept no longer than others."""
    study = _reached(tx, caller, *HOLDERS, study_uid=study_uid)
    reason = _said(reason)
    if not queries.lift(tx, study_id=study.study_id, reason=reason, by=caller.person_id, at=now):
        raise ConflictError("this study is not held")
    _record(tx, caller, study, "images.hold.lift", reason=reason, at=now)
    tx.touch("images")


def delete(tx: Tx, caller: Caller, batch: Batch, *, now: datetime) -> int:
    """Studies past their time are deleted, all or none; how many. Their bytes are removed later."""
    if not batch.study_ids:
        raise InvalidInputError("choose what is to be deleted")
    reason, today = _said(batch.reason), local(now).date()
    chosen = [StudyId(study_id) for study_id in sorted(set(batch.study_ids))]
    dues = _dues(tx, chosen, today)
    for study_id in chosen:
        study = _reached(tx, caller, *DELETERS, study_id=study_id)
        due = dues.get(study_id)
        if due is None or due > today:
            raise RuleBrokenError("a study among these is not past its time: look again")
        if queries.is_held(tx, study.study_id):
            raise RuleBrokenError("a study among these is held: nothing was deleted")
        _record(tx, caller, study, "images.delete", reason=reason, at=now)
        queries.bury(tx, study.study_id, due_on=due, by=caller.person_id, reason=reason, at=now)
        queries.delete(tx, study.study_id)
    tx.touch("images", "exams")
    return len(chosen)


def remove_bytes(db: Db, blobs: Blobs, *, now: datetime, wall: datetime) -> int:
    """Bytes that no row has pointed at for a while are removed; how many.

    What is being stored again at this moment stays: its bytes are younger.
    """
    with db.begin() as tx:
        keys = queries.doomed(tx, before=now - _REST, limit=_TOGETHER)
        for key in keys:
            if blobs.remove(key, unless_since=wall - _REST):
                queries.forget(tx, key)
    if keys:
        log.info("bytes.removed", blobs=len(keys))
    return len(keys)


def _dues(tx: Tx, study_ids: Sequence[StudyId], today: date) -> dict[StudyId, date]:
    """The first day on which each study may be deleted, where rules say."""
    by_study = groupby(queries.lives(tx, study_ids, on=today), key=lambda one: one.study_id)
    return {study_id: rules.due_on(lives) for study_id, lives in by_study}


def _reached(
    tx: Tx, caller: Caller, *roles: Role, study_id: StudyId | None = None, study_uid: str = ""
) -> Reach:
    found = queries.reach(tx, sites=caller.sites_as(*roles), study_id=study_id, study_uid=study_uid)
    if found is None:
        raise NotFoundError("study not found")
    return found


def _said(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise InvalidInputError("say why: it is kept with the decision")
    return reason


def _record(
    tx: Tx, caller: Caller, study: Reach, action: str, *, reason: str, at: datetime
) -> None:
    done = Access(
        action=action,
        subject=f"study:{study.study_id}",
        patient_id=study.patient_id,
        site_id=study.site_id,
        reason=reason,
    )
    access.record(tx, caller, done, at=at)

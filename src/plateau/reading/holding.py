"""An exam in somebody's hands: locked, asked who holds it, its steps logged."""

from dataclasses import replace
from datetime import datetime

from plateau.access import service as access
from plateau.access.types import Access
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import ConflictError, NotFoundError
from plateau.kernel.ids import ExamId
from plateau.platform.db import Tx
from plateau.reading.queries import tasks
from plateau.reading.rules import lifecycle
from plateau.reading.rules.lifecycle import Facts
from plateau.reading.types import Held, State, Step


def lock(tx: Tx, caller: Caller, exam_id: ExamId) -> Held:
    """The exam, which nobody else changes until the transaction ends."""
    sites = caller.sites_as(Role.READER)
    if not tasks.lock(tx, exam_id=exam_id, sites=sites):
        raise NotFoundError("there is no such exam to read")
    return tasks.held(tx, exam_id, sites=sites)


def refusal(held: Held, now: datetime) -> ConflictError:
    """Why an exam is not the caller's to read."""
    if held.state in lifecycle.DONE:
        return ConflictError("this report is already signed")
    if held.reader_id and held.taken_at:
        minutes = int((now - held.taken_at).total_seconds() // 60)
        return ConflictError(
            "{reader} has been reading this exam for {minutes} min",
            reader=held.reader_name,
            minutes=max(0, minutes),
        )
    return ConflictError("you no longer hold this exam: take it again to go on")


def require_held(held: Held, caller: Caller, *, now: datetime) -> None:
    """ConflictError, with who holds it, unless the caller reads the exam."""
    if held.state != State.READING or held.reader_id != caller.person_id:
        raise refusal(held, now)


def log(tx: Tx, held: Held, step: Step, caller: Caller, now: datetime, facts: Facts) -> State:
    """Log what happens to a report, with its reason as the cause; the state it leads to."""
    before = State(held.state)
    known = replace(
        facts,
        actor=caller.person_id,
        holder=held.reader_id,
        incomplete_reason=held.incomplete_reason,
    )
    state = lifecycle.after(before, step, known)
    done = (step, before, state)
    by = (caller.person_id, Role.READER)
    tasks.log(tx, held.exam_id, done, at=now, by=by, cause=facts.reason)
    return state


def record(
    tx: Tx, caller: Caller, held: Held, action: str, now: datetime, reason: str | None = None
) -> None:
    """Leave a trace of what was done to a patient's data."""
    what = Access(
        action=action,
        subject=f"exam:{held.exam_id}",
        patient_id=held.patient_id,
        site_id=held.site_id,
        reason=reason,
    )
    access.record(tx, caller, what, at=now)

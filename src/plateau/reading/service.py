"""Reading exams: taking and leaving them, drafting, what is signed and what happened.

Whoever takes an exam holds it under a lease in real time, renewed by the open page.
"""

from datetime import datetime, timedelta

from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import (
    ConflictError,
)
from plateau.kernel.ids import ExamId, VersionId
from plateau.platform import runtime
from plateau.platform.db import Tx
from plateau.reading import assigning, holding
from plateau.reading.library.types import Chapters
from plateau.reading.queries import tasks, texts
from plateau.reading.rules import lifecycle
from plateau.reading.rules.lifecycle import Facts
from plateau.reading.types import (
    Draft,
    Held,
    History,
    Save,
    Sections,
    Signature,
    SignedReport,
    State,
    Step,
)
from plateau.requests.types import ExamSheet


def take_next(tx: Tx, caller: Caller, *, now: datetime, wall: datetime) -> ExamId | None:
    """Give the caller the most urgent exam that they may read now; None if none waits.

    An exam they hold already counts among those that wait: asking twice gives the same one.
    """
    exam_id = assigning.next_exam(tx, caller, now=now, wall=wall)
    if exam_id is None:
        return None
    held = tasks.held(tx, exam_id, sites=caller.sites_as(Role.READER))
    _hold(tx, caller, held, now=now, wall=wall)
    return exam_id


def take(tx: Tx, caller: Caller, *, exam_id: ExamId, now: datetime, wall: datetime) -> None:
    """Give the caller one exam, which waits or whose reader gave no sign for too long."""
    held = holding.lock(tx, caller, exam_id)
    assigning.require_able(tx, caller, exam_id, now=now)
    _hold(tx, caller, held, now=now, wall=wall)


def heartbeat(tx: Tx, caller: Caller, *, exam_id: ExamId, wall: datetime) -> None:
    """The caller is still reading the exam; ConflictError when it is no longer theirs."""
    until = wall + _lease()
    if not tasks.renew(tx, exam_id=exam_id, reader_id=caller.person_id, lease_until=until):
        holding.require_held(
            tasks.held(tx, exam_id, sites=caller.sites_as(Role.READER)), caller, now=wall
        )


def release(tx: Tx, caller: Caller, *, exam_id: ExamId, now: datetime) -> None:
    """The exam waits again; what was written of it is kept for the next reader."""
    held = holding.lock(tx, caller, exam_id)
    holding.require_held(held, caller, now=now)
    step = Step.RELEASED_DRAFTED if held.drafted else Step.RELEASED
    state = holding.log(tx, held, step, caller, now, Facts())
    tasks.free(tx, exam_id=exam_id, state=state)
    tx.touch("worklist")


def sweep_leases(tx: Tx, *, wall: datetime, now: datetime) -> int:
    """The exams whose reader gave no sign for too long wait again, drafts kept; how many."""
    freed = tasks.free_lapsed(tx, wall=wall, now=now)
    if freed:
        tx.touch("worklist")
    return freed


def starting_text(sheet: ExamSheet, start: Chapters) -> Sections:
    """What an empty report starts from: the request's context, and the template of the exam."""
    told = (sheet.request.context.strip(), sheet.request.aim.strip())
    return Sections(
        indication="\n".join(part for part in told if part),
        technique=start.technique,
        result=start.result,
        conclusion=start.conclusion,
    )


def save_draft(tx: Tx, caller: Caller, save: Save, *, now: datetime, wall: datetime) -> Draft:
    """The text is kept, and the lease renewed; ConflictError if another text was kept meanwhile."""
    held = holding.lock(tx, caller, save.exam_id)
    holding.require_held(held, caller, now=now)
    until = wall + _lease()
    tasks.renew(tx, exam_id=save.exam_id, reader_id=caller.person_id, lease_until=until)
    kept = texts.write_draft(
        tx,
        save.exam_id,
        save.sections,
        revision=save.revision,
        at=now,
        by=caller.person_id,
    )
    if kept is None:
        raise ConflictError("another text was saved meanwhile; yours is still on your screen")
    if not held.drafted:
        holding.record(tx, caller, held, "report.draft", now)
    return kept


def draft(tx: Tx, exam_id: ExamId) -> Draft | None:
    """What is written of a report that is not signed."""
    return texts.draft(tx, exam_id)


def signed(tx: Tx, version_id: VersionId) -> SignedReport:
    """One signed version, with whom and what it is about, for the features that send or count."""
    return texts.signed(tx, version_id)


def history(tx: Tx, caller: Caller, *, exam_id: ExamId) -> History:
    """The signed versions of a report, the first one first, and everything that happened to it."""
    tasks.held(tx, exam_id, sites=caller.sites)
    return History(
        versions=tuple(texts.versions(tx, exam_id)),
        transitions=tuple(tasks.transitions(tx, exam_id)),
    )


def _lease() -> timedelta:
    return timedelta(seconds=runtime.settings_in_use().lease_s)


def _hold(tx: Tx, caller: Caller, held: Held, *, now: datetime, wall: datetime) -> None:
    """The caller holds a locked exam from now on; ConflictError when somebody else does."""
    until = wall + _lease()
    if held.state == State.READING and held.reader_id == caller.person_id:
        tasks.renew(tx, exam_id=held.exam_id, reader_id=caller.person_id, lease_until=until)
        return
    lapsed = held.lease_until is not None and held.lease_until < wall
    if held.state not in lifecycle.WAITING and not lapsed:
        raise holding.refusal(held, now)
    step = Step.TAKEN if held.state in lifecycle.WAITING else Step.TAKEN_OVER
    # the caller's privilege was checked by then
    facts = Facts(able=True, lapsed=lapsed, reason=held.reader_name or "")
    holding.log(tx, held, step, caller, now, facts)
    tasks.give(tx, exam_id=held.exam_id, reader_id=caller.person_id, now=now, lease_until=until)
    holding.record(tx, caller, held, "report.take", now)
    tx.touch("worklist")


def sections_of(text: Draft | Signature | SignedReport) -> Sections:
    """The four chapters of a draft, of a signed text or of a version."""
    return Sections(
        indication=text.indication,
        technique=text.technique,
        result=text.result,
        conclusion=text.conclusion,
    )

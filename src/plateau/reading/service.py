"""Reading exams: taking and leaving them, drafting, signing, adding to what is signed.

Whoever takes an exam holds it under a lease in real time, renewed by the open page. A report is
final as soon as it is signed: the window during which its signer may recall it does not exist yet.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

from plateau.access import service as access
from plateau.access.types import Access
from plateau.images import service as images
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    RuleBrokenError,
)
from plateau.kernel.ids import ExamId, VersionId
from plateau.planning import service as planning
from plateau.platform import jobs, runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Tx
from plateau.reading import assigning, document, entering, wording
from plateau.reading.events import ReportSigned
from plateau.reading.queries import tasks, texts
from plateau.reading.rules import lifecycle
from plateau.reading.rules import texts as text_rules
from plateau.reading.rules.lifecycle import Facts
from plateau.reading.types import (
    Addendum,
    Asked,
    Draft,
    Finding,
    Held,
    History,
    Lint,
    Save,
    Seal,
    Sections,
    SignedReport,
    Signing,
    State,
    Step,
    Version,
)
from plateau.requests import service as requests
from plateau.requests.types import ExamSheet
from plateau.territory import service as territory


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
    held = _lock(tx, caller, exam_id)
    assigning.require_able(tx, caller, exam_id, now=now)
    _hold(tx, caller, held, now=now, wall=wall)


def heartbeat(tx: Tx, caller: Caller, *, exam_id: ExamId, wall: datetime) -> None:
    """The caller is still reading the exam; ConflictError when it is no longer theirs."""
    until = wall + _lease()
    if not tasks.renew(tx, exam_id=exam_id, reader_id=caller.person_id, lease_until=until):
        _require_held(tasks.held(tx, exam_id, sites=caller.sites_as(Role.READER)), caller, now=wall)


def release(tx: Tx, caller: Caller, *, exam_id: ExamId, now: datetime) -> None:
    """The exam waits again; what was written of it is kept for the next reader."""
    held = _lock(tx, caller, exam_id)
    _require_held(held, caller, now=now)
    step = Step.RELEASED_DRAFTED if held.drafted else Step.RELEASED
    state = _step(tx, held, step, caller, now, Facts())
    tasks.free(tx, exam_id=exam_id, state=state)
    tx.touch("worklist")


def sweep_leases(tx: Tx, *, wall: datetime, now: datetime) -> int:
    """The exams whose reader gave no sign for too long wait again, drafts kept; how many."""
    freed = tasks.free_lapsed(tx, wall=wall, now=now)
    if freed:
        tx.touch("worklist")
    return freed


def starting_text(sheet: ExamSheet) -> Sections:
    """What an empty report starts from: the request's context, the exam type's template."""
    told = (sheet.request.context.strip(), sheet.request.aim.strip())
    return Sections(
        indication="\n".join(part for part in told if part),
        technique=sheet.exam_type.technique,
        result=sheet.exam_type.result,
        conclusion=sheet.exam_type.conclusion,
    )


def save_draft(tx: Tx, caller: Caller, save: Save, *, now: datetime, wall: datetime) -> Draft:
    """The text is kept, and the lease renewed; ConflictError if another text was kept meanwhile."""
    held = _lock(tx, caller, save.exam_id)
    _require_held(held, caller, now=now)
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
        _record(tx, caller, held, "report.draft", now)
    return kept


def draft(tx: Tx, exam_id: ExamId) -> Draft | None:
    """What is written of a report that is not signed."""
    return texts.draft(tx, exam_id)


def lint(sections: Sections, sheet: ExamSheet) -> Lint:
    """What to look at again before signing, given what was asked for."""
    asked = Asked(
        template=f"{sheet.exam_type.result}\n{sheet.exam_type.conclusion}",
        text=f"{sheet.exam_type.name}\n{sheet.request.region}\n{sheet.request.aim}",
        protocol=sheet.exam.protocol,
        sex=sheet.patient.sex,
    )
    return text_rules.lint(sections, asked)


def sign(tx: Tx, blobs: Blobs, caller: Caller, signing: Signing, *, now: datetime) -> VersionId:
    """The text is version 1 of the report, final and immutable; its identifier.

    Only whoever holds the exam signs, with their password again. Sending the same text twice signs
    it once.
    """
    access.verify_password(tx, person_id=caller.person_id, password=signing.password)
    save = signing.save
    held = _lock(tx, caller, save.exam_id)
    if again := _signed_already(tx, held, caller, save.sections):
        return again
    _require_held(held, caller, now=now)
    _require_latest(tx, save)
    sheet = requests.exam_sheet(tx, save.exam_id)
    _require_clean(lint(save.sections, sheet), despite_warnings=signing.despite_warnings)
    facts = replace(entering.facts_of(tx, save.exam_id), own_signature=True, clean=True)
    signed = _step(tx, held, Step.SIGNED, caller, now, facts)
    tasks.finish(tx, exam_id=save.exam_id, reader_id=caller.person_id, now=now)
    assigning.learn(tx, save.exam_id)
    texts.drop_draft(tx, save.exam_id)
    version_id = _seal(tx, blobs, caller, sheet, save.sections, _new_seal(held, caller, now))
    _record(tx, caller, held, "report.sign", now)
    final = lifecycle.after(signed, Step.FINALISED, Facts())
    tasks.log(tx, save.exam_id, (Step.FINALISED, signed, final), at=now)
    return version_id


def add_addendum(
    tx: Tx, blobs: Blobs, caller: Caller, addendum: Addendum, *, now: datetime
) -> VersionId:
    """One more version follows the signed ones, which stay as they are; its identifier."""
    access.verify_password(tx, person_id=caller.person_id, password=addendum.password)
    held = _lock(tx, caller, addendum.exam_id)
    _require_said(addendum)
    versions = texts.versions(tx, addendum.exam_id)
    facts = Facts(own_signature=True, versions=len(versions), reason=addendum.reason)
    state = _step(tx, held, Step.ADDENDUM, caller, now, facts)
    tasks.set_state(tx, exam_id=addendum.exam_id, state=state)
    first = versions[0]
    sections = Sections(
        indication=first.indication,
        technique=first.technique,
        result=addendum.text,
        conclusion=addendum.conclusion,
    )
    seal = _new_seal(held, caller, now, number=len(versions) + 1, reason=addendum.reason)
    sheet = requests.exam_sheet(tx, addendum.exam_id)
    _record(tx, caller, held, "report.addendum", now, seal.reason)
    return _seal(tx, blobs, caller, sheet, sections, seal)


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


def _lock(tx: Tx, caller: Caller, exam_id: ExamId) -> Held:
    """The exam, which nobody else changes until the transaction ends."""
    sites = caller.sites_as(Role.READER)
    if not tasks.lock(tx, exam_id=exam_id, sites=sites):
        raise NotFoundError("there is no such exam to read")
    return tasks.held(tx, exam_id, sites=sites)


def _hold(tx: Tx, caller: Caller, held: Held, *, now: datetime, wall: datetime) -> None:
    """The caller holds a locked exam from now on; ConflictError when somebody else does."""
    until = wall + _lease()
    if held.state == State.READING and held.reader_id == caller.person_id:
        tasks.renew(tx, exam_id=held.exam_id, reader_id=caller.person_id, lease_until=until)
        return
    lapsed = held.lease_until is not None and held.lease_until < wall
    if held.state not in lifecycle.WAITING and not lapsed:
        raise _taken(held, now)
    step = Step.TAKEN if held.state in lifecycle.WAITING else Step.TAKEN_OVER
    # the caller's privilege was checked by then
    facts = Facts(able=True, lapsed=lapsed, reason=held.reader_name or "")
    _step(tx, held, step, caller, now, facts)
    tasks.give(tx, exam_id=held.exam_id, reader_id=caller.person_id, now=now, lease_until=until)
    _record(tx, caller, held, "report.take", now)
    tx.touch("worklist")


def _taken(held: Held, now: datetime) -> ConflictError:
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


def _require_held(held: Held, caller: Caller, *, now: datetime) -> None:
    if held.state != State.READING or held.reader_id != caller.person_id:
        raise _taken(held, now)


def _require_latest(tx: Tx, save: Save) -> None:
    kept = texts.draft(tx, save.exam_id)
    if (kept.revision if kept else 0) != save.revision:
        raise ConflictError("another text was saved meanwhile; yours is still on your screen")


def _require_clean(found: Lint, *, despite_warnings: bool) -> None:
    if len(found.refusals) > 1:
        raise RuleBrokenError("the result and the conclusion are empty")
    if Finding.EMPTY_RESULT in found.refusals:
        raise RuleBrokenError("the result is empty")
    if Finding.EMPTY_CONCLUSION in found.refusals:
        raise RuleBrokenError("the conclusion is empty")
    if found.warnings and not despite_warnings:
        raise RuleBrokenError("look at the remarks below, then sign again to confirm")


def _require_said(addendum: Addendum) -> None:
    if not all(part.strip() for part in (addendum.text, addendum.conclusion, addendum.reason)):
        raise InvalidInputError("an addendum needs its text, a conclusion and a reason")


def _signed_already(tx: Tx, held: Held, caller: Caller, sections: Sections) -> VersionId | None:
    """The version that the caller has just signed with this very text."""
    if held.state not in lifecycle.DONE or held.reader_id != caller.person_id:
        return None
    first = texts.versions(tx, held.exam_id)[0]
    return first.version_id if sections_of(first) == sections else None


def sections_of(text: Draft | SignedReport) -> Sections:
    """The four chapters of a draft or of a signed version."""
    return Sections(
        indication=text.indication,
        technique=text.technique,
        result=text.result,
        conclusion=text.conclusion,
    )


def _step(tx: Tx, held: Held, step: Step, caller: Caller, now: datetime, facts: Facts) -> State:
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


def _record(
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


def _new_seal(
    held: Held, caller: Caller, now: datetime, *, number: int = 1, reason: str = ""
) -> Seal:
    return Seal(
        exam_id=held.exam_id,
        patient_id=held.patient_id,
        number=number,
        reason=reason.strip(),
        signed_by=caller.person_id,
        signed_at=now,
    )


def _seal(
    tx: Tx, blobs: Blobs, caller: Caller, sheet: ExamSheet, sections: Sections, seal: Seal
) -> VersionId:
    """Print, keep and announce a version: bytes first, then the row, then the event."""
    digest = text_rules.digest(sections, seal)
    signer = territory.practitioner(tx, caller.person_id)
    printed = wording.Print(
        sheet=sheet,
        dose=images.dose_of(tx, blobs, study_uid=sheet.exam.study_uid),
        sections=sections,
        seal=seal,
        digest=digest,
        signer=(caller.name, signer.rpps if signer else None),
        earlier=texts.versions(tx, seal.exam_id),
        notices=texts.notices(tx, seal.exam_id),
    )
    on_duty = planning.sites_on_duty(tx, person_id=caller.person_id, at=seal.signed_at)
    duty = on_duty.get(sheet.exam.site_id)
    version = Version(
        version_id=VersionId(uuid4()),
        sections=sections,
        seal=seal,
        digest=digest,
        document_key=blobs.put(document.build(wording.paper(printed))),
        duty_id=duty.duty_id if duty else None,
    )
    texts.add_version(tx, version)
    event = ReportSigned(
        version_id=version.version_id, exam_id=seal.exam_id, site_id=sheet.exam.site_id
    )
    jobs.emit(tx, event)
    tx.touch("worklist", "reports")
    return version.version_id

"""Signing a report, recalling it, and adding to what is final.

A signed text is kept at once, and is final when its signer can no longer recall it: only then is
it printed, sent and counted. `PLATEAU_RECALL_S` is how long that is, in real time.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import structlog

from plateau.access import service as access
from plateau.kernel.caller import Caller
from plateau.kernel.errors import (
    ConflictError,
    InvalidInputError,
    RuleBrokenError,
)
from plateau.kernel.ids import ExamId, VersionId
from plateau.kernel.time import local
from plateau.platform import runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db, Tx
from plateau.reading import assigning, entering, holding, sealing
from plateau.reading.queries import signatures, tasks, texts
from plateau.reading.rules import lifecycle
from plateau.reading.rules import texts as text_rules
from plateau.reading.rules.lifecycle import Facts
from plateau.reading.service import sections_of
from plateau.reading.types import (
    Addendum,
    Asked,
    Finding,
    Held,
    Kind,
    Lint,
    Save,
    Seal,
    Sections,
    Signature,
    Signing,
    State,
    Step,
)
from plateau.requests import service as requests
from plateau.requests.types import ExamSheet

log = structlog.get_logger()


def lint(sections: Sections, sheet: ExamSheet) -> Lint:
    """What to look at again before signing, given what was asked for."""
    asked = Asked(
        template=f"{sheet.exam_type.result}\n{sheet.exam_type.conclusion}",
        text=f"{sheet.exam_type.name}\n{sheet.request.region}\n{sheet.request.aim}",
        protocol=sheet.exam.protocol,
        sex=sheet.patient.sex,
        age=_age(sheet),
        surname=sheet.patient.surname,
        local_id=sheet.local_id or "",
    )
    return text_rules.lint(sections, asked)


def sign(
    tx: Tx, blobs: Blobs, caller: Caller, signing: Signing, *, now: datetime, wall: datetime
) -> VersionId:
    """The text is signed, and version 1 of the report once it is final; its identifier.

    Only whoever holds the exam signs, with their password again. Sending the same text twice signs
    it once.
    """
    access.verify_password(tx, person_id=caller.person_id, password=signing.password)
    save = signing.save
    held = holding.lock(tx, caller, save.exam_id)
    if again := _signed_already(tx, held, caller, save.sections):
        return again
    holding.require_held(held, caller, now=now)
    require_latest(tx, save)
    sheet = requests.exam_sheet(tx, save.exam_id)
    require_clean(lint(save.sections, sheet), despite_warnings=signing.despite_warnings)
    facts = replace(entering.facts_of(tx, save.exam_id), own_signature=True, clean=True)
    holding.log(tx, held, Step.SIGNED, caller, now, facts)
    tasks.finish(tx, exam_id=save.exam_id, reader_id=caller.person_id, now=now)
    texts.drop_draft(tx, save.exam_id)
    window = timedelta(seconds=runtime.settings_in_use().recall_s)
    version_id = VersionId(uuid4())
    signatures.add(
        tx,
        save,
        version_id=version_id,
        by=caller.person_id,
        at=now,
        final_at=wall + window,
    )
    holding.record(tx, caller, held, "report.sign", now)
    tx.touch("worklist")
    if not window and (signature := signatures.pending(tx, save.exam_id)):
        _finalise(tx, blobs, signature, now=now)
    return version_id


def pending(tx: Tx, exam_id: ExamId) -> Signature | None:
    """The signed text of an exam that is not final yet."""
    return signatures.pending(tx, exam_id)


def recall(tx: Tx, caller: Caller, exam_id: ExamId, *, now: datetime, wall: datetime) -> None:
    """What the caller has just signed is a draft again; it was neither sent nor counted.

    RuleBrokenError once it is final, or when somebody else has signed it.
    """
    held = holding.lock(tx, caller, exam_id)
    signature = signatures.pending(tx, exam_id)
    if signature is None:
        raise RuleBrokenError("the report is final: write an addendum")
    facts = Facts(in_window=wall < signature.final_at)
    state = holding.log(tx, held, Step.RECALLED, caller, now, facts)
    signatures.end(tx, signature.version_id, at=now, is_recalled=True)
    tasks.take_back(tx, exam_id=exam_id, state=state)
    texts.write_draft(tx, exam_id, sections_of(signature), revision=0, at=now, by=caller.person_id)
    holding.record(tx, caller, held, "report.recall", now)
    tx.touch("worklist")


def finalise_due(db: Db, blobs: Blobs, *, now: datetime, wall: datetime) -> int:
    """What can no longer be recalled is final, each in a transaction of its own; how many.

    One that cannot be printed stays signed, is logged, and is tried again at the next sweep.
    """
    with db.begin() as tx:
        due = signatures.due(tx, wall=wall)
    return sum(_finalise_one(db, blobs, version_id, now=now) for version_id in due)


def add_addendum(
    tx: Tx, blobs: Blobs, caller: Caller, addendum: Addendum, *, now: datetime
) -> VersionId:
    """One more version follows the signed ones, which stay as they are; its identifier."""
    access.verify_password(tx, person_id=caller.person_id, password=addendum.password)
    held = holding.lock(tx, caller, addendum.exam_id)
    _require_said(addendum)
    versions = texts.versions(tx, addendum.exam_id)
    valid = text_rules.in_force(versions)
    facts = Facts(own_signature=True, versions=len(valid), reason=addendum.reason)
    state = holding.log(tx, held, Step.ADDENDUM, caller, now, facts)
    tasks.set_state(tx, exam_id=addendum.exam_id, state=state)
    first = valid[0]
    sections = Sections(
        indication=first.indication,
        technique=first.technique,
        result=addendum.text,
        conclusion=addendum.conclusion,
    )
    seal = Seal(
        exam_id=held.exam_id,
        patient_id=held.patient_id,
        number=len(versions) + 1,
        kind=Kind.ADDENDUM,
        reason=addendum.reason.strip(),
        signed_by=caller.person_id,
        signed_at=now,
    )
    holding.record(tx, caller, held, "report.addendum", now, seal.reason)
    version_id = VersionId(uuid4())
    sealing.seal(tx, blobs, version_id, sections, seal)
    return version_id


def _finalise_one(db: Db, blobs: Blobs, version_id: VersionId, *, now: datetime) -> bool:
    """Whether that text is final now; not when another process does it, or its signer recalls."""
    try:
        with db.begin() as tx:
            signature = signatures.lock(tx, version_id)
            if signature:
                _finalise(tx, blobs, signature, now=now)
            return signature is not None
    except Exception as error:  # noqa: BLE001 - one report never holds back the others
        log.error("report.not_final", version_id=str(version_id), error=type(error).__name__)  # noqa: TRY400
        return False


def _finalise(tx: Tx, blobs: Blobs, signature: Signature, *, now: datetime) -> None:
    """A signed text that nobody recalled is the report."""
    exam_id = signature.exam_id
    final = lifecycle.after(State.SIGNED, Step.FINALISED, Facts())
    tasks.log(tx, exam_id, (Step.FINALISED, State.SIGNED, final), at=now)
    tasks.set_state(tx, exam_id=exam_id, state=final)
    signatures.end(tx, signature.version_id, at=now, is_recalled=False)
    assigning.learn(tx, exam_id)
    seal = Seal(
        exam_id=exam_id,
        patient_id=signature.patient_id,
        number=len(texts.versions(tx, exam_id)) + 1,
        kind=Kind.FINAL,
        reason="",
        signed_by=signature.signed_by,
        signed_at=signature.signed_at,
    )
    sealing.seal(tx, blobs, signature.version_id, sections_of(signature), seal)


def require_latest(tx: Tx, save: Save) -> None:
    """ConflictError when another text was saved since the one on the screen was read."""
    kept = texts.draft(tx, save.exam_id)
    if (kept.revision if kept else 0) != save.revision:
        raise ConflictError("another text was saved meanwhile; yours is still on your screen")


def _age(sheet: ExamSheet) -> int | None:
    """In whole years, when the images were made."""
    made = sheet.exam.acquired_at or sheet.exam.complete_at
    if made is None:
        return None
    on, born = local(made).date(), sheet.patient.birth_on
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def require_clean(found: Lint, *, despite_warnings: bool) -> None:
    """RuleBrokenError with what forbids giving a text, or deserves a second look first."""
    if Finding.OTHER_PATIENT in found.refusals:
        raise RuleBrokenError("this report names another patient, or another patient's number")
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
    pending = signatures.pending(tx, held.exam_id)
    first = pending or text_rules.in_force(texts.versions(tx, held.exam_id))[0]
    return first.version_id if sections_of(first) == sections else None

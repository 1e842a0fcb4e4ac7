"""Retracting a report: those who received it are told, and its exam is to be read again."""

from datetime import datetime
from uuid import uuid4

from plateau.access import service as access
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import NotFoundError
from plateau.kernel.ids import ExamId, VersionId
from plateau.kernel.words import N_
from plateau.platform.blobs import Blobs
from plateau.platform.db import Tx
from plateau.reading import holding, sealing, wording
from plateau.reading.loops import service as loops
from plateau.reading.loops.types import Opening, Owner
from plateau.reading.queries import tasks, texts
from plateau.reading.retraction import queries
from plateau.reading.rules import lifecycle
from plateau.reading.rules import texts as text_rules
from plateau.reading.rules.lifecycle import Facts
from plateau.reading.types import (
    Held,
    Kind,
    Retraction,
    Seal,
    SignedReport,
    State,
    Step,
)
from plateau.requests import service as requests
from plateau.requests.types import ExamSheet

_PROOF = 500  # characters of why a loop ended


def retract(
    tx: Tx, blobs: Blobs, caller: Caller, retraction: Retraction, *, now: datetime
) -> VersionId:
    """A report that was given is about somebody else; the version that says so.

    What it said is kept, and shown to readers only. Whoever asked for the exam owns the recall.
    """
    access.verify_password(tx, person_id=caller.person_id, password=retraction.password)
    held = holding.lock(tx, caller, retraction.exam_id)
    versions = texts.versions(tx, held.exam_id)
    valid = len(text_rules.given(versions))
    facts = Facts(own_signature=True, versions=valid, reason=retraction.reason)
    holding.log(tx, held, Step.RETRACTED, caller, now, facts)
    version_id = VersionId(uuid4())
    seal = Seal(
        exam_id=held.exam_id,
        patient_id=held.patient_id,
        number=len(versions) + 1,
        kind=Kind.RETRACTION,
        reason=retraction.reason.strip(),
        signed_by=caller.person_id,
        signed_at=now,
    )
    sealing.seal(tx, blobs, version_id, wording.retraction(), seal)
    holding.record(tx, caller, held, "report.retract", now, seal.reason)
    _read_again(tx, held, now)
    for loop_id in queries.pointless(tx, held.exam_id):
        proof = retraction.reason.strip()[:_PROOF]
        loops.conclude(tx, loop_id, proof=proof, by=caller, now=now, lapsed=True)
    _recall(tx, caller, held, now)
    return version_id


def report(
    tx: Tx, caller: Caller, exam_id: ExamId, *, now: datetime
) -> tuple[ExamSheet, SignedReport]:
    """An exam of the caller's sites and the last version of its report that holds.

    NotFoundError when none does.
    """
    held = tasks.held(tx, exam_id, sites=caller.sites_as(Role.READER))
    valid = text_rules.given(texts.versions(tx, exam_id))
    if not valid:
        raise NotFoundError("no report of this exam could be retracted")
    holding.record(tx, caller, held, "exam.view", now)
    return requests.exam_sheet(tx, exam_id), valid[-1]


def settle(tx: Tx, exam_id: ExamId, *, by: Caller | None, now: datetime) -> None:
    """Every system and somebody who asked have acknowledged a retraction; safe to run twice."""
    for loop_id in queries.recalls(tx, exam_id):
        loops.conclude(tx, loop_id, proof=wording.heard(), by=by, now=now)


def _read_again(tx: Tx, held: Held, now: datetime) -> None:
    state = lifecycle.after(State.RETRACTED, Step.REOPENED, Facts())
    tasks.log(tx, held.exam_id, (Step.REOPENED, State.RETRACTED, state), at=now)
    tasks.set_state(tx, exam_id=held.exam_id, state=State.RETRACTED)
    tasks.take_back(tx, exam_id=held.exam_id, state=state)


def _recall(tx: Tx, caller: Caller, held: Held, now: datetime) -> None:
    sheet = requests.exam_sheet(tx, held.exam_id)
    what = Opening(
        kind="recall",
        category="retraction",
        exam_id=held.exam_id,
        patient_id=held.patient_id,
        site_id=held.site_id,
        text=N_("A report was retracted, it is about somebody else: look at what followed it."),
        owner=Owner(sheet.request.requester_id, Role.REQUESTER),
    )
    loops.open_loop(tx, what, by=caller.person_id, now=now)

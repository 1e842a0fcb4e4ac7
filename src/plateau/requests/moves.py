"""Writing a change of state, of a request or of its exam, as one transition row."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

from plateau.kernel.caller import Role
from plateau.kernel.errors import RuleBrokenError
from plateau.kernel.ids import ExamId, PersonId
from plateau.kernel.time import local
from plateau.platform.db import Tx
from plateau.requests.queries import rows
from plateau.requests.rules import lifecycle
from plateau.requests.rules.lifecycle import Facts
from plateau.requests.types import (
    Exam,
    ExamEvent,
    ExamState,
    Request,
    RequestEvent,
    RequestState,
    Transition,
)
from plateau.territory import service as territory


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Who changes something, as what, when and why; nobody when a machine does."""

    at: datetime
    person_id: PersonId | None = None
    role: Role | None = None
    cause: str = ""


def move_request(
    tx: Tx, request: Request, event: RequestEvent, facts: Facts, *, move: Move
) -> RequestState:
    """The request has changed as its life cycle allows."""
    after = lifecycle.next_request(RequestState(request.state), event, facts)
    rows.set_request_state(tx, request.request_id, after)
    log_request(tx, replace(request, state=after), event, RequestState(request.state), move=move)
    return after


def log_request(
    tx: Tx, request: Request, event: RequestEvent, before: RequestState | None, *, move: Move
) -> None:
    """Record what has just been written of a request."""
    _log(
        tx,
        Transition(
            machine="request",
            subject_id=request.request_id,
            event=event,
            from_state=before,
            to_state=request.state,
            at=move.at,
            person_id=move.person_id,
            role=move.role,
            site_id=request.site_id,
            cause=move.cause,
        ),
    )


def move_exam(tx: Tx, exam: Exam, event: ExamEvent, *, move: Move) -> ExamState:
    """The exam has changed as its life cycle allows."""
    after = lifecycle.next_exam(ExamState(exam.state), event, Facts(reason=move.cause))
    rows.set_exam_state(tx, exam.exam_id, after, at=move.at)
    _log_exam(tx, replace(exam, state=after), event, ExamState(exam.state), move=move)
    return after


def plan_exam(
    tx: Tx, request: Request, *, exam_code: str, protocol: str, allowed: bool, move: Move
) -> ExamId:
    """An exam is planned on the machine of the site; the request was accepted or overridden."""
    planned = lifecycle.next_exam(None, ExamEvent.PLAN, Facts(allowed=allowed))
    exam_type = territory.exam_type(tx, exam_code)
    site = territory.site(tx, request.site_id)
    on = local(move.at, ZoneInfo(site.time_zone)).date()
    device = territory.device_for(tx, site_id=site.site_id, modality=exam_type.modality, on=on)
    if device is None:
        raise RuleBrokenError(
            "no machine of {site} makes {modality}", site=site.name, modality=exam_type.modality
        )
    exam = Exam(
        exam_id=ExamId(uuid4()),
        request_id=request.request_id,
        site_id=request.site_id,
        patient_id=request.patient_id,
        device_id=device.device_id,
        exam_code=exam_code,
        urgency=request.urgency,
        accession_number=f"PL{rows.next_accession(tx):010d}",
        study_uid=f"2.25.{uuid4().int}",
        protocol=protocol,
        state=planned,
        planned_at=move.at,
        arrived_at=None,
        started_at=None,
        acquired_at=None,
        complete_at=None,
    )
    rows.add_exam(tx, exam)
    _log_exam(tx, exam, ExamEvent.PLAN, None, move=move)
    return exam.exam_id


def cancel_exam(tx: Tx, exam: Exam | None, *, move: Move) -> None:
    """The exam that was planned, if there is one, will not be made."""
    if exam is not None:
        move_exam(tx, exam, ExamEvent.CANCEL, move=move)


def _log_exam(
    tx: Tx, exam: Exam, event: ExamEvent, before: ExamState | None, *, move: Move
) -> None:
    _log(
        tx,
        Transition(
            machine="exam",
            subject_id=exam.exam_id,
            event=event,
            from_state=before,
            to_state=exam.state,
            at=move.at,
            person_id=move.person_id,
            role=move.role,
            site_id=exam.site_id,
            cause=move.cause,
        ),
    )
    tx.touch("exams")


def _log(tx: Tx, transition: Transition) -> None:
    rows.add_transition(tx, transition)
    tx.touch("requests")

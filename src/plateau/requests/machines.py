"""What machines say of exams: their steps begin and end, their images are all there.

Messages come late, twice or in another order: each is heard once, and old news changes nothing.
"""

from datetime import datetime

import structlog

from plateau.images import service as images
from plateau.images.events import StepEnded, StepStarted, StudyComplete
from plateau.kernel.errors import NotFoundError
from plateau.kernel.time import local
from plateau.platform import jobs
from plateau.platform.db import Tx
from plateau.requests import moves
from plateau.requests.events import ExamComplete
from plateau.requests.moves import Move
from plateau.requests.queries import rows
from plateau.requests.rules import lifecycle
from plateau.requests.types import Exam, ExamEvent, ExamState, Incident
from plateau.territory import service as territory

log = structlog.get_logger()


def step_started(tx: Tx, event: StepStarted) -> None:
    """The exam is in progress on that machine; without an accepted request, it is an incident."""
    exam = rows.lock_exam_of_study(tx, event.study_uid)
    if exam is None or exam.state == ExamState.CANCELLED:
        _record_step(tx, event, exam)
        return
    cause = f"step {event.step_uid}"
    if rows.step_is_over(tx, exam.exam_id, cause=cause):
        return
    _adopt_machine(tx, exam, event.ae_title, at=event.at)
    _hear(tx, exam, ExamEvent.START, move=Move(at=event.at, cause=cause))


def step_ended(tx: Tx, event: StepEnded) -> None:
    """The exam is acquired, or goes back to the waiting patient when the step was given up."""
    exam = rows.lock_exam_of_study(tx, event.study_uid)
    if exam is None or exam.state == ExamState.CANCELLED:
        _record_step(tx, event, exam)
        return
    cause = f"step {event.step_uid}"
    if rows.step_is_over(tx, exam.exam_id, cause=cause):
        return
    move = Move(at=event.at, cause=cause)
    if event.state == "DISCONTINUED":
        _hear(tx, exam, ExamEvent.DISCONTINUE, move=move)
        return
    _hear(tx, exam, ExamEvent.ACQUIRE, move=move)
    study = images.study_of(tx, event.study_uid)
    if study is not None and study.instances:
        acquired = rows.exam(tx, exam.exam_id)
        _hear(tx, acquired, ExamEvent.TRANSFER, move=move)


def study_complete(tx: Tx, event: StudyComplete) -> None:
    """Every image is stored: the exam can be read."""
    exam = rows.lock_exam_of_study(tx, event.study_uid)
    if exam is None or exam.state == ExamState.CANCELLED:
        kind = "images_without_exam" if exam is None else "images_of_cancelled_exam"
        incident = Incident(
            key=f"study {event.study_uid}",
            kind=kind,
            at=event.at,
            site_id=event.site_id,
            ae_title="",
            exam_id=exam.exam_id if exam else None,
        )
        _record(tx, incident)
        return
    move = Move(at=event.at, cause=f"study {event.study_id}")
    if _hear(tx, exam, ExamEvent.COMPLETE, move=move):
        jobs.emit(tx, ExamComplete(exam_id=exam.exam_id))


def _hear(tx: Tx, exam: Exam, event: ExamEvent, *, move: Move) -> bool:
    """Move the exam on; False when it is old news."""
    if lifecycle.heard(ExamState(exam.state), event) is None:
        return False
    moves.move_exam(tx, exam, event, move=move)
    return True


def _adopt_machine(tx: Tx, exam: Exam, ae_title: str, *, at: datetime) -> None:
    """The machine that made the exam is the one that said so, if it belongs to the site."""
    device = territory.device_by_ae(tx, ae_title, on=local(at).date())
    if device and device.site_id == exam.site_id and device.device_id != exam.device_id:
        rows.set_device(tx, exam.exam_id, device.device_id)


def _record_step(tx: Tx, event: StepStarted | StepEnded, exam: Exam | None) -> None:
    """A machine acquires what nobody accepted: readable, but to be explained."""
    device = territory.device_by_ae(tx, event.ae_title, on=local(event.at).date())
    if device is None:
        raise NotFoundError("there is no such machine")
    kind = "step_without_exam" if exam is None else "step_of_cancelled_exam"
    incident = Incident(
        key=f"step {event.step_uid}",
        kind=kind,
        at=event.at,
        site_id=device.site_id,
        ae_title=event.ae_title,
        exam_id=exam.exam_id if exam else None,
    )
    _record(tx, incident)


def _record(tx: Tx, incident: Incident) -> None:
    if rows.add_incident(tx, incident):
        log.warning("exam.unaccepted", kind=incident.kind, exam_id=incident.exam_id)
        tx.touch("exams")

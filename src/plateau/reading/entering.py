"""Exams that enter the worklist: complete, or read although images are missing, with a reason."""

from dataclasses import replace
from datetime import datetime, timedelta

from plateau.access import service as access
from plateau.access.types import Access
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import NotFoundError, RuleBrokenError
from plateau.kernel.ids import ExamId
from plateau.kernel.time import local
from plateau.kernel.urgency import Urgency
from plateau.platform.db import Tx
from plateau.reading.queries import tasks
from plateau.reading.rules import lifecycle
from plateau.reading.rules.lifecycle import Facts
from plateau.reading.types import State, Step, Task
from plateau.requests import service as requests
from plateau.territory import service as territory


def open_task(tx: Tx, *, exam_id: ExamId, now: datetime) -> None:
    """A complete exam waits for a reader, due when its urgency says; once, however often asked."""
    state = lifecycle.after(None, Step.OPENED, facts_of(tx, exam_id))
    if tasks.add_task(tx, _task(tx, exam_id, state, now)):
        tasks.log(tx, exam_id, (Step.OPENED, None, state), at=now)
        tx.touch("worklist")


def read_incomplete(tx: Tx, caller: Caller, *, exam_id: ExamId, reason: str, now: datetime) -> None:
    """The exam can be read although images are missing; the reason is kept with it."""
    exam = requests.exam(tx, exam_id)
    if exam.site_id not in caller.sites_as(Role.READER):
        raise NotFoundError("there is no such exam to read")
    if not requests.standing(tx, exam_id).begun:
        raise RuleBrokenError("this exam has no image yet")
    said = reason.strip()
    state = lifecycle.after(
        None, Step.OPENED, replace(facts_of(tx, exam_id), incomplete_reason=said)
    )
    waits = tasks.lock(tx, exam_id=exam_id, sites={exam.site_id})
    if not waits and tasks.add_task(tx, _task(tx, exam_id, state, now)):
        step = (Step.OPENED, None, state)
        tasks.log(tx, exam_id, step, at=now, by=(caller.person_id, Role.READER), cause=said)
    tasks.set_incomplete_reason(tx, exam_id, said)
    trace = Access(
        action="report.incomplete",
        subject=f"exam:{exam_id}",
        patient_id=exam.patient_id,
        site_id=exam.site_id,
        reason=said,
    )
    access.record(tx, caller, trace, at=now)
    tx.touch("worklist")


def run_clock_again(tx: Tx, exam_id: ExamId) -> None:
    """What a reader asked was answered: the time it took does not count; safe to run twice."""
    tasks.move_deadline(tx, exam_id, stopped=requests.stopped_for(tx, exam_id))
    tx.touch("worklist")


def facts_of(tx: Tx, exam_id: ExamId) -> Facts:
    """What the request and the images of an exam allow."""
    found = requests.standing(tx, exam_id)
    return Facts(allowed=found.allowed, complete=found.complete)


def _task(tx: Tx, exam_id: ExamId, state: State, now: datetime) -> Task:
    exam = requests.exam(tx, exam_id)
    complete_at = exam.complete_at or now
    urgency = Urgency(exam.urgency)
    modality = territory.exam_type(tx, exam.exam_code).modality
    minutes = territory.target_minutes(
        tx, urgency, on=local(complete_at).date(), site_id=exam.site_id, modality=modality
    )
    return Task(
        exam_id=exam_id,
        site_id=exam.site_id,
        patient_id=exam.patient_id,
        study_uid=exam.study_uid,
        modality=modality,
        exam_code=exam.exam_code,
        urgency=urgency,
        state=state,
        complete_at=complete_at,
        due_at=complete_at + timedelta(minutes=minutes),
    )

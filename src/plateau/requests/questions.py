"""Problems with an exam: asked by its reader in one go, answered by technologist or requester."""

from collections.abc import Sequence
from datetime import datetime

from plateau.access import service as access
from plateau.access.types import Access
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import ConflictError, InvalidInputError, NotFoundError
from plateau.kernel.ids import ExamId
from plateau.platform import jobs
from plateau.platform.db import Tx
from plateau.requests import moves
from plateau.requests.events import QuestionAnswered
from plateau.requests.moves import Move
from plateau.requests.queries import questions, rows
from plateau.requests.rules.questions import ROUTES, Cause
from plateau.requests.types import Exam, ExamEvent, ExamState, Question

_LONGEST = 1000  # characters of a question or an answer


def ask(tx: Tx, caller: Caller, exam_id: ExamId, *, cause: str, text: str, now: datetime) -> None:
    """A reader has said what is wrong with an exam; missing images are asked for again."""
    exam = rows.lock_exam(tx, exam_id, sites=caller.sites_as(Role.READER))
    if cause not in set(Cause):
        raise InvalidInputError("choose what is wrong with the exam")
    route = ROUTES[Cause(cause)]
    asked = (cause, route.owner, route.stops_clock)
    said = _said(text)
    if not questions.add(tx, exam_id, asked=asked, text=said, at=now, by=caller.person_id):
        raise ConflictError("this is being asked already: its answer is awaited")
    if cause == Cause.MISSING_IMAGES and exam.state == ExamState.COMPLETE:
        by = Move(at=now, person_id=caller.person_id, role=Role.READER, cause=said or cause)
        moves.move_exam(tx, exam, ExamEvent.RECALL, move=by)
    _record(tx, caller, exam, "exam.question", now)


def answer(
    tx: Tx, caller: Caller, exam_id: ExamId, *, question_id: int, text: str, now: datetime
) -> None:
    """The question has its answer, and the clock of the report runs again."""
    question = questions.one(tx, question_id, exam_id=exam_id)
    exam = rows.lock_exam(tx, exam_id, sites=caller.sites_as(Role(question.owner)))
    said = _said(text)
    if not said:
        raise InvalidInputError("write the answer")
    if not questions.answer(tx, question_id, text=said, at=now, by=caller.person_id):
        raise ConflictError("somebody has answered already")
    if question.cause == Cause.MISSING_IMAGES and exam.state == ExamState.RECALLED:
        role = Role(question.owner)
        by = Move(at=now, person_id=caller.person_id, role=role, cause=said)
        moves.move_exam(tx, exam, ExamEvent.COMPLETE, move=by)
    _record(tx, caller, exam, "exam.answer", now)
    jobs.emit(tx, QuestionAnswered(exam_id=exam_id))


def of_exam(tx: Tx, exam_id: ExamId) -> Sequence[Question]:
    """Everything asked about an exam; for callers who have found that they may see it."""
    return questions.of_exam(tx, exam_id)


def to_answer(tx: Tx, caller: Caller, *, owner: Role) -> Sequence[Question]:
    """The open questions that the caller answers in that role."""
    if owner not in {route.owner for route in ROUTES.values()}:
        raise NotFoundError("nobody asks such roles anything")
    return questions.unanswered(tx, sites=caller.sites_as(owner), owner=owner)


def _said(text: str) -> str:
    said = text.strip()
    if len(said) > _LONGEST:
        raise InvalidInputError("a question or answer has {most} characters at most", most=_LONGEST)
    return said


def _record(tx: Tx, caller: Caller, exam: Exam, action: str, now: datetime) -> None:
    what = Access(
        action=action,
        subject=f"exam:{exam.exam_id}",
        patient_id=exam.patient_id,
        site_id=exam.site_id,
    )
    access.record(tx, caller, what, at=now)
    tx.touch("exams", "requests", "worklist")

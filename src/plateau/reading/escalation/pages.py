"""The ladder of an exam beside its page, and answering a call."""

from fastapi import APIRouter, Response

from plateau.kernel.ids import ExamId
from plateau.reading.escalation import service
from plateau.reading.visit import VisitDep, go

router = APIRouter()


@router.get("/reading/{exam_id}/escalation")
def ladder(visit: VisitDep, exam_id: ExamId) -> Response:
    """Who was called about an exam, what came of it, and who would be next."""
    with visit.db.begin() as tx:
        found = service.ladder(tx, visit.caller, exam_id)
    return visit.show_beside("reading/escalation.html", ladder=found, exam_id=exam_id)


@router.post("/reading/{exam_id}/escalation/answer")
def answer(visit: VisitDep, exam_id: ExamId) -> Response:
    """The caller sees to the exam."""
    with visit.db.begin() as tx:
        service.acknowledge(tx, visit.caller, exam_id, now=visit.now)
    return go(f"/exams/{exam_id}#escalation")

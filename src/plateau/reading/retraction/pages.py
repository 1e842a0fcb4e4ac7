"""Retracting a report: a page of its own, since nothing undoes it."""

from typing import Annotated

from fastapi import APIRouter, Form, Response

from plateau.kernel.errors import PlateauError, RuleBrokenError
from plateau.kernel.ids import ExamId
from plateau.reading.retraction import service
from plateau.reading.types import Retraction
from plateau.reading.visit import Visit, VisitDep, go
from plateau.web.language import sentence

router = APIRouter()


@router.get("/exams/{exam_id}/retraction")
def look(visit: VisitDep, exam_id: ExamId) -> Response:
    """The report, and what happens when it is retracted."""
    return _show(visit, exam_id)


@router.post("/exams/{exam_id}/retraction")
def retract(
    visit: VisitDep,
    exam_id: ExamId,
    reason: Annotated[str, Form(max_length=500)] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    """A report is about somebody else; the reason comes back when that is refused."""
    retraction = Retraction(exam_id=exam_id, reason=reason, password=password)
    try:
        with visit.db.begin() as tx:
            service.retract(tx, visit.blobs, visit.caller, retraction, now=visit.now)
    except RuleBrokenError as error:
        return _show(visit, exam_id, reason, error)
    return go(f"/exams/{exam_id}")


def _show(
    visit: Visit, exam_id: ExamId, reason: str = "", error: PlateauError | None = None
) -> Response:
    with visit.db.begin() as tx:
        sheet, report = service.report(tx, visit.caller, exam_id, now=visit.now)
    return visit.show(
        "reading/retraction.html",
        status_code=422 if error else 200,
        sheet=sheet,
        report=report,
        reason=reason,
        error=error,
        sentence=sentence,
    )

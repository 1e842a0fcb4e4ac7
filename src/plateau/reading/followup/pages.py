"""Pages of incidental findings: those of an exam, one of them."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel

from plateau.kernel.ids import ExamId, SiteId
from plateau.reading.followup import service
from plateau.reading.followup.types import Advice
from plateau.reading.visit import VisitDep, go, lines
from plateau.web.forms import OrNone

router = APIRouter()


class AdviceForm(BaseModel):
    """What is recommended, as typed."""

    finding: str = ""
    recommendation: str = ""
    due_on: date
    team: Annotated[SiteId | None, OrNone] = None

    def advice(self, exam_id: ExamId) -> Advice:
        """The same, in our words."""
        return Advice(
            exam_id=exam_id,
            finding=lines(self.finding),
            recommendation=lines(self.recommendation),
            due_on=self.due_on,
            team=self.team,
        )


@router.get("/followup/{loop_id}")
def desk(visit: VisitDep, loop_id: UUID) -> HTMLResponse:
    """One finding: what is recommended, by which day, and what became of it."""
    with visit.db.begin() as tx:
        seen = service.desk(tx, visit.caller, loop_id, now=visit.now)
    return visit.show("reading/followup.html", seen=seen)


@router.post("/followup/{loop_id}/plan")
def plan(
    visit: VisitDep, loop_id: UUID, planned_on: Annotated[date, Form()]
) -> RedirectResponse:  # fmt: skip
    """It will be done on that day."""
    with visit.db.begin() as tx:
        service.plan(tx, visit.caller, loop_id, planned_on, now=visit.now)
    return go(f"/followup/{loop_id}")


@router.get("/read/{exam_id}/followups")
def beside(visit: VisitDep, exam_id: ExamId) -> HTMLResponse:
    """Part of the pages of an exam: its incidental findings."""
    with visit.db.begin() as tx:
        seen = service.of_exam(tx, visit.caller, exam_id, now=visit.now)
    return visit.show_beside("reading/followups_beside.html", seen=seen, exam_id=exam_id)


@router.post("/read/{exam_id}/followups")
def advise(
    visit: VisitDep, exam_id: ExamId, said: Annotated[AdviceForm, Form()]
) -> RedirectResponse:  # fmt: skip
    """Something is recommended."""
    with visit.db.begin() as tx:
        loop_id = service.advise(tx, visit.caller, said.advice(exam_id), now=visit.now)
    return go(f"/followup/{loop_id}")

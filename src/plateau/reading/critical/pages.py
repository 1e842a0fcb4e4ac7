"""Pages of critical results: what nobody has heard yet, one of them, those of an exam."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel

from plateau.kernel.ids import ExamId
from plateau.reading.critical import service
from plateau.reading.critical.types import Category, Report, Rung, Say
from plateau.reading.visit import VisitDep, go, lines

router = APIRouter()


class FoundForm(BaseModel):
    """What was found, as typed."""

    category: str = ""
    finding: str = ""


class CallForm(BaseModel):
    """A call, as typed."""

    rung: str = ""
    called: str = ""
    reached: bool = False
    read_back: str = ""


@router.get("/critical")
def listing(visit: VisitDep) -> HTMLResponse:
    """The critical results of one's sites."""
    with visit.db.begin() as tx:
        seen = service.listing(tx, visit.caller, now=visit.now)
    return visit.show("reading/critical.html", "list", seen=seen)


@router.get("/critical/{loop_id}")
def desk(visit: VisitDep, loop_id: UUID) -> HTMLResponse:
    """One of them: what was found, who was called, whom to call now."""
    with visit.db.begin() as tx:
        seen = service.desk(tx, visit.caller, loop_id, now=visit.now)
    return visit.show("reading/critical_one.html", seen=seen, rungs=tuple(Rung))


@router.post("/critical/{loop_id}/call")
def call(
    visit: VisitDep, loop_id: UUID, said: Annotated[CallForm, Form()]
) -> RedirectResponse:  # fmt: skip
    """Somebody was called."""
    what = Say(
        rung=said.rung,
        called=lines(said.called),
        reached=said.reached,
        read_back=lines(said.read_back),
    )
    with visit.db.begin() as tx:
        service.call(tx, visit.caller, loop_id, what, now=visit.now)
    return go(f"/critical/{loop_id}")


@router.post("/critical/{loop_id}/acknowledge")
def acknowledge(visit: VisitDep, loop_id: UUID) -> RedirectResponse:
    """The caller has read it and sees to the patient."""
    with visit.db.begin() as tx:
        service.acknowledge(tx, visit.caller, loop_id, now=visit.now)
    return go(f"/critical/{loop_id}")


@router.get("/read/{exam_id}/critical")
def beside(visit: VisitDep, exam_id: ExamId) -> HTMLResponse:
    """Part of the pages of an exam: its critical results."""
    with visit.db.begin() as tx:
        seen = service.of_exam(tx, visit.caller, exam_id, now=visit.now)
    return visit.show_beside(
        "reading/critical_beside.html", seen=seen, exam_id=exam_id, categories=tuple(Category)
    )


@router.post("/read/{exam_id}/critical")
def find(
    visit: VisitDep, exam_id: ExamId, said: Annotated[FoundForm, Form()]
) -> RedirectResponse:  # fmt: skip
    """A critical result was found."""
    report = Report(exam_id=exam_id, category=said.category, finding=lines(said.finding))
    with visit.db.begin() as tx:
        loop_id = service.find(tx, visit.caller, report, now=visit.now)
    return go(f"/critical/{loop_id}")

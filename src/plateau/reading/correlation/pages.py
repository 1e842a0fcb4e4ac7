"""Pages of biopsies: what waits for pathology or for a comparison, and one of them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel

from plateau.kernel.ids import ExamId
from plateau.reading import tabs
from plateau.reading.correlation import service
from plateau.reading.correlation.service import Verdict
from plateau.reading.correlation.types import Sample
from plateau.reading.visit import VisitDep, go, lines

router = APIRouter()


class SampleForm(BaseModel):
    """What was sampled, as typed."""

    lesion: str = ""
    suspicion: str = ""
    within_days: int = 10

    def sample(self, exam_id: ExamId) -> Sample:
        """The same, in our words."""
        return Sample(
            exam_id=exam_id,
            lesion=lines(self.lesion),
            suspicion=self.suspicion,
            within_days=self.within_days,
        )


class FindingForm(BaseModel):
    """What the pathologist found, as typed."""

    pathology: str = ""
    finding: str = ""


class VerdictForm(BaseModel):
    """What a reader concludes, as typed."""

    explains: str = ""
    comment: str = ""
    conduct: str = ""

    def verdict(self) -> Verdict:
        """The same, in our words."""
        return Verdict(
            explains={"yes": True, "no": False}.get(self.explains),
            comment=lines(self.comment),
            conduct=lines(self.conduct),
        )


@router.get("/biopsies")
def biopsies(visit: VisitDep) -> HTMLResponse:
    """The biopsies of one's sites."""
    with visit.db.begin() as tx:
        found = service.listing(tx, visit.caller, now=visit.now)
    return visit.show(
        "reading/biopsies.html", block="list", biopsies=found, tabs=tabs.of(visit.caller)
    )


@router.get("/biopsies/{biopsy_id}")
def biopsy(visit: VisitDep, biopsy_id: UUID) -> HTMLResponse:
    """One biopsy."""
    with visit.db.begin() as tx:
        found = service.desk(tx, visit.caller, biopsy_id, now=visit.now)
    return visit.show("reading/biopsy.html", desk=found, tabs=tabs.of(visit.caller))


@router.post("/biopsies/{biopsy_id}/finding")
def enter(
    visit: VisitDep, biopsy_id: UUID, asked: Annotated[FindingForm, Form()]
) -> RedirectResponse:
    """Enter what the pathologist found."""
    said = (asked.pathology, lines(asked.finding))
    with visit.db.begin() as tx:
        service.enter(tx, visit.caller, biopsy_id, said=said, now=visit.now)
    return go(f"/biopsies/{biopsy_id}")


@router.post("/biopsies/{biopsy_id}/correlation")
def correlate(
    visit: VisitDep, biopsy_id: UUID, asked: Annotated[VerdictForm, Form()]
) -> RedirectResponse:
    """Compare images and pathology."""
    with visit.db.begin() as tx:
        service.correlate(tx, visit.caller, biopsy_id, asked.verdict(), now=visit.now)
    return go(f"/biopsies/{biopsy_id}")


@router.post("/biopsies/{biopsy_id}/not-done")
def not_done(
    visit: VisitDep, biopsy_id: UUID, why: Annotated[str, Form()] = ""
) -> RedirectResponse:
    """Say that nothing was sampled."""
    with visit.db.begin() as tx:
        service.not_done(tx, visit.caller, biopsy_id, why=why, now=visit.now)
    return go(f"/biopsies/{biopsy_id}")


@router.get("/read/{exam_id}/biopsies")
def beside(visit: VisitDep, exam_id: ExamId) -> HTMLResponse:
    """The biopsies of an exam, beside its report."""
    with visit.db.begin() as tx:
        found = service.of_exam(tx, visit.caller, exam_id, now=visit.now)
    return visit.show_beside("reading/biopsies_beside.html", exam_id=exam_id, seen=found)


@router.post("/read/{exam_id}/biopsies")
def sample(
    visit: VisitDep, exam_id: ExamId, asked: Annotated[SampleForm, Form()]
) -> RedirectResponse:
    """A lesion was sampled."""
    with visit.db.begin() as tx:
        service.sample(tx, visit.caller, asked.sample(exam_id), now=visit.now)
    return go(f"/read/{exam_id}/biopsies")

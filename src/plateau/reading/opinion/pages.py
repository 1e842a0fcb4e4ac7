"""Pages of second opinions and of multidisciplinary meetings."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse
from pydantic import BaseModel

from plateau.images.anonymise import service as anonymising
from plateau.kernel.ids import ExamId, PersonId, SiteId
from plateau.kernel.time import instant
from plateau.reading import tabs
from plateau.reading.opinion.service import asking, meeting
from plateau.reading.opinion.service.meeting import Plan
from plateau.reading.opinion.types import Question
from plateau.reading.types import Addendum
from plateau.reading.visit import VisitDep, go, lines
from plateau.web.forms import OrNone

router = APIRouter()
_OPINIONS, _MEETINGS = "/opinions", "/meetings"


class QuestionForm(BaseModel):
    """A question, as typed: to a colleague, or to a specialty."""

    person_id: Annotated[PersonId | None, OrNone] = None
    specialty: str = ""
    text: str = ""
    anonymised: bool = False
    within_hours: int = 48

    def question(self, exam_id: ExamId) -> Question:
        """The same, in our words."""
        return Question(
            exam_id=exam_id,
            to_person=self.person_id,
            to_specialty=self.specialty,
            text=lines(self.text),
            anonymised=self.anonymised,
            within_hours=self.within_hours,
        )


class AttachForm(BaseModel):
    """What is signed into the report."""

    text: str = ""
    conclusion: str = ""
    reason: str = ""
    password: str = ""

    def addendum(self, exam_id: ExamId) -> Addendum:
        """The same, in our words."""
        return Addendum(
            exam_id=exam_id,
            text=lines(self.text),
            conclusion=lines(self.conclusion),
            reason=self.reason,
            password=self.password,
        )


class PlanForm(BaseModel):
    """A meeting, as typed: the hour is that of the territory."""

    site_id: UUID
    title: str = ""
    place: str = ""
    held_at: datetime

    def plan(self) -> Plan:
        """The same, in our words."""
        at = self.held_at
        return Plan(
            site_id=SiteId(self.site_id),
            title=self.title,
            place=self.place,
            held_at=instant(at.date(), at.time().replace(tzinfo=None)),
        )


TextForm = Annotated[str, Form()]


@router.get("/opinions")
def opinions(visit: VisitDep) -> HTMLResponse:
    """What is asked of oneself, and what one asked."""
    with visit.db.begin() as tx:
        seen = asking.listing(tx, visit.caller, now=visit.now)
    return visit.show("reading/opinions.html", block="list", seen=seen, tabs=tabs.of(visit.caller))


@router.get("/opinions/{opinion_id}")
def opinion(visit: VisitDep, opinion_id: UUID) -> HTMLResponse:
    """One question, and its answer."""
    with visit.db.begin() as tx:
        view = asking.desk(tx, visit.caller, opinion_id, now=visit.now)
    return visit.show("reading/opinion.html", view=view, tabs=tabs.of(visit.caller))


@router.get("/opinions/{opinion_id}/images.zip")
def images(visit: VisitDep, opinion_id: UUID) -> StreamingResponse:
    """The images without their patient."""
    with visit.db.begin() as tx:
        wanted = asking.images(tx, visit.caller, opinion_id, now=visit.now)
    headers = {
        "Content-Disposition": 'attachment; filename="anonymous.zip"',
        "Cache-Control": "no-store",
    }
    pieces = (step() for step in anonymising.steps(visit.blobs, wanted))
    return StreamingResponse(pieces, media_type="application/zip", headers=headers)


@router.post("/opinions/{opinion_id}/answer")
def answer(visit: VisitDep, opinion_id: UUID, text: TextForm = "") -> RedirectResponse:
    """Answer a question."""
    with visit.db.begin() as tx:
        asking.answer(tx, visit.caller, opinion_id, text=lines(text), now=visit.now)
    return go(f"{_OPINIONS}?done=answered")


@router.post("/opinions/{opinion_id}/decline")
def decline(visit: VisitDep, opinion_id: UUID, text: TextForm = "") -> RedirectResponse:
    """Say why one cannot answer."""
    with visit.db.begin() as tx:
        asking.decline(tx, visit.caller, opinion_id, text=text, now=visit.now)
    return go(_OPINIONS)


@router.post("/opinions/{opinion_id}/withdraw")
def withdraw(visit: VisitDep, opinion_id: UUID, text: TextForm = "") -> RedirectResponse:
    """Take a question back."""
    with visit.db.begin() as tx:
        asking.withdraw(tx, visit.caller, opinion_id, text=text, now=visit.now)
    return go(_OPINIONS)


@router.post("/opinions/{opinion_id}/attach")
def attach(
    visit: VisitDep, opinion_id: UUID,
    asked: Annotated[AttachForm, Form()],
) -> RedirectResponse:  # fmt: skip
    """Sign an answer into the report."""
    with visit.db.begin() as tx:
        view = asking.desk(tx, visit.caller, opinion_id, now=visit.now)
        addendum = asked.addendum(view.opinion.exam_id)
        asking.attach(tx, visit.blobs, visit.caller, opinion_id, addendum, now=visit.now)
    return go(f"/exams/{addendum.exam_id}")


@router.get("/read/{exam_id}/opinions")
def beside(visit: VisitDep, exam_id: ExamId) -> HTMLResponse:
    """The opinions and meetings of an exam, beside its report."""
    with visit.db.begin() as tx:
        asked = asking.of_exam(tx, visit.caller, exam_id, now=visit.now)
        discussed = meeting.of_exam(tx, visit.caller, exam_id, now=visit.now)
    return visit.show_beside(
        "reading/opinions_beside.html", exam_id=exam_id, asked=asked, discussed=discussed
    )


@router.post("/read/{exam_id}/opinions")
def ask(
    visit: VisitDep, exam_id: ExamId,
    asked: Annotated[QuestionForm, Form()],
) -> RedirectResponse:  # fmt: skip
    """Ask for an opinion."""
    with visit.db.begin() as tx:
        opinion_id = asking.ask(tx, visit.caller, asked.question(exam_id), now=visit.now)
    return go(f"{_OPINIONS}/{opinion_id}")


@router.get("/meetings")
def meetings(visit: VisitDep) -> HTMLResponse:
    """The meetings of one's sites."""
    with visit.db.begin() as tx:
        seen = meeting.listing(tx, visit.caller, now=visit.now)
    return visit.show("reading/meetings.html", block="list", seen=seen, tabs=tabs.of(visit.caller))


@router.post("/meetings")
def plan(visit: VisitDep, asked: Annotated[PlanForm, Form()]) -> RedirectResponse:
    """Plan a meeting."""
    with visit.db.begin() as tx:
        meeting_id = meeting.plan(tx, visit.caller, asked.plan(), now=visit.now)
    return go(f"{_MEETINGS}/{meeting_id}")


@router.get("/meetings/{meeting_id}")
def agenda(visit: VisitDep, meeting_id: UUID) -> HTMLResponse:
    """A meeting and its list of exams."""
    with visit.db.begin() as tx:
        seen = meeting.agenda(tx, visit.caller, meeting_id, now=visit.now)
    return visit.show("reading/meeting.html", seen=seen, tabs=tabs.of(visit.caller))


@router.post("/meetings/{meeting_id}/call-off")
def call_off(visit: VisitDep, meeting_id: UUID) -> RedirectResponse:
    """Call off a meeting without exams."""
    with visit.db.begin() as tx:
        meeting.call_off(tx, visit.caller, meeting_id, now=visit.now)
    return go(_MEETINGS)


@router.post("/read/{exam_id}/meetings")
def add_exam(
    visit: VisitDep, exam_id: ExamId,
    meeting_id: Annotated[UUID, Form()], question: TextForm = "",
) -> RedirectResponse:  # fmt: skip
    """Put an exam on the list of a meeting."""
    with visit.db.begin() as tx:
        meeting.add_exam(tx, visit.caller, meeting_id, exam_id, question=question, now=visit.now)
    return go(f"{_MEETINGS}/{meeting_id}")


@router.post("/meetings/{meeting_id}/exams/{exam_id}/conclude")
def conclude(
    visit: VisitDep, meeting_id: UUID, exam_id: ExamId,
    text: TextForm = "",
) -> RedirectResponse:  # fmt: skip
    """Enter what the meeting concluded."""
    with visit.db.begin() as tx:
        meeting.conclude(tx, visit.caller, meeting_id, exam_id, text=lines(text), now=visit.now)
    return go(f"{_MEETINGS}/{meeting_id}")


@router.post("/meetings/{meeting_id}/exams/{exam_id}/attach")
def attach_conclusion(
    visit: VisitDep,
    meeting_id: UUID, exam_id: ExamId,
    asked: Annotated[AttachForm, Form()],
) -> RedirectResponse:  # fmt: skip
    """Sign a conclusion into the report."""
    with visit.db.begin() as tx:
        meeting.attach(
            tx, visit.blobs, visit.caller, meeting_id, asked.addendum(exam_id), now=visit.now
        )
    return go(f"/exams/{exam_id}")

"""The part of the control page about reading, the same for a wall, and giving exams to readers."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel

from plateau.kernel.ids import ExamId, PersonId
from plateau.reading import assigning
from plateau.reading.control import service
from plateau.reading.visit import VisitDep, go
from plateau.web.forms import OrNone

router = APIRouter()


class GivingForm(BaseModel):
    """To whom an exam is given; to nobody: it waits for anybody again."""

    person_id: Annotated[PersonId | None, OrNone] = None


@router.get("/control/reading")
def beside(visit: VisitDep) -> HTMLResponse:
    """Part of the control page: who reads how much, what is late or will be, what is overdue."""
    with visit.db.begin() as tx:
        seen = service.room(tx, visit.caller, now=visit.now)
    return visit.show("reading/control.html", "room", seen=seen, now=visit.now)


@router.get("/control/wall")
def wall(visit: VisitDep) -> HTMLResponse:
    """The same in large figures, without anything of a patient, for a screen on a wall."""
    with visit.db.begin() as tx:
        seen = service.room(tx, visit.caller, now=visit.now)
    return visit.show("reading/wall.html", "figures", seen=seen, now=visit.now)


@router.get("/control/share")
def share(visit: VisitDep) -> HTMLResponse:
    """What nobody reads yet, and to whom it may be given."""
    with visit.db.begin() as tx:
        seen = service.sharing(tx, visit.caller, now=visit.now)
    return visit.show("reading/share.html", "share", seen=seen, now=visit.now)


@router.post("/control/share/{exam_id}")
def give(visit: VisitDep, exam_id: ExamId, said: Annotated[GivingForm, Form()]) -> Response:
    """Give an exam to a reader, or take it back from whom it was given to."""
    with visit.db.begin() as tx:
        if said.person_id:
            assigning.assign(tx, visit.caller, exam_id, to=said.person_id, now=visit.now)
        else:
            assigning.take_back(tx, visit.caller, exam_id, now=visit.now)
    if visit.request.headers.get("HX-Request"):
        return Response(status_code=204)  # the open page hears that it changed
    return go("/control/share")

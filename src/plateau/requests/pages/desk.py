"""The inbox of duty readers, the control desk, and the acquisition desk."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from plateau.kernel.caller import Role
from plateau.kernel.errors import NotFoundError
from plateau.kernel.ids import ExamId
from plateau.kernel.urgency import Urgency
from plateau.requests import service, views
from plateau.requests.pages.forms import OpenedDep, to
from plateau.requests.types import ExamState
from plateau.web.pages import CallerDep, DbDep, NowDep, render

router = APIRouter()


@router.get("/requests/inbox")
def inbox(
    request: Request, db: DbDep, caller: CallerDep, now: NowDep, opened: OpenedDep
) -> HTMLResponse:
    """What the caller, as the reader on duty, has to decide; the most urgent first."""
    with db.begin() as tx:
        if not caller.is_one_of(Role.READER):
            raise NotFoundError("this page does not exist, or is not yours to see")
        found = views.inbox(tx, caller, now=now)
        if opened:
            views.record_list(tx, caller, "inbox", now=now)
    return render(request, "requests/inbox.html", block="rows", inbox=found, now=now)


@router.get("/control")
def control(
    request: Request, db: DbDep, caller: CallerDep, now: NowDep, opened: OpenedDep
) -> HTMLResponse:
    """What waits at the sites that the caller coordinates, and who is there to do it."""
    with db.begin() as tx:
        if not caller.is_one_of(Role.COORDINATOR):
            raise NotFoundError("this page does not exist, or is not yours to see")
        found = views.control(tx, caller, now=now)
        if opened:
            views.record_list(tx, caller, "control", now=now)
    return render(
        request,
        "requests/control.html",
        block="board",
        control=found,
        urgencies=list(Urgency),
        exam_states=list(ExamState),
        now=now,
    )


@router.get("/acquisition")
def acquisition(
    request: Request, db: DbDep, caller: CallerDep, now: NowDep, opened: OpenedDep
) -> HTMLResponse:
    """The exams of the day, machine by machine, and how their images come in."""
    with db.begin() as tx:
        if not caller.is_one_of(Role.TECHNOLOGIST, Role.COORDINATOR):
            raise NotFoundError("this page does not exist, or is not yours to see")
        found = views.acquisition(tx, caller, now=now)
        if opened:
            views.record_list(tx, caller, "acquisition", now=now)
    return render(request, "requests/acquisition.html", block="board", desk=found, now=now)


@router.post("/acquisition/{exam_id}/arrive")
def arrive(exam_id: ExamId, db: DbDep, caller: CallerDep, now: NowDep) -> Response:
    """The patient is at the machine."""
    with db.begin() as tx:
        service.arrive(tx, exam_id=exam_id, caller=caller, now=now)
    return to("/acquisition")

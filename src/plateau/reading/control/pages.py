"""The part of the control page about reading, and the same for a wall."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from plateau.reading.control import service
from plateau.reading.visit import VisitDep

router = APIRouter()


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

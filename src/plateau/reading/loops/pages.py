"""Pages of loops: what has to happen, one of them with its history, those of an exam."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse

from plateau.kernel.errors import NotFoundError
from plateau.kernel.ids import ExamId
from plateau.reading.loops import service
from plateau.reading.loops.types import KINDS
from plateau.reading.visit import VisitDep, go, lines

router = APIRouter()


@router.get("/loops")
def listing(visit: VisitDep, kind: str = "", over: bool = False) -> HTMLResponse:
    """What the caller has to see to or watches over, the most overdue first."""
    if kind and kind not in KINDS:
        raise NotFoundError("there is no such thing to follow")
    with visit.db.begin() as tx:
        found = service.lines(tx, visit.caller, kind=kind, is_over=over)
    return visit.show(
        "reading/loops.html", "loops", found=found, kind=kind, over=over, kinds=KINDS
    )  # fmt: skip


@router.get("/loops/{loop_id}")
def loop(visit: VisitDep, loop_id: UUID) -> HTMLResponse:
    """One of them, with everything that happened to it."""
    with visit.db.begin() as tx:
        seen = service.seen(tx, visit.caller, loop_id, now=visit.now)
    return visit.show("reading/loop.html", "loop", seen=seen, one=seen.line)


@router.post("/loops/{loop_id}/acknowledge")
def acknowledge(visit: VisitDep, loop_id: UUID) -> RedirectResponse:
    """The caller has it in hand."""
    with visit.db.begin() as tx:
        service.acknowledge(tx, visit.caller, loop_id, now=visit.now)
    return go(f"/loops/{loop_id}")


@router.post("/loops/{loop_id}/close")
def close(
    visit: VisitDep, loop_id: UUID, proof: Annotated[str, Form()] = ""
) -> RedirectResponse:  # fmt: skip
    """It happened."""
    with visit.db.begin() as tx:
        service.close(tx, visit.caller, loop_id, proof=lines(proof), now=visit.now)
    return go(f"/loops/{loop_id}")


@router.post("/loops/{loop_id}/lapse")
def lapse(
    visit: VisitDep, loop_id: UUID, proof: Annotated[str, Form()] = ""
) -> RedirectResponse:  # fmt: skip
    """It no longer has to happen."""
    with visit.db.begin() as tx:
        service.lapse(tx, visit.caller, loop_id, reason=lines(proof), now=visit.now)
    return go(f"/loops/{loop_id}")


@router.get("/read/{exam_id}/loops")
def of_exam(visit: VisitDep, exam_id: ExamId) -> HTMLResponse:
    """Part of the pages of an exam: what is to be followed about it."""
    with visit.db.begin() as tx:
        found = service.of_exam(tx, visit.caller, exam_id)
    return visit.show_beside("reading/loops_beside.html", found=found, exam_id=exam_id)

"""Pages of exchange: results for those who asked, deliveries for those who watch over them."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from plateau.exchange import service
from plateau.exchange.types import State
from plateau.kernel.caller import Role
from plateau.kernel.ids import DestinationId, ExamId, VersionId
from plateau.platform import clock
from plateau.web.pages import CallerDep, DbDep, NowDep, render

router = APIRouter()
_LIVE = "HX-Target"


@router.get("/results")
def results(request: Request, db: DbDep, caller: CallerDep, now: NowDep) -> HTMLResponse:
    """Reports of the caller's sites, and the exams whose report is still awaited."""
    with db.begin() as tx:
        signed = service.signed_results(tx, caller)
        pending = service.pending(tx, caller)
        troubles = service.troubles_of(tx, caller, wall=clock.wall())
        if _LIVE not in request.headers:  # a page that looks again is one view
            service.note_list(tx, caller, now=now)
    return render(
        request,
        "exchange/results.html",
        block="results",
        results=signed,
        pending=pending,
        troubles=troubles,
        may_retry=caller.is_one_of(Role.COORDINATOR, Role.ADMINISTRATOR),
    )


@router.get("/results/{version_id}")
def report(
    request: Request, version_id: VersionId, db: DbDep, caller: CallerDep, now: NowDep
) -> HTMLResponse:
    """One signed version, to be read and acknowledged."""
    with db.begin() as tx:
        opened = service.open_report(tx, caller, version_id=version_id, now=now)
    return render(request, "exchange/report.html", opened=opened)


@router.post("/results/{version_id}/acknowledge")
def acknowledge(
    version_id: VersionId, db: DbDep, caller: CallerDep, now: NowDep
) -> RedirectResponse:
    """Somebody has read the result."""
    with db.begin() as tx:
        service.acknowledge(tx, caller, version_id=version_id, now=now)
    return RedirectResponse(f"/results/{version_id}", status_code=303)


@router.get("/exams/{exam_id}/receipts")
def receipts(request: Request, exam_id: ExamId, db: DbDep, caller: CallerDep) -> HTMLResponse:
    """Part of the page of an exam: where its report arrived; nothing of the patient is in it."""
    with db.begin() as tx:
        found, readers = service.receipts_of(tx, caller, exam_id=exam_id)
    return render(request, "exchange/receipts.html", receipts=found, readers=readers)


@router.get("/deliveries")
def deliveries(request: Request, db: DbDep, caller: CallerDep, state: str = "") -> HTMLResponse:
    """What is owed to the systems of the sites, and what became of it."""
    wanted = State(state) if state in set(State) else None
    with db.begin() as tx:
        rows = service.deliveries(tx, caller, state=wanted)
        troubles = service.troubles_of(tx, caller, wall=clock.wall())
    return render(
        request,
        "exchange/deliveries.html",
        block="deliveries",
        rows=rows,
        troubles=troubles,
        state=wanted or "",
        may_retry=True,
    )


@router.get("/deliveries/troubles")
def troubles(request: Request, db: DbDep, caller: CallerDep) -> HTMLResponse:
    """The banner: destinations that do not acknowledge what is owed to them."""
    with db.begin() as tx:
        found = service.troubles_of(tx, caller, wall=clock.wall())
    return render(
        request,
        "exchange/troubles.html",
        block="troubles",
        troubles=found,
        may_retry=caller.is_one_of(Role.COORDINATOR, Role.ADMINISTRATOR),
    )


@router.post("/deliveries/{destination_id}/retry")
def retry(
    destination_id: DestinationId, db: DbDep, caller: CallerDep, now: NowDep
) -> RedirectResponse:
    """Everything owed to a destination is tried again now."""
    with db.begin() as tx:
        service.retry(tx, caller, destination_id=destination_id, now=now, wall=clock.wall())
    return RedirectResponse("/deliveries", status_code=303)

"""What is published, mended with the fewest changes: ask, follow, publish."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from plateau.planning import tabs
from plateau.planning.publication.service import mending
from plateau.platform import clock
from plateau.web.pages import CallerDep, DbDep, NowDep, render

router = APIRouter(prefix="/roster")


@router.post("/periods/{period_id}/mend")
def mend(period_id: UUID, db: DbDep, caller: CallerDep) -> RedirectResponse:
    """What no longer holds of a period is being mended."""
    with db.begin() as tx:
        one = mending.ask(tx, caller, period_id, now=clock.now())
    return RedirectResponse(f"/roster/mends/{one.solve_id}", 303)


@router.post("/absences/{absence_id}/mend")
def mend_absence(absence_id: UUID, db: DbDep, caller: CallerDep) -> RedirectResponse:
    """The posts of somebody absent are being given to others."""
    with db.begin() as tx:
        one = mending.ask_for(tx, caller, absence_id, now=clock.now())
    return RedirectResponse(f"/roster/mends/{one.solve_id}", 303)


@router.get("/mends/{solve_id}")
def mended(
    request: Request, solve_id: UUID, db: DbDep, caller: CallerDep, now: NowDep
) -> HTMLResponse:
    """Where a mend stands, what it would change, and whether fewer would do."""
    with db.begin() as tx:
        found = mending.mended(tx, caller, solve_id, now=now)
    return render(
        request, "planning/mend.html", block="mend", found=found, tabs=tabs.of(caller)
    )  # fmt: skip

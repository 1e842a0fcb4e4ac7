"""The page of what is watched."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from plateau.activity.regulatory import service
from plateau.activity.regulatory.types import MOST_REMOTE
from plateau.web.pages import CallerDep, DbDep, NowDep, render

router = APIRouter()


@router.get("/activity/watched")
def watched(request: Request, db: DbDep, caller: CallerDep, now: NowDep) -> HTMLResponse:
    """Remote reading by reader and site, hours by reader, sessions refused or lent and why."""
    with db.begin() as tx:
        found = service.watched(tx, caller, now=now)
    return render(request, "activity/watched.html", block="watched", found=found, most=MOST_REMOTE)

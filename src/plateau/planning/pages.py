"""Who is on call, for everybody who is signed in; no patient data."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from plateau.planning import service
from plateau.web.pages import CallerDep, DbDep, NowDep, render

router = APIRouter()


@router.get("/oncall")
def on_call(request: Request, db: DbDep, caller: CallerDep, now: NowDep) -> HTMLResponse:
    """Who answers for each site now, from where and until when."""
    with db.begin() as tx:
        sites = service.on_call(tx, at=now)
    return render(request, "planning/oncall.html", block="oncall", sites=sites, now=now)

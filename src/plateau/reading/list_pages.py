"""Pages of the worklist."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from plateau.kernel.caller import Caller, Role
from plateau.kernel.ids import SiteId
from plateau.kernel.urgency import Urgency
from plateau.platform.db import Db
from plateau.reading import views
from plateau.reading.rules import texts
from plateau.reading.types import Filters
from plateau.reading.views import Listed
from plateau.web.pages import CallerDep, DbDep, NowDep, made, render
from plateau.web.shared import alike

router = APIRouter(prefix="/worklist")
_ROWS = 200
_MOST_ROWS = 2000
_PAGE = "reading/worklist.html"
_NOBODY = "csrf-of-whoever-asks"

LimitDep = Annotated[int, Query(ge=1, le=_MOST_ROWS)]


def _filters(urgency: str = "", modality: str = "", state: str = "", site: str = "") -> Filters:
    """The filters of the address; what means nothing filters nothing."""
    return Filters(
        urgency=Urgency(urgency) if urgency in set(Urgency) else None,
        modality=modality,
        state=state,
        site_id=_site(site),
    )


def _site(text: str) -> SiteId | None:
    try:
        return SiteId(UUID(text))
    except ValueError:
        return None


FiltersDep = Annotated[Filters, Depends(_filters)]


@router.get("")
def worklist(
    request: Request,
    db: DbDep,
    caller: CallerDep,
    now: NowDep,
    filters: FiltersDep,
    limit: LimitDep = _ROWS,
) -> Response:
    """The exams that wait or are being read; opening the list leaves one trace."""
    with db.begin() as tx:
        views.record_worklist(tx, caller, now=now)
        seen = views.worklist(tx, caller, filters, limit=limit, now=now)
    values = _values(filters, limit, seen.listed)
    return render(request, _PAGE, block="list", seen=seen, **values)


@router.get("/rows")
def worklist_rows(
    request: Request, db: DbDep, caller: CallerDep, filters: FiltersDep, limit: LimitDep = _ROWS
) -> Response:
    """The same list again, for a page that was open when it changed."""
    if request.headers.get("HX-Target") != "list":
        return RedirectResponse("/worklist")
    key = (caller.sites_as(*views.LISTED), caller.sites_as(Role.READER), filters, limit)
    listed = alike(request, "worklist", key, lambda: _listed(db, caller, filters, limit))
    values = _values(filters, limit, listed)
    if any(row.reader_id == caller.person_id for row in listed.rows):
        return HTMLResponse(made(request, _PAGE, "list", **values))

    def as_nobody() -> str:
        return made(request, _PAGE, "list", csrf_token=_NOBODY, **values)

    html = alike(request, "worklist", (key, caller.language), as_nobody)
    return HTMLResponse(html.replace(_NOBODY, caller.csrf))


def _listed(db: Db, caller: Caller, filters: Filters, limit: int) -> Listed:
    with db.begin() as tx:
        return views.list_exams(tx, caller, filters, limit=limit)


def _values(filters: Filters, limit: int, listed: Listed) -> dict[str, Any]:
    return {
        "listed": listed,
        "filters": filters,
        "limit": limit,
        "more": min(limit + _ROWS, _MOST_ROWS),
        "lateness": texts.lateness,
    }

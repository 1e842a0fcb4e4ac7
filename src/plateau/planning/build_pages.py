"""Making a roster: ask for one, follow it, relax, read a spreadsheet; equity, paper, duties."""

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request, Response, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse

from plateau.kernel.errors import InvalidInputError, NotFoundError
from plateau.kernel.time import local
from plateau.planning import building, tabs
from plateau.planning.publication import grid, sheets
from plateau.planning.publication.queries import making, versions
from plateau.planning.publication.service import desk as desks
from plateau.planning.publication.service import drafting, solving, viewing
from plateau.planning.publication.types import Period, Wanted
from plateau.planning.roster.rules.catalogue import RULES
from plateau.planning.roster_pages import View
from plateau.platform import clock
from plateau.platform.db import Tx
from plateau.web import language
from plateau.web.formats import day as in_words
from plateau.web.formats import weekday
from plateau.web.pages import CallerDep, DbDep, NowDep, language_of, render

router = APIRouter()
_BUILD = "/roster/build"
_LARGEST = 8 * 1024 * 1024
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SECONDS = 60
_PERIODS = 4  # that the page of equity compares
_SHOWN = 8  # searches


@router.get("/roster/build")
def build(request: Request, db: DbDep, caller: CallerDep, now: NowDep) -> HTMLResponse:
    """Choose the days, start, and follow how the search goes."""
    with db.begin() as tx:
        desks.require_coordinator(caller)
        solves = [one for one in making.solves(tx) if one.kind == "solve"][:_SHOWN]
        period = _current(tx, solves[0].first if solves else local(now).date())
        found = solving.impossible(tx, period.period_id, now=now) if period else []
        relaxed, accepted = viewing.leniencies(tx, period.period_id) if period else ((), ())
    first = _next_quarter(local(now).date())
    return render(
        request,
        "planning/build.html",
        block="build",
        solves=solves,
        period=period,
        impossible=found,
        relaxed=relaxed,
        accepted=accepted,
        first=first,
        last=grid.window("quarter", first)[1],
        seconds=_SECONDS,
        rules=RULES,
        tabs=tabs.of(caller),
    )


def _current(tx: Tx, on: date) -> Period | None:
    return viewing.period_for(tx, on)


def _next_quarter(today: date) -> date:
    return grid.window("quarter", today)[1] + timedelta(days=1)


@router.post("/roster/build")
def start(
    db: DbDep, caller: CallerDep,
    first: Annotated[date, Form()], last: Annotated[date, Form()],
    seconds: Annotated[int, Form()] = _SECONDS, seed: Annotated[int, Form()] = 0,
) -> RedirectResponse:  # fmt: skip
    """A roster is being made."""
    wanted = Wanted(first=first, last=last, seconds=seconds, seed=seed)
    with db.begin() as tx:
        solving.ask(tx, caller, wanted, now=clock.now())
    return RedirectResponse(_BUILD, 303)


@router.post("/roster/build/{solve_id}/stop")
def stop(solve_id: UUID, db: DbDep, caller: CallerDep) -> RedirectResponse:
    """The search ends with its best."""
    with db.begin() as tx:
        solving.stop(tx, caller, solve_id)
    return RedirectResponse(_BUILD, 303)


@router.post("/roster/build/{solve_id}/resume")
def resume(
    solve_id: UUID, db: DbDep, caller: CallerDep, seconds: Annotated[int, Form()] = _SECONDS
) -> RedirectResponse:
    """The search goes on from its best."""
    with db.begin() as tx:
        solving.resume(tx, caller, solve_id, seconds=seconds, now=clock.now())
    return RedirectResponse(_BUILD, 303)


@router.post("/roster/build/{solve_id}/draft")
def make_draft(solve_id: UUID, db: DbDep, caller: CallerDep) -> RedirectResponse:
    """The best roster becomes a draft."""
    with db.begin() as tx:
        made = solving.make_draft(tx, caller, solve_id, now=clock.now())
    return RedirectResponse(f"/roster?version={made.version_id}", 303)


@router.post("/roster/build/period")
def read_again(
    db: DbDep, caller: CallerDep, first: Annotated[date, Form()], last: Annotated[date, Form()]
) -> RedirectResponse:
    """The period, as the territory says it now, without a search."""
    with db.begin() as tx:
        desks.require_coordinator(caller)
        desks.open_period(tx, first=first, last=last, now=clock.now())
    return RedirectResponse(f"/roster?on={first}", 303)


@router.post("/roster/import")
def read_spreadsheet(
    request: Request, db: DbDep, caller: CallerDep, file: UploadFile,
    period: Annotated[UUID, Form()],
) -> Response:  # fmt: skip
    """A roster made elsewhere becomes a draft; or what is wrong in it, by cell."""
    content = file.file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise InvalidInputError("this file is too large")
    now = clock.now()
    with db.begin() as tx:
        desks.require_coordinator(caller)
        found = versions.period(tx, period)
        problem = desks.lived(tx, found, published=frozenset(), now=now)
        held, faults = sheets.read(content, problem)
        if not faults:
            made = drafting.begin(
                tx, caller, period, held=held, reason=file.filename or "", now=now
            )
            return RedirectResponse(f"/roster?version={made.version_id}", 303)
    return render(
        request,
        "planning/import.html",
        status_code=400,
        faults=faults,
        name=file.filename or "",
        tabs=tabs.of(caller),
    )


@router.get("/roster.xlsx")
def spreadsheet(
    db: DbDep, caller: CallerDep, now: NowDep, view: Annotated[View, Query()]
) -> Response:
    """The roster as a spreadsheet, which can be read back."""
    with db.begin() as tx:
        period = viewing.period_for(tx, view.on or local(now).date())
        if period is None:
            raise NotFoundError("there is no such roster")
        if view.version:
            desks.require_coordinator(caller)
            desk = desks.of_version(tx, view.version, now=now)
        else:
            desk = desks.of_period(tx, period.period_id, now=now)
        content = sheets.workbook(desk.problem, desk.held)
    return _download(content, _XLSX, f"roster-{desk.period.first_on}.xlsx")


@router.get("/roster.pdf")
def wall(
    request: Request, db: DbDep, caller: CallerDep, now: NowDep, view: Annotated[View, Query()]
) -> Response:
    """The roster as a sheet for the wall."""
    with db.begin() as tx:
        period = viewing.period_for(tx, view.on or local(now).date())
        if period is None:
            raise NotFoundError("there is no such roster")
        desk = desks.of_period(tx, period.period_id, now=now)
        asked = view.asked(now, desk)
        shown = viewing.shown(tx, caller, asked, desk=desk, beside=False, now=now)
    with language.speaking(language_of(request)):
        title = language.gettext("Roster from {first} to {last}").format(
            first=in_words(asked.first), last=in_words(asked.last)
        )
        heads = [
            f"{weekday(one.on)} {one.on:%d/%m}\n{half}".strip()
            for one in shown.grid.days
            for half in (grid.HALVES if shown.grid.has_halves else ("",))
        ]
    content = sheets.wall(shown.grid, title=title, heads=heads)
    return _download(content, "application/pdf", f"roster-{asked.first}.pdf")


@router.get("/roster/duties.pdf")
def duties(
    request: Request, db: DbDep, caller: CallerDep, now: NowDep, month: str = ""
) -> Response:  # fmt: skip
    """The duty table of a month that the director of a hospital is owed."""
    try:
        first = date.fromisoformat(f"{month}-01") if month else local(now).date().replace(day=1)
    except ValueError as error:
        raise InvalidInputError("a month is written as 2027-01") from error
    with db.begin() as tx:
        found = viewing.duties_of_month(tx, caller, first)
    with language.speaking(language_of(request)):
        _ = language.gettext
        heads = (_("Day"), _("Line"), _("Site"), _("Who"), _("Call order"), _("From"), _("Until"))
        title = _("Duties of {month}").format(month=f"{first:%m/%Y}")
        rows = [(in_words(date.fromisoformat(on)), *others) for on, *others in found]
    content = sheets.duty_table([heads, *rows], title=title)
    return _download(content, "application/pdf", f"duties-{first:%Y-%m}.pdf")


def _download(content: bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)


@router.get("/equity")
def equity(
    request: Request, db: DbDep, caller: CallerDep, now: NowDep, period: UUID | None = None
) -> HTMLResponse:
    """Target against done of each burden, the rule that computes it, over the periods."""
    with db.begin() as tx:
        chosen = (
            versions.period(tx, period) if period else viewing.period_for(tx, local(now).date())
        )
        desk = desks.of_period(tx, chosen.period_id, now=now) if chosen else None
        burdens = viewing.fair(desk.problem, desk.current) if desk else []
        shares = viewing.shared(desk.problem, desk.current) if desk else []
        said = building.shares_said(tx, before=chosen.first_on) if chosen else {}
        periods = sorted(versions.periods(tx), key=lambda one: one.first_on)
        until = [one for one in periods if chosen and one.first_on <= chosen.first_on]
        past = [(one, viewing.equity(tx, one.period_id, now=now)) for one in until[-_PERIODS:]]
    return render(
        request,
        "planning/equity.html",
        block="equity",
        period=chosen,
        periods=periods,
        burdens=burdens,
        shares=shares,
        said=said,
        past=past if len(past) > 1 else [],
        tabs=tabs.of(caller),
    )

"""People and days: contracts, closed days and promised wishes, as coordinators change them."""

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel

from plateau.kernel.ids import PersonId
from plateau.kernel.time import local
from plateau.planning import building, tabs
from plateau.planning.plan_types import Terms
from plateau.planning.publication.arranged import Closing
from plateau.planning.publication.queries import arranging
from plateau.planning.publication.service import arranging as service
from plateau.planning.publication.service import desk as desks
from plateau.platform import clock
from plateau.web.forms import OrNone
from plateau.web.pages import CallerDep, DbDep, NowDep, render

router = APIRouter(prefix="/roster/terms")
_HOME = "/roster/terms"
_AHEAD = timedelta(days=365)


class CloseForm(BaseModel):
    """What is closed, as typed."""

    what: str
    half: Annotated[str | None, OrNone] = None
    first: date
    last: Annotated[date | None, OrNone] = None
    reason: str = ""


class TermsForm(BaseModel):
    """How a contract changes, as typed: an empty field stays as it is; the share in percent."""

    person: UUID
    first: date
    last: Annotated[date | None, OrNone] = None
    is_off: bool = False
    share: Annotated[float | None, OrNone] = None
    half_days: Annotated[float | None, OrNone] = None
    takes_extra: Annotated[bool | None, OrNone] = None
    max_duties: Annotated[int | None, OrNone] = None
    reason: str = ""

    def terms(self) -> Terms:
        """The same, as the service takes it."""
        share = None if self.share is None else self.share / 100
        return Terms(PersonId(self.person), self.first, self.last, self.is_off, share,
                     self.half_days, self.takes_extra, self.max_duties)  # fmt: skip


@router.get("")
def terms(request: Request, db: DbDep, caller: CallerDep, now: NowDep) -> HTMLResponse:
    """Who works how much, what is closed, and what was promised."""
    today = local(now).date()
    with db.begin() as tx:
        desks.require_coordinator(caller)
        people = building.people(tx, first=today, last=today + _AHEAD)
        changes = arranging.changes(tx, since=today)
        closures = arranging.closures(tx, since=today)
        sessions = arranging.session_choices(tx, on=today)
        nights = arranging.night_choices(tx, on=today)
        wishes = arranging.wishes(tx, since=today)
    return render(
        request,
        "planning/terms.html",
        block="terms",
        people=people,
        changes=changes,
        closures=closures,
        sessions=sessions,
        nights=nights,
        wishes=wishes,
        today=today,
        tabs=tabs.of(caller),
    )


@router.post("/closures")
def close(db: DbDep, caller: CallerDep, form: Annotated[CloseForm, Form()]) -> RedirectResponse:
    """A session or a night is closed on some days."""
    closing = Closing(what=form.what, half=form.half, first=form.first,
                      last=form.last or form.first, reason=form.reason)  # fmt: skip
    with db.begin() as tx:
        service.close(tx, caller, closing, now=clock.now())
    return RedirectResponse(f"{_HOME}#closed", 303)


@router.post("/closures/{closure_id}/open")
def open_again(closure_id: UUID, db: DbDep, caller: CallerDep) -> RedirectResponse:
    """What was closed takes place."""
    with db.begin() as tx:
        service.open_again(tx, caller, closure_id, now=clock.now())
    return RedirectResponse(f"{_HOME}#closed", 303)


@router.post("/contracts")
def change(db: DbDep, caller: CallerDep, form: Annotated[TermsForm, Form()]) -> RedirectResponse:
    """A contract changes."""
    with db.begin() as tx:
        service.change_contract(tx, caller, form.terms(), reason=form.reason, now=clock.now())
    return RedirectResponse(f"{_HOME}#changes", 303)


@router.post("/contracts/{change_id}/withdraw")
def withdraw(change_id: UUID, db: DbDep, caller: CallerDep) -> RedirectResponse:
    """A contract is as it was."""
    with db.begin() as tx:
        service.withdraw_change(tx, caller, change_id, now=clock.now())
    return RedirectResponse(f"{_HOME}#changes", 303)


@router.post("/wishes/{wish_id}/promise")
def promise(
    wish_id: UUID, db: DbDep, caller: CallerDep, promised: Annotated[bool, Form()] = False
) -> RedirectResponse:
    """A wish is promised, or no longer."""
    with db.begin() as tx:
        service.promise(tx, caller, wish_id, is_hard=promised, now=clock.now())
    return RedirectResponse(f"{_HOME}#wishes", 303)

"""Rights, sessions, lines, travel and shares, as coordinators change them."""

from datetime import date, datetime, time
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import AfterValidator, BaseModel, Field

from plateau.kernel.caller import Caller
from plateau.kernel.errors import InvalidInputError
from plateau.kernel.ids import LineId, PersonId, SiteId
from plateau.kernel.time import local
from plateau.planning import tabs
from plateau.planning.grounds import service
from plateau.planning.grounds.types import CoverWish, Days, LineWish, Right, ShareWish
from plateau.platform.db import Db
from plateau.web.forms import OrNone
from plateau.web.pages import CallerDep, DbDep, NowDep, render

router = APIRouter(prefix="/roster/grounds")
_HOME = "/roster/grounds"
MaybeDay = Annotated[date | None, OrNone]
MaybeHour = Annotated[
    time | None, OrNone, AfterValidator(lambda at: at and at.replace(tzinfo=None))
]
MaybeNumber = Annotated[Annotated[int, Field(ge=1, le=100)] | None, OrNone]


class Door:
    """Who changes what, when, and the database."""

    def __init__(self, db: DbDep, caller: CallerDep, now: NowDep) -> None:
        self.db: Db = db
        self.caller: Caller = caller
        self.now: datetime = now


DoorDep = Annotated[Door, Depends()]


class DaysForm(BaseModel):
    """From when to when, and why, as typed."""

    first: date
    last: MaybeDay = None
    reason: str = ""

    @property
    def days(self) -> Days:
        """The same, as the service takes it."""
        return Days(first=self.first, last=self.last)


class RightForm(DaysForm):
    """Who may do what, or no longer may."""

    kind: str
    person: UUID
    what: str
    gives: bool = False


class SessionForm(DaysForm):
    """A half-day of work as typed: `on` are dates apart from the days of the week."""

    code: str = ""
    name: str = ""
    site: str = ""
    halves: list[str] = []
    weekdays: list[str] = []
    on: str = ""
    machine: Annotated[str | None, OrNone] = None
    family: Annotated[str | None, OrNone] = None
    skill: Annotated[str | None, OrNone] = None
    starts_at: MaybeHour = None
    ends_at: MaybeHour = None
    needed: Annotated[int, Field(ge=1, le=100)] = 1
    statuses: list[str] = []
    holidays: bool = False
    optional: bool = False

    def block(self) -> dict[str, Any]:
        """The same, as a block of the territory file."""
        days = service.ended(self.days)
        names = ("name", "site", "machine", "family", "skill", "starts_at", "ends_at", "needed",
                 "holidays", "optional", "halves")  # fmt: skip
        found = {name: getattr(self, name) for name in names}
        lists = {"days": self.weekdays, "on": self.on.split()}
        statuses = {"statuses": self.statuses} if self.statuses else {}
        return {**found, **lists, **statuses, **days, "code": self.code.strip().upper()}


class EndForm(DaysForm):
    """A session that is held no more."""

    code: str


class LineForm(DaysForm):
    """How a line is to be: an empty field stays as it is."""

    line: UUID
    readers: MaybeNumber = None
    starts_at: MaybeHour = None
    ends_at: MaybeHour = None


class CoverForm(DaysForm):
    """From which hour a line covers a site; none: it no longer does."""

    line: UUID
    site: UUID
    starts_at: MaybeHour = None


class TravelForm(DaysForm):
    """Minutes between two sites, by their codes."""

    one: str
    other: str
    minutes: Annotated[int, Field(ge=0, le=1440)]
    source: str = ""


@router.get("")
def grounds(request: Request, db: DbDep, caller: CallerDep, now: NowDep) -> HTMLResponse:
    """What rosters are made from today and after, and what people changed of it."""
    today = local(now).date()
    with db.begin() as tx:
        seen = service.seen(tx, caller, on=today)
    return render(
        request,
        "planning/grounds.html",
        block="grounds",
        seen=seen,
        today=today,
        a_day=service.A_DAY,
        tabs=tabs.of(caller),
    )


@router.post("/rights")
def give(door: DoorDep, form: Annotated[RightForm, Form()]) -> RedirectResponse:
    """Somebody may do something, or no longer may."""
    right = Right(kind=form.kind, person_id=PersonId(form.person), what=form.what,
                  is_given=form.gives, days=form.days)  # fmt: skip
    with door.db.begin() as tx:
        service.give(tx, door.caller, right, reason=form.reason, now=door.now)
    return _back("rights")


@router.post("/sessions")
def add_session(door: DoorDep, form: Annotated[SessionForm, Form()]) -> RedirectResponse:
    """A half-day of work comes back."""
    with door.db.begin() as tx:
        service.add_session(tx, door.caller, form.block(), reason=form.reason, now=door.now)
    return _back("sessions")


@router.post("/sessions/end")
def end_session(door: DoorDep, form: Annotated[EndForm, Form()]) -> RedirectResponse:
    """A session is held no more."""
    with door.db.begin() as tx:
        service.end_session(
            tx, door.caller, form.code, form.days, reason=form.reason, now=door.now
        )  # fmt: skip
    return _back("sessions")


@router.post("/lines")
def change_line(door: DoorDep, form: Annotated[LineForm, Form()]) -> RedirectResponse:
    """A line has other hours or readers."""
    wish = LineWish(line_id=LineId(form.line), readers=form.readers, starts_at=form.starts_at,
                    ends_at=form.ends_at, days=form.days)  # fmt: skip
    with door.db.begin() as tx:
        service.change_line(tx, door.caller, wish, reason=form.reason, now=door.now)
    return _back("lines")


@router.post("/covers")
def cover(door: DoorDep, form: Annotated[CoverForm, Form()]) -> RedirectResponse:
    """A line covers a site, or no longer does."""
    wish = CoverWish(line_id=LineId(form.line), site_id=SiteId(form.site),
                     starts_at=form.starts_at, days=form.days)  # fmt: skip
    with door.db.begin() as tx:
        service.cover(tx, door.caller, wish, reason=form.reason, now=door.now)
    return _back("lines")


@router.post("/travels")
def set_travel(door: DoorDep, form: Annotated[TravelForm, Form()]) -> RedirectResponse:
    """Two sites are so many minutes apart."""
    typed = {"sites": (form.one, form.other), "minutes": form.minutes, "source": form.source,
             **service.ended(form.days)}  # fmt: skip
    with door.db.begin() as tx:
        service.set_travel(tx, door.caller, typed, reason=form.reason, now=door.now)
    return _back("travels")


@router.post("/shares")
async def set_share(request: Request, door: DoorDep) -> RedirectResponse:
    """A family of machines is shared otherwise; one field for each member, `share.CODE`."""
    typed = {name: str(value) for name, value in (await request.form()).items()}
    wish = _share(typed)
    with door.db.begin() as tx:
        service.set_share(tx, door.caller, wish, reason=typed.get("reason", ""), now=door.now)
    return _back("shares")


@router.post("/{amendment_id}/withdraw")
def withdraw(amendment_id: UUID, door: DoorDep) -> RedirectResponse:
    """A change is taken back, from today on."""
    with door.db.begin() as tx:
        service.withdraw(tx, door.caller, amendment_id, now=door.now)
    return _back("changes")


def _share(typed: dict[str, str]) -> ShareWish:
    known = {name.removeprefix("share."): value for name, value in typed.items()
             if name.startswith("share.") and value.strip()}  # fmt: skip
    try:
        days = DaysForm.model_validate({**typed, "last": typed.get("last") or None}).days
        return ShareWish(
            family=typed.get("family", ""),
            percents={code: float(value.replace(",", ".")) for code, value in known.items()},
            tolerance=float(typed.get("tolerance") or 1),
            days=days,
        )
    except ValueError as error:
        raise InvalidInputError("shares are percents, from a day on") from error


def _back(part: str) -> RedirectResponse:
    return RedirectResponse(f"{_HOME}#{part}", 303)

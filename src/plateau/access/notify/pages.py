"""Pages of notifications: what somebody was told, and where they want to hear it."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from plateau.access.notify import carrier, rules, service, wording
from plateau.access.notify.types import Choice, Contact, When
from plateau.kernel.errors import InvalidInputError
from plateau.platform import runtime
from plateau.web.language import sentence, speaking
from plateau.web.pages import CallerDep, DbDep, NowDep, render

router = APIRouter()
_PAGE = 100
_KINDS = (*wording.KINDS, "other")


@router.get("/notifications")
def notifications(
    request: Request,
    db: DbDep,
    caller: CallerDep,
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> HTMLResponse:
    """What the caller was told, the newest first."""
    with db.begin() as tx:
        rows = service.mine(tx, caller, before_id=before, limit=_PAGE)
    more = f"/notifications?before={rows[-1].notification_id}" if len(rows) == _PAGE else None
    href = f"/notifications?before={before}" if before else "/notifications"
    return render(
        request,
        "access/notifications.html",
        block="rows",
        rows=rows,
        more=more,
        href=href,
        words=wording,
    )


@router.get("/notifications/bell")
def bell(request: Request, db: DbDep, caller: CallerDep) -> Response:
    """How much the caller has not acknowledged, for the shell of every page."""
    if not request.headers.get("HX-Request"):
        return RedirectResponse("/notifications", 303)
    with db.look() as tx:
        unseen = service.unseen(tx, caller)
    return render(request, "access/bell.html", unseen=unseen)


@router.post("/notifications/seen")
def see_all(request: Request, db: DbDep, caller: CallerDep, now: NowDep) -> Response:
    """The caller has seen everything."""
    with db.begin() as tx:
        service.see(tx, caller, None, at=now)
    return _back(request)


@router.post("/notifications/{notification_id}/seen")
def see(
    request: Request, db: DbDep, caller: CallerDep, now: NowDep, notification_id: int
) -> Response:
    """The caller has seen that one."""
    with db.begin() as tx:
        service.see(tx, caller, notification_id, at=now)
    return _back(request)


def _back(request: Request) -> Response:
    if request.headers.get("HX-Request"):
        return Response(status_code=204)
    return RedirectResponse("/notifications", 303)


@router.get("/account/notifications")
def wishes(request: Request, db: DbDep, caller: CallerDep, saved: bool = False) -> HTMLResponse:
    """Where the caller is reached, and which kinds go where."""
    with db.begin() as tx:
        contact = service.contact(tx, caller.person_id)
        choices = service.choices(tx, caller, _KINDS)
    return _wishes(request, contact, choices, saved=saved)


@router.post("/account/notifications")
def save_wishes(  # noqa: PLR0913, PLR0917 - the fields of the form
    request: Request,
    db: DbDep,
    caller: CallerDep,
    email: Annotated[str, Form()] = "",
    phone: Annotated[str, Form()] = "",
    by_email: Annotated[list[When] | None, Form()] = None,
    by_sms: Annotated[list[When] | None, Form()] = None,
) -> Response:
    """The caller is reached there, and kinds go so, from now on."""
    wished = zip(_KINDS, by_email or (), by_sms or (), strict=False)
    choices = [Choice(kind, mail.value, sms.value) for kind, mail, sms in wished]
    try:
        contact = rules.contact(email, phone)
    except InvalidInputError as error:
        with speaking(caller.language):
            text = sentence(error)
        return _wishes(request, Contact(email, phone), choices, error=text)
    with db.begin() as tx:
        service.choose(tx, caller, contact, choices)
    return RedirectResponse("/account/notifications?saved=1", 303)


def _wishes(
    request: Request,
    contact: Contact,
    choices: list[Choice],
    *,
    saved: bool = False,
    error: str | None = None,
) -> HTMLResponse:
    open_channels = {channel.value for channel in carrier.configured(runtime.settings_in_use())}
    return render(
        request,
        "access/wishes.html",
        status_code=422 if error else 200,
        contact=contact,
        choices=choices,
        closed=[name for name in wording.CHANNELS if name not in open_channels],
        words=wording,
        saved=saved,
        error=error,
    )

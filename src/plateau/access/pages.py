"""Pages of access: signing in and out, preferences, the audit trail."""

import csv
from datetime import date, datetime, time, timedelta
from io import StringIO
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from plateau.access import rules, service
from plateau.access.types import Access, AuditFilter, AuditRow
from plateau.kernel.errors import InvalidInputError, PlateauError
from plateau.kernel.time import instant
from plateau.platform import clock
from plateau.web import language
from plateau.web.navigation import home
from plateau.web.pages import CallerDep, DbDep, NowDep, language_of, render

router = APIRouter()
COOKIE = "plateau_session"
_PAGE_OF_AUDIT = 200


@router.get("/", include_in_schema=False)
def first(caller: CallerDep) -> RedirectResponse:
    """The page this person works in."""
    return RedirectResponse(home(caller), 303)


@router.get("/login")
def login_page(
    request: Request, next_page: Annotated[str, Query(alias="next")] = "/"
) -> HTMLResponse:
    """Where one signs in."""
    target = rules.safe_next(next_page)
    return render(request, "access/login.html", next=target, login="", error=None)


@router.post("/login")
def sign_in(
    request: Request,
    db: DbDep,
    login: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next_page: Annotated[str, Form(alias="next")] = "/",
) -> Response:
    """Open a session, in place of the one this browser had."""
    address = request.client.host if request.client else ""
    try:
        opened = service.sign_in(
            db, login=login, password=password, address=address, at=clock.wall(), now=clock.now()
        )
    except PlateauError as error:
        with language.speaking(language_of(request)):
            text = language.sentence(error)
        values = {"next": rules.safe_next(next_page), "login": login, "error": text}
        return render(request, "access/login.html", status_code=422, **values)
    _end(request, db)
    answer = RedirectResponse(rules.safe_next(next_page), 303)
    answer.set_cookie(
        COOKIE,
        opened.token,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
        max_age=int(rules.LONGEST.total_seconds()),
    )
    return answer


@router.post("/logout")
def sign_out(request: Request, db: DbDep) -> RedirectResponse:
    """End the session."""
    _end(request, db)
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE)
    return answer


def _end(request: Request, db: DbDep) -> None:
    token = request.cookies.get(COOKIE)
    if token:
        with db.begin() as tx:
            service.sign_out(tx, token=token)


@router.get("/me")
def preferences(request: Request, caller: CallerDep, saved: bool = False) -> HTMLResponse:
    """Language, theme, password."""
    with language.speaking(caller.language):
        said = language.gettext("Saved.") if saved else None
    return render(request, "access/me.html", said=said, error=None)


@router.post("/me")
def save_preferences(
    db: DbDep,
    caller: CallerDep,
    chosen: Annotated[str, Form(alias="language")],
    theme: Annotated[str, Form()],
) -> RedirectResponse:
    """Pages look so from now on."""
    with db.begin() as tx:
        service.set_preferences(tx, caller, language=chosen, theme=theme)
    answer = RedirectResponse("/me?saved=1", 303)
    answer.set_cookie("plateau_language", chosen, max_age=31536000, samesite="lax")
    return answer


@router.post("/me/password")
def change_password(
    request: Request,
    db: DbDep,
    caller: CallerDep,
    current: Annotated[str, Form()] = "",
    new: Annotated[str, Form()] = "",
) -> Response:
    """Change the password, and sign out everywhere."""
    try:
        with db.begin() as tx:
            service.change_password(tx, caller, current=current, new=new, at=clock.now())
    except PlateauError as error:
        with language.speaking(caller.language):
            text = language.sentence(error)
        return render(request, "access/me.html", status_code=422, said=None, error=text)
    return RedirectResponse("/login", 303)


class AuditQuery(BaseModel):
    """The filters of the audit trail, as typed."""

    actor: str = ""
    action: str = ""
    patient: str = ""
    since: str = ""
    until: str = ""
    before: Annotated[int | None, Field(ge=0, lt=2**63)] = None

    def parsed(self) -> AuditFilter:
        """The filter; InvalidInputError when a number or a date is not one."""
        try:
            return AuditFilter(
                actor=self.actor.strip(),
                action=self.action.strip(),
                patient_id=UUID(self.patient.strip()) if self.patient.strip() else None,
                since=_midnight(self.since),
                until=_midnight(self.until, days_later=1),
                before_id=self.before,
            )
        except (ValueError, OverflowError) as error:
            raise InvalidInputError("a date or an internal number is not one") from error


def _midnight(text: str, days_later: int = 0) -> datetime | None:
    if not text:
        return None
    return instant(date.fromisoformat(text) + timedelta(days=days_later), time(0))


@router.get("/admin/audit")
def audit(
    request: Request,
    db: DbDep,
    caller: CallerDep,
    now: NowDep,
    asked: Annotated[AuditQuery, Query()],
) -> HTMLResponse:
    """Who saw or changed what; looking here is itself recorded."""
    with db.begin() as tx:
        rows = service.audit(tx, caller, only=asked.parsed(), limit=_PAGE_OF_AUDIT)
        service.record(tx, caller, Access(action="audit.view", subject="audit"), at=now)
    more = None
    if len(rows) == _PAGE_OF_AUDIT:
        older = {**asked.model_dump(exclude_none=True), "before": rows[-1].audit_id}
        more = f"/admin/audit?{urlencode(older)}"
    return render(request, "access/audit.html", rows=rows, asked=asked, more=more)


@router.get("/admin/audit.csv")
def audit_csv(
    db: DbDep, caller: CallerDep, now: NowDep, asked: Annotated[AuditQuery, Query()]
) -> Response:
    """The same lines, for a spreadsheet."""
    with db.begin() as tx:
        rows = service.audit(tx, caller, only=asked.parsed(), limit=100_000)
        service.record(tx, caller, Access(action="audit.export", subject="audit"), at=now)
    return Response(
        _as_csv(rows),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": 'attachment; filename="audit.csv"',
            "Cache-Control": "no-store",
        },
    )


def _as_csv(rows: list[AuditRow]) -> str:
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(["at", "actor", "action", "subject", "patient_id", "site_id", "reason"])
    for row in rows:
        told = (row.actor, row.action, row.subject, row.patient_id, row.site_id, row.reason)
        writer.writerow([row.at.isoformat(), *(rules.cell(value) for value in told)])
    return text.getvalue()

"""Pages of settlements: periods, their statements, and what leads to their closing."""

from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel

from plateau.activity.agreements import service as agreements
from plateau.activity.counter import rules as counting
from plateau.activity.counter import service as counter
from plateau.activity.settlement import service, sheets
from plateau.kernel.errors import NotFoundError
from plateau.kernel.time import local
from plateau.web import language
from plateau.web.language import gettext as _
from plateau.web.pages import CallerDep, DbDep, NowDep, language_of, render

router = APIRouter()
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
On = Annotated[str, Form()]


class Raised(BaseModel):
    """The form that disputes an entry."""

    on: str
    entry: str
    reason: str = ""


class Answered(BaseModel):
    """The form that answers a dispute."""

    on: str
    answer: str = ""


@router.get("/statements")
def statements(request: Request, db: DbDep, caller: CallerDep, now: NowDep) -> HTMLResponse:
    """The periods of every agreement, and where they are."""
    today = local(now).date()
    with db.begin() as tx:
        found = [
            (one, service.spans(one, today=today), service.states(tx, one))
            for one in counter.current(tx, caller, on=today)
        ]
    return render(request, "activity/statements.html", block="statements", found=found, today=today)


@router.get("/statements/{code}")
def statement(
    request: Request, code: str, db: DbDep, caller: CallerDep, now: NowDep, on: str = ""
) -> HTMLResponse:
    """One period: the statement of each member, what blocks it, who signed."""
    today = local(now).date()
    with db.begin() as tx:
        agreement = counter.agreement(tx, caller, code, on=today)
        desk = service.desk(tx, agreement, counting.parsed(agreement, on, today=today))
        own = agreements.members(tx, caller)
    with language.speaking(language_of(request)):
        names = {item.section: sheets.section_name(item.section)
                 for one in desk.settled.statements for item in one.items}  # fmt: skip
        things = {item.what: sheets.what_name(item.what)
                  for one in desk.settled.statements for item in one.items}  # fmt: skip
    return render(
        request,
        "activity/statement.html",
        block="statement",
        desk=desk,
        own=own,
        names=names,
        things=things,
        signed={one.member: one for one in desk.signatures},
        is_over=today > desk.span.last_on,
    )


@router.get("/statements/{code}/file.{kind}")
def file(
    request: Request, code: str, kind: str, db: DbDep, caller: CallerDep, now: NowDep
) -> Response:
    """The statements of a period: CSV or XLSX for all members, PDF for one."""
    asked, today = request.query_params, local(now).date()
    with db.begin() as tx:
        agreement = counter.agreement(tx, caller, code, on=today)
        span = counting.parsed(agreement, asked.get("on", ""), today=today)
        desk = service.desk(tx, agreement, span)
    name = f"{code}-{span.first_on}"
    with language.speaking(language_of(request)):
        if kind == "csv":
            return _sent("\ufeff" + sheets.as_csv(desk.settled), "text/csv; charset=utf-8",
                         f"{name}.csv")  # fmt: skip
        if kind == "xlsx":
            return _sent(sheets.as_xlsx(desk.settled), _XLSX, f"{name}.xlsx")
        found = [one for one in desk.settled.statements if one.member == asked.get("member")]
        if kind != "pdf" or not found:
            raise NotFoundError("there is no such statement")
        content = sheets.as_pdf(
            desk.settled, found[0], title=agreement.name, notes=list(_notes(desk))
        )
    return _sent(content, "application/pdf", f"{name}-{found[0].member}.pdf")


@router.post("/statements/{code}/check")
def check(code: str, on: On, db: DbDep, caller: CallerDep, now: NowDep) -> RedirectResponse:
    """The period is ready to be signed."""
    today = local(now).date()
    with db.begin() as tx:
        agreement = counter.agreement(tx, caller, code, on=today)
        span = counting.parsed(agreement, on, today=today)
        service.check(tx, caller, agreement, span, at=now)
    return _back(code, on)


@router.post("/statements/{code}/sign")
def sign(
    code: str, on: On, member: Annotated[str, Form()], db: DbDep, caller: CallerDep, now: NowDep
) -> RedirectResponse:
    """A party signs the period."""
    today = local(now).date()
    with db.begin() as tx:
        agreement = counter.agreement(tx, caller, code, on=today)
        span = counting.parsed(agreement, on, today=today)
        service.sign(tx, caller, agreement, span, member=member, at=now)
    return _back(code, on)


@router.post("/statements/{code}/close")
def close(code: str, on: On, db: DbDep, caller: CallerDep, now: NowDep) -> RedirectResponse:
    """The period is closed and frozen."""
    today = local(now).date()
    with db.begin() as tx:
        agreement = counter.agreement(tx, caller, code, on=today)
        span = counting.parsed(agreement, on, today=today)
        service.close(tx, caller, agreement, span, at=now)
    return _back(code, on)


@router.post("/statements/{code}/dispute")
def dispute(
    code: str, form: Annotated[Raised, Form()], db: DbDep, caller: CallerDep, now: NowDep
) -> RedirectResponse:
    """An entry is disputed."""
    number = counting.number(form.entry)
    with db.begin() as tx:
        agreement = counter.agreement(tx, caller, code, on=local(now).date())
        service.dispute(tx, caller, agreement, entry_id=number, reason=form.reason, at=now)
    return _back(code, form.on)


@router.post("/statements/{code}/disputes/{dispute_id}")
def answer(
    dispute_id: UUID, code: str, form: Annotated[Answered, Form()], db: DbDep, caller: CallerDep,
    now: NowDep,
) -> RedirectResponse:  # fmt: skip
    """A dispute is answered."""
    with db.begin() as tx:
        agreement = counter.agreement(tx, caller, code, on=local(now).date())
        service.answer(tx, caller, agreement, dispute_id=dispute_id, text=form.answer, at=now)
    return _back(code, form.on)


def _notes(desk: service.Desk) -> list[str]:
    notes = [_("Provisional: the period is not closed.")]
    if desk.stored is not None and desk.stored.state == "closed":
        notes = [_("Closed and frozen. Digest signed: {digest}").format(
            digest=desk.stored.digest.hex()[:16])]  # fmt: skip
    if not desk.settled.is_verified:
        notes.append(_("Some tariffs are not verified: see the territory file."))
    return notes


def _sent(content: str | bytes, media_type: str, name: str) -> Response:
    return Response(
        content,
        media_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


def _back(code: str, on: str) -> RedirectResponse:
    return RedirectResponse(f"/statements/{code}?{urlencode({'on': on})}", status_code=303)

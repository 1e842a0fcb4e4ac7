"""The page on which people enter what no machine and no roster says."""

from datetime import date
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel

from plateau.activity.agreements.types import HEADS, Agreement
from plateau.activity.counter import service as counter
from plateau.activity.entering import rules, service
from plateau.activity.entering.types import SESSIONS, CallOut, Money, Session
from plateau.kernel.caller import Caller
from plateau.kernel.errors import InvalidInputError
from plateau.kernel.time import local
from plateau.platform.db import Tx
from plateau.web.pages import CallerDep, DbDep, NowDep, render

router = APIRouter(prefix="/activity/enter")


class SessionForm(BaseModel):
    """What became of a session, as typed."""

    token: UUID
    kind: str = ""
    on: str = ""
    machine: str = ""
    session_member: str = ""
    reader_member: str = ""
    reason: str = ""


class CallOutForm(BaseModel):
    """A call-out, as typed."""

    token: UUID
    line: str = ""
    starts_at: str = ""
    ends_at: str = ""
    reader_member: str = ""
    reason: str = ""


class MoneyForm(BaseModel):
    """An amount, as typed."""

    kind: str = ""
    on: str = ""
    head: str = ""
    payer: str = ""
    euros: str = ""
    reference: str = ""


class BackForm(BaseModel):
    """Which entry is taken back, and why."""

    entry: int
    reason: str = ""


@router.get("/{code}")
def enter(request: Request, code: str, db: DbDep, caller: CallerDep, now: NowDep) -> HTMLResponse:
    """The forms of an agreement, and what was entered last."""
    with db.begin() as tx:
        agreement = _agreement(tx, caller, code, now=now)
        entered = service.entered(tx, agreement)
    return render(
        request,
        "activity/enter.html",
        block="enter",
        agreement=agreement,
        entered=entered,
        tokens=(uuid4(), uuid4()),
        kinds=SESSIONS,
        heads=HEADS,
        payers=rules.payers(agreement),
        today=local(now).date(),
    )


@router.post("/{code}/session")
def session(
    code: str, db: DbDep, caller: CallerDep, now: NowDep, said: Annotated[SessionForm, Form()]
) -> RedirectResponse:
    """A session was given up, lent, made up or refused."""
    one = Session(
        kind=said.kind,
        on=_day(said.on),
        machine=said.machine,
        session_member=said.session_member,
        reader_member=said.reader_member,
        reason=said.reason,
    )
    with db.begin() as tx:
        agreement = _agreement(tx, caller, code, now=now)
        service.enter(tx, caller, rules.session(agreement, one, token=said.token), now=now)
    return _back(code)


@router.post("/{code}/call-out")
def call_out(
    code: str, db: DbDep, caller: CallerDep, now: NowDep, said: Annotated[CallOutForm, Form()]
) -> RedirectResponse:
    """Somebody on call had to come."""
    with db.begin() as tx:
        agreement = _agreement(tx, caller, code, now=now)
        one = CallOut(
            line=said.line,
            line_id=service.line_id(tx, said.line, now=now),
            starts_at=rules.moment(said.starts_at),
            ends_at=rules.moment(said.ends_at),
            reader_member=said.reader_member,
            reason=said.reason,
        )
        service.enter(tx, caller, rules.call_out(agreement, one, token=said.token), now=now)
    return _back(code)


@router.post("/{code}/money")
def money(
    code: str, db: DbDep, caller: CallerDep, now: NowDep, said: Annotated[MoneyForm, Form()]
) -> RedirectResponse:
    """A member paid for all, or a head is forecast to cost so much."""
    one = Money(
        kind=said.kind,
        on=_day(said.on),
        head=said.head,
        payer=said.payer,
        cents=rules.cents(said.euros),
        reference=said.reference,
    )
    with db.begin() as tx:
        agreement = _agreement(tx, caller, code, now=now)
        service.enter(tx, caller, rules.money(agreement, one), now=now)
    return _back(code)


@router.post("/{code}/back")
def take_back(
    code: str, db: DbDep, caller: CallerDep, now: NowDep, said: Annotated[BackForm, Form()]
) -> RedirectResponse:
    """An entry no longer counts."""
    with db.begin() as tx:
        agreement = _agreement(tx, caller, code, now=now)
        service.take_back(
            tx, caller, agreement, entry_id=said.entry, reason=said.reason, now=now
        )  # fmt: skip
    return _back(code)


def _agreement(tx: Tx, caller: Caller, code: str, *, now: NowDep) -> Agreement:
    return counter.agreement(tx, caller, code, on=local(now).date())


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInputError("this is not a date: write it as 2026-11-24") from error


def _back(code: str) -> RedirectResponse:
    return RedirectResponse(f"/activity/enter/{code}", 303)

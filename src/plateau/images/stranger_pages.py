"""Pages on which a person says who somebody of another institution is."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel

from plateau.images import tabs
from plateau.images.recognition import service as recognising
from plateau.platform import clock
from plateau.web.pages import CallerDep, DbDep, NowDep, render

router = APIRouter(prefix="/images/strangers")


class Decided(BaseModel):
    """Who it is, as typed."""

    ours: str = ""
    seen: str = ""


class Discarded(BaseModel):
    """Why nobody here needs it, as typed."""

    reason: str = ""


@router.post("/{stranger_id}/compare")
def compare(
    request: Request, stranger_id: int, db: DbDep, caller: CallerDep,
    asked: Annotated[Decided, Form()],
) -> HTMLResponse:  # fmt: skip
    """Somebody as another institution describes them, beside ours."""
    with db.begin() as tx:
        found = recognising.compare(tx, caller, stranger_id, ours=asked.ours, now=clock.now())
    return render(
        request,
        "images/same_person.html",
        found=found,
        action=f"/images/strangers/{stranger_id}",
        back=tabs.QUARANTINE,
        tabs=tabs.of(db, caller),
    )


@router.post("/{stranger_id}")
def recognise(
    stranger_id: int, db: DbDep, caller: CallerDep, asked: Annotated[Decided, Form()]
) -> RedirectResponse:
    """A person has decided that both are one patient."""
    with db.begin() as tx:
        recognising.recognise(
            tx, caller, stranger_id, ours=asked.ours, seen=asked.seen, now=clock.now()
        )
    return RedirectResponse(tabs.QUARANTINE, 303)


@router.post("/{stranger_id}/discard")
def discard(
    stranger_id: int, db: DbDep, caller: CallerDep, now: NowDep, asked: Annotated[Discarded, Form()]
) -> RedirectResponse:
    """What was sent of somebody is deleted."""
    with db.begin() as tx:
        recognising.discard(tx, caller, stranger_id, reason=asked.reason, now=now)
    return RedirectResponse(tabs.QUARANTINE, 303)


@router.post("/{stranger_id}/again")
def again(stranger_id: int, db: DbDep, caller: CallerDep, now: NowDep) -> RedirectResponse:
    """Try again what could not be indexed."""
    with db.begin() as tx:
        recognising.again(tx, caller, stranger_id, now=now)
    return RedirectResponse(tabs.QUARANTINE, 303)

"""What people do with what is stored: reject images, and bring them back."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel

from plateau.images import tabs
from plateau.images.reject import service as rejecting
from plateau.images.reject.types import Wish
from plateau.images.store import Store
from plateau.web.pages import CallerDep, DbDep, NowDep, render

router = APIRouter(prefix="/images")


class WishForm(BaseModel):
    """What is to be rejected, as typed."""

    code: str = ""
    text: str = ""
    series: str = ""
    numbers: str = ""

    def wish(self) -> Wish:
        """What a person wants rejected."""
        return Wish(
            code=self.code, text=self.text.strip(), series_uid=self.series, numbers=self.numbers
        )


@router.post("/studies/{study_uid}/reject")
def reject(
    request: Request,
    study_uid: str,
    db: DbDep,
    caller: CallerDep,
    now: NowDep,
    asked: Annotated[WishForm, Form()],
) -> RedirectResponse:
    """A rejection note is written and stored like any other; what it names is hidden."""
    store: Store = request.app.state.store
    with db.begin() as tx:
        content, origin = rejecting.write(tx, caller, study_uid, asked.wish(), now=now)
    store.keep_file(content, origin=origin)
    return RedirectResponse(tabs.REJECTED, 303)


@router.get("/rejected")
def rejected(request: Request, db: DbDep, caller: CallerDep, now: NowDep) -> HTMLResponse:
    """What was rejected, by whom and why; and what was brought back."""
    with db.begin() as tx:
        rows = rejecting.listed(tx, caller, now=now)
    return render(
        request,
        "images/rejected.html",
        block="rejected",
        rows=rows,
        tabs=tabs.of(db, caller),
    )


@router.post("/rejected/{rejection_id}/undo")
def undo(
    rejection_id: int,
    db: DbDep,
    caller: CallerDep,
    now: NowDep,
    reason: Annotated[str, Form()] = "",
) -> RedirectResponse:
    """A person brings the images of a note back."""
    with db.begin() as tx:
        rejecting.undo(tx, caller, rejection_id, reason=reason, now=now)
    return RedirectResponse(tabs.REJECTED, 303)

"""What people do with what is stored: reject images, hold studies, delete what is past its time."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from plateau.images import tabs
from plateau.images.anonymise import service as anonymising
from plateau.images.reject import service as rejecting
from plateau.images.reject.types import Wish
from plateau.images.retention import service as keeping
from plateau.images.retention.types import Batch
from plateau.images.retrieve import bodies, looks, pixels
from plateau.images.retrieve.streaming import Streamed
from plateau.images.store import Store
from plateau.kernel.errors import NotFoundError
from plateau.web.pages import BlobsDep, CallerDep, DbDep, NowDep, render

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


class PlaceForm(BaseModel):
    """Which of the images that a note hides, and which frame of it, the first being 1."""

    image: Annotated[int, Field(ge=1)] = 1
    frame: Annotated[int, Field(ge=1)] = 1


class BatchForm(BaseModel):
    """What is to be deleted."""

    studies: list[UUID] = []
    reason: str = ""


class HoldForm(BaseModel):
    """What is to be kept."""

    study_uid: str = ""
    reason: str = ""


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


@router.post("/studies/{study_uid}/anonymise")
def anonymise(
    study_uid: str,
    db: DbDep,
    blobs: BlobsDep,
    caller: CallerDep,
    now: NowDep,
    project: Annotated[str, Form()] = "",
) -> Streamed:
    """A ZIP of the study that says nothing of its patient."""
    with db.begin() as tx:
        wanted = anonymising.export(tx, caller, study_uid, project=project, now=now)
    headers = {
        "Content-Type": "application/zip",
        "Content-Disposition": 'attachment; filename="anonymous.zip"',
        "Cache-Control": "no-store",
    }
    return Streamed(anonymising.steps(blobs, wanted), length=None, headers=headers)


@router.get("/retention")
def retention(request: Request, db: DbDep, caller: CallerDep) -> HTMLResponse:
    """What is past its time, what is held, and what was deleted."""
    with db.begin() as tx:
        page = keeping.page(tx, caller)
    return render(
        request,
        "images/retention.html",
        block="retention",
        proposals=page.proposals,
        holds=page.holds,
        tombstones=page.tombstones,
        tabs=tabs.of(db, caller),
    )


@router.post("/retention/delete")
def delete(
    db: DbDep, caller: CallerDep, now: NowDep, asked: Annotated[BatchForm, Form()]
) -> RedirectResponse:
    """A person confirms that studies past their time are deleted."""
    batch = Batch(study_ids=tuple(asked.studies), reason=asked.reason)
    with db.begin() as tx:
        keeping.delete(tx, caller, batch, now=now)
    return RedirectResponse(tabs.RETENTION, 303)


@router.post("/retention/hold")
def hold(
    db: DbDep, caller: CallerDep, now: NowDep, asked: Annotated[HoldForm, Form()]
) -> RedirectResponse:
    """A study is kept whatever its age."""
    with db.begin() as tx:
        keeping.hold(tx, caller, asked.study_uid.strip(), reason=asked.reason, now=now)
    return RedirectResponse(tabs.RETENTION, 303)


@router.post("/studies/{study_uid}/lift")
def lift(
    study_uid: str,
    db: DbDep,
    caller: CallerDep,
    now: NowDep,
    reason: Annotated[str, Form()] = "",
) -> RedirectResponse:
    """A study is kept no longer than others."""
    with db.begin() as tx:
        keeping.lift(tx, caller, study_uid, reason=reason, now=now)
    return RedirectResponse(tabs.RETENTION, 303)


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
        may_look=rejecting.may_look(caller),
        tabs=tabs.of(db, caller),
    )


@router.get("/rejected/{rejection_id}")
def look(
    request: Request, rejection_id: int, db: DbDep, caller: CallerDep, now: NowDep,
    asked: Annotated[PlaceForm, Query()],
) -> HTMLResponse:  # fmt: skip
    """What a note hides, one image at a time, without bringing it back."""
    with db.begin() as tx:
        found, images = rejecting.opened(tx, caller, rejection_id, now=now)
    place = min(asked.image, len(images))
    shown = images[place - 1] if images else None
    return render(
        request,
        "images/rejected_images.html",
        found=found,
        images=images,
        shown=shown,
        place=place,
        frame=min(asked.frame, shown.frames) if shown else 1,
        tabs=tabs.of(db, caller),
    )


@router.get("/rejected/{rejection_id}/picture")
def rejected_picture(
    request: Request, rejection_id: int, db: DbDep, blobs: BlobsDep, caller: CallerDep,
    asked: Annotated[PlaceForm, Query()],
) -> Response:  # fmt: skip
    """One frame of a rejected image, as people see it."""
    with db.begin() as tx:
        _, images = rejecting.looked_at(tx, caller, rejection_id)
    if asked.image > len(images) or asked.frame > images[asked.image - 1].frames:
        raise NotFoundError("there is no picture here")
    content = blobs.get(images[asked.image - 1].blob_key)
    look = looks.asked(request.query_params)
    body = pixels.picture(content, asked.frame, form="JPEG", look=look)
    return bodies.picture(body, "image/jpeg")


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

"""Pages on which files of elsewhere are sent in, followed, and given their patient."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel
from starlette.datastructures import FormData, UploadFile

from plateau.images import tabs
from plateau.images.importing import service as importing
from plateau.images.upkeep import service as upkeep
from plateau.kernel.caller import Caller
from plateau.kernel.errors import InvalidInputError
from plateau.kernel.ids import SiteId
from plateau.platform import clock
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.web.pages import BlobsDep, CallerDep, DbDep, NowDep, render

router = APIRouter(prefix="/images/imports")


class Decided(BaseModel):
    """Whose files they are, as typed."""

    theirs: str = ""
    ours: str = ""
    seen: str = ""


@router.get("")
def listed(request: Request, db: DbDep, caller: CallerDep) -> HTMLResponse:
    """What was read in, and a form to send more."""
    with db.begin() as tx:
        rows = importing.listed(tx, caller)
        sites = importing.sites(tx, caller)
    return render(
        request,
        "images/imports.html",
        block="imports",
        rows=rows,
        sites=sites,
        tabs=tabs.of(db, caller),
    )


@router.post("")
async def send(request: Request, db: DbDep, blobs: BlobsDep, caller: CallerDep) -> RedirectResponse:
    """Files are durable, and a job reads them in; they stream to the disk, never into memory."""
    form = await request.form()
    import_id = await run_in_threadpool(_send, request, (db, blobs, caller), form)
    return RedirectResponse(f"/images/imports/{import_id}", 303)


@router.get("/{import_id}")
def opened(
    request: Request, import_id: UUID, db: DbDep, caller: CallerDep, now: NowDep
) -> HTMLResponse:
    """How far it is, what was refused and why, and which patients files wait for."""
    with db.begin() as tx:
        one, refused, strangers = importing.opened(tx, caller, import_id, now=now)
    return render(
        request,
        "images/imported.html",
        block="imported",
        one=one,
        refused=refused,
        strangers=strangers,
        tabs=tabs.of(db, caller),
    )


@router.post("/{import_id}/compare")
def compare(
    request: Request, import_id: UUID, db: DbDep, caller: CallerDep,
    asked: Annotated[Decided, Form()],
) -> HTMLResponse:  # fmt: skip
    """The patient that files name, beside ours."""
    with db.begin() as tx:
        found = importing.compare(
            tx, caller, import_id, theirs=asked.theirs, ours=asked.ours, now=clock.now()
        )
    return render(
        request,
        "images/same_person.html",
        found=found,
        action=f"/images/imports/{import_id}/patients",
        back=f"/images/imports/{import_id}",
        tabs=tabs.of(db, caller),
    )


@router.post("/{import_id}/patients")
def reconcile(
    import_id: UUID, db: DbDep, caller: CallerDep, asked: Annotated[Decided, Form()]
) -> RedirectResponse:
    """A person has decided that both are one patient."""
    said = (asked.theirs, asked.ours, asked.seen)
    with db.begin() as tx:
        importing.reconcile(tx, caller, import_id, said=said, now=clock.now())
    return RedirectResponse(f"/images/imports/{import_id}", 303)


@router.post("/{import_id}/again")
def again(import_id: UUID, db: DbDep, caller: CallerDep, now: NowDep) -> RedirectResponse:
    """Keep what waited for patients who are registered by now."""
    with db.begin() as tx:
        importing.again(tx, caller, import_id, now=now)
    return RedirectResponse(f"/images/imports/{import_id}", 303)


def _send(request: Request, at_hand: tuple[Db, Blobs, Caller], form: FormData) -> UUID:
    db, blobs, caller = at_hand
    upkeep.check_space(request.app.state.settings)
    sent = [one for one in form.getlist("files") if isinstance(one, UploadFile)]
    site_id = _site(str(form.get("site", "")))
    size = sum(one.size or 0 for one in sent)
    with db.begin() as tx:
        importing.check_room(tx, caller, site_id=site_id, size=size, now=clock.now())
    uploads = importing.keep_uploads(blobs, [(one.filename or "", one.file) for one in sent])
    with db.begin() as tx:
        return importing.begin_upload(
            tx,
            caller,
            uploads,
            site_id=site_id,
            issuer=str(form.get("issuer", "")),
            now=clock.now(),
        )


def _site(text: str) -> SiteId:
    try:
        return cast("SiteId", UUID(text))
    except ValueError as error:
        raise InvalidInputError("say for which site this is") from error

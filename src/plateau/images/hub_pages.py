"""Pages of the hub: studies, quarantine, machines and systems, storage."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from plateau.images import tabs
from plateau.images.anonymise import service as anonymising
from plateau.images.browse import service as browsing
from plateau.images.browse.types import Wish
from plateau.images.commitment import service as commitment
from plateau.images.forward import service as routing
from plateau.images.peers import dialing
from plateau.images.peers import service as peers
from plateau.images.peers.types import Echo
from plateau.images.quarantine import service as quarantine
from plateau.images.quarantine.types import Decision
from plateau.images.quota import service as quotas
from plateau.images.recognition import service as recognising
from plateau.images.reject import service as rejecting
from plateau.images.reject.rules import MEANINGS
from plateau.images.retention import service as keeping
from plateau.images.tiers import service as tiers
from plateau.images.upkeep import service as upkeep
from plateau.kernel.caller import Caller
from plateau.platform import clock
from plateau.platform.settings import Settings
from plateau.web.forms import OrNone
from plateau.web.pages import BlobsDep, CallerDep, DbDep, NowDep, render

router = APIRouter(prefix="/images")
_MODALITIES = ("CT", "MR", "DX", "CR", "US", "MG", "NM", "PT", "XA", "RF")
_PEERS, _STUDIES = "/images/peers", "/images"


class WishForm(BaseModel):
    """What is looked for, as typed; it comes in a body, so that no name stands in an address."""

    name: str = ""
    local_id: str = ""
    accession: str = ""
    modality: str = ""
    site: Annotated[UUID | None, OrNone] = None
    since: Annotated[date | None, OrNone] = None
    until: Annotated[date | None, OrNone] = None
    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1

    def wish(self) -> Wish:
        """The search."""
        return Wish(
            name=self.name.strip(),
            local_id=self.local_id.strip(),
            accession_number=self.accession.strip(),
            modality=self.modality.strip(),
            site_id=self.site,
            since=self.since,
            until=self.until,
            page=self.page,
        )


class DecisionForm(BaseModel):
    """A decision, as typed."""

    state: str = ""
    reason: str = ""


@router.get("")
def latest(request: Request, db: DbDep, caller: CallerDep) -> Response:
    """The latest studies; whoever sees no patient begins with the machines."""
    if not caller.is_one_of(*browsing.VIEWERS):
        return RedirectResponse(_PEERS, 303)
    return _found(request, db, caller, WishForm())


@router.post("")
def search(
    request: Request, db: DbDep, caller: CallerDep, asked: Annotated[WishForm, Form()]
) -> Response:
    """The studies that match."""
    return _found(request, db, caller, asked)


@router.get("/studies/{study_uid}")
def study(
    request: Request, study_uid: str, db: DbDep, caller: CallerDep, now: NowDep
) -> HTMLResponse:
    """The series of a study, each with a small picture."""
    with db.begin() as tx:
        opened = browsing.opened(tx, caller, study_uid, now=now)
        rejections = rejecting.of_study(tx, caller, study_uid)
    return render(
        request,
        "images/study.html",
        block="study",
        study=opened.study,
        patient=opened.patient,
        series=opened.series,
        rejections=rejections,
        may_export=caller.is_one_of(*anonymising.EXPORTERS),
        may_hold=opened.study.site_id in caller.sites_as(*keeping.HOLDERS),
        reasons=list(MEANINGS) if rejecting.may_reject(caller, opened.study.site_id) else [],
        tabs=tabs.of(db, caller),
    )


@router.get("/quarantine")
def held(
    request: Request, db: DbDep, caller: CallerDep, now: NowDep, decided: bool = False
) -> HTMLResponse:
    """What waits for a decision, or what was decided."""
    with db.begin() as tx:
        rows = quarantine.listed(tx, caller, is_open=not decided, now=now)
        strangers = [] if decided else recognising.listed(tx, caller, now=now)
    return render(
        request,
        "images/quarantine.html",
        block="held",
        rows=rows,
        strangers=strangers,
        decided=decided,
        tabs=tabs.of(db, caller),
    )


@router.get("/quarantine/{quarantine_id}")
def compared(
    request: Request, quarantine_id: int, db: DbDep, blobs: BlobsDep, caller: CallerDep, now: NowDep
) -> HTMLResponse:
    """What is stored and what came, side by side."""
    with db.begin() as tx:
        one = quarantine.opened(tx, caller, quarantine_id, now)
    rows, same_pixels = quarantine.compare(blobs, one, caller)
    return render(
        request,
        "images/compared.html",
        held=one,
        rows=rows,
        same_pixels=same_pixels,
        tabs=tabs.of(db, caller),
    )


@router.post("/quarantine/{quarantine_id}")
def resolve(
    quarantine_id: int,
    db: DbDep,
    blobs: BlobsDep,
    caller: CallerDep,
    decided: Annotated[DecisionForm, Form()],
) -> RedirectResponse:
    """A person has decided what becomes of it."""
    decision = Decision(state=decided.state, reason=decided.reason)
    with db.begin() as tx:
        quarantine.resolve(tx, blobs, caller, quarantine_id, decision=decision, now=clock.now())
    return RedirectResponse(f"/images/quarantine/{quarantine_id}", 303)


@router.post("/quarantine/{quarantine_id}/reopen")
def reopen(quarantine_id: int, db: DbDep, caller: CallerDep, now: NowDep) -> RedirectResponse:
    """Take a decision back."""
    with db.begin() as tx:
        quarantine.reopen(tx, caller, quarantine_id, now)
    return RedirectResponse(f"/images/quarantine/{quarantine_id}", 303)


@router.get("/peers")
def neighbours(request: Request, db: DbDep, caller: CallerDep) -> HTMLResponse:
    """Machines and other DICOM systems: what was seen of them today."""
    return _peers(request, db, caller)


@router.post("/peers/echo")
def echo(
    request: Request, db: DbDep, caller: CallerDep, ae_title: Annotated[str, Form()] = ""
) -> HTMLResponse:
    """Ask a system whether it answers, and say so."""
    settings: Settings = request.app.state.settings
    with db.begin() as tx:
        to = peers.to_test(tx, caller, ae_title=ae_title, now=clock.now())
    found = dialing.echo(to, ours=settings.ae_title)
    with db.begin() as tx:
        peers.note(tx, caller, found, now=clock.now())
    return _peers(request, db, caller, said=found)


@router.post("/peers/send")
def send_again(
    db: DbDep, caller: CallerDep, now: NowDep, ae_title: Annotated[str, Form()] = ""
) -> RedirectResponse:
    """Send what a system has not been sent yet."""
    with db.begin() as tx:
        peers.to_test(tx, caller, ae_title=ae_title, now=now)
        routing.again(tx, caller, ae_title=ae_title, now=now)
    return RedirectResponse(_PEERS, 303)


@router.get("/storage")
def storage(
    request: Request, db: DbDep, blobs: BlobsDep, caller: CallerDep, now: NowDep
) -> HTMLResponse:
    """How much is stored, how fast it grows, and whether it is still what it was."""
    with db.begin() as tx:
        usage = upkeep.usage(tx, caller, now=now)
        growth = upkeep.growth(tx, caller)
        damages = upkeep.damages(tx, caller)
        uses = quotas.uses(tx, caller, now=now)
        sweeping, swept = upkeep.sweeps(tx)
        stores = tiers.tiers(tx, caller) if blobs.cold else []
    return render(
        request,
        "images/storage.html",
        block="storage",
        usage=usage,
        growth=growth,
        uses=uses,
        damages=damages,
        tiers=stores,
        sweeping=sweeping,
        swept=swept,
        space=upkeep.space(request.app.state.settings),
        tabs=tabs.of(db, caller),
    )


def _found(request: Request, db: DbDep, caller: Caller, asked: WishForm) -> HTMLResponse:
    with db.begin() as tx:
        found = browsing.search(tx, caller, asked.wish(), now=clock.now())
        sites = browsing.sites(tx, caller)
    return render(
        request,
        "images/browser.html",
        block="found",
        found=found,
        asked=asked,
        sites=sites,
        modalities=_MODALITIES,
        tabs=tabs.of(db, caller),
    )


def _peers(request: Request, db: DbDep, caller: Caller, said: Echo | None = None) -> HTMLResponse:
    now = clock.now()
    with db.begin() as tx:
        rows = peers.listed(tx, caller, now=now)
        strangers = peers.strangers(tx, caller, now=now)
        forwardings = routing.listed(tx, caller)
        promises = commitment.listed(tx, caller)
    return render(
        request,
        "images/peers.html",
        block="peers",
        rows=rows,
        strangers=strangers,
        forwardings=forwardings,
        promises=promises,
        said=said,
        may_test=caller.is_one_of(*peers.TESTERS),
        tabs=tabs.of(db, caller),
    )

"""Pages on which studies of other archives are looked for and fetched."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel

from plateau.images import tabs
from plateau.images.fetch import asking
from plateau.images.fetch import service as fetching
from plateau.images.fetch.service import Wish
from plateau.images.fetch.types import Found, Question
from plateau.kernel.caller import Caller
from plateau.kernel.ids import SiteId
from plateau.platform import clock
from plateau.platform.db import Db
from plateau.platform.settings import Settings
from plateau.web.pages import CallerDep, DbDep, NowDep, render

router = APIRouter(prefix="/images/fetch")
_PAGE = "/images/fetch"


class Asked(BaseModel):
    """What is looked for, as typed; it comes in a body, so that no name stands in an address."""

    ae_title: str = ""
    local_id: str = ""
    name: str = ""
    accession_number: str = ""


class Chosen(BaseModel):
    """A study that was found, as the form carries it, and whose it is."""

    ae_title: str = ""
    site: UUID
    study_uid: str = ""
    local_id: str = ""
    name: str = ""
    birth_date: str = ""
    sex: str = ""
    ours: str = ""
    seen: str = ""

    def wish(self) -> Wish:
        """What is to be fetched."""
        study = Found(
            study_uid=self.study_uid,
            local_id=self.local_id,
            name=self.name,
            birth_date=self.birth_date,
            sex=self.sex,
            day="",
            modalities="",
            description="",
            accession_number="",
        )
        return Wish(
            ae_title=self.ae_title,
            site_id=SiteId(self.site),
            study=study,
            ours=self.ours.strip(),
            seen=self.seen,
        )


@router.get("")
def listed(request: Request, db: DbDep, caller: CallerDep) -> HTMLResponse:
    """What is being fetched, and a form to look for more."""
    return _page(request, db, caller)


@router.post("/search")
def search(
    request: Request, db: DbDep, caller: CallerDep, asked: Annotated[Asked, Form()]
) -> HTMLResponse:
    """The studies that another system has."""
    settings: Settings = request.app.state.settings
    with db.begin() as tx:
        peer = fetching.to_ask(tx, caller, asked.ae_title, now=clock.now())
    question = Question(
        local_id=asked.local_id.strip(),
        name=asked.name.strip(),
        accession_number=asked.accession_number.strip(),
    )
    found = asking.studies(peer, question, ours=settings.ae_title)
    return _page(request, db, caller, asked=asked, found=found)


@router.post("/compare")
def compare(
    request: Request, db: DbDep, caller: CallerDep, chosen: Annotated[Chosen, Form()]
) -> HTMLResponse:
    """The patient of a study there, beside ours."""
    with db.begin() as tx:
        comparison = fetching.compare(tx, caller, chosen.wish(), now=clock.now())
    return render(
        request,
        "images/fetched_patient.html",
        chosen=chosen,
        comparison=comparison,
        tabs=tabs.of(db, caller),
    )


@router.post("")
def begin(db: DbDep, caller: CallerDep, chosen: Annotated[Chosen, Form()]) -> RedirectResponse:
    """Fetch it."""
    with db.begin() as tx:
        fetching.begin(tx, caller, chosen.wish(), now=clock.now())
    return RedirectResponse(_PAGE, 303)


@router.post("/{fetch_id}/cancel")
def cancel(fetch_id: UUID, db: DbDep, caller: CallerDep, now: NowDep) -> RedirectResponse:
    """Call it off."""
    with db.begin() as tx:
        fetching.cancel(tx, caller, fetch_id, now=now)
    return RedirectResponse(_PAGE, 303)


def _page(
    request: Request,
    db: Db,
    caller: Caller,
    *,
    asked: Asked | None = None,
    found: list[Found] | None = None,
) -> HTMLResponse:
    with db.begin() as tx:
        sources = fetching.sources(tx, caller, now=clock.now())
        sites = fetching.sites(tx, caller)
        rows = fetching.listed(tx, caller)
    foreign = {one.ae_title for one in sources if one.issuer}
    return render(
        request,
        "images/fetch.html",
        block="fetches",
        sources=sources,
        options=[(one.ae_title, one.name) for one in sources],
        is_foreign=asked is not None and asked.ae_title in foreign,
        sites=sites,
        rows=rows,
        asked=asked or Asked(),
        found=found,
        tabs=tabs.of(db, caller),
    )

"""One call of a door of reading: who asks what, when, and what to answer from."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from plateau.kernel.caller import Caller
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.reading import tabs
from plateau.web.pages import BlobsDep, CallerDep, DbDep, NowDep, render


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks what, when, and the database and bytes to answer from."""

    request: Request
    db: Db
    blobs: Blobs
    caller: Caller
    now: datetime

    def show(
        self, template: str, block: str | None = None, status_code: int = 200, **values: Any
    ) -> HTMLResponse:
        """The page, or only its block."""
        return render(self.request, template, block, status_code, **values)

    def show_beside(self, part: str, **values: Any) -> HTMLResponse:
        """A fragment for a page that asks for it, a whole page for whoever follows its link."""
        if self.request.headers.get("HX-Request"):
            return self.show(part, **values)
        tabs_here = tabs.of(self.caller)
        return self.show("reading/beside_page.html", part=part, tabs=tabs_here, **values)


def _visit(request: Request, db: DbDep, blobs: BlobsDep, caller: CallerDep, now: NowDep) -> Visit:
    return Visit(request, db, blobs, caller, now)


VisitDep = Annotated[Visit, Depends(_visit)]


def go(path: str) -> RedirectResponse:
    """The next page, after a form."""
    return RedirectResponse(path, status_code=303)


def lines(text: str) -> str:
    """A text of a form, its lines ended as ours are."""
    return text.replace("\r\n", "\n")

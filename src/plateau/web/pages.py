"""Rendering: one template per page, whose blocks are the fragments htmx asks for."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from plateau.kernel.caller import Caller
from plateau.kernel.errors import NotSignedInError
from plateau.platform import clock
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.web.templating import environment


def render(
    request: Request, template: str, block: str | None = None, **context: Any
) -> HTMLResponse:
    """The whole page, or only `block` when htmx asks for an element of that id."""
    page = environment().get_template(template)
    values = {"request": request, "caller": getattr(request.state, "caller", None), **context}
    if block and request.headers.get("HX-Target") == block:
        html = "".join(page.blocks[block](page.new_context(values)))
    else:
        html = page.render(values)
    return HTMLResponse(html, headers={"Vary": "HX-Target"})


def _db(request: Request) -> Db:
    return request.app.state.db


def _blobs(request: Request) -> Blobs:
    return request.app.state.blobs


def _caller(request: Request) -> Caller:
    """Whoever is signed in; `entry/http.py` says how they are recognised."""
    caller: Caller | None = request.app.state.identify(request)
    if caller is None:
        raise NotSignedInError("please sign in")
    request.state.caller = caller
    return caller


DbDep = Annotated[Db, Depends(_db)]
BlobsDep = Annotated[Blobs, Depends(_blobs)]
CallerDep = Annotated[Caller, Depends(_caller)]
NowDep = Annotated[datetime, Depends(clock.now)]

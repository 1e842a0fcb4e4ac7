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
from plateau.web import language
from plateau.web.templating import environment

_HEADERS = {"Vary": "HX-Target, Cookie, Accept-Language", "Cache-Control": "no-store"}


def language_of(request: Request) -> str:
    """The caller's language, else the browser's, else French."""
    caller: Caller | None = getattr(request.state, "caller", None)
    if caller:
        return caller.language
    return language.preferred(
        request.headers.get("accept-language", ""), request.cookies.get("plateau_language")
    )


def render(
    request: Request,
    template: str,
    block: str | None = None,
    status_code: int = 200,
    **context: Any,
) -> HTMLResponse:
    """The whole page, or only `block` when htmx asks for an element of that id."""
    if block and request.headers.get("HX-Target") != block:
        block = None
    html = made(request, template, block, **context)
    return HTMLResponse(html, status_code=status_code, headers=_HEADERS)


def made(request: Request, template: str, block: str | None = None, **context: Any) -> str:
    """The whole page, or a block of it, as `caller` of the context sees it, or whoever asks."""
    caller: Caller | None = getattr(request.state, "caller", None)
    values = {
        "request": request,
        "caller": caller,
        "csrf_token": caller.csrf if caller else "",
        "now": clock.now(),
        **context,
    }
    with language.speaking(language_of(request)):
        values["ui"] = environment().get_template("web/ui.html").make_module(values)
        page = environment().get_template(template)
        if block:
            return "".join(page.blocks[block](page.new_context(values)))
        return page.render(values)


# These only look: `async`, so that no thread is woken for them.
async def _db(request: Request) -> Db:
    return request.app.state.db


async def _blobs(request: Request) -> Blobs:
    return request.app.state.blobs


async def now() -> datetime:
    """The instant that the service lives in."""
    return clock.now()


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
NowDep = Annotated[datetime, Depends(now)]

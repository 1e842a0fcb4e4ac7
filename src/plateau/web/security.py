"""What protects pages: the form token, and the headers of every answer."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from plateau.kernel.caller import Caller
from plateau.kernel.errors import ForgedFormError

_SIGN_IN = "/login"  # asked for before, or in place of, a session with a token
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_PAGE = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "frame-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'self'"
)
_VIEWER = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self' blob: data:; "
    "font-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'self'"
)
_VIEWER_SCRIPT = _VIEWER.replace("'wasm-unsafe-eval'", "'wasm-unsafe-eval' 'unsafe-eval'")


async def check_form(request: Request) -> None:
    """Refuse what changes anything unless the session's own token comes with it."""
    if request.method in _SAFE:
        return
    caller: Caller | None = await run_in_threadpool(request.app.state.identify, request)
    if caller is None or request.url.path == _SIGN_IN:
        if not is_same_origin(request):
            raise ForgedFormError("this form comes from elsewhere")
        return
    given = request.headers.get("x-csrf-token")
    if given is None:
        given = str((await request.form()).get("csrf", ""))
    if not caller.csrf or given != caller.csrf:
        raise ForgedFormError("this page is too old: reload it and try again")


def is_same_origin(request: Request) -> bool:
    """Whether the browser says that one of our own pages asks."""
    site = request.headers.get("sec-fetch-site")
    if site:
        return site in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


CheckedForm = Annotated[None, Depends(check_form)]


class Headers:
    """Adds the protective headers; streams pass through untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the headers that the path calls for."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _headers_of(scope["path"]).items():
                    headers[name] = value
            await send(message)

        await self._app(scope, receive, send_protected)


def _headers_of(path: str) -> dict[str, str]:
    return {
        "Content-Security-Policy": _policy_of(path),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    }


def _policy_of(path: str) -> str:
    if not path.startswith("/viewer/"):
        return _PAGE
    return _VIEWER_SCRIPT if path.endswith(".js") else _VIEWER

"""How a refusal is answered: a page, a fragment's toast, or problem JSON, in words."""

import os
import traceback
from contextlib import suppress
from urllib.parse import quote, urlencode, urlsplit

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from plateau.access import rules
from plateau.kernel.errors import InvalidInputError, NotFoundError, PlateauError
from plateau.web import language
from plateau.web.pages import language_of, render

log = structlog.get_logger()
STATUSES = {
    "not_found": 404,
    "not_acceptable": 406,
    "unsupported": 415,
    "invalid_input": 400,
    "conflict": 409,
    "rule_broken": 422,
    "unavailable": 503,
    "over_quota": 507,
    "not_signed_in": 401,
    "forged_form": 403,
}
_MACHINE_PATHS = ("/dicom-web/", "/api/")
_FRAMES = 12


def _(text: str) -> str:
    """Mark a text for translation."""
    return text


_ADVICE = {
    404: (_("Not found"), _("It may have been moved, or it is not yours to see.")),
    400: (_("Something is missing or malformed"), _("Go back, correct it, and send it again.")),
    409: (_("Somebody was first"), _("Go back and look at how things are now.")),
    422: (_("Not allowed"), _("Go back and choose otherwise.")),
    503: (_("Not possible right now"), _("Nothing was changed. Try again in a moment.")),
    507: (_("No room left"), _("Whoever answers for this member can have its quota raised.")),
    403: (_("Not accepted"), _("Go back, reload the page, and try again.")),
    405: (_("Not found"), _("This address does not answer to that.")),
    500: (_("Something went wrong"), _("It was recorded. Nothing you sent was half done.")),
}


def install(app: FastAPI) -> None:
    """Answer every refusal of the application."""
    app.add_exception_handler(PlateauError, _on_refusal)
    app.add_exception_handler(RequestValidationError, _on_malformed)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_middleware(Bugs)


class Bugs:
    """Answers in words when something unforeseen goes wrong."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; answer 500 unless an answer has begun, which is then broken off."""
        has_begun = False

        async def send_watched(message: Message) -> None:
            nonlocal has_begun
            has_begun = has_begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, send_watched)
        except ClientDisconnect:
            log.info("request.abandoned")
        except Exception as error:  # noqa: BLE001 - the last door
            answer = _on_bug(Request(scope), error)
            if has_begun:
                raise RuntimeError("an answer broke off") from None
            await answer(scope, receive, send)


def _on_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, PlateauError)  # noqa: S101 - how it was registered
    status = STATUSES[error.code]
    if status == 401 and not _is_machine(request):
        return _to_sign_in(request)
    return _answer(request, error, status)


def _on_malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    fields = sorted({str(one["loc"][-1]) for one in error.errors()})
    refusal = InvalidInputError("check these answers: {fields}", fields=", ".join(fields))
    return _answer(request, refusal, 400)


def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    if error.status_code in {404, 405}:
        refusal = NotFoundError("there is nothing at this address")
    else:
        refusal = InvalidInputError("what was sent cannot be understood")
    with suppress(PlateauError):  # the page still speaks to whoever is signed in
        request.app.state.identify(request)
    answer = _answer(request, refusal, error.status_code)
    answer.headers.update(error.headers or {})
    return answer


def _on_bug(request: Request, error: Exception) -> Response:
    """Log where it happened, not the message: the database quotes rows of patients in it."""
    reference = os.urandom(6).hex()
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    log.error(
        "request.failed",
        reference=reference,
        route=getattr(request.scope.get("route"), "path", "?"),
        kind=type(error).__name__,
        sqlstate=getattr(error, "sqlstate", None),
        where=[f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    )
    refusal = PlateauError("the server could not do this")
    return _answer(request, refusal, 500, reference=reference)


def _to_sign_in(request: Request) -> Response:
    """To the sign-in page and back; an open page is told to go there as a whole."""
    is_fragment = bool(request.headers.get("HX-Request"))
    shown = urlsplit(
        request.headers.get("HX-Current-URL", "/") if is_fragment else str(request.url)
    )
    wanted = shown.path + (f"?{shown.query}" if shown.query else "")
    target = wanted if is_fragment or request.method == "GET" else "/"
    sign_in = f"/login?{urlencode({'next': rules.safe_next(target)})}"
    if is_fragment:
        return Response(status_code=401, headers={"HX-Redirect": sign_in})
    return RedirectResponse(sign_in, 303)


def _answer(request: Request, error: PlateauError, status: int, reference: str = "") -> Response:
    with language.speaking(language_of(request)):
        text = language.sentence(error)
        heading, advice = (language.gettext(part) for part in _ADVICE.get(status, _ADVICE[400]))
    if _is_machine(request):
        problem = {"type": "about:blank", "title": heading, "status": status, "detail": text}
        return JSONResponse(problem, status, media_type="application/problem+json")
    if request.headers.get("HX-Request"):
        return Response(status_code=status, headers={"X-Plateau-Message": quote(text)})
    return render(
        request,
        "web/error.html",
        status_code=status,
        heading=heading,
        text=text,
        advice=advice,
        reference=reference,
        back=_back(request),
    )


def _back(request: Request) -> str:
    """The page they came from, if it is ours."""
    referer = request.headers.get("referer", "")
    base = str(request.base_url)
    return "/" + referer.removeprefix(base) if referer.startswith(base) else "/"


def _is_machine(request: Request) -> bool:
    return request.url.path.startswith(_MACHINE_PATHS)

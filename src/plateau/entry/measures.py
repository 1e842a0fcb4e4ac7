"""Whether the process is well, and what it measures of itself."""

import time

import structlog
from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from plateau.web.pages import DbDep

log = structlog.get_logger()
router = APIRouter()
_NOT_WORTH_A_LINE = frozenset({401, 404, 405})  # sessions end, and addresses are mistyped
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_ANSWERS = Histogram(
    "plateau_http_seconds",
    "Time until an answer begins, by route and status.",
    ["method", "route", "status"],
)


@router.get("/healthz", include_in_schema=False)
def health(db: DbDep) -> PlainTextResponse:
    """`ok` when the database answers; 503 otherwise."""
    with db.begin() as tx:
        tx.value("select 1")
    return PlainTextResponse("ok\n")


@router.get("/metrics", include_in_schema=False)
def metrics() -> Response:
    """In the format of Prometheus; route templates only, never an address with an id."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


class Timing:
    """Measures each answer under its route, and logs each refusal."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and note when the answer began."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = time.perf_counter()

        async def send_timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "none")
                method = scope["method"] if scope["method"] in _METHODS else "other"
                labels = (method, route, str(message["status"]))
                _ANSWERS.labels(*labels).observe(time.perf_counter() - start)
                if message["status"] >= 400 and message["status"] not in _NOT_WORTH_A_LINE:
                    log.warning(
                        "http.refused", method=method, route=route, status=message["status"]
                    )
            await send(message)

        await self._app(scope, receive, send_timed)

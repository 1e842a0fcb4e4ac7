"""STOW-RS (PS3.18, 10.5): instances sent by web, kept like those that machines send."""

import asyncio
from collections import deque
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from plateau.images.retrieve.media import DICOM
from plateau.images.store import Store
from plateau.images.stow import answer as stow_answer
from plateau.images.stow import metadata as stow_metadata
from plateau.images.stow import service as storing
from plateau.images.stow.metadata import JSON
from plateau.images.stow.parts import Parts, media_type
from plateau.images.stow.types import Outcome, Part, UnsupportedError
from plateau.images.types import Origin
from plateau.kernel.caller import Caller
from plateau.kernel.errors import InvalidInputError
from plateau.platform import clock
from plateau.platform.db import Db
from plateau.web.pages import CallerDep, DbDep, NowDep

router = APIRouter(prefix="/dicom-web")
_LARGEST = 1 << 30  # bytes of one instance
_AT_ONCE = 8  # instances of one request kept side by side
_WAITING_BYTES = 64 << 20  # and read ahead of that
_GATHERED_BYTES = 256 << 20  # of a request in metadata and bulk data


def _origin(
    request: Request, db: DbDep, caller: CallerDep, now: NowDep, ae_title: str = ""
) -> Origin:
    address = request.client.host if request.client else ""
    with db.begin() as tx:
        return storing.origin_of(tx, caller, ae_title=ae_title, address=address, now=now)


def _store(request: Request) -> Store:
    return request.app.state.store


OriginDep = Annotated[Origin, Depends(_origin)]
StoreDep = Annotated[Store, Depends(_store)]


@router.post("/studies")
@router.post("/studies/{study_uid}")
async def store(
    request: Request,
    db: DbDep,
    caller: CallerDep,
    origin: OriginDep,
    keeper: StoreDep,
    study_uid: str = "",
) -> Response:
    """Keep every instance of the body; the answer says which ones are durable."""
    kind, boundary = _sent(request)
    receiving = _Receiving(keeper, origin, study_uid)
    taking = _Gathering(receiving) if kind == JSON else receiving
    parts = Parts(boundary, largest=_LARGEST)
    async for chunk in request.stream():
        for part in parts.feed(chunk):
            await taking.add(part)
    parts.finish()
    outcomes = await taking.end()
    if not outcomes:
        raise InvalidInputError("there is no instance in this body")
    await run_in_threadpool(_note, db, caller, outcomes, origin)
    root = f"{str(request.base_url).rstrip('/')}{router.prefix}"
    return Response(
        orjson.dumps(stow_answer.body(outcomes, root)),
        status_code=stow_answer.status(outcomes),
        media_type=JSON,
    )


def _note(db: Db, caller: Caller, outcomes: list[Outcome], origin: Origin) -> None:
    with db.begin() as tx:
        storing.note(tx, caller, outcomes, origin=origin, now=clock.now())


def _sent(request: Request) -> tuple[str, bytes]:
    """The media type of the parts of a body, and the boundary between them."""
    kind, options = media_type(request.headers.get("Content-Type", ""))
    inner = options.get("type", DICOM).lower()
    if kind != "multipart/related" or inner not in {DICOM, JSON}:
        raise UnsupportedError("send instances as multipart/related; type=application/dicom")
    return inner, options.get("boundary", "").encode("latin-1")


class _Receiving:
    """Instances that are being kept while the next ones arrive, in bounded memory."""

    def __init__(self, keeper: Store, origin: Origin, study_uid: str) -> None:
        self._keeper, self._origin, self._study_uid = keeper, origin, study_uid
        self._running: deque[tuple[int, asyncio.Future[Outcome]]] = deque()
        self._outcomes: list[Outcome] = []

    async def add(self, part: Part) -> None:
        """Begin to keep a part, once there is room for it."""
        while len(self._running) >= _AT_ONCE or self._waiting_bytes() > _WAITING_BYTES:
            await self._wait()
        work = run_in_threadpool(
            storing.keep, self._keeper, part, study_uid=self._study_uid, origin=self._origin
        )
        self._running.append((len(part.content), asyncio.ensure_future(work)))

    async def end(self) -> list[Outcome]:
        """What became of every part, in order."""
        while self._running:
            await self._wait()
        return self._outcomes

    def _waiting_bytes(self) -> int:
        return sum(size for size, _ in self._running)

    async def _wait(self) -> None:
        _, oldest = self._running.popleft()
        self._outcomes.append(await oldest)


class _Gathering:
    """Metadata and bulk data of one request, which can only be put together at its end."""

    def __init__(self, receiving: _Receiving) -> None:
        self._receiving = receiving
        self._parts: list[Part] = []

    async def add(self, part: Part) -> None:
        """Keep a part until the others are there."""
        self._parts.append(part)
        if part.is_too_large or sum(len(one.content) for one in self._parts) > _GATHERED_BYTES:
            raise InvalidInputError("larger than this archive accepts")

    async def end(self) -> list[Outcome]:
        """What became of every instance, in order."""
        for content in await run_in_threadpool(lambda: list(stow_metadata.files(self._parts))):
            await self._receiving.add(Part(content=bytearray(content)))
        return await self._receiving.end()

"""The MLLP server: hears the identities that sites announce (ADT), and answers each message."""

import asyncio
import threading
from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

import hl7
import structlog

from plateau.exchange import hl7v2, mllp, rules, service
from plateau.exchange.types import Answer, Header, Outcome
from plateau.kernel.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PlateauError,
    RuleBrokenError,
    UnavailableError,
)
from plateau.kernel.ids import DeliveryId
from plateau.platform import clock
from plateau.platform.db import Db
from plateau.platform.settings import Settings

log = structlog.get_logger()
EVENTS = frozenset({"A01", "A04", "A08", "A28", "A31"})
LARGEST = 1 << 20
CONNECTIONS = 200
_CHUNK = 1 << 16
_STOP_S = 0.1
# Source: HL7 2.5.1 table 0008 (AE: try again once corrected; AR: never) and table 0357.
_ANSWERS: dict[type[PlateauError], tuple[Outcome, str]] = {
    InvalidInputError: (Outcome.ERROR, "101"),
    NotFoundError: (Outcome.REJECTED, "204"),
    ConflictError: (Outcome.ERROR, "205"),
    RuleBrokenError: (Outcome.REJECTED, "201"),
    UnavailableError: (Outcome.ERROR, "207"),
}
Ready = Callable[[int], None]


def serve(settings: Settings, db: Db, stop: threading.Event, *, ready: Ready | None = None) -> None:
    """Listen until asked to stop; `ready` is told the port.

    When it cannot listen, everything that goes by `stop` ends, for the supervisor to see.
    """
    try:
        asyncio.run(_serve(settings, db, stop, ready))
    finally:
        stop.set()


async def _serve(settings: Settings, db: Db, stop: threading.Event, ready: Ready | None) -> None:
    talking: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(talking) >= CONNECTIONS:
            log.warning("mllp.too_many_connections", limit=CONNECTIONS)
            writer.close()
            return
        talking.add(task)
        try:
            await _converse(db, reader, writer)
        except OSError as error:
            log.warning("mllp.connection_lost", reason=type(error).__name__)
        finally:
            talking.discard(task)
            writer.close()

    server = await asyncio.start_server(connected, settings.mllp_host, settings.mllp_port)
    if ready:
        ready(server.sockets[0].getsockname()[1])
    while not stop.is_set():
        await asyncio.sleep(_STOP_S)
    server.close()
    for task in talking:
        task.cancel()
    await asyncio.gather(*talking, return_exceptions=True)


async def _converse(db: Db, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the messages of one connection, in order, until it closes or talks nonsense."""
    buffer = b""
    while chunk := await reader.read(_CHUNK):
        contents, buffer = mllp.split(buffer + chunk)
        for content in contents:
            reply = await asyncio.to_thread(answer, db, content, at=clock.now())
            writer.write(mllp.frame(reply))
            await writer.drain()
        if len(buffer) > LARGEST:
            log.warning("mllp.frame_too_large", limit=LARGEST)
            writer.write(mllp.frame(_too_large()))
            await writer.drain()
            return


def answer(db: Db, content: bytes, *, at: datetime) -> bytes:
    """The acknowledgement of one message; AA says that what it announced is durable."""
    heard: Header | None = None
    try:
        parsed = _parse(content)
        heard = hl7v2.header(parsed)
        _hear(db, parsed, heard, at=at)
    except PlateauError as error:
        outcome, condition = _answer_to(error) if heard else (Outcome.REJECTED, "100")
        log.warning("mllp.refused", outcome=outcome, condition=condition, code=error.code)
        refusal = Answer(outcome=outcome, detail=str(error))
        return _acknowledge(heard, refusal, condition=condition, at=at)
    log.info("mllp.accepted", event_code=heard.event)
    return _acknowledge(heard, Answer(outcome=Outcome.ACCEPTED), condition="", at=at)


def _answer_to(error: PlateauError) -> tuple[Outcome, str]:
    found = (given for kind, given in _ANSWERS.items() if isinstance(error, kind))
    return next(found, (Outcome.ERROR, "207"))


def _parse(content: bytes) -> hl7.Message:
    if len(content) > LARGEST:
        raise InvalidInputError("the message is too large")
    return hl7v2.parse(content)


def _hear(db: Db, parsed: hl7.Message, heard: Header, *, at: datetime) -> None:
    if heard.kind != "ADT" or heard.event not in EVENTS:
        raise RuleBrokenError("this message is not one that is heard here")
    with db.begin() as tx:
        sender = service.facility(tx, heard.facility, at=at)
        identity = hl7v2.identity(parsed, frozenset({sender.code, heard.facility}))
        service.identify(tx, sender, identity, at=at)


def _too_large() -> bytes:
    refusal = Answer(outcome=Outcome.REJECTED, detail="the message is too large")
    return _acknowledge(None, refusal, condition="100", at=clock.now())


def _acknowledge(heard: Header | None, given: Answer, *, condition: str, at: datetime) -> bytes:
    number = rules.control_id(DeliveryId(uuid4()))
    return hl7v2.acknowledgement(heard, given, condition=condition, at=at, control_id=number)

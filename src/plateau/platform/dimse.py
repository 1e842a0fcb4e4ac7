"""What DIMSE doors share: statuses, what a handler needs, and the server they run in."""

import socket
import ssl
import struct
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import cast

from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException
from pydicom.filereader import read_dataset
from pydicom.uid import UID
from pynetdicom import AE, evt
from pynetdicom import _config as library_settings
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_FIND
from pynetdicom.events import Event
from pynetdicom.presentation import PresentationContext, PresentationContextTuple
from pynetdicom.transport import AssociationSocket, RequestHandler, ThreadedAssociationServer

from plateau.kernel import errors
from plateau.kernel.errors import InvalidInputError
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.lane import MAX_PDU, Keep, Lane
from plateau.platform.nesting import is_shallow
from plateau.platform.settings import Settings

SUCCESS = 0x0000
PENDING = 0xFF00
_STATUSES: dict[type[errors.PlateauError], int] = {
    errors.UnavailableError: 0xA700,  # Refused: out of resources. PS3.4, table B.2-1
    errors.InvalidInputError: 0xC000,  # Error: cannot understand
    errors.NotFoundError: 0x0124,  # Refused: not authorised. PS3.7, annex C
}
# What the library raises on bytes that are no values of what they claim to be.
TROUBLES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    BytesLengthException,
    LookupError,
    NotImplementedError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)
MAX_ASSOCIATIONS = 100
_NEGOTIATION_S = 30.0
# A-ASSOCIATE-RJ: for the moment, by the presentation provider, local limit exceeded
_NO_ROOM = struct.pack(">BBIBBBB", 3, 0, 4, 0, 2, 3, 2)
_BACKLOG = 512  # connections that wait to be taken up; the library's 5 make others try again later
_MOST_TURNED_AWAY = 1_000  # at once; more are closed without a word
_IDLE_S = 300.0
_SWITCH_S = 0.0005  # threads wait for the network; whoever has something to do waits less


@dataclass(frozen=True, slots=True)
class Hub:
    """What a handler needs."""

    db: Db
    blobs: Blobs


Find = Callable[[Event, Hub], Iterator[tuple[int | Dataset, Dataset | None]]]


def status_of(error: errors.PlateauError) -> int:
    """The DIMSE status that tells the sender whether to retry."""
    is_absent = isinstance(error, errors.NotFoundError)  # of whichever kind
    known = _STATUSES[errors.NotFoundError] if is_absent else _STATUSES.get(type(error))
    return known or 0x0110  # Processing failure


def decoded(stream: BytesIO | None, context: PresentationContextTuple) -> Dataset:
    """A query or an account of work; InvalidInputError when it is none, or nests too deep."""
    syntax = UID(context.transfer_syntax)
    content = stream.getvalue() if stream else b""
    if not is_shallow(content, implicit=syntax.is_implicit_VR):
        raise InvalidInputError("not a usable DICOM object")
    try:
        data_set = read_dataset(BytesIO(content), syntax.is_implicit_VR, is_little_endian=True)
        data_set.decode()
    except TROUBLES as error:
        raise InvalidInputError("not a usable DICOM object") from error
    return data_set


def finding(hub: Hub, by_class: Mapping[str, Find]) -> evt.EventHandlerType:
    """What answers C-FIND: the library has one handler for all its services."""

    def on_find(event: Event) -> Iterator[tuple[int | Dataset, Dataset | None]]:
        asked = str(cast("C_FIND", event.request).AffectedSOPClassUID)
        yield from by_class[asked](event, hub)

    return evt.EVT_C_FIND, on_find


def serve(
    settings: Settings,
    contexts: Sequence[PresentationContext],
    handlers: Sequence[evt.EventHandlerType],
    *,
    keep: Keep | None = None,
    is_secure: bool = False,
) -> ThreadedAssociationServer:
    """A running server that answers to our AE title, over TLS on a port of its own if asked.

    `shutdown()` ends it. With `keep`, plain C-STORE requests do not pass through the library.
    """
    sys.setswitchinterval(_SWITCH_S)
    library_settings.LOG_HANDLER_LEVEL = "none"  # it writes identities, and costs a tenth
    ae = AE(settings.ae_title)
    ae.maximum_pdu_size = MAX_PDU
    ae.maximum_associations = MAX_ASSOCIATIONS
    ae.acse_timeout = _NEGOTIATION_S
    ae.dimse_timeout = _NEGOTIATION_S
    ae.network_timeout = _IDLE_S
    ae.require_called_aet = True
    server = ae.start_server(
        (settings.dicom_host, settings.dicom_tls_port if is_secure else settings.dicom_port),
        block=False,
        ssl_context=_tls(settings) if is_secure else None,
        contexts=list(contexts),
        evt_handlers=list(handlers),
    )
    started = cast("ThreadedAssociationServer", server)  # as it does not block
    cast("socket.socket", started.socket).listen(_BACKLOG)
    if is_secure:
        started.get_request = partial(_unshaken, started)
    started.contexts = _Shared(started.contexts)
    started.RequestHandlerClass = _handler(keep, settings.max_object_mb << 20)
    return started


class _Shared(list[PresentationContext]):
    """What we offer, the same for every association: the library would copy it for each."""

    def __deepcopy__(self, memo: dict[int, object]) -> "_Shared":
        return self


def _tls(settings: Settings) -> ssl.SSLContext:
    """TLS 1.2 or later, and machines that show who they are if we know by whom they are known.

    Source: PS3.15, B.9 and B.10 (BCP 195 profiles).
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(str(settings.dicom_tls_cert), settings.dicom_tls_key)
        if settings.dicom_tls_ca:
            context.load_verify_locations(settings.dicom_tls_ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as error:
        raise InvalidInputError("the certificate for DICOM cannot be used") from error
    return context


def _unshaken(
    server: ThreadedAssociationServer,
) -> tuple[socket.socket, tuple[str, int]]:
    """A connection whose handshake is yet to come: a silent peer must keep no other waiting."""
    connection, address = cast("socket.socket", server.socket).accept()
    tls = cast("ssl.SSLContext", server.ssl_context)
    return tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address


def _shake(connection: socket.socket) -> bool:
    """Whether both sides agree to speak TLS, if they are to."""
    if not isinstance(connection, ssl.SSLSocket):
        return True
    connection.settimeout(_NEGOTIATION_S)
    with suppress(OSError):
        connection.do_handshake()
        return True
    connection.close()
    return False


def _turn_away(connection: socket.socket) -> None:
    """Say that there is no room, before an association costs anything. Source: PS3.8, 9.3.4."""
    connection.settimeout(_NEGOTIATION_S)
    with suppress(OSError):
        connection.recv(MAX_PDU)
        connection.sendall(_NO_ROOM)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(MAX_PDU):  # closed with something unread, the answer would be lost
            pass


def _handler(keep: Keep | None, largest: int) -> type[RequestHandler]:
    """What gives each association our way of reading."""
    door = threading.Lock()  # one at a time, so that the count is true
    turned_away = threading.Semaphore(_MOST_TURNED_AWAY)

    class Handler(RequestHandler):
        def handle(self) -> None:
            server = cast("ThreadedAssociationServer", self.server)
            connection = cast("socket.socket", self.request)
            if not _shake(connection):
                return
            with door:
                if len(server.active_associations) < MAX_ASSOCIATIONS:
                    super().handle()
                    return
            with connection:
                if turned_away.acquire(blocking=False):
                    try:
                        _turn_away(connection)
                    finally:
                        turned_away.release()

        def _create_association(self) -> Association:
            association = super()._create_association()
            plain = cast("AssociationSocket", association.dul.socket)
            association.dul.socket = Lane(plain, keep, largest)
            return association

    return Handler

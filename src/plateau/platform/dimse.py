"""What DIMSE doors share: statuses, what a handler needs, and the server they run in."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from pynetdicom import AE, evt
from pynetdicom import _config as library_settings
from pynetdicom.association import Association
from pynetdicom.presentation import PresentationContext
from pynetdicom.transport import AssociationSocket, RequestHandler, ThreadedAssociationServer

from plateau.kernel import errors
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.settings import Settings

SUCCESS = 0x0000
PENDING = 0xFF00
_STATUSES: dict[type[errors.PlateauError], int] = {
    errors.UnavailableError: 0xA700,  # Refused: out of resources. PS3.4, table B.2-1
    errors.InvalidInputError: 0xC000,  # Error: cannot understand
    errors.NotFoundError: 0x0124,  # Refused: not authorised. PS3.7, annex C
}
_MAX_PDU = 0x20000  # the largest that DCMTK sends
_LONGEST_READ = 2 * _MAX_PDU  # of what a peer may announce; more is no PDU of ours
_MAX_ASSOCIATIONS = 100
_NEGOTIATION_S = 30.0
_IDLE_S = 300.0


@dataclass(frozen=True, slots=True)
class Hub:
    """What a handler needs."""

    db: Db
    blobs: Blobs
    quiet: timedelta = timedelta(seconds=30)


def status_of(error: errors.PlateauError) -> int:
    """The DIMSE status that tells the sender whether to retry."""
    return _STATUSES.get(type(error), 0x0110)  # Processing failure


def serve(
    settings: Settings,
    contexts: Sequence[PresentationContext],
    handlers: Sequence[evt.EventHandlerType],
) -> ThreadedAssociationServer:
    """A running server that answers to our AE title; `shutdown()` ends it."""
    library_settings.LOG_HANDLER_LEVEL = "none"  # it writes identities, and costs a tenth
    ae = AE(settings.ae_title)
    ae.maximum_pdu_size = _MAX_PDU
    ae.maximum_associations = _MAX_ASSOCIATIONS
    ae.acse_timeout = _NEGOTIATION_S
    ae.dimse_timeout = _NEGOTIATION_S
    ae.network_timeout = _IDLE_S
    ae.require_called_aet = True
    server = ae.start_server(
        (settings.dicom_host, settings.dicom_port),
        block=False,
        contexts=list(contexts),
        evt_handlers=list(handlers),
    )
    started = cast("ThreadedAssociationServer", server)  # as it does not block
    started.RequestHandlerClass = _Handler
    return started


class _Socket(AssociationSocket):
    """A connection read by whole PDU, and acknowledged at once.

    The library reads 4 KiB at a time. Without quick acknowledgement, a peer that leaves Nagle's
    algorithm on, as DCMTK does, waits 40 ms for each message.
    """

    def __init__(self, plain: AssociationSocket) -> None:
        self.__dict__.update(plain.__dict__)  # its initialisation must not happen twice
        cast("socket.socket", self.socket).setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def recv(self, nr_bytes: int) -> bytearray:
        """Read `nr_bytes`, fewer only when the peer has gone."""
        if nr_bytes > _LONGEST_READ:
            raise OSError("the peer announces a PDU larger than agreed")
        connection = cast("socket.socket", self.socket)
        content = bytearray(nr_bytes)
        rest = memoryview(content)
        while rest:
            received = connection.recv_into(rest)
            if not received:
                return content[: nr_bytes - len(rest)]
            rest = rest[received:]
        if hasattr(socket, "TCP_QUICKACK"):  # Linux forgets it after each use
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        return content


class _Handler(RequestHandler):
    """Gives each association our way of reading."""

    def _create_association(self) -> Association:
        association = super()._create_association()
        association.dul.socket = _Socket(cast("AssociationSocket", association.dul.socket))
        return association

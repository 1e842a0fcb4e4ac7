"""A fast lane for C-STORE on a connection that the library serves otherwise.

The library decodes and copies each fragment of a data set. Here a data set is read into one buffer,
handed over as it came, and answered at once. Negotiation, release, aborts and every message that is
not a plain C-STORE request go to the library, byte for byte. Source: PS3.7, 9.3.1; PS3.8, 9.3.
"""

import select
import socket
import struct
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import cast

import structlog
from pynetdicom.association import Association
from pynetdicom.transport import AssociationSocket

from plateau.platform.drowsing import NAP_S, Drowsing

log = structlog.get_logger()
MAX_PDU = 0x20000  # the largest that DCMTK sends
_LONGEST_READ = 2 * MAX_PDU  # of what a peer may announce; more is no PDU of ours
_P_DATA = 4
_COMMAND, _LAST = 1, 2  # flags of a fragment. PS3.8, E.2
_C_STORE_RQ, _C_STORE_RSP = 0x0001, 0x8001
_NO_DATA_SET = 0x0101
_SHORTEST = 6  # the header of a fragment: length, context, flags
_ROOM = 1 << 20  # of a buffer, at least
_SPARE = 4 << 20  # a buffer larger than that is not kept for the next data set
_STALL_S = 30.0  # how long a peer may say nothing in the middle of a message
_PATIENCE_S = 0.02
_A_ABORT = struct.pack(">BBIBBBB", 7, 0, 4, 0, 0, 2, 6)  # by the provider: invalid parameter
_TOO_LARGE = 0xA700  # refused: out of resources. PS3.4, table B.2-1


@dataclass(frozen=True, slots=True)
class Stored:
    """A C-STORE request; `data_set` is only valid until it is answered."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    data_set: memoryview


Answer = tuple[int, str]  # a DIMSE status and, when it is a refusal, why
Keep = Callable[[Association, Stored], Answer]


@dataclass(frozen=True, slots=True)
class _Request:
    context_id: int
    message_id: int
    sop_class_uid: str
    sop_instance_uid: str


class Lane(AssociationSocket):
    """A connection read by whole PDU, and acknowledged at once.

    The library reads 4 KiB at a time. Without quick acknowledgement, a peer that leaves Nagle's
    algorithm on, as DCMTK does, waits 40 ms for each message.
    """

    def __init__(self, plain: AssociationSocket, keep: Keep | None, largest: int) -> None:
        self.__dict__.update(plain.__dict__)  # its initialisation must not happen twice
        self._keep = keep
        self._largest = largest
        self._buffer = bytearray()  # most associations store nothing
        self._left = b""  # read, and not for us
        self._drowsing = Drowsing()
        self.assoc._reactor_checkpoint = self._drowsing  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection.settimeout(_STALL_S)

    @property
    def _connection(self) -> socket.socket:
        if self.socket is None:
            raise OSError("the connection is closed")
        return self.socket

    @property
    def ready(self) -> bool:
        """Whether there is something for the library to read; storage is answered on the way."""
        if self._left:
            return True
        if not self._comes():
            return False
        if self._keep is None or not self.assoc.is_established:
            return True
        try:
            with self._held():
                return self._serve(self._keep)
        except OSError as error:
            log.warning("association.aborted", reason=str(error))
            self._abort()
            return False

    def _comes(self) -> bool:
        """Whether something can be read; in times of silence, wait a little for it."""
        if self._drowsing.is_drowsy and self.socket is not None:
            with suppress(OSError, ValueError):  # closed: the library notices
                select.select([self.socket], [], [], NAP_S)
        has_come = super().ready
        if has_come:
            self._drowsing.stir()
        return has_come

    def send(self, bytestream: bytes) -> None:
        """Send what the library has to say."""
        self._drowsing.stir()
        super().send(bytestream)

    @contextmanager
    def _held(self) -> Generator[None]:
        """The library's other thread, which looks a thousand times a second, rests meanwhile."""
        self._drowsing.clear()
        try:
            yield
        finally:
            self._drowsing.stir()
            self._drowsing.set()

    def _abort(self) -> None:
        """Say that what came makes no sense, and hear no more. Source: PS3.8, 9.3.8."""
        with suppress(OSError):
            self._connection.sendall(_A_ABORT)
        self.close()

    def recv(self, nr_bytes: int) -> bytearray:
        """Read `nr_bytes`, fewer only when the peer has gone."""
        if nr_bytes > _LONGEST_READ:
            raise OSError("the peer announces a PDU larger than agreed")
        content = bytearray(self._left[:nr_bytes])
        self._left = self._left[nr_bytes:]
        return content + self._read(nr_bytes - len(content))

    def _serve(self, keep: Keep) -> bool:
        """Answer storage as long as it comes; whether something else has come."""
        while self.assoc.is_established:
            pdu = self._pdu()
            request, begun = self._request_in(pdu)
            if request is None:
                self._left = pdu
                return True
            size = self._data_set(request, begun)
            if size is None:
                return True
            self._reply(request, self._kept(keep, request, size))
            self._is_alive()
            if not self._more():
                return False
        return False

    def _kept(self, keep: Keep, request: _Request, size: int) -> Answer:
        if size > self._largest:
            return _TOO_LARGE, "larger than this archive accepts"
        with memoryview(self._buffer)[:size] as data_set:
            answer = keep(
                self.assoc,
                Stored(
                    request.sop_class_uid,
                    request.sop_instance_uid,
                    self._contexts()[request.context_id][1],
                    data_set,
                ),
            )
        if len(self._buffer) > _SPARE:
            self._buffer = bytearray()
        return answer

    def _is_alive(self) -> None:
        """Tell the library, which closes a connection on which it reads nothing for long."""
        timer = self.assoc.dul._idle_timer  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
        timer.restart()

    def _more(self) -> bool:
        """Whether the next message comes without delay."""
        pending = getattr(self._connection, "pending", None)  # what TLS has read ahead
        if pending is not None and pending():
            return True
        return bool(select.select([self._connection], [], [], _PATIENCE_S)[0])

    def _pdu(self) -> bytes:
        """A whole PDU, or less when the peer has gone or announces too much."""
        head = self._read(_SHORTEST)
        if len(head) < _SHORTEST:
            return bytes(head)
        (length,) = struct.unpack_from(">I", head, 2)
        if length > _LONGEST_READ:
            return bytes(head)
        return bytes(head + self._read(length))

    def _request_in(self, pdu: bytes) -> tuple[_Request | None, bytes]:
        """A storage request that begins in a PDU, and what follows it there."""
        if len(pdu) < _SHORTEST or pdu[0] != _P_DATA:
            return None, b""
        length, context_id, flags = _fragment(pdu[_SHORTEST:])
        if length + 4 > len(pdu) - _SHORTEST or context_id not in self._contexts():
            raise OSError("a fragment that makes no sense")
        if flags & (_COMMAND | _LAST) != _COMMAND | _LAST:
            return None, b""
        end = _SHORTEST + 4 + length
        return self._as_request(context_id, pdu[2 * _SHORTEST : end]), pdu[end:]

    def _as_request(self, context_id: int, command: bytes) -> _Request | None:
        """A command set as a storage request; None when it is another message."""
        try:
            said = _elements(command)
            if _number(said[0x0100]) != _C_STORE_RQ:
                return None
            request = _Request(
                context_id, _number(said[0x0110]), _uid(said[0x0002]), _uid(said[0x1000])
            )
            has_data_set = _number(said[0x0800]) != _NO_DATA_SET
        except (KeyError, struct.error, UnicodeDecodeError) as error:
            raise OSError("a command set that makes no sense") from error
        is_agreed = self._contexts()[context_id][0] == request.sop_class_uid
        return request if is_agreed and has_data_set and request.sop_instance_uid else None

    def _contexts(self) -> dict[int, tuple[str, str]]:
        """The abstract and the transfer syntax that each agreed context stands for."""
        agreed = self.__dict__.get("_agreed")
        if agreed is None:
            agreed = {
                cast("int", context.context_id): (
                    str(context.abstract_syntax),
                    str(context.transfer_syntax[0]),
                )
                for context in self.assoc.accepted_contexts
            }
            self._agreed = agreed
        return agreed

    def _data_set(self, request: _Request, begun: bytes) -> int | None:
        """Read the data set into the buffer: its size; None when something else came instead."""
        size, is_last = self._fragments(request, begun, 0)
        while not is_last:
            head = self._read(_SHORTEST)
            if len(head) < _SHORTEST or head[0] != _P_DATA:
                self._left = bytes(head) or self._gone()
                return None
            (length,) = struct.unpack_from(">I", head, 2)
            if not _SHORTEST <= length <= _LONGEST_READ:
                raise OSError("the peer announces a PDU larger than agreed")
            size, is_last = self._next(request, length, size)
        return size

    def _next(self, request: _Request, length: int, size: int) -> tuple[int, bool]:
        """One more PDU of the data set; most hold one fragment, read where it belongs."""
        head = self._read(_SHORTEST)
        fragment, context_id, flags = _fragment(head)
        if fragment + 4 != length:
            return self._fragments(request, bytes(head + self._read(length - _SHORTEST)), size)
        self._check(request, context_id, flags)
        at = size if size <= self._largest else 0  # too large: read, and forgotten
        self._reserve(at + fragment - 2)
        with memoryview(self._buffer)[at : at + fragment - 2] as place:
            self._fill(place)
        return size + fragment - 2, bool(flags & _LAST)

    def _fragments(self, request: _Request, content: bytes, size: int) -> tuple[int, bool]:
        """Fragments that lie in memory, one after the other."""
        is_last = False
        while content:
            length, context_id, flags = _fragment(content)
            self._check(request, context_id, flags)
            value = content[_SHORTEST : 4 + length]
            if len(value) != length - 2:
                raise OSError("the peer announces more than it sends")
            self._reserve(size + len(value))
            self._buffer[size : size + len(value)] = value
            size, is_last = size + len(value), bool(flags & _LAST)
            content = content[4 + length :]
        return size, is_last

    def _check(self, request: _Request, context_id: int, flags: int) -> None:
        if context_id != request.context_id or flags & _COMMAND:
            raise OSError("another message came in the middle of a data set")

    def _reserve(self, size: int) -> None:
        if size > len(self._buffer):
            room = max(size, 2 * len(self._buffer), _ROOM)
            self._buffer.extend(bytes(room - len(self._buffer)))

    def _reply(self, request: _Request, answer: Answer) -> None:
        self._connection.sendall(_response(request, *answer))

    def _gone(self) -> bytes:
        self.close()
        raise OSError("the peer has gone")

    def _read(self, count: int) -> bytearray:
        """`count` bytes, fewer only when the peer has gone."""
        content = bytearray(count)
        with memoryview(content) as place:
            return content[: self._fill(place, is_whole=False)]

    def _fill(self, place: memoryview, *, is_whole: bool = True) -> int:
        connection, filled = self._connection, 0
        while filled < len(place):
            received = connection.recv_into(place[filled:])
            if not received:
                if is_whole:
                    self._gone()
                return filled
            filled += received
        if hasattr(socket, "TCP_QUICKACK"):  # Linux forgets it after each use
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        return filled


def _fragment(content: bytes | bytearray) -> tuple[int, int, int]:
    """The length of a presentation data value, its context and its flags."""
    if len(content) < _SHORTEST:
        raise OSError("the peer announces more than it sends")
    length, context_id, flags = struct.unpack_from(">IBB", content)
    if not 2 <= length <= _LONGEST_READ:  # its context and its flags
        raise OSError("the peer announces more than it sends")
    return length, context_id, flags


def _elements(command: bytes) -> dict[int, bytes]:
    """The elements of a command set by number: implicit little endian, all of group 0."""
    found, at = {}, 0
    while at < len(command):
        group, number, length = struct.unpack_from("<HHI", command, at)
        if group or at + 8 + length > len(command):
            raise KeyError(number)
        found[number] = command[at + 8 : at + 8 + length]
        at += 8 + length
    return found


def _number(value: bytes) -> int:
    return int(struct.unpack("<H", value)[0])


def _uid(value: bytes) -> str:
    return value.rstrip(b"\0 ").decode("ascii")


def _response(request: _Request, status: int, comment: str) -> bytes:
    """A C-STORE-RSP in a PDU of its own. Source: PS3.7, table 9.3-2."""
    elements = [
        _element(0x0002, _padded(request.sop_class_uid.encode("ascii"), b"\0")),
        _element(0x0100, struct.pack("<H", _C_STORE_RSP)),
        _element(0x0120, struct.pack("<H", request.message_id)),
        _element(0x0800, struct.pack("<H", _NO_DATA_SET)),
        _element(0x0900, struct.pack("<H", status)),
    ]
    if comment:
        elements.append(_element(0x0902, _padded(comment.encode("ascii", "replace"), b" ")))
    elements.append(_element(0x1000, _padded(request.sop_instance_uid.encode("ascii"), b"\0")))
    body = b"".join(elements)
    command = _element(0x0000, struct.pack("<I", len(body))) + body
    head = struct.pack(">IBB", len(command) + 2, request.context_id, _COMMAND | _LAST)
    return struct.pack(">BBI", _P_DATA, 0, len(head) + len(command)) + head + command


def _element(number: int, value: bytes) -> bytes:
    return struct.pack("<HHI", 0, number, len(value)) + value


def _padded(value: bytes, filler: bytes) -> bytes:
    return value + filler * (len(value) % 2)

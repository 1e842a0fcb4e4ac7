"""A C-STORE client that costs little: PDUs encoded beforehand, one send per instance.

The clock runs from the moment all associations are open until all are released.
Source: PS3.7, 9.3.1; PS3.8, 9.3.
"""

import socket
import struct
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from hubs.peers import CALLED, CALLING, NotMeasuredError
from hubs.samples import Image

_OURS = 0x20000  # the largest PDU that we receive, and that we send to a peer without a limit
_CONTEXT = 1
_REQUESTED, _ACCEPTED, _DATA, _RELEASE, _RELEASED = 1, 2, 4, 5, 6
_COMMAND, _LAST = 1, 2
_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What was sent: how long all of it took, and each instance. Units: seconds."""

    elapsed_s: float
    latencies_s: list[float]

    @property
    def rate(self) -> float:
        """Instances a second."""
        return len(self.latencies_s) / self.elapsed_s

    @property
    def p99_ms(self) -> float:
        """What one instance in a hundred exceeds."""
        ordered = sorted(self.latencies_s)
        return ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)] * 1000


def send(port: int, images: Sequence[Image], *, associations: int) -> Sending:
    """Send each image once; NotMeasuredError unless the peer keeps every one."""
    ready = threading.Barrier(associations + 1)
    shares = [images[first::associations] for first in range(associations)]
    with ThreadPoolExecutor(associations) as pool:
        futures = [pool.submit(_send_share, port, share, ready) for share in shares]
        try:
            ready.wait(_PATIENCE_S)
        except threading.BrokenBarrierError as broken:
            errors = [future.exception() for future in futures]
            raise _cause(errors) from broken
        started = time.perf_counter()
        latencies = [one for future in futures for one in future.result()]
        elapsed_s = time.perf_counter() - started
    return Sending(elapsed_s=elapsed_s, latencies_s=latencies)


def _cause(errors: Sequence[BaseException | None]) -> BaseException:
    """What one association failed of; the others only miss it."""
    known = [one for one in errors if isinstance(one, (OSError, NotMeasuredError))]
    return known[0] if known else NotMeasuredError("the associations do not open in time")


def _send_share(port: int, images: Sequence[Image], ready: threading.Barrier) -> list[float]:
    try:
        line, longest = _associate(port)
        messages = [_message(image, number, longest) for number, image in enumerate(images)]
    except (OSError, NotMeasuredError):
        ready.abort()
        raise
    with line:
        ready.wait(_PATIENCE_S)
        latencies = [_store(line, message) for message in messages]
        line.sendall(_pdu(_RELEASE, bytes(4)))
        if _receive(line)[0] != _RELEASED:
            raise NotMeasuredError("the peer does not release the association")
    return latencies


def _store(line: socket.socket, message: bytes) -> float:
    """Send one instance, wait for Success."""
    started = time.perf_counter()
    line.sendall(message)
    kind, body = _receive(line)
    took_s = time.perf_counter() - started
    status = _status(body) if kind == _DATA else None
    if status != 0:
        raise NotMeasuredError(f"an instance is refused: PDU {kind}, status {status or 0:04X}")
    return took_s


def _associate(port: int) -> tuple[socket.socket, int]:
    """An association, and the length of the PDUs that the peer takes."""
    line = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_S)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    line.sendall(_request())
    kind, body = _receive(line)
    if kind != _ACCEPTED:
        raise NotMeasuredError(f"the association is refused: PDU {kind}")
    return line, _longest(body)


def _request() -> bytes:
    syntaxes = _item(0x30, CTImageStorage.encode()) + _item(0x40, ExplicitVRLittleEndian.encode())
    user = _item(0x51, struct.pack(">I", _OURS)) + _item(0x52, b"2.25.1")
    return _pdu(
        _REQUESTED,
        struct.pack(">HH16s16s32x", 1, 0, CALLED.ljust(16).encode(), CALLING.ljust(16).encode())
        + _item(0x10, b"1.2.840.10008.3.1.1.1")
        + _item(0x20, struct.pack(">B3x", _CONTEXT) + syntaxes)
        + _item(0x50, user),
    )


def _longest(accepted: bytes) -> int:
    """What the peer says of its PDUs, once it is clear that it takes our images."""
    items = dict(_items(accepted[68:]))
    if 0x21 not in items or items[0x21][2]:
        raise NotMeasuredError("the peer takes no CT images")
    limit = dict(_items(items.get(0x50, b""))).get(0x51)
    said = int.from_bytes(limit, "big") if limit else 0
    return min(said or _OURS, _OURS)


def _message(image: Image, number: int, longest: int) -> bytes:
    """A C-STORE-RQ with its data set, in as few PDUs as the peer takes."""
    data_set = memoryview(image.head + image.pixels)
    pieces = [_fragment(_command(image, number), _COMMAND | _LAST)]
    step = longest - 6
    for at in range(0, len(data_set), step):
        is_last = at + step >= len(data_set)
        pieces.append(_fragment(data_set[at : at + step], _LAST if is_last else 0))
    return b"".join(pieces)


def _command(image: Image, number: int) -> bytes:
    uid = image.uid.encode()
    body = b"".join(
        [
            _element(0x0002, CTImageStorage.encode()),
            _element(0x0100, struct.pack("<H", 1)),
            _element(0x0110, struct.pack("<H", number % 0x10000)),
            _element(0x0700, struct.pack("<H", 0)),
            _element(0x0800, struct.pack("<H", 1)),
            _element(0x1000, uid),
        ]
    )
    return _element(0x0000, struct.pack("<I", len(body))) + body


def _status(body: bytes) -> int | None:
    """The status in a response, which is one fragment."""
    at = 6
    while at + 8 <= len(body):
        element, length = struct.unpack_from("<2xHI", body, at)
        if element == 0x0900:
            return int.from_bytes(body[at + 8 : at + 8 + length], "little")
        at += 8 + length
    return None


def _receive(line: socket.socket) -> tuple[int, bytes]:
    head = _exactly(line, 6)
    return head[0], _exactly(line, int.from_bytes(head[2:], "big"))


def _exactly(line: socket.socket, count: int) -> bytes:
    content = b""
    while len(content) < count:
        piece = line.recv(count - len(content))
        if not piece:
            raise NotMeasuredError("the peer closes the connection")
        content += piece
    return content


def _items(content: bytes) -> list[tuple[int, bytes]]:
    found: list[tuple[int, bytes]] = []
    at = 0
    while at + 4 <= len(content):
        kind, length = struct.unpack_from(">BxH", content, at)
        found.append((kind, content[at + 4 : at + 4 + length]))
        at += 4 + length
    return found


def _fragment(value: bytes | memoryview, flags: int) -> bytes:
    return _pdu(_DATA, struct.pack(">IBB", len(value) + 2, _CONTEXT, flags) + value)


def _pdu(kind: int, body: bytes) -> bytes:
    return struct.pack(">BxI", kind, len(body)) + body


def _item(kind: int, body: bytes) -> bytes:
    return struct.pack(">BxH", kind, len(body)) + body


def _element(number: int, value: bytes) -> bytes:
    padded = value + b"\0" * (len(value) % 2)
    return struct.pack("<HHI", 0, number, len(padded)) + padded

"""A peer that writes its own bytes: associations and C-STORE as PS3.8 and PS3.7 lay them out.

No library stands between a test and the hub, so that any byte can be wrong.
"""

import socket
import struct
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from pydicom.uid import (
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

ASSOCIATE_RQ, ASSOCIATE_AC, ASSOCIATE_RJ, P_DATA, RELEASE_RQ, RELEASE_RP, ABORT = range(1, 8)
COMMAND, LAST = 1, 2  # flags of a fragment. PS3.8, E.2
VERIFICATION = "1.2.840.10008.1.1"
STEP = "1.2.840.10008.3.1.2.3.3"
WORKLIST = "1.2.840.10008.5.1.4.31"
SUCCESS = 0x0000
_CONTEXT_NAME = b"1.2.840.10008.3.1.1.1"
_IMPLEMENTATION = b"2.25.1"
_NO_DATA_SET, _DATA_SET = 0x0101, 0x0001
_C_STORE, _C_FIND, _C_ECHO, _N_CREATE = 0x0001, 0x0020, 0x0030, 0x0140
FRAGMENT = 16_000

# The contexts that every association here proposes: id, abstract syntax, transfer syntax.
ECHO_CONTEXT, EXPLICIT, IMPLICIT, DEFLATED, STEP_CONTEXT, FIND_CONTEXT = 1, 3, 5, 7, 9, 11
CONTEXTS: Sequence[tuple[int, str, str]] = (
    (ECHO_CONTEXT, VERIFICATION, ImplicitVRLittleEndian),
    (EXPLICIT, CTImageStorage, ExplicitVRLittleEndian),
    (IMPLICIT, CTImageStorage, ImplicitVRLittleEndian),
    (DEFLATED, CTImageStorage, DeflatedExplicitVRLittleEndian),
    (STEP_CONTEXT, STEP, ExplicitVRLittleEndian),
    (FIND_CONTEXT, WORKLIST, ExplicitVRLittleEndian),
)


@dataclass(frozen=True, slots=True)
class Pdu:
    """What the hub said."""

    kind: int
    body: bytes


def pdu(kind: int, body: bytes = b"\0\0\0\0", length: int | None = None) -> bytes:
    """A protocol data unit, which may lie about its length. Source: PS3.8, 9.3.1."""
    return struct.pack(">BBI", kind, 0, len(body) if length is None else length) + body


def item(kind: int, body: bytes) -> bytes:
    return struct.pack(">BBH", kind, 0, len(body)) + body


def request(title: str = "CT_TEST", proposed: Sequence[tuple[int, str, str]] = CONTEXTS) -> bytes:
    """An A-ASSOCIATE-RQ. Source: PS3.8, 9.3.2."""
    contexts = b"".join(
        item(
            0x20,
            struct.pack(">BBBB", number, 0, 0, 0)
            + item(0x30, abstract.encode("ascii"))
            + item(0x40, syntax.encode("ascii")),
        )
        for number, abstract, syntax in proposed
    )
    user = item(0x51, struct.pack(">I", 1 << 17)) + item(0x52, _IMPLEMENTATION)
    titles = b"PLATEAU".ljust(16) + title.encode("ascii").ljust(16)
    head = struct.pack(">HH", 1, 0) + titles + bytes(32)
    return pdu(ASSOCIATE_RQ, head + item(0x10, _CONTEXT_NAME) + contexts + item(0x50, user))


def fragment(context: int, flags: int, value: bytes, length: int | None = None) -> bytes:
    """A presentation data value, which may lie about its length. Source: PS3.8, 9.3.5.1."""
    said = len(value) + 2 if length is None else length
    return struct.pack(">IBB", said, context, flags) + value


def command(number: int, *, data: bool, sop_class: str, uid: str = "", extra: bytes = b"") -> bytes:
    """A command set. Source: PS3.7, annex E."""
    elements = [
        _element(0x0002, _padded(sop_class)),
        _element(0x0100, struct.pack("<H", number)),
        _element(0x0110, struct.pack("<H", 1)),
        _element(0x0700, struct.pack("<H", 0)) if number in {_C_STORE, _C_FIND} else b"",
        _element(0x0800, struct.pack("<H", _DATA_SET if data else _NO_DATA_SET)),
        _element(0x1000, _padded(uid)) if uid else b"",
        extra,
    ]
    body = b"".join(elements)
    return _element(0x0000, struct.pack("<I", len(body))) + body


def store_command(uid: str, sop_class: str = CTImageStorage) -> bytes:
    return command(_C_STORE, data=True, sop_class=sop_class, uid=uid)


def message(
    said: bytes, data_set: bytes, context: int = EXPLICIT, size: int = FRAGMENT
) -> Iterator[bytes]:
    """The PDUs of a command set and of its data set, one fragment in each."""
    yield pdu(P_DATA, fragment(context, COMMAND | LAST, said))
    for at in range(0, max(len(data_set), 1), size):
        flags = LAST if at + size >= len(data_set) else 0
        yield pdu(P_DATA, fragment(context, flags, data_set[at : at + size]))


def _element(number: int, value: bytes) -> bytes:
    return struct.pack("<HHI", 0, number, len(value)) + value


def _padded(uid: str) -> bytes:
    return uid.encode("latin-1") + b"\0" * (len(uid) % 2)


@dataclass(slots=True)
class Peer:
    """One end of a connection to the hub."""

    line: socket.socket
    answers: list[dict[int, bytes]] = field(default_factory=list)

    def send(self, *parts: bytes) -> None:
        for part in parts:
            self.line.sendall(part)

    def receive(self) -> Pdu | None:
        """The next PDU; None when the hub has closed the connection."""
        try:
            head = self._read(6)
            if len(head) < 6:
                return None
            kind, _, length = struct.unpack(">BBI", head)
            return Pdu(kind, self._read(length))
        except ConnectionResetError:
            return None

    def associate(self, contexts: Sequence[tuple[int, str, str]] = CONTEXTS) -> Pdu | None:
        """What the hub answers to a request for an association."""
        self.send(request(proposed=contexts))
        return self.receive()

    def ends(self) -> bool:
        """Whether the hub aborts or closes; it may answer first what it was asked."""
        while True:
            said = self.receive()
            if said is None or said.kind == ABORT:
                return True
            if said.kind == P_DATA:
                self.answers.append(_answer(said.body))

    def status(self) -> int | None:
        """The status that the hub answers; None when it aborts or closes instead."""
        said = self.receive()
        if said is None or said.kind != P_DATA:
            return None
        self.answers.append(_answer(said.body))
        return int(struct.unpack("<H", self.answers[-1][0x0900])[0])

    def comment(self) -> str:
        """The Error Comment of the last answer."""
        return self.answers[-1].get(0x0902, b"").decode("ascii").strip()

    def store(self, data_set: bytes, uid: str, context: int = EXPLICIT) -> int | None:
        """The status of a C-STORE."""
        self.send(*message(store_command(uid), data_set, context))
        return self.status()

    def create_step(self, data_set: bytes, uid: str) -> int | None:
        """The status of an N-CREATE of a procedure step."""
        said = command(_N_CREATE, data=True, sop_class=STEP, uid=uid)
        self.send(*message(said, data_set, STEP_CONTEXT))
        return self.status()

    def find(self, data_set: bytes) -> int | None:
        """The first status of a C-FIND in the worklist."""
        said = command(_C_FIND, data=True, sop_class=WORKLIST)
        self.send(*message(said, data_set, FIND_CONTEXT))
        return self.status()

    def echo(self) -> int | None:
        """The status of a C-ECHO."""
        said = command(_C_ECHO, data=False, sop_class=VERIFICATION)
        self.send(pdu(P_DATA, fragment(ECHO_CONTEXT, COMMAND | LAST, said)))
        return self.status()

    def release(self) -> Pdu | None:
        """What the hub answers to a request to end the association."""
        self.send(pdu(RELEASE_RQ))
        return self.receive()

    def abort(self) -> None:
        """Say that it aborts, to a hub that may have closed already."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self.send(pdu(ABORT))

    def reset(self) -> None:
        """Close without a word: what was sent may be lost."""
        self.line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.line.close()

    def _read(self, count: int) -> bytes:
        content = b""
        while len(content) < count:
            more = self.line.recv(count - len(content))
            if not more:
                break
            content += more
        return content


def _answer(body: bytes) -> dict[int, bytes]:
    """The elements of a command set that came in one fragment."""
    found: dict[int, bytes] = {}
    at = 6
    while at < len(body):
        _, number, length = struct.unpack_from("<HHI", body, at)
        found[number] = body[at + 8 : at + 8 + length]
        at += 8 + length
    return found


@contextmanager
def connected(port: int, within_s: float = 20.0) -> Generator[Peer]:
    """A connection; nothing that the hub is waited for may take longer than `within_s`."""
    with socket.create_connection(("127.0.0.1", port), timeout=within_s) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield Peer(line)


@contextmanager
def established(port: int, within_s: float = 20.0) -> Generator[Peer]:
    """An association, released at the end if it still stands."""
    with connected(port, within_s) as peer:
        said = peer.associate()
        assert said is not None
        assert said.kind == ASSOCIATE_AC
        yield peer
        with suppress(OSError):
            peer.release()

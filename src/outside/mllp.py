"""MLLP frames: HL7 version 2 messages on a stream of bytes.

Source: HL7 "Transport specification: MLLP, release 1".
"""

import socket
from collections.abc import Iterator

START = b"\x0b"
END = b"\x1c\r"
LARGEST = 32 << 20
_PIECE = 1 << 16


class FrameError(Exception):
    """The bytes are not a frame."""


def frames(connection: socket.socket) -> Iterator[bytes]:
    """The messages that arrive, until the peer closes."""
    buffer = bytearray()
    while piece := connection.recv(_PIECE):
        seen = len(buffer)
        buffer += piece
        if not buffer.startswith(START):
            raise FrameError("a frame begins with 0x0B")
        while (end := buffer.find(END, max(0, seen - 1))) >= 0:
            yield bytes(buffer[1:end])
            del buffer[: end + len(END)]
            seen = 0
        if len(buffer) > LARGEST:
            raise FrameError("too large")
    if buffer:
        raise FrameError("cut in the middle of a frame")


def frame(message: bytes) -> bytes:
    """The message, ready for the wire."""
    return START + message + END

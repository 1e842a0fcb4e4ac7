"""MLLP: frames on a stream of bytes, and a client that waits for one answer.

Source: HL7 Transport Specification: MLLP, release 1.
"""

import socket
import time

from plateau.exchange.types import Answer, Outcome

START = b"\x0b"
END = b"\x1c\r"
LARGEST_ANSWER = 1 << 16
_CHUNK = 1 << 16


def frame(content: bytes) -> bytes:
    """`content` as it travels."""
    return START + content + END


def split(buffer: bytes) -> tuple[list[bytes], bytes]:
    """The complete frames of `buffer`, and what is left of a frame that goes on.

    Bytes between two frames are dropped, as the specification asks.
    """
    contents: list[bytes] = []
    position = 0
    while (start := buffer.find(START, position)) >= 0:
        end = buffer.find(END, start)
        if end < 0:
            return contents, buffer[start:]
        contents.append(buffer[start + 1 : end])
        position = end + len(END)
    return contents, b""


def ask(host: str, port: int, content: bytes, *, timeout_s: float) -> bytes | Answer:
    """Send one message and wait for one answer; an `Answer` instead of bytes says what went wrong.

    The time-out covers the whole exchange, so that a peer that sends one byte a second
    cannot hold it up.
    """
    deadline = time.monotonic() + timeout_s
    try:
        connection = socket.create_connection((host, port), timeout=timeout_s)
    except OSError as error:
        return Answer(outcome=Outcome.UNREACHABLE, detail=_words(error))
    with connection:
        try:
            connection.sendall(frame(content))
            return _answer(connection, deadline)
        except OSError as error:
            return Answer(outcome=Outcome.SILENCE, detail=_words(error))


def _answer(connection: socket.socket, deadline: float) -> bytes | Answer:
    buffer = b""
    while len(buffer) <= LARGEST_ANSWER:
        left = deadline - time.monotonic()
        if left <= 0:
            return Answer(outcome=Outcome.SILENCE, detail="timed out")
        connection.settimeout(left)
        chunk = connection.recv(_CHUNK)
        if not chunk:
            return Answer(outcome=Outcome.SILENCE, detail="closed without an answer")
        contents, buffer = split(buffer + chunk)
        if contents:
            return contents[0]
    return Answer(outcome=Outcome.MALFORMED, detail="the answer is too long")


def _words(error: OSError) -> str:
    return (error.strerror or str(error) or type(error).__name__).lower()

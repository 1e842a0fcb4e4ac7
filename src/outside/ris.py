"""The information systems of the member institutions, as separate processes that speak MLLP.

`python -m outside.ris --facility STPALAIS --port 2575 --inbox DIR`

Each report received is one file, `DIR/FACILITY/<MSH-10>.hl7`. A file named `mode` in that directory
changes what is answered from the next message on: AA, AE, AR, silent or garbage.
"""

import argparse
import os
import signal
import socket
import socketserver
import sys
import threading
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

import hl7
import structlog

from outside import mllp

log = structlog.get_logger()
_CLOCK = ZoneInfo("Europe/Paris")
_NEEDED = ("PID", "OBR", "OBX")
_LONGEST_ID = 199


class Mode(StrEnum):
    """How this system behaves."""

    AA = "AA"
    AE = "AE"
    AR = "AR"
    SILENT = "silent"
    GARBAGE = "garbage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ris:
    """One institution's system: its name, where it keeps what it received, its usual behaviour."""

    facility: str
    inbox: Path
    mode: Mode = Mode.AA


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What an answer needs from the message it answers."""

    sender: str = ""
    sender_facility: str = ""
    kind: str = ""
    control_id: str = ""
    processing: str = "P"
    version: str = "2.5.1"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The acknowledgement code, and why."""

    code: str
    reason: str = ""


def answer(ris: Ris, content: bytes) -> bytes | None:
    """Receive one message; what goes back, without its frame, or None for silence."""
    mode = current_mode(ris)
    if mode is Mode.SILENT:
        return None
    if mode is Mode.GARBAGE:
        return b"\x00\xffthis is no HL7 message"
    header, verdict = examine(content)
    if verdict.code == "AA" and mode is not Mode.AA:
        verdict = Verdict(mode.value, "simulated refusal")
    if verdict.code == "AA":
        keep(ris, header.control_id, content)
    log.info("report.received", facility=ris.facility, answer=verdict.code, reason=verdict.reason)
    return acknowledgement(ris, header, verdict)


def current_mode(ris: Ris) -> Mode:
    """The behaviour asked for by the `mode` file, or the usual one."""
    control = ris.inbox / "mode"
    try:
        wish = control.read_text("ascii").strip()
    except FileNotFoundError:
        return ris.mode
    return Mode(wish) if wish else ris.mode


def examine(content: bytes) -> tuple[Header, Verdict]:
    """Check that the message is a report that this system can file.

    Source: HL7 2.5.1, table 0008: AR for the header, AE for the content.
    """
    try:
        message = _parse(content)
        header = _header(message)
    except (UnicodeDecodeError, hl7.HL7Exception, LookupError, ValueError) as error:
        return Header(), Verdict("AR", f"unreadable: {type(error).__name__}")
    if not header.control_id or len(header.control_id) > _LONGEST_ID:
        return header, Verdict("AR", "MSH-10 is missing or too long")
    if header.kind[:7] != "ORU^R01":
        return header, Verdict("AR", "only ORU^R01 is accepted")
    present = {str(segment[0]) for segment in message}
    missing = [name for name in _NEEDED if name not in present]
    if missing:
        return header, Verdict("AE", f"segment missing: {', '.join(missing)}")
    if not _field(message.segment("PID"), 3):
        return header, Verdict("AE", "PID-3 is missing")
    return header, Verdict("AA")


def _parse(content: bytes) -> hl7.Message:
    message = hl7.parse(content.decode("utf-8"))
    if not isinstance(message, hl7.Message):
        raise ValueError("not one message")  # noqa: TRY004 - what arrives is wrong, not our types
    return message


def _header(message: hl7.Message) -> Header:
    first = message.segment("MSH")
    return Header(
        sender=_field(first, 3),
        sender_facility=_field(first, 4),
        kind=_field(first, 9),
        control_id=_field(first, 10),
        processing=_field(first, 11) or "P",
        version=_field(first, 12) or "2.5.1",
    )


def _field(segment: hl7.Segment, number: int) -> str:
    return str(segment[number]) if len(segment) > number else ""


def keep(ris: Ris, control_id: str, content: bytes) -> None:
    """The message is on disk; the same control id again changes nothing."""
    target = ris.inbox / f"{quote(control_id, safe='')}.hl7"
    if target.exists():
        return
    draft = target.with_suffix(f".{threading.get_ident()}")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(target)
    directory = os.open(ris.inbox, os.O_RDONLY)
    os.fsync(directory)
    os.close(directory)


def acknowledgement(ris: Ris, header: Header, verdict: Verdict) -> bytes:
    """An ACK^R01 with this verdict."""
    now = f"{datetime.now(_CLOCK):%Y%m%d%H%M%S.%f%z}"
    head = (
        r"MSH|^~\&", "RIS", ris.facility, header.sender, header.sender_facility,
        f"{now[:18]}{now[-5:]}", "", "ACK^R01^ACK", f"ACK{now[:14]}{now[15:21]}",
        header.processing, header.version, "", "", "", "", "", "UNICODE UTF-8",
    )  # fmt: skip
    segments = ["|".join(head), f"MSA|{verdict.code}|{header.control_id}"]
    if verdict.reason:
        segments.append(f"ERR|||207^Application internal error^HL70357|E||||{verdict.reason}")
    return ("\r".join(segments) + "\r").encode()


@contextmanager
def serve(ris: Ris, port: int, host: str = "127.0.0.1") -> Generator[int]:
    """Listen until the end of the block; gives the port, chosen by the system if 0."""
    ris.inbox.mkdir(parents=True, exist_ok=True)

    class Door(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            _converse(ris, self.request)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server((host, port), Door) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.2,), daemon=True)
        thread.start()
        log.info("ris.listening", facility=ris.facility, port=server.server_address[1])
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def _converse(ris: Ris, connection: socket.socket) -> None:
    try:
        for content in mllp.frames(connection):
            reply = answer(ris, content)
            if reply is not None:
                connection.sendall(mllp.frame(reply))
    except (mllp.FrameError, OSError) as error:
        log.warning("connection.closed", facility=ris.facility, reason=str(error))


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="outside.ris", description=__doc__)
    parser.add_argument("--listen", action="append", default=[], metavar="FACILITY:PORT")
    parser.add_argument("--facility", help="name of the only institution")
    parser.add_argument("--port", type=int, default=2575)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--mode", type=Mode, default=Mode.AA, choices=list(Mode))
    parser.add_argument("--inbox", type=Path, default=Path("inbox"))
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Serve the institutions named on the command line until told to stop."""
    options = parse(arguments)
    structlog.configure(
        processors=[
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.LogfmtRenderer(),
        ]
    )
    doors = [tuple(name.rpartition(":")[::2]) for name in options.listen]
    if options.facility:
        doors.append((options.facility, str(options.port)))
    if not doors or not all(facility and port.isdigit() for facility, port in doors):
        raise SystemExit("name an institution with --facility, or --listen FACILITY:PORT")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with ExitStack() as stack:
        for facility, port in doors:
            ris = Ris(facility=facility, inbox=options.inbox / facility, mode=options.mode)
            stack.enter_context(serve(ris, int(port), options.host))
        while not stop.wait(0.5):  # a signal that comes just before a wait does not interrupt it
            pass
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

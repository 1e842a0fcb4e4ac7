"""An SMS gateway, as a separate process that receives signed JSON over HTTP.

`python -m outside.sms --port 2580 --inbox DIR --secret SECRET`

Each message is one file, `DIR/ID.json`; one that comes again is known by its id and noted in
`DIR/again`. A file named `mode` in that directory changes what is answered: ok, later (503), never
(422) or deaf (it keeps the message, and the answer is lost).
"""

import argparse
import hashlib
import hmac
import json
import signal
import sys
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import UUID

import structlog

log = structlog.get_logger()
_LARGEST = 1 << 16
_OLDEST_S = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """Where messages are kept, who may send them, and whether their clock is to be looked at."""

    inbox: Path
    secret: str
    any_time: bool = False  # the sender lives in a demonstration's time


def answer(gateway: Gateway, headers: Mapping[str, str], body: bytes) -> int | None:
    """Receive one message; the status to answer, or None to be cut off."""
    mode = _mode(gateway)
    refusals = {"later": 503, "never": 422}
    if mode in refusals:
        return refusals[mode]
    if not is_genuine(gateway, headers, body):
        return 401
    try:
        message = json.loads(body)
        number, to, text = UUID(message["id"]), message["to"], message["text"]
    except (ValueError, KeyError, TypeError):
        return 400
    if not str(to).startswith("+") or not text:
        return 422
    keep(gateway, number, body)
    return None if mode == "deaf" else 202


def _mode(gateway: Gateway) -> str:
    try:
        return (gateway.inbox / "mode").read_text("ascii").strip()
    except FileNotFoundError:
        return "ok"


def is_genuine(gateway: Gateway, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether whoever knows the secret has signed this body, lately."""
    at = headers.get("X-Plateau-Time", "")
    signed = hmac.new(gateway.secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
    lately = gateway.any_time or (at.isdigit() and abs(time.time() - int(at)) < _OLDEST_S)
    given = headers.get("X-Plateau-Signature", "")
    return lately and hmac.compare_digest(signed.hexdigest().encode(), given.encode())


def keep(gateway: Gateway, number: UUID, body: bytes) -> None:
    """The message is on disk, once."""
    target = gateway.inbox / f"{number}.json"
    try:
        with target.open("xb") as file:
            file.write(body)
        log.info("sms.received", id=str(number))
    except FileExistsError:
        with (gateway.inbox / "again").open("a", encoding="ascii") as file:
            file.write(f"{number}\n")


@contextmanager
def serve(gateway: Gateway, port: int, host: str = "127.0.0.1") -> Generator[int, None, None]:
    """Receive messages until the block ends; yields the port."""
    gateway.inbox.mkdir(parents=True, exist_ok=True)

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = min(int(self.headers.get("Content-Length", "0")), _LARGEST)
            headers = {name: str(value) for name, value in self.headers.items()}
            status = answer(gateway, headers, self.rfile.read(size))
            if status is None:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            log.debug("sms.asked")

    with ThreadingHTTPServer((host, port), Door) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
        thread.start()
        log.info("sms.listening", port=server.server_address[1])
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def main(arguments: list[str]) -> int:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="outside.sms", description=__doc__)
    parser.add_argument("--port", type=int, default=2580)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--inbox", type=Path, default=Path("sms"))
    parser.add_argument("--secret", required=True)
    parser.add_argument("--any-time", action="store_true", help="accept a demonstration's clock")
    options = parser.parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    gateway = Gateway(inbox=options.inbox, secret=options.secret, any_time=options.any_time)
    with serve(gateway, options.port, options.host):
        while not stop.wait(0.5):  # a signal that comes just before a wait does not interrupt it
            pass
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

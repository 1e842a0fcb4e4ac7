"""A mail server, as a separate process that speaks SMTP.

`python -m outside.mail --port 2525 --inbox DIR`

Each message received is one file, `DIR/NUMBER.eml`, numbered as they come. A file named `mode` in
that directory changes what is answered from the next command on: ok, later (451) or never (550).
"""

import argparse
import itertools
import signal
import socketserver
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import structlog

log = structlog.get_logger()
_LONGEST_LINE = 1000
_LARGEST = 1 << 20
_REFUSALS = {"later": "451 try again later", "never": "550 no such mailbox"}


class Inbox:
    """Where messages are kept, and how the server behaves."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._numbers = itertools.count(1 + len(list(folder.glob("*.eml"))))

    def refusal(self) -> str | None:
        """What is answered instead of taking a message, when told to by the `mode` file."""
        try:
            wish = (self._folder / "mode").read_text("ascii").strip()
        except FileNotFoundError:
            return None
        return _REFUSALS.get(wish)

    def keep(self, content: bytes) -> None:
        """The message is on disk."""
        number = next(self._numbers)
        draft = self._folder / f"{number:05}.draft"
        draft.write_bytes(content)
        draft.replace(draft.with_suffix(".eml"))
        log.info("mail.received", number=number)


class Talk:
    """One conversation.

    Source: RFC 5321, sections 4.1 and 4.5.1 (the least a server must know).
    """

    def __init__(self, inbox: Inbox, read: Callable[[], bytes], say: Callable[[str], None]) -> None:
        self._inbox = inbox
        self._read = read
        self._say = say
        self._sender = ""
        self._recipients: list[str] = []

    def run(self) -> None:
        """Answer until the other side leaves."""
        self._say("220 mail.example.test ESMTP")
        while line := self._read():
            verb, _, rest = line.decode("ascii", "replace").strip().partition(" ")
            if verb.upper() == "QUIT":
                self._say("221 bye")
                return
            self._answer(verb.upper(), rest)

    def _answer(self, verb: str, rest: str) -> None:
        if verb in {"HELO", "EHLO", "NOOP", "RSET"}:
            self._sender, self._recipients = "", []
            self._say("250 mail.example.test")
        elif verb == "MAIL":
            self._sender = rest
            self._say("250 ok")
        elif verb == "RCPT":
            self._recipient(rest)
        elif verb == "DATA":
            self._data()
        else:
            self._say("502 not known here")

    def _recipient(self, rest: str) -> None:
        refusal = self._inbox.refusal()
        if not self._sender:
            self._say("503 MAIL first")
        elif refusal:
            self._say(refusal)
        else:
            self._recipients.append(rest)
            self._say("250 ok")

    def _data(self) -> None:
        if not self._recipients:
            self._say("503 RCPT first")
            return
        self._say("354 go on")
        lines: list[bytes] = []
        while (line := self._read()) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        if line and sum(map(len, lines)) <= _LARGEST:
            self._inbox.keep(b"".join(lines))
            self._say("250 kept")
        else:
            self._say("552 too large")


@contextmanager
def serve(folder: Path, port: int, host: str = "127.0.0.1") -> Generator[int, None, None]:
    """Receive mail into `folder` until the block ends; yields the port."""
    inbox = Inbox(folder)

    class Door(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            Talk(inbox, lambda: self.rfile.readline(_LONGEST_LINE), self._say).run()

        def _say(self, reply: str) -> None:
            self.wfile.write(f"{reply}\r\n".encode("ascii"))

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server((host, port), Door) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
        thread.start()
        log.info("mail.listening", port=server.server_address[1])
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def main(arguments: list[str]) -> int:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="outside.mail", description=__doc__)
    parser.add_argument("--port", type=int, default=2525)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--inbox", type=Path, default=Path("mail"))
    options = parser.parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with serve(options.inbox, options.port, options.host):
        while not stop.wait(0.5):  # a signal that comes just before a wait does not interrupt it
            pass
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

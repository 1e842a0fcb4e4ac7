"""An HTTP client that costs little: one connection kept, bodies read into one buffer."""

import gzip
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from types import TracebackType

from hubs.peers import NotMeasuredError, Peer

_PATIENCE_S = 120.0
_PIECE = 1 << 20
_ABSENT = (404, 405, 501)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came. Units: milliseconds; bytes on the wire."""

    first_byte_ms: float
    whole_ms: float
    size: int
    body: bytes
    encoding: str

    def listed(self) -> list[dict[str, object]]:
        """The objects of a JSON answer."""
        text = gzip.decompress(self.body) if self.encoding == "gzip" else self.body
        found: list[dict[str, object]] = json.loads(text or b"[]")
        return found


class Fetcher:
    """A client of one peer, with what its requests must carry."""

    def __init__(self, peer: Peer) -> None:
        self._line = HTTPConnection("127.0.0.1", peer.web_port, timeout=_PATIENCE_S)
        self._headers = dict(peer.headers)
        self._buffer = memoryview(bytearray(_PIECE))

    def __enter__(self) -> "Fetcher":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._line.close()

    def json(self, path: str, *, compressed: bool = False) -> Answer:
        """A DICOM JSON answer, with its body."""
        more = {"Accept": "application/dicom+json"}
        if compressed:
            more["Accept-Encoding"] = "gzip"
        return self.ask("GET", path, more=more, keep=True)

    def parts(self, path: str, kind: str) -> Answer:
        """A multipart answer in whatever transfer syntax is stored, its body thrown away."""
        accept = f'multipart/related; type="{kind}"; transfer-syntax=*'
        return self.ask("GET", path, more={"Accept": accept})

    def ask(
        self,
        method: str,
        path: str,
        *,
        more: Mapping[str, str] | None = None,
        content: bytes | None = None,
        keep: bool = False,
    ) -> Answer:
        """The answer to one request; NotMeasuredError unless it is a success."""
        started = time.perf_counter()
        try:
            self._line.request(method, path, content, {**self._headers, **(more or {})})
            response = self._line.getresponse()
            size, first_byte_s, pieces = self._read(response, started, keep)
        except (OSError, HTTPException) as error:
            self._line.close()
            raise NotMeasuredError(f"{method} {_shape(path)}: {error!r}") from error
        whole_s = time.perf_counter() - started
        if response.status >= 300:
            why = "no such endpoint yet" if response.status in _ABSENT else "refused"
            raise NotMeasuredError(f"{method} {_shape(path)}: {why} ({response.status})")
        return Answer(
            first_byte_ms=first_byte_s * 1000,
            whole_ms=whole_s * 1000,
            size=size,
            body=b"".join(pieces),
            encoding=response.getheader("Content-Encoding", "") or "",
        )

    def _read(
        self, response: HTTPResponse, started: float, keep: bool
    ) -> tuple[int, float, list[bytes]]:
        """How much came, when it began, and what it was if that is of interest."""
        pieces: list[bytes] = []
        size = response.readinto(self._buffer[:1])
        first_byte_s = time.perf_counter() - started
        read = size
        while read:
            if keep:
                pieces.append(bytes(self._buffer[:read]))
            read = response.readinto(self._buffer)
            size += read
        return size, first_byte_s, pieces


def _shape(path: str) -> str:
    """A path without what designates anything."""
    plain = path.partition("?")[0].split("/")
    return "/".join("{uid}" if part.startswith("2.25.") else part for part in plain)

"""What every server that is measured has in common."""

import os
import socket
import subprocess
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

CALLED, CALLING = "PLATEAU", "CT_BANC"
_PATIENCE_S = 90.0


class NotMeasuredError(Exception):
    """A figure cannot be had; the message says why, and no target is met by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A server that answers: where to knock, and what each request carries."""

    dicom_port: int
    web_port: int
    processes: Mapping[str, int]
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


Start = Callable[[Path], AbstractContextManager[Peer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A server with a way of running it; on a folder of an earlier run it finds its data again.

    Without `start` it cannot run here, and `missing` says why.
    """

    name: str
    start: Start | None
    missing: str = ""

    def running(self, folder: Path) -> AbstractContextManager[Peer]:
        """The server for as long as the block lasts; NotMeasuredError when it is missing."""
        if self.start is None:
            raise NotMeasuredError(self.missing)
        return self.start(folder)


@contextmanager
def process(
    command: Sequence[str | Path], *, log: Path, environment: Mapping[str, str] | None = None
) -> Generator[subprocess.Popen[bytes]]:
    """A process that is asked to stop at the end of the block, and made to if need be."""
    with log.open("ab") as output:
        running = subprocess.Popen(
            command,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        yield running
    finally:
        running.terminate()
        try:
            running.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


def wait_for(ports: Iterable[int], running: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a process listens; NotMeasuredError when it ends, or takes too long."""
    deadline = time.monotonic() + _PATIENCE_S
    while not all(listens(port) for port in ports):
        if running.poll() is not None or time.monotonic() > deadline:
            tail = log.read_text("utf-8", "replace").strip()[-300:]
            raise NotMeasuredError(f"{log.stem} does not start: {tail}")
        time.sleep(0.05)


def free_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    """Whether somebody does."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def memory_mb(pid: int) -> float:
    """What a process and its children keep in memory. Units: 10^6 bytes."""
    first = psutil.Process(pid)
    return sum(one.memory_info().rss for one in (first, *first.children(recursive=True))) / 1e6


def forget(folder: Path) -> None:
    """What the folder holds is on the disk, and no longer in the system's cache."""
    os.sync()
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

"""Plateau's own processes, started as a person starts them, on free ports."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

READY_S = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_ports() -> dict[str, str]:
    """The settings that have every process listen somewhere else than usual."""
    return {
        "PLATEAU_WEB_PORT": str(free_port()),
        "PLATEAU_DICOM_PORT": str(free_port()),
        "PLATEAU_MLLP_PORT": str(free_port()),
    }


def until(holds: Callable[[], object], within_s: float = READY_S) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, f"not within {within_s:g} s: {holds}"
        time.sleep(0.05)


def listens(port: int | str) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", int(port))) == 0


def is_well(port: int | str) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=5).text == "ok\n"
    except httpx.TransportError:
        return False


def is_gone(pid: int) -> bool:
    """Whether a process has ended; nobody may have asked how."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Plateau:
    """A `plateau` command that runs."""

    process: subprocess.Popen[bytes]
    output: Path

    def stop(self) -> int:
        """Ask it to stop; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(READY_S)

    def kill(self) -> None:
        """End it without warning."""
        self.process.kill()
        self.process.wait()

    def logged(self) -> list[dict[str, Any]]:
        """What it has logged."""
        lines = self.output.read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def has_logged(self, event: str) -> bool:
        return any(entry["event"] == event for entry in self.logged())


@contextmanager
def plateau(
    *arguments: str,
    folder: Path,
    settings: Mapping[str, str],
    before: Sequence[str] = (),
) -> Generator[Plateau]:
    """`plateau` with these arguments, killed at the end of the block if it still runs."""
    folder.mkdir(parents=True, exist_ok=True)
    output = folder / f"{arguments[0]}-{time.monotonic_ns()}.log"
    with output.open("wb") as log:
        process = subprocess.Popen(
            [*before, sys.executable, "-m", "plateau.entry.cli", *arguments],
            env={**os.environ, "PLATEAU_DATA_DIR": str(folder / "data"), **settings},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield Plateau(process=process, output=output)
    finally:
        process.kill()
        process.wait()


def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """`plateau` with these arguments, until it ends."""
    return subprocess.run(
        [sys.executable, "-m", "plateau.entry.cli", *arguments],
        env={**os.environ, **settings},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=READY_S,
        check=False,
    )

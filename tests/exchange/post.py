"""A post office for tests: a signed report owed to a real receiver."""

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from make import NIGHT, World
from make_after import a_task, a_version
from plateau.exchange import service
from plateau.kernel.ids import VersionId
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db, Tx
from plateau.platform.runtime import Runtime
from plateau.platform.settings import Settings

WALL = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
PDF = b"%PDF-1.7 invented"


def a_post(db: Db, blobs: Blobs, *, timeout_s: float = 5) -> Runtime:
    return Runtime(db, blobs, Settings(mllp_timeout_s=timeout_s, outbox_retry_s=4))


def a_signed_report(tx: Tx, blobs: Blobs, world: World) -> VersionId:
    return a_version(tx, world, a_task(tx, world), document_key=blobs.put(PDF))


def owe(tx: Tx, *versions: VersionId, wall: datetime = WALL) -> None:
    for version_id in versions:
        service.enqueue(tx, version_id=version_id, now=NIGHT, wall=wall)


def say(inbox: Path, mode: str) -> None:
    """From the next message on the receiver answers so: AA, AE, AR, silent or garbage."""
    (inbox / "TEST").mkdir(parents=True, exist_ok=True)
    (inbox / "TEST" / "mode").write_text(mode)


def filed(inbox: Path) -> set[str]:
    """The control ids the receiver keeps."""
    return {path.stem for path in (inbox / "TEST").glob("*.hl7")}


@dataclass(frozen=True, slots=True)
class Receiver:
    """A receiver in a process of its own."""

    process: subprocess.Popen[str]
    port: int

    def kill(self) -> int:
        """End it without warning; how many messages it had accepted."""
        self.process.kill()
        lines = list(self.process.stdout or ())
        return sum("report.received" in line and "answer=AA" in line for line in lines)


@contextmanager
def a_receiver(inbox: Path, port: int = 0) -> Generator[Receiver]:
    """The simulated system of one institution, listening."""
    command = [sys.executable, "-m", "outside.ris", "--facility", "TEST", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--inbox", str(inbox)], stdout=subprocess.PIPE, text=True, bufsize=1
    )
    try:
        yield Receiver(process, _port(process))
    finally:
        process.kill()
        process.wait()


def _port(process: subprocess.Popen[str]) -> int:
    for line in process.stdout or ():
        for word in line.split():
            if word.startswith("port="):
                return int(word.removeprefix("port="))
    raise AssertionError("the receiver did not start")

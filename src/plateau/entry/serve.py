"""`plateau serve`: every process of one machine, restarted whenever one dies."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass, field

import structlog

from plateau.entry import boot
from plateau.kernel.errors import PlateauError
from plateau.platform import log as logs
from plateau.platform import supervision
from plateau.platform.embedded import Postgres
from plateau.platform.migrate import migrate
from plateau.platform.settings import Settings, settings

log = structlog.get_logger()
KINDS = ("web", "dimse", "mllp", "worker")
_WATCH_S = 0.2
_GRACE_S = 15.0
_SLOWEST_RESTART_S = 10.0
_SETTLED_S = 60.0  # whoever lived that long is started again at once


@dataclass(slots=True)
class Child:
    """One supervised process."""

    kind: str
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    ends: int = 0  # in a row, each soon after its start
    started: float = 0.0
    not_before: float = 0.0

    def start(self) -> None:
        """Start it now."""
        self.starts += 1
        self.started = time.monotonic()
        self.process = supervision.start(
            "plateau.entry.cli", self.kind, environment=self.environment
        )
        log.info("process.started", kind=self.kind, pid=self.process.pid, starts=self.starts)

    def watch(self, now: float) -> None:
        """Start it again when it has ended, more slowly when it ends again and again."""
        if self.process and self.process.poll() is None:
            return
        if self.process:
            log.warning("process.ended", kind=self.kind, code=self.process.returncode)
            self.process = None
            self.ends = self.ends + 1 if now - self.started < _SETTLED_S else 0
            self.not_before = now + min(0.1 * 2 ** min(self.ends, 8), _SLOWEST_RESTART_S)
        if now >= self.not_before:
            self.start()


@dataclass(slots=True)
class Fleet:
    """The processes of this machine, and its embedded database unless another one is named."""

    chosen: Settings
    environment: dict[str, str] = field(default_factory=dict)
    server: Postgres | None = None
    children: list[Child] = field(default_factory=list)
    is_stopping: bool = False  # plain: a signal handler sets it, and may take no lock

    def start(self) -> str:
        """Start the database, bring it up to date, start the processes; the database's URL."""
        if self.chosen.database_url is None:
            self.server = boot.embedded(self.chosen)
        url = self.server.start() if self.server else str(self.chosen.database_url)
        migrate(url)
        environment = {**os.environ, **self.environment, "PLATEAU_DATABASE_URL": url}
        self.children = [
            Child(kind, {**environment, **self._metrics(place)}) for place, kind in enumerate(KINDS)
        ]
        for child in self.children:
            child.start()
        return url

    def watch(self) -> None:
        """Keep everything running until `stop` is called."""
        while not self.is_stopping:
            self._watch_server()
            for child in self.children:
                child.watch(time.monotonic())
            time.sleep(_WATCH_S)

    def request_stop(self) -> None:
        """Have `watch` return soon."""
        self.is_stopping = True

    def stop(self) -> None:
        """End the processes in order, then the database."""
        running = [child.process for child in self.children if child.process]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + _GRACE_S
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
        if self.server:
            self.server.stop()

    def _metrics(self, place: int) -> dict[str, str]:
        """Each process measures itself on a port of its own."""
        first = self.chosen.metrics_port
        return {"PLATEAU_METRICS_PORT": str(first + place - 1)} if first and place else {}

    def _watch_server(self) -> None:
        if self.server and not self.server.is_alive():
            log.warning("database.ended")
            try:
                self.server.restart()
            except PlateauError as error:  # its last backends may still be leaving
                log.warning("database.not_started", code=error.code)


def run() -> None:
    """Serve until SIGTERM or SIGINT."""
    chosen = settings()
    logs.configure(chosen.log_level, "serve")
    fleet = Fleet(chosen)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: fleet.request_stop())
    for host, port in chosen.listens:
        boot.bound(host, port).close()
    try:
        fleet.start()
        fleet.watch()
    finally:
        fleet.stop()

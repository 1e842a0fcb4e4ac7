"""Kills one process of each kind, with SIGKILL, while the night runs."""

import os
import signal
import threading
from collections import Counter

import structlog

from plateau.entry.serve import Fleet

log = structlog.get_logger()
_BETWEEN_S = 6.0


class Chaos(threading.Thread):
    """Goes round the kinds, the database last, until told to stop; counts what it killed."""

    def __init__(self, fleet: Fleet, rounds: int = 1) -> None:
        super().__init__(name="chaos", daemon=True)
        self.killed: Counter[str] = Counter()
        self._fleet = fleet
        self._rounds = rounds
        self._ended = threading.Event()

    def run(self) -> None:
        """Kill, wait for the supervisor to bring it back, go on."""
        for _ in range(self._rounds):
            for child in self._fleet.children:
                if self._ended.wait(_BETWEEN_S):
                    return
                if child.process and child.process.poll() is None:
                    self._kill(child.kind, child.process.pid)
            if self._fleet.server and not self._ended.wait(_BETWEEN_S):
                self._kill("database", self._fleet.server.pid())

    def end(self) -> Counter[str]:
        """Stop killing; how many of each kind."""
        self._ended.set()
        self.join()
        return self.killed

    def _kill(self, kind: str, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        self.killed[kind] += 1
        log.warning("chaos.killed", kind=kind, pid=pid)

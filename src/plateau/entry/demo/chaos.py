"""Kills one process of each kind, with SIGKILL, while the night runs."""

import os
import signal
from collections import Counter, deque

import structlog

from plateau.entry.serve import Fleet

log = structlog.get_logger()
_DATABASE = "database"
# The worker last: once it is back it counts all that waited, and leaves no time for another.
_ORDER = ("dimse", "web", _DATABASE, "mllp", "worker")


class Chaos:
    """Kills the kinds one after the other as the night advances, so that work is under way."""

    def __init__(self, fleet: Fleet) -> None:
        self.killed: Counter[str] = Counter()
        self._fleet = fleet
        self.left = deque(kind for kind in _ORDER if kind != _DATABASE or fleet.server)

    def follow(self, done: int, wanted: int) -> None:
        """Kill the next kind once its share of the exams is done; at most one at each look."""
        share = (len(self.killed) + 1) / (len(_ORDER) + 2)  # the last one well before the end
        pid = self._pid(self.left[0]) if self.left else None
        if pid and share * wanted <= done < wanted:
            kind = self.left.popleft()
            os.kill(pid, signal.SIGKILL)
            self.killed[kind] += 1
            log.warning("chaos.killed", kind=kind, pid=pid)

    def _pid(self, kind: str) -> int | None:
        """The process of a kind, if it runs now."""
        if kind == _DATABASE:
            server = self._fleet.server
            return server.pid() if server and server.is_alive() else None
        child = next(child for child in self._fleet.children if child.kind == kind)
        running = child.process is not None and child.process.poll() is None
        return child.process.pid if child.process and running else None

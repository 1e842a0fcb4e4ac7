"""A solve that goes on: what is asked, what is left of the time, what is told meanwhile."""

import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from plateau.planning.roster.types import Roster
from plateau.planning.solver.stage import SCALE


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a solve stands. Costs are in the units of the rules' weights."""

    step: str  # "duties" or "sessions"
    done: float  # share of the work, 0 to 1
    best: float
    bound: float
    gap: float
    seconds: float
    by_rule: Mapping[str, float] = field(default_factory=dict)  # of the best whole roster
    roster: Roster | None = None  # a whole roster better than those before


def gap_of(cost: float, bound: float) -> float:
    """How far a cost may be from the best one, as a share of it."""
    return max(0.0, cost - bound) / max(1.0, abs(cost))


@dataclass(slots=True)
class Run:
    """A solve: what is asked, and what is left of the time. Safe between threads."""

    seconds: float
    workers: int
    seed: int
    on_progress: Callable[[Progress], None]
    ask_stop: Callable[[], bool]
    parts: int = 1  # that share nobody
    began: float = field(default_factory=time.monotonic)
    by_rule: Mapping[str, float] = field(default_factory=dict)
    _standing: dict[int, tuple[float, float, float]] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _stopped: bool = False

    @property
    def is_exact(self) -> bool:
        """With one worker the clock is never looked at: the same seed gives the same roster."""
        return self.workers == 1

    def spent(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.began

    def left(self) -> float:
        """Seconds before it must end; without end when the clock is not looked at."""
        return math.inf if self.is_exact else self.seconds - self.spent()

    def should_stop(self) -> bool:
        """Whether somebody asked to stop."""
        with self._lock:
            self._stopped = self._stopped or self.ask_stop()
            return self._stopped

    def tell(self, part: int, step: str, standing: tuple[float, float, float]) -> None:
        """Cost, bound and share done of one part; all parts together are told."""
        with self._lock:
            self._standing[part] = standing
            known = list(self._standing.values())
            cost = sum(one[0] for one in known) if len(known) == self.parts else math.inf
            bound = sum(one[1] for one in known)
            self.on_progress(
                Progress(
                    step=step,
                    done=sum(one[2] for one in known) / self.parts,
                    best=cost / SCALE,
                    bound=bound / SCALE,
                    gap=gap_of(cost, bound) if math.isfinite(cost) else math.inf,
                    seconds=self.spent(),
                    by_rule=self.by_rule,
                )
            )

"""What the engines of one search share: the best solution, the best bound, when to stop."""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from plateau.planning.solver.model import Values

_CLOSE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a search stands. Units: seconds since it began."""

    best: float
    bound: float
    seconds: float
    engine: str = ""

    @property
    def gap(self) -> float:
        """How far the best may be from the optimum, as a share of it; infinite without one."""
        if math.isinf(self.best) or math.isinf(self.bound):
            return math.inf
        return max(0.0, self.best - self.bound) / max(1.0, abs(self.best))


def _never() -> bool:
    return False


def _silently(_: Standing) -> None:
    return


@dataclass(slots=True)
class Board:
    """The best solution and bound that any engine found; safe between threads.

    Bounds are of a model whose costs are whole numbers, so they are rounded up.
    """

    seconds: float
    should_stop: Callable[[], bool] = _never
    on_change: Callable[[Standing], None] = _silently
    best: float = math.inf
    bound: float = -math.inf
    values: Values | None = None
    engine: str = ""
    is_infeasible: bool = False
    gap: float = 0.0  # at which the best is good enough
    began: float = field(default_factory=time.monotonic)
    found_at: float = field(default_factory=time.monotonic)
    history: list[Standing] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def left(self) -> float:
        """Seconds before the search must end."""
        return self.seconds - (time.monotonic() - self.began)

    def restart(self, seconds: float) -> None:
        """The search has so many seconds from now."""
        self.seconds, self.began = seconds, time.monotonic()

    def idle(self) -> float:
        """Seconds since a better solution was found."""
        return time.monotonic() - self.found_at

    def is_over(self) -> bool:
        """Whether to stop: proven, out of time, or asked."""
        return self.is_proven() or self.left() <= 0 or self.should_stop()

    def is_proven(self) -> bool:
        """Whether the best is the optimum, or near enough to it, or there is none."""
        if self.is_infeasible or math.isinf(self.best):
            return self.is_infeasible
        return self.bound >= self.best - max(_CLOSE, self.gap * abs(self.best))

    def offer(self, values: Values, cost: float, *, engine: str) -> bool:
        """Keep a solution if it is better than the best."""
        with self._lock:
            if cost >= self.best - _CLOSE:
                return False
            self.best, self.values, self.engine = cost, list(values), engine
            self.found_at = time.monotonic()
            self._tell()
            return True

    def raise_bound(self, bound: float, *, engine: str) -> None:
        """Keep a bound if it is better."""
        if math.isinf(bound) or math.isnan(bound):
            return
        whole = math.ceil(bound - _CLOSE * max(1.0, abs(bound)))
        with self._lock:
            if whole > self.bound:
                self.bound, self.engine = whole, engine
                self._tell()

    def refuse(self) -> None:
        """No solution exists."""
        self.is_infeasible = True

    def standing(self) -> Standing:
        """Where the search stands now."""
        return Standing(
            best=self.best,
            bound=self.bound,
            seconds=time.monotonic() - self.began,
            engine=self.engine,
        )

    def _tell(self) -> None:
        self.history.append(self.standing())
        self.on_change(self.history[-1])

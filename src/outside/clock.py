"""What time the machines believe it is: the real one, or a demonstration's faster one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Paris")


@dataclass(frozen=True, slots=True)
class Clock:
    """From `real` it shows `shown` and runs `rate` times as fast, until it shows `end`."""

    real: datetime
    shown: datetime
    rate: float
    end: datetime

    def now(self) -> datetime:
        """What it shows now."""
        elapsed, fast = datetime.now(ZONE) - self.real, (self.end - self.shown) / self.rate
        if elapsed < fast:
            return (self.shown + elapsed * self.rate).astimezone(ZONE)
        return (self.end + (elapsed - fast)).astimezone(ZONE)

    def pace(self) -> float:
        """How fast it runs now."""
        return self.rate if self.now() < self.end else 1.0

    def until(self, at: datetime) -> float:
        """How long one really waits until it shows `at`. Units: seconds, never below zero."""
        return max(0.0, (at - self.now()).total_seconds() / self.pace())


def real() -> Clock:
    """The real clock."""
    now = datetime.now(ZONE)
    return Clock(now, now, 1.0, now + timedelta(days=365_000))


def parse(text: str) -> Clock:
    """The clock that `REAL|SHOWN|RATE|END` describes; the real one for an empty text."""
    if not text:
        return real()
    start, shown, rate, end = text.split("|")
    return Clock(
        datetime.fromisoformat(start),
        datetime.fromisoformat(shown),
        float(rate),
        datetime.fromisoformat(end),
    )

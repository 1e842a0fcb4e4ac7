"""What time it is: the real clock, or a demonstration's faster one.

`PLATEAU_CLOCK` holds `REAL_START|SHOWN_START|SPEED|SHOWN_END`: from the real instant REAL_START the
clock shows SHOWN_START and runs SPEED times as fast, until it shows SHOWN_END; then it runs at the
real pace. Every process given the same text shows the same time. Technical delays (sessions,
leases, retries) use `wall()`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from plateau.kernel.errors import InvalidInputError
from plateau.platform.settings import settings


@dataclass(frozen=True, slots=True)
class Pace:
    """A demonstration's clock."""

    real_start: datetime
    shown_start: datetime
    speed: float
    shown_end: datetime

    def shown(self, real: datetime) -> datetime:
        """What the clock shows at a real instant."""
        fast_for = (self.shown_end - self.shown_start) / self.speed
        elapsed = real - self.real_start
        if elapsed <= fast_for:
            return self.shown_start + elapsed * self.speed
        return self.shown_end + (elapsed - fast_for)

    def __str__(self) -> str:
        instants = [self.real_start, self.shown_start, self.shown_end]
        start, shown, end = (instant.isoformat() for instant in instants)
        return f"{start}|{shown}|{self.speed}|{end}"


def parse(text: str) -> Pace:
    """The pace that `PLATEAU_CLOCK` describes."""
    try:
        start, shown, speed, end = text.split("|")
        return Pace(
            datetime.fromisoformat(start),
            datetime.fromisoformat(shown),
            float(speed),
            datetime.fromisoformat(end),
        )
    except ValueError as error:
        raise InvalidInputError(
            "these settings are malformed: {names}", names="PLATEAU_CLOCK"
        ) from error


@cache
def _pace() -> Pace | None:
    text = settings().clock
    return parse(text) if text else None


def wall() -> datetime:
    """The real instant."""
    return datetime.now(UTC)


def now() -> datetime:
    """The instant that the service lives in."""
    pace = _pace()
    return pace.shown(wall()) if pace else wall()

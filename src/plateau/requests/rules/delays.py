"""How long something may still wait."""

from dataclasses import dataclass
from datetime import datetime, timedelta

_SOON = 0.2  # of the delay left


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """How long something has waited, against the delay of its urgency if there is one."""

    since: datetime
    waited: timedelta
    allowed: timedelta | None

    @property
    def is_late(self) -> bool:
        """The delay has passed."""
        return self.allowed is not None and self.waited > self.allowed

    @property
    def is_soon_late(self) -> bool:
        """Less than a fifth of the delay is left."""
        return (
            self.allowed is not None
            and not self.is_late
            and self.allowed - self.waited < _SOON * self.allowed
        )


def wait(since: datetime, *, minutes: int | None, now: datetime) -> Wait:
    """How long something has waited since then, of so many minutes allowed."""
    allowed = timedelta(minutes=minutes) if minutes is not None else None
    return Wait(since=since, waited=now - since, allowed=allowed)

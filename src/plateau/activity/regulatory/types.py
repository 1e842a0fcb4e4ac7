"""What is watched."""

from dataclasses import dataclass
from datetime import date

MOST_REMOTE = 20  # percent; source: charter of teleradiology, CNOM and G4, March 2025


@dataclass(frozen=True, slots=True)
class Remote:
    """How much a reader read, or was read at a site, and how much of it from another town."""

    name: str
    readings: int
    remote: int
    minutes: int

    @property
    def share(self) -> float:
        """The part read from another town, in percent."""
        return 100 * self.remote / self.readings if self.readings else 0.0

    @property
    def is_beyond(self) -> bool:
        """Whether the charter's part is passed."""
        return 100 * self.remote > MOST_REMOTE * self.readings


@dataclass(frozen=True, slots=True)
class Intensity:
    """What sets the level of a hospital's home on-call, for one line.

    Source: order of November 2025 on on-call levels: intensity, call-outs, telemedicine, recourse.
    """

    line: str
    duties: int
    acts: int  # read on duty
    elsewhere: int  # of them, for another member than the line's own
    call_outs: int

    @property
    def per_duty(self) -> float | None:
        """Acts a duty; none without a duty."""
        return self.acts / self.duties if self.duties else None


@dataclass(frozen=True, slots=True)
class Given:
    """A session that was refused, lent or given up, and the reason written then."""

    entry_id: int
    happened_on: date
    kind: str
    session: str
    session_member: str | None
    reader_member: str | None
    reason: str | None

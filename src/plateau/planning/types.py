"""Duties, rosters, and who answers now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from plateau.kernel.ids import DutyId, LineId, PersonId, SiteId
from plateau.kernel.time import PARIS


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Somebody who answers now: for which line, from when to when; position 1 is called first."""

    duty_id: DutyId
    line_id: LineId
    line_name: str
    person_id: PersonId
    name: str
    position: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Coverage:
    """A duty in progress, for one site that its line covers from an hour of the evening.

    `day` is the local one on which it began, also for whoever took it over after midnight.
    """

    site_id: SiteId
    covers_from: time
    time_zone: str
    place: str
    duty_id: DutyId
    line_id: LineId
    line_name: str
    person_id: PersonId
    name: str
    position: int
    starts_at: datetime
    ends_at: datetime
    day: date

    @property
    def on_duty(self) -> OnDuty:
        """The person, without the site."""
        return OnDuty(
            self.duty_id,
            self.line_id,
            self.line_name,
            self.person_id,
            self.name,
            self.position,
            self.starts_at,
            self.ends_at,
        )


@dataclass(frozen=True, slots=True)
class Duty:
    """One person answers for a line, from `starts_at` to `ends_at` (aware).

    `begun_at` is when it had begun, for whoever took it over while it went on.
    """

    duty_id: DutyId
    line_id: LineId
    person_id: PersonId
    position: int
    starts_at: datetime
    ends_at: datetime
    begun_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """The local hours of a line; its first reader starts at `first_starts_at`, often earlier.

    It ends on the next day when `ends_at` is not after `starts_at`.
    """

    starts_at: time
    ends_at: time
    first_starts_at: time
    zone: ZoneInfo = PARIS


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterEntry:
    """Who takes a line on a day, in the order in which they are called."""

    line_id: LineId
    on: date
    people: tuple[PersonId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Lines, each with its hours, and who takes them; a line without entries has no duty."""

    lines: Mapping[LineId, Hours]
    entries: tuple[RosterEntry, ...]


@dataclass(frozen=True, slots=True)
class PlannedDays:
    """The days, both counted, of which a roster is published that plans a line."""

    line_id: LineId
    first_on: date
    last_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Replan:
    """What publishing a roster writes and takes back."""

    written: tuple[Duty, ...]
    removed: frozenset[DutyId]

    @property
    def size(self) -> int:
        """How many duties differ."""
        return len(self.written) + len(self.removed)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareNote:
    """What a member had done of a family's sessions up to a day, beyond its share; who says so."""

    family: str
    member: str  # its code
    sessions: float  # below zero: it is owed some
    source: str


@dataclass(frozen=True, slots=True)
class MachineOfFamily:
    """A machine of which sessions are planned, by its family."""

    family: str
    machine: str


@dataclass(frozen=True, slots=True)
class SitePlace:
    """A site as the on-call page names it."""

    site_id: SiteId
    name: str
    town: str


@dataclass(frozen=True, slots=True)
class OperatorNight:
    """A private operator that reads for a site in the deep night of a day, in local hours."""

    site_id: SiteId
    line_name: str
    name: str
    phone: str | None
    days: str  # on which its line runs: all, off or working
    line_starts_at: time
    operator_from: time
    operator_to: time
    time_zone: str
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """A private operator that answers for a site now: who they are, their number, until when."""

    line_name: str
    name: str
    phone: str | None
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCall:
    """A site and those who answer for it now; nobody when it is not covered.

    In the deep night it may be a private operator, who is no account of ours.
    """

    site: SitePlace
    people: tuple[Coverage, ...]
    operators: tuple[Operator, ...] = ()

    @property
    def is_covered(self) -> bool:
        """Whether anybody answers."""
        return bool(self.people or self.operators)

    @property
    def answering(self) -> Sequence[Coverage | Operator]:
        """Who answers: the people, in the order in which they are called, else the operators."""
        return self.people or self.operators

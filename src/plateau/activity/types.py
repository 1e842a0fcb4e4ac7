"""Activity: what is counted, and what is said of it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from plateau.kernel.ids import DutyId, ExamId, LineId, MemberId, PersonId, SiteId, VersionId


@dataclass(frozen=True, slots=True)
class Act:
    """A signed reading, with all that is counted of it."""

    version_id: VersionId
    kind: str
    number: int
    retracted: bool
    exam_id: ExamId
    exam_code: str
    modality: str
    urgency: str
    site_id: SiteId
    member_id: MemberId
    reader_id: PersonId
    line_id: LineId | None
    duty_id: DutyId | None
    complete_at: datetime
    signed_at: datetime
    happened_on: date
    machine: str | None
    session: str | None
    reader_member: str | None
    session_member: str | None
    patient_member: str
    status: str | None
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From `start`, up to but without `end`."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What somebody may see: the sites they answer for, and their own work everywhere."""

    sites: frozenset[SiteId] | None  # none: all of them, for whoever runs the machine
    person_id: PersonId | None


@dataclass(frozen=True, slots=True)
class Delay:
    """How long one exam waited for its report, and how long it might."""

    urgency: str
    turnaround: timedelta
    target: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The delays of one urgency."""

    urgency: str
    readings: int
    p50: timedelta
    p90: timedelta
    targets: tuple[timedelta, ...]  # in force over the period, the shortest first
    judged: int  # readings for which a target was in force
    on_time: int


@dataclass(frozen=True, slots=True)
class Tally:
    """How many readings one reader made for one member."""

    reader_id: PersonId
    reader_name: str
    member_code: str
    readings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One reader's readings, in the order of the members of the table."""

    reader_name: str
    counts: tuple[int, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Readings by reader and member."""

    members: tuple[str, ...]
    rows: tuple[Share, ...]
    totals: tuple[int, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the ledger, as people read it."""

    entry_id: int
    kind: str
    exam_id: ExamId
    exam_code: str
    modality: str
    urgency: str
    site_code: str
    member_code: str
    reader_name: str
    line_code: str | None
    duty_on: date | None
    complete_at: datetime
    signed_at: datetime
    counted_at: datetime

    @property
    def turnaround(self) -> timedelta:
        """From the complete exam to the signed report."""
        return self.signed_at - self.complete_at


@dataclass(frozen=True, slots=True)
class Counted:
    """How one exam's reading was counted."""

    member_code: str
    reader_name: str
    line_code: str | None
    counted_at: datetime

"""What a roster is made from, as the territory file says it: one frozen value per row."""

from dataclasses import dataclass
from datetime import date, time

from plateau.kernel.ids import LineId, MemberId, PersonId, SiteId


@dataclass(frozen=True, slots=True)
class ContractRow:
    """How much somebody works, and under which law."""

    person_id: PersonId
    status: str
    home_site_id: SiteId
    share: float
    half_days: float
    takes_extra: bool
    max_duties: int | None
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class LineMember:
    """Somebody takes part in an on-call line."""

    person_id: PersonId
    line_id: LineId
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Aptitude:
    """Somebody who is no reader is able to do something."""

    person_id: PersonId
    skill: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A half-day of work; lists are words with spaces between them."""

    code: str
    half: str
    name: str
    site_id: SiteId
    machine: str | None
    family: str | None
    skill: str | None
    weekdays: str  # of 1 (Monday) to 7
    extra_days: str
    closed_days: str
    on_holidays: bool
    starts_at: time
    ends_at: time
    needed: int
    statuses: str
    is_optional: bool
    same_team: bool
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Travel:
    """Minutes from a site to another."""

    origin_id: SiteId
    destination_id: SiteId
    minutes: int
    source: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class ShareRow:
    """The share of a member in a family of machines."""

    family: str
    member_id: MemberId
    share: float
    tolerance: float
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class LineOption:
    """On which days a line runs, and the private operator of its deep night."""

    line_id: LineId
    days: str
    skill: str | None
    operator: str | None
    operator_phone: str | None
    operator_from: time | None
    operator_to: time | None
    starts_at: time | None  # none, as below: the line's own
    ends_at: time | None
    readers: int | None
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class LineClosure:
    """A site whose emergency department is closed on a night."""

    line_id: LineId
    site_id: SiteId
    closed_on: date
    valid_from: date
    valid_to: date | None

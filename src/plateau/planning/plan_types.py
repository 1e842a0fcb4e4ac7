"""Rows that a roster's problem is made from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from plateau.kernel.ids import DutyId, LineId, MemberId, PersonId, SiteId


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Somebody who has a contract, and where they are at home."""

    person_id: PersonId
    name: str
    member_id: MemberId
    home_site_id: SiteId


@dataclass(frozen=True, slots=True)
class ContractRow:
    """How much somebody works."""

    person_id: PersonId
    status: str
    share: float
    half_days: float
    takes_extra: bool
    max_duties: int | None
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Terms:
    """How a coordinator changed a contract for some days; none: as it says."""

    person_id: PersonId
    first_on: date
    last_on: date | None
    is_off: bool
    share: float | None
    half_days: float | None
    takes_extra: bool | None
    max_duties: int | None


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A skill or a privilege."""

    person_id: PersonId
    what: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class MemberOfLine:
    """Somebody takes part in a line."""

    person_id: PersonId
    line_id: LineId


@dataclass(frozen=True, slots=True)
class GridRow:
    """A half-day of work; lists are words with spaces between them."""

    code: str
    half: str
    name: str
    site_id: SiteId
    machine: str | None
    family: str | None
    skill: str | None
    weekdays: str
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
    time_zone: str


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line of duty and its options."""

    line_id: LineId
    code: str
    name: str
    site_id: SiteId
    starts_at: time
    ends_at: time
    readers: int
    days: str
    skill: str | None
    operator_from: time | None
    valid_from: date
    valid_to: date | None
    time_zone: str


@dataclass(frozen=True, slots=True)
class CoveredRow:
    """A site that a line covers from an hour, but for the nights it is closed."""

    line_id: LineId
    site_id: SiteId
    starts_at: time
    valid_from: date
    valid_to: date | None
    closed: list[date]


@dataclass(frozen=True, slots=True)
class TravelRow:
    """Minutes from a site to another."""

    origin_id: SiteId
    destination_id: SiteId
    minutes: int


@dataclass(frozen=True, slots=True)
class ShareOfMember:
    """The share of a member in a family of machines."""

    family: str
    member_id: MemberId
    share: float
    tolerance: float


@dataclass(frozen=True, slots=True)
class ShareCarried:
    """The sessions of a family that a member had done up to a day beyond its share; who says so."""

    family: str
    member_id: MemberId
    carried_on: date
    sessions: float
    source: str


@dataclass(frozen=True, slots=True)
class ShareHeld:
    """How many sessions of a family the people of a member hold in what is published."""

    family: str
    member_id: MemberId
    sessions: int


@dataclass(frozen=True, slots=True)
class MemberName:
    """What a member is called."""

    member_id: MemberId
    name: str


@dataclass(frozen=True, slots=True)
class CarriedRow:
    """What somebody did of a burden before, less what was due."""

    person_id: PersonId
    burden: str
    done: float


@dataclass(frozen=True, slots=True)
class SettingRow:
    """A rule as it was decided."""

    rule: str
    first_on: date
    last_on: date | None
    is_on: bool
    is_hard: bool
    weight: int
    numbers: Mapping[str, float]
    source: str
    is_verified: bool


@dataclass(frozen=True, slots=True)
class PastSession:
    """A session of the weeks before, as it was published."""

    post_id: UUID
    person_id: PersonId
    position: int
    day: date
    half: str
    starts_at: datetime
    ends_at: datetime
    site_id: SiteId
    name: str
    machine: str | None


@dataclass(frozen=True, slots=True)
class PastDuty:
    """A duty of the weeks before."""

    duty_id: DutyId
    line_id: LineId
    name: str
    site_id: SiteId
    person_id: PersonId
    position: int
    starts_at: datetime
    ends_at: datetime
    time_zone: str

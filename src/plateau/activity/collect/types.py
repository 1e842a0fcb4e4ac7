"""What was worked."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from plateau.kernel.ids import DutyId, LineId, PersonId


@dataclass(frozen=True, slots=True)
class Session:
    """A session of a published roster that is over, and who held it."""

    post_id: UUID
    day: date
    machine: str
    name: str
    person_id: PersonId
    member: str
    site_member: str
    status: str | None
    minutes: int


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty that is over, and who held it."""

    duty_id: DutyId
    line_id: LineId
    line: str
    day: date
    person_id: PersonId
    member: str
    status: str | None
    starts_at: datetime
    ends_at: datetime

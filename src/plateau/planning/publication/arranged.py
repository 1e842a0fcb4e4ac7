"""What coordinators change of the territory's demands and contracts."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from plateau.kernel.ids import LineId, PersonId, SiteId


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose from a list."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Closure:
    """A session, or a site of a line on a night, that is closed."""

    closure_id: UUID
    is_night: bool
    name: str
    half: str | None
    closed_on: date
    reason: str
    author: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionClosure:
    """A session that does not take place on a day; no half-day: the whole of it."""

    closure_id: UUID
    code: str
    half: str | None
    on: date
    reason: str
    by: PersonId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NightClosure:
    """A night on which a line does not wait for a site."""

    closure_id: UUID
    line_id: LineId
    site_id: SiteId
    on: date
    reason: str
    by: PersonId
    at: datetime


@dataclass(frozen=True, slots=True)
class ContractChange:
    """How a contract was changed; none: as it says."""

    change_id: UUID
    person_name: str
    first_on: date
    last_on: date | None
    is_off: bool
    share: float | None
    half_days: float | None
    takes_extra: bool | None
    max_duties: int | None
    reason: str
    author: str


@dataclass(frozen=True, slots=True)
class WishOf:
    """What somebody would like, and whether it was promised."""

    wish_id: UUID
    person_name: str
    day: date
    half: str | None
    kind: str
    points: int
    is_hard: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What somebody closes, from a day to another: a session, or a site of a line (`line/site`)."""

    what: str
    half: str | None
    first: date
    last: date
    reason: str

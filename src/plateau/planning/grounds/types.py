"""What rosters are made from, as pages show it and people change it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time

from plateau.kernel.ids import LineId, MemberId, PersonId, SiteId

RIGHTS = ("privilege", "skill", "aptitude", "on-call")


@dataclass(frozen=True, slots=True)
class Named:
    """Something to choose: its value, and what people call it."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody may work at a site, is able to do something, or takes part in a line."""

    kind: str  # of RIGHTS
    person_id: PersonId
    person_name: str
    what: str
    name: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class GridLine:
    """A half-day of work as it comes back."""

    code: str
    half: str
    name: str
    site_id: SiteId
    site_name: str
    machine: str | None
    family: str | None
    skill: str | None
    weekdays: str
    extra_days: str
    starts_at: time
    ends_at: time
    needed: int
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class DutyLine:
    """An on-call line on some days."""

    line_id: LineId
    name: str
    place_id: SiteId
    place: str
    starts_at: time
    ends_at: time
    readers: int
    operator: str | None
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Covered:
    """A site that a line covers from an hour."""

    line_id: LineId
    line_name: str
    site_id: SiteId
    site_name: str
    starts_at: time
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Journey:
    """Minutes between two sites."""

    one: str
    other: str
    minutes: int
    source: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Part:
    """What a member has of a family of machines."""

    family: str
    member_id: MemberId
    member_code: str
    member_name: str
    share: float
    tolerance: float
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """From a day to another, both counted; the last one is not known: none."""

    first: date
    last: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """Somebody may do something on some days, or no longer may."""

    kind: str  # of RIGHTS
    person_id: PersonId
    what: str  # the id of a site or a line, a modality, a skill
    is_given: bool
    days: Days


@dataclass(frozen=True, slots=True, kw_only=True)
class LineWish:
    """How a line is to be on some days; none: as it is."""

    line_id: LineId
    readers: int | None
    starts_at: time | None
    ends_at: time | None
    days: Days


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverWish:
    """A line is to cover a site from an hour on some days; none: not at all."""

    line_id: LineId
    site_id: SiteId
    starts_at: time | None
    days: Days


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareWish:
    """How a family of machines is to be shared: percents by code of member, summing to 100."""

    family: str
    percents: Mapping[str, float]
    tolerance: float
    days: Days

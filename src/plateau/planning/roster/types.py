"""A planning problem and a roster, as plain values: dated, sourced, and free of any database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from plateau.kernel.ids import LineId, MemberId, PersonId, SiteId
from plateau.kernel.time import PARIS


class Kind(StrEnum):
    """What a post is."""

    SESSION = "session"  # a half-day at a machine, a reading room or a desk
    DUTY = "duty"  # a night, evening or day of on-call on a line


class Half(StrEnum):
    """The part of a day, as rosters are read."""

    MORNING = "M"
    AFTERNOON = "A"
    NIGHT = "N"


class Status(StrEnum):
    """Under which law somebody works; each rule says to whom it applies."""

    HOSPITAL = "hospital"  # hospital practitioner: CSP R6152-27
    PRIVATE = "private"  # private practitioner: group rules
    HOSPITAL_TECHNOLOGIST = "hospital_technologist"  # of the public hospital service
    PRIVATE_TECHNOLOGIST = "private_technologist"  # employed by a practice
    HOSPITAL_SECRETARY = "hospital_secretary"
    SECRETARY = "secretary"  # employed by a practice


HOSPITAL_STAFF = frozenset({Status.HOSPITAL_TECHNOLOGIST, Status.HOSPITAL_SECRETARY})


class Burden(StrEnum):
    """What is shared out fairly over the year."""

    WEEK_NIGHT = "week_night"
    FRIDAY_NIGHT = "friday_night"
    WEEKEND_NIGHT = "weekend_night"
    WEEKEND_DAY = "weekend_day"
    HOLIDAY = "holiday"
    EVENING = "evening"
    TRAVEL = "travel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Days from `first` to `last`, both counted; `last` None: no end known."""

    first: date
    last: date | None = None

    def holds(self, on: date) -> bool:
        """Whether a day lies in it."""
        return self.first <= on and (self.last is None or on <= self.last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """How much somebody works, while it holds."""

    span: Span
    status: Status
    share: float = 1.0  # of full time
    half_days: float = 10.0  # a week, at full time; a night counts two
    takes_extra: bool = False  # volunteers for extra time (TTA)
    max_duties: int | None = None  # in a period of planning


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A skill or the privilege to work at a site, while it holds."""

    what: str  # a skill's code, or a site's id as text
    span: Span


class WishKind(StrEnum):
    """What somebody would like."""

    OFF = "off"
    WORK = "work"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody would like on a day; `points` come out of a budget that is the same for all."""

    on: date
    kind: WishKind
    half: Half | None = None  # None: the whole day
    points: int = 1
    is_hard: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who is planned."""

    person_id: PersonId
    name: str
    member_id: MemberId | None  # for whom their work counts
    home_site_id: SiteId
    contracts: tuple[Contract, ...]
    skills: tuple[Held, ...] = ()
    privileges: tuple[Held, ...] = ()
    lines: frozenset[LineId] = frozenset()  # on-call lines they take part in
    leave: tuple[Span, ...] = ()
    wishes: tuple[Wish, ...] = ()

    def contract(self, on: date) -> Contract | None:
        """The contract of a day."""
        return next((one for one in self.contracts if one.span.holds(on)), None)

    def has(self, skill: str, on: date) -> bool:
        """Whether a skill is held on a day."""
        return any(one.what == skill and one.span.holds(on) for one in self.skills)

    def may_work_at(self, site_id: SiteId, on: date) -> bool:
        """Whether they hold the privilege of a site on a day."""
        return any(one.what == str(site_id) and one.span.holds(on) for one in self.privileges)

    def is_on_leave(self, on: date) -> bool:
        """Whether a day is one of leave."""
        return any(one.holds(on) for one in self.leave)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Work that needs people: a session or a duty. Instants are aware; `on` is its local day."""

    post_id: UUID
    kind: Kind
    on: date
    half: Half
    starts_at: datetime
    ends_at: datetime
    site_id: SiteId
    name: str
    needed: int = 1
    skill: str | None = None
    statuses: frozenset[Status] = frozenset({Status.HOSPITAL, Status.PRIVATE})
    line_id: LineId | None = None
    machine: str | None = None  # a machine's or a room's code
    family: str | None = None  # of machines, for shares
    is_optional: bool = False  # may stay empty, at the price of its rule
    run: str | None = None  # posts of one run are held by the same people where wanted
    first_position: int = 1  # on its line, of assignment 1: a pair whose first starts early is two

    @property
    def length(self) -> timedelta:
        """From its beginning to its end."""
        return self.ends_at - self.starts_at


@dataclass(frozen=True, slots=True, order=True)
class Assignment:
    """Somebody on a post; position 1 is called first."""

    post_id: UUID
    person_id: PersonId
    position: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareTarget:
    """How the sessions of a family of machines are shared between members; shares sum to 1."""

    family: str
    shares: Mapping[MemberId, float]
    tolerance: float = 1.0  # sessions
    carried: Mapping[MemberId, float] = field(default_factory=dict)  # sessions done before


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A rule as it was decided, while it holds; `weight` is the price of one unit of breach."""

    rule: str
    span: Span
    is_on: bool = True
    is_hard: bool = True
    weight: int = 0
    numbers: Mapping[str, float] = field(default_factory=dict)
    source: str = ""
    is_verified: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Everything a roster is made from and judged by, from `first` to `last` (both counted)."""

    first: date
    last: date
    people: tuple[Person, ...]
    posts: tuple[Post, ...]
    settings: tuple[Setting, ...]
    holidays: frozenset[date]
    travel_minutes: Mapping[tuple[SiteId, SiteId], int]
    shares: tuple[ShareTarget, ...] = ()
    members: Mapping[MemberId, str] = field(default_factory=dict)  # their names, for sentences
    # done before, less what was due then: above zero, they are owed some rest
    carried: Mapping[tuple[PersonId, Burden], float] = field(default_factory=dict)
    before: tuple[tuple[Post, Assignment], ...] = ()  # work of the weeks before, for rests
    published: frozenset[Assignment] = frozenset()
    frozen_until: datetime | None = None
    wish_points: int = 20  # that a period gives to each
    zone: ZoneInfo = PARIS


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A breach that a coordinator accepts, and why."""

    rule: str
    post_id: UUID | None
    person_id: PersonId | None
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Who holds which post."""

    assignments: frozenset[Assignment]
    overrides: tuple[Override, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A rule that is not kept. `text` is an English sentence with places, `values` fills them."""

    rule: str
    is_hard: bool
    cost: float
    text: str
    values: Mapping[str, str]
    on: date | None = None
    person_id: PersonId | None = None
    post_ids: tuple[UUID, ...] = ()

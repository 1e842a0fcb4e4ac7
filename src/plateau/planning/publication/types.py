"""What is kept of rosters: periods, versions, and what people ask for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from plateau.kernel.ids import LineId, PersonId, SiteId
from plateau.planning.roster.types import Assignment, Breach, Roster


@dataclass(frozen=True, slots=True)
class Period:
    """The days that a roster is made for, both counted."""

    period_id: UUID
    first_on: date
    last_on: date
    loaded_at: datetime


@dataclass(frozen=True, slots=True)
class Version:
    """A draft, what is published, or what was."""

    version_id: UUID
    period_id: UUID
    number: int
    state: str  # draft, published, past, dropped
    parent_id: UUID | None
    author: str
    reason: str
    made_at: datetime
    published_at: datetime | None
    solve_id: UUID | None = None  # the planner's search that it began as

    @property
    def is_draft(self) -> bool:
        """Whether it can be changed."""
        return self.state == "draft"


@dataclass(frozen=True, slots=True)
class PostRow:
    """A post as pages name it."""

    post_id: UUID
    kind: str
    day: date
    half: str
    starts_at: datetime
    ends_at: datetime
    site_id: SiteId
    site_code: str
    site_name: str
    name: str
    needed: int
    line_id: LineId | None
    machine: str | None
    first_position: int


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody's post in the published roster; position 1 on its line is called first."""

    post_id: UUID
    period_id: UUID
    person_id: PersonId
    person_name: str
    position: int
    kind: str
    day: date
    half: str
    starts_at: datetime
    ends_at: datetime
    site_code: str
    site_name: str
    name: str
    line_name: str | None


@dataclass(frozen=True, slots=True)
class Solve:
    """A roster being made."""

    solve_id: UUID
    first: date
    last: date
    seconds: int
    seed: int
    state: str
    progress: Mapping[str, object]
    conflicts: list[dict[str, object]]
    stop_asked: bool
    asked_by: str
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    has_roster: bool
    error: str | None
    kind: str = "solve"  # or mend: what is published, with the fewest changes
    absence_id: UUID | None = None  # that a mend is for
    asked_by_id: PersonId | None = None

    @property
    def is_open(self) -> bool:
        """Whether it waits or runs."""
        return self.state in {"waiting", "running"}


@dataclass(frozen=True, slots=True)
class Accepted:
    """A breach that was accepted with a reason."""

    override_id: UUID
    rule: str
    post_id: UUID | None
    person_id: PersonId | None
    reason: str
    author: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Relaxed:
    """What is asked less of, in a period: `kind` optional (a post), rule_off or rule_soft."""

    relaxation_id: UUID
    kind: str
    rule: str | None
    post_id: UUID | None
    reason: str
    author: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Absence:
    """Leave or sickness, asked for or granted."""

    absence_id: UUID
    person_id: PersonId
    person_name: str
    first_on: date
    last_on: date
    kind: str
    state: str
    answer: str
    told: Mapping[str, str]
    asked_at: datetime
    answered_at: datetime | None
    answered_by: str | None


@dataclass(frozen=True, slots=True)
class WishRow:
    """What somebody would like, and for how many points."""

    wish_id: UUID
    person_id: PersonId
    day: date
    half: str | None
    kind: str
    points: int
    is_hard: bool


@dataclass(frozen=True, slots=True)
class Swap:
    """A post on offer."""

    swap_id: UUID
    period_id: UUID
    post_id: UUID
    post_name: str
    starts_at: datetime
    ends_at: datetime
    site_name: str
    from_id: PersonId | None
    from_name: str | None
    to_id: PersonId | None
    to_name: str | None
    return_post_id: UUID | None
    return_name: str | None
    return_starts_at: datetime | None
    state: str
    asked_at: datetime
    answered_at: datetime | None
    taken_by_name: str | None


@dataclass(frozen=True, slots=True)
class Decided:
    """A rule as somebody decided it for some days, over what the law file says."""

    setting_id: UUID
    rule: str
    first_on: date
    last_on: date | None
    is_on: bool
    is_hard: bool
    weight: int
    numbers: Mapping[str, float]
    source: str
    author: str | None
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What somebody decides about a rule, from a day on; `numbers` by name, `source` says why."""

    rule: str
    first: date
    last: date | None
    is_on: bool
    is_hard: bool
    weight: int
    numbers: Mapping[str, float]
    source: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What somebody is told."""

    notice_id: int
    text: str
    told: Mapping[str, str]
    at: datetime
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Feed:
    """A calendar address that works, without its secret."""

    feed_id: UUID
    person_id: PersonId
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody by name."""

    person_id: PersonId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an edit takes from a roster and adds to it."""

    removed: frozenset[Assignment] = frozenset()
    added: frozenset[Assignment] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A post that two versions give to different people."""

    post_id: UUID
    before: tuple[PersonId, ...]
    after: tuple[PersonId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A roster with what the checker says: hard breaches that stand, and the rest."""

    hard: tuple[Breach, ...]
    soft: tuple[Breach, ...]
    accepted: tuple[Breach, ...]
    uncovered: frozenset[UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """Somebody is to take a post, in another's place or in a free one.

    `despite` says why when a rule is broken knowingly.
    """

    post_id: UUID
    to: PersonId
    instead_of: PersonId | None = None
    despite: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """A post dropped on a cell: a person, a day, a half-day."""

    post_id: UUID
    of: PersonId | None
    to: PersonId
    day: str
    half: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCopy:
    """What somebody holds on a day is to be held on another, by them or somebody else."""

    of: PersonId
    day: str
    to: PersonId
    to_day: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leniency:
    """A rule or a post that is asked less of, and why: `kind` as in `Relaxed`, or accepted."""

    reason: str
    kind: str = ""
    rule: str | None = None
    post_id: UUID | None = None
    person_id: PersonId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A roster that somebody wants, beginning from the best of another solve if given."""

    first: date
    last: date
    seconds: int
    seed: int = 0
    resume: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a solve ended: with a roster, with conflicts in words, or with an error.

    A conflict: {"text", "values", "relaxations": [{"kind", "rule", "post_id", "text", "values"}]}.
    Of a mend, `noted` says: {"changes", "fewest", "short", "is_proven", "seconds"}.
    """

    best: Roster | None
    was_stopped: bool = False
    conflicts: tuple[dict[str, object], ...] = ()
    error: str | None = None
    noted: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wished:
    """What somebody would like on a day; no half-day: the whole of it."""

    day: date
    half: str | None
    kind: str
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A post on offer: by whom (nobody: it is open), to whom (anybody able), against what."""

    swap_id: UUID
    period_id: UUID
    post_id: UUID
    from_id: PersonId | None = None
    to_id: PersonId | None = None
    return_post_id: UUID | None = None

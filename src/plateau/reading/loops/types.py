"""What a loop is."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from plateau.kernel.caller import Role
from plateau.kernel.ids import ExamId, PatientId, PersonId, SiteId

KINDS = ("critical", "recall", "followup", "second_reading", "opinion", "meeting", "pathology",
         "conduct", "relook")  # fmt: skip


class State(StrEnum):
    """Where a loop stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"  # its owner has it in hand
    CLOSED = "closed"  # it happened, and how that is known is said
    LAPSED = "lapsed"  # it no longer has to happen, and why is said


class Step(StrEnum):
    """What happens to a loop."""

    OPENED = "opened"
    ACKNOWLEDGED = "acknowledged"
    PASSED_ON = "passed_on"
    CLOSED = "closed"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Owner:
    """Who has to see to it: a person, or everybody with a role at the site."""

    person_id: PersonId | None
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What has to happen, about which exam, by whom, by when."""

    kind: str  # of KINDS
    exam_id: ExamId
    patient_id: PatientId
    site_id: SiteId
    text: str  # English, marked for translation, without anything of the patient
    owner: Owner
    due_at: datetime | None = None  # none: as the terms of its kind and category say
    category: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """How long a kind of loop may take, and after how long it is passed on."""

    kind: str
    category: str
    within_minutes: int
    pass_on_minutes: int
    source: str
    verified: bool
    valid_from: date
    valid_to: date | None

    @property
    def within(self) -> timedelta:
        """How long it may take."""
        return timedelta(minutes=self.within_minutes)

    @property
    def pass_on(self) -> timedelta:
        """How long an owner has before the next one is told."""
        return timedelta(minutes=self.pass_on_minutes)


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop as it is kept."""

    loop_id: UUID
    kind: str
    category: str
    exam_id: ExamId
    patient_id: PatientId
    site_id: SiteId
    text: str
    owner_id: PersonId | None
    owner_role: str
    state: str
    due_at: datetime
    next_at: datetime
    step: int
    opened_at: datetime
    opened_by: PersonId | None
    ended_at: datetime | None
    proof: str

    @property
    def owner(self) -> Owner:
        """Who has to see to it."""
        return Owner(self.owner_id, Role(self.owner_role))

    @property
    def is_over(self) -> bool:
        """Whether nothing has to happen any more."""
        return self.ended_at is not None


@dataclass(frozen=True, slots=True)
class Did:
    """A step of a loop: from where, when, by whom (None: the clock)."""

    step: Step
    before: str | None
    at: datetime
    by: PersonId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """Whose loops are asked for: a person's, their roles', those of the sites they watch."""

    person_id: PersonId
    owned: Collection[tuple[Role, SiteId]]
    watched: Collection[SiteId]


@dataclass(frozen=True, slots=True)
class Line:
    """A loop as lists show it."""

    loop_id: UUID
    kind: str
    exam_id: ExamId
    text: str
    state: str
    due_at: datetime
    opened_at: datetime
    ended_at: datetime | None
    proof: str
    owner_id: PersonId | None
    owner_name: str | None
    owner_role: str
    step: int
    site_id: SiteId
    site_name: str
    modality: str
    exam_name: str
    exam_name_en: str
    accession_number: str


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that happened to a loop."""

    step: str
    from_state: str | None
    to_state: str
    at: datetime
    person_name: str | None
    owner_name: str | None
    owner_role: str
    note: str

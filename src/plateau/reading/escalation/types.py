"""The ladder of a contract, the climb of an exam, and who was called."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from plateau.kernel.ids import ExamId, MemberId, PatientId, PersonId, SiteId


class Target(StrEnum):
    """Who is called at a step."""

    READER = "reader"
    SECOND_READER = "second_reader"
    NEXT_RING = "next_ring"
    COORDINATOR = "coordinator"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a ladder.

    Units: share of the delay; minutes.
    """

    position: int
    target: str
    share: float
    wait_minutes: int
    hold_minutes: int


@dataclass(frozen=True, slots=True)
class Climb:
    """An exam that nobody reads, and how far it has climbed."""

    exam_id: ExamId
    site_id: SiteId
    site_name: str
    member_id: MemberId
    modality: str
    urgency: str
    patient_id: PatientId
    complete_at: datetime
    due_at: datetime
    reader_id: PersonId | None
    position: int
    held: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an exam has climbed, and whether it still waits for somebody."""

    position: int
    due_at: datetime | None
    held: bool
    waits: bool


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody was called about an exam; without a name nobody could be."""

    call_id: int
    position: int
    target: str
    person_id: PersonId | None
    name: str
    told_at: datetime
    acknowledged_at: datetime | None
    passed_on_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether an answer is still awaited."""
        return self.person_id is not None and not (self.acknowledged_at or self.passed_on_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one step does: whom it calls, and when the next one is."""

    rung: Rung
    people: tuple[PersonId, ...]
    next_at: datetime | None  # none: this was the last step


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """The climb of one exam as its page shows it."""

    exam_id: ExamId
    calls: tuple[Call, ...]
    next_target: str | None
    next_at: datetime | None  # none: nobody else is to be called
    waits: bool
    held: bool
    may_answer: bool

"""Double reading: what is drawn, who reads it again, how the two readings compare."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum
from uuid import UUID

from plateau.kernel.ids import ExamId, PatientId, PersonId, SiteId, VersionId


class State(StrEnum):
    """Where a second reading stands."""

    WAITING = "waiting"
    TAKEN = "taken"
    WRITTEN = "written"  # blind: the second text is signed, and the first one may be seen
    SCORED = "scored"
    SEEN = "seen"  # by the first reader
    WITHDRAWN = "withdrawn"


class Step(StrEnum):
    """What happens to a second reading."""

    DRAWN = "drawn"
    TAKEN = "taken"
    TAKEN_OVER = "taken_over"
    RELEASED = "released"
    WRITTEN = "written"
    SCORED = "scored"
    SEEN = "seen"
    WITHDRAWN = "withdrawn"


class Score(IntEnum):
    """How far two readings of an exam are apart; from 3 on somebody has to be told."""

    AGREE = 0
    WORDING = 1
    MINOR = 2  # no effect on care
    MAJOR = 3  # care has to change
    HARMFUL = 4  # care has already suffered


@dataclass(frozen=True, slots=True)
class Drawn:
    """Where the second reading of an exam stands, and the loop that waits for it."""

    state: str
    loop_id: UUID | None


@dataclass(frozen=True, slots=True)
class Rule:
    """So many exams in a thousand are read again at a site; an empty field means any.

    `salt` is known to nobody: without it no reader can tell which exams are drawn.
    """

    rule_id: UUID
    salt: UUID
    site_id: SiteId
    permille: int
    reader_id: PersonId | None
    exam_code: str | None
    blind: bool
    within_hours: int
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Signed:
    """A report that may be drawn."""

    exam_id: ExamId
    version_id: VersionId
    site_id: SiteId
    patient_id: PatientId
    exam_code: str
    reader_id: PersonId
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class Second:
    """A second reading as it is kept."""

    exam_id: ExamId
    site_id: SiteId
    patient_id: PatientId
    study_uid: str
    modality: str
    exam_code: str
    version_id: VersionId
    first_reader: PersonId
    first_name: str
    reader_id: PersonId | None
    reader_name: str | None
    blind: bool
    state: str
    asked_at: datetime
    due_at: datetime
    taken_at: datetime | None
    result: str
    conclusion: str
    written_at: datetime | None
    score: int | None
    comment: str
    scored_at: datetime | None
    seen_at: datetime | None
    loop_id: UUID | None
    recall_id: UUID | None


@dataclass(frozen=True, slots=True)
class Line:
    """A second reading in a list; `is_taken` by somebody, `is_mine` by who looks."""

    exam_id: ExamId
    urgency: str
    surname: str
    first_name: str
    modality: str
    exam_name: str
    exam_name_en: str
    site_name: str
    blind: bool
    state: str
    is_mine: bool
    reader_name: str | None
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a second reading says of a report, for whoever signed it."""

    exam_id: ExamId
    surname: str
    first_name: str
    modality: str
    exam_name: str
    exam_name_en: str
    site_name: str
    score: int
    comment: str
    scored_at: datetime
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule in words."""

    rule_id: UUID
    site_id: SiteId
    site_name: str
    permille: int
    reader_name: str | None
    exam_name: str | None
    exam_name_en: str | None
    blind: bool
    within_hours: int
    valid_from: date
    valid_to: date | None
    made_by: str
    is_mine: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose from: a key and its name."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many second readings of exams of a type got a score."""

    exam_code: str
    exam_name: str
    exam_name_en: str
    score: int
    readings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What second readings of a type of exam say; too few say nothing.

    `major` is the share of scores from 3 on, with the 95 % interval around it.
    """

    exam_name: str
    exam_name_en: str
    readings: int
    by_score: tuple[int, ...]
    major: float | None
    interval: tuple[float, float] | None
    is_enough: bool

"""Biopsies: what was seen, what was found, how the two go together, and what follows."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from plateau.kernel.ids import ExamId, PatientId, SiteId


class Suspicion(StrEnum):
    """What the images made one think of, said before the pathologist answered."""

    BENIGN = "benign"
    PROBABLY_BENIGN = "probably_benign"
    SUSPICIOUS = "suspicious"
    HIGHLY_SUSPICIOUS = "highly_suspicious"


class Pathology(StrEnum):
    """What the pathologist found, in one word."""

    MALIGNANT = "malignant"
    HIGH_RISK = "high_risk"
    BENIGN = "benign"
    INADEQUATE = "inadequate"  # nothing can be said of the sample


class Category(StrEnum):
    """How images and pathology go together."""

    CONCORDANT_MALIGNANT = "concordant_malignant"
    DISCORDANT_MALIGNANT = "discordant_malignant"
    CONCORDANT_BENIGN = "concordant_benign"
    DISCORDANT_BENIGN = "discordant_benign"
    BORDERLINE = "borderline"


class State(StrEnum):
    """Where a biopsy stands."""

    AWAITED = "awaited"
    FOUND = "found"  # pathology is entered
    CORRELATED = "correlated"  # a category and a conduct are decided
    NOT_DONE = "not_done"


class Step(StrEnum):
    """What happens to a biopsy."""

    SAMPLED = "sampled"
    FOUND = "found"
    CORRELATED = "correlated"
    NOT_DONE = "not_done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What was sampled, on which suspicion, and by when pathology is expected."""

    exam_id: ExamId
    lesion: str
    suspicion: str
    within_days: int


@dataclass(frozen=True, slots=True)
class Conduct:
    """What follows from a category, as agreed on from a day on."""

    category: str
    text: str
    text_en: str
    within_days: int
    source: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Biopsy:
    """A biopsy as it is kept."""

    biopsy_id: UUID
    exam_id: ExamId
    site_id: SiteId
    site_name: str
    patient_id: PatientId
    surname: str
    first_name: str
    birth_on: date
    sex: str
    modality: str
    exam_name: str
    exam_name_en: str
    lesion: str
    suspicion: str
    sampled_by: str
    sampled_at: datetime
    due_at: datetime
    state: str
    pathology: str | None
    finding: str
    found_by: str | None
    found_at: datetime | None
    explains: bool | None
    category: str | None
    comment: str
    conduct: str
    conduct_due_at: datetime | None
    correlated_by: str | None
    correlated_at: datetime | None
    loop_id: UUID | None
    conduct_loop_id: UUID | None

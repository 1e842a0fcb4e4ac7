"""Studies past their time, holds on studies, and what is left of those that were deleted."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from plateau.kernel.ids import PatientId, SiteId, StudyId


@dataclass(frozen=True, slots=True)
class Rule:
    """How long a member keeps images after the last visit. Source: CSP, R.1112-7."""

    years: int
    until_age: int | None
    years_after_death: int | None


@dataclass(frozen=True, slots=True)
class Life:
    """What decides how long a study is kept: a study has one row for each rule that holds."""

    study_id: StudyId
    last_visit_on: date
    born_on: date
    died_on: date | None
    years: int
    until_age: int | None
    years_after_death: int | None

    @property
    def rule(self) -> Rule:
        """The rule."""
        return Rule(self.years, self.until_age, self.years_after_death)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A study past its time, that a person may delete unless it is held."""

    study_id: StudyId
    study_uid: str
    site_name: str
    accession_number: str
    modalities: list[str]
    started_at: datetime | None
    instances: int
    bytes: int
    due_on: date
    hold_reason: str | None


@dataclass(frozen=True, slots=True)
class Hold:
    """A reason to keep a study."""

    hold_id: int
    study_id: StudyId
    study_uid: str
    site_name: str
    accession_number: str
    reason: str
    held_by: str
    held_at: datetime
    lifted_by: str | None
    lifted_at: datetime | None
    lifted_reason: str | None


@dataclass(frozen=True, slots=True)
class Reach:
    """A study that somebody may hold or delete."""

    study_id: StudyId
    patient_id: PatientId
    site_id: SiteId


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What is left of a study that was deleted."""

    tombstone_id: int
    study_uid: str
    site_name: str
    accession_number: str
    series: int
    instances: int
    bytes: int
    due_on: date
    deleted_at: datetime
    deleted_by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Studies that a person wants deleted, and why."""

    study_ids: tuple[UUID, ...]
    reason: str

"""Second opinions and meetings: what is asked of whom, by when, and what they answer."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from plateau.kernel.ids import ExamId, PatientId, PersonId, SiteId, VersionId


class State(StrEnum):
    """Where a request for an opinion stands."""

    ASKED = "asked"
    DECLINED = "declined"  # whoever was asked cannot answer: somebody else is to be asked
    ANSWERED = "answered"  # a note beside the report
    ATTACHED = "attached"  # signed into the report as an addendum
    WITHDRAWN = "withdrawn"


class Step(StrEnum):
    """What happens to a request for an opinion."""

    ASKED = "asked"
    DECLINED = "declined"
    ANSWERED = "answered"
    ATTACHED = "attached"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: of a colleague or of a specialty, with or without the patient's identity."""

    exam_id: ExamId
    to_person: PersonId | None
    to_specialty: str
    text: str
    anonymised: bool
    within_hours: int


@dataclass(frozen=True, slots=True)
class Opinion:
    """A request for an opinion as it is kept."""

    opinion_id: UUID
    exam_id: ExamId
    site_id: SiteId
    site_name: str
    patient_id: PatientId
    study_uid: str
    modality: str
    exam_name: str
    exam_name_en: str
    sex: str
    birth_on: date
    surname: str
    first_name: str
    acquired_at: datetime
    asked_by: PersonId
    asker_name: str
    asked_at: datetime
    due_at: datetime
    to_person: PersonId | None
    person_name: str | None
    to_specialty: str
    anonymised: bool
    question: str
    state: str
    answer: str
    answered_by: PersonId | None
    answerer_name: str | None
    answered_at: datetime | None
    version_id: VersionId | None
    loop_id: UUID | None


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who may be asked; `at_site` when they read there, so see who the patient is."""

    person_id: PersonId
    name: str
    specialty: str
    at_site: bool


@dataclass(frozen=True, slots=True)
class Meeting:
    """A multidisciplinary meeting."""

    meeting_id: UUID
    site_id: SiteId
    site_name: str
    title: str
    place: str
    held_at: datetime
    called_off_at: datetime | None
    exams: int
    concluded: int


@dataclass(frozen=True, slots=True)
class Item:
    """An exam on the list of a meeting."""

    meeting_id: UUID
    title: str
    held_at: datetime
    exam_id: ExamId
    site_id: SiteId
    patient_id: PatientId
    surname: str
    first_name: str
    birth_on: date
    sex: str
    modality: str
    exam_name: str
    exam_name_en: str
    site_name: str
    position: int
    question: str
    added_by: str
    conclusion: str
    concluded_by: str | None
    concluded_at: datetime | None
    version_id: VersionId | None
    loop_id: UUID | None

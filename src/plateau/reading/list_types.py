"""Lines of reading's lists: exams to read or arriving, earlier studies, what happened."""

from dataclasses import dataclass
from datetime import date, datetime

from plateau.kernel.ids import ExamId, PersonId, SiteId, VersionId


@dataclass(frozen=True, slots=True)
class Arriving:
    """An exam whose images are not all there, and that could be read as it is."""

    exam_id: ExamId
    urgency: str
    surname: str
    first_name: str
    modality: str
    exam_name: str
    exam_name_en: str
    site_name: str
    state: str
    instances: int
    announced: int | None


@dataclass(frozen=True, slots=True)
class WorklistRow:
    """A line of the worklist."""

    exam_id: ExamId
    urgency: str
    complete_at: datetime
    due_at: datetime
    state: str
    reader_id: PersonId | None
    reader_name: str | None
    taken_at: datetime | None
    lease_until: datetime | None
    signed_at: datetime | None
    surname: str
    first_name: str
    birth_on: date
    sex: str
    modality: str
    exam_name: str
    exam_name_en: str
    site_name: str
    priors: int
    instances: int | None
    announced: int | None
    stopped_at: datetime | None  # since when its clock does not run
    expected_at: datetime | None  # when it is expected to be read, from the queue ahead


@dataclass(frozen=True, slots=True)
class Prior:
    """An earlier study of the same patient, and its report as it holds."""

    study_uid: str
    started_at: datetime
    modalities: list[str]
    name: str
    name_en: str
    site_id: SiteId
    site_name: str
    instances: int
    exam_id: ExamId | None
    version_id: VersionId | None
    result: str | None
    conclusion: str | None
    signer_name: str | None


@dataclass(frozen=True, slots=True)
class Event:
    """A line of an exam's timeline, whichever machine it comes from."""

    at: datetime
    machine: str
    event: str
    to_state: str
    person_name: str | None
    cause: str

"""What is looked for by hand, and what is found."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from plateau.kernel.ids import PatientId, StudyId


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody looks for among studies; an empty field lets everything through."""

    name: str = ""
    local_id: str = ""
    accession_number: str = ""
    modality: str = ""
    site_id: UUID | None = None
    since: date | None = None
    until: date | None = None
    page: int = 1


@dataclass(frozen=True, slots=True)
class Person:
    """The patient of a study."""

    surname: str
    first_name: str
    birth_on: date
    sex: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A study as the browser lists it."""

    study_id: StudyId
    study_uid: str
    patient_id: PatientId
    surname: str
    first_name: str
    birth_on: date
    sex: str
    site_name: str
    accession_number: str
    description: str
    modalities: list[str]
    started_at: datetime | None
    state: str
    instances: int
    bytes: int

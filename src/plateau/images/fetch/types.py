"""What is looked for and fetched elsewhere."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from plateau.kernel.ids import PatientId, SiteId

WAITING, FETCHED, REFUSED, CANCELLED = "waiting", "done", "refused", "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is looked for there, as typed."""

    local_id: str = ""
    name: str = ""
    accession_number: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether everything would match."""
        return not (self.local_id or self.name.strip("*?") or self.accession_number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A study that another system has, as it says."""

    study_uid: str
    local_id: str
    name: str
    birth_date: str
    sex: str
    day: str
    modalities: str
    description: str
    accession_number: str


@dataclass(frozen=True, slots=True)
class Source:
    """A system from which studies can be fetched."""

    ae_title: str
    name: str
    issuer: str | None


@dataclass(frozen=True, slots=True)
class Fetch:
    """A study that is to be fetched, as the work needs it."""

    fetch_id: UUID
    ae_title: str
    site_id: SiteId
    study_uid: str
    issuer: str
    patient_id: PatientId | None
    asked_by: str
    state: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A study that somebody has fetched."""

    fetch_id: UUID
    ae_title: str
    site_name: str
    asked_by: str
    asked_at: datetime
    state: str
    attempts: int
    expected: int | None
    arrived: int
    failed: int
    last_error: str | None
    done_at: datetime | None


@dataclass(slots=True)
class Tally:
    """How far a fetch is."""

    expected: int | None = None
    arrived: int = 0
    failed: int = 0
    problem: str = ""

"""What a critical result is."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from plateau.kernel.ids import ExamId, PersonId, SiteId


class Category(StrEnum):
    """How soon it has to be heard; the delays are those of the contract.

    Source: ACR practice parameter for communication of diagnostic imaging findings.
    """

    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"


class Rung(StrEnum):
    """Whom one calls, in this order, when the one before does not answer."""

    CALLBACK = "callback"  # the number that the request gives
    WARD = "ward"
    ON_CALL = "on_call"  # the doctor on call of the site
    COORDINATOR = "coordinator"


class Phase(StrEnum):
    """How far it is."""

    OPEN = "open"
    CALLING = "calling"
    ESCALATED = "escalated"  # somebody did not answer: the next one is called
    HEARD = "heard"  # read back, or acknowledged in the application
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A critical finding, as its reader says it."""

    exam_id: ExamId
    category: str
    finding: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """A call, as whoever made it says it."""

    rung: str
    called: str
    reached: bool
    read_back: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call that was made."""

    rung: str
    called: str
    at: datetime
    by_name: str
    reached: bool
    read_back: str


@dataclass(frozen=True, slots=True)
class Critical:
    """A critical result as it is kept."""

    loop_id: UUID
    exam_id: ExamId
    site_id: SiteId
    category: str
    finding: str
    found_at: datetime
    found_by: PersonId
    found_by_name: str
    heard_at: datetime | None
    heard_by_name: str | None
    requester_id: PersonId
    state: str  # of its loop


@dataclass(frozen=True, slots=True)
class Line:
    """A critical result as the list shows it."""

    loop_id: UUID
    exam_id: ExamId
    site_name: str
    modality: str
    exam_name: str
    exam_name_en: str
    surname: str
    first_name: str
    category: str
    finding: str
    found_at: datetime
    found_by_name: str
    due_at: datetime
    state: str
    step: int
    calls: int
    last_called: str | None
    last_call_at: datetime | None
    heard_at: datetime | None
    proof: str

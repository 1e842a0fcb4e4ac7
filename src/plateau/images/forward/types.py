"""What is sent on to other systems."""

from dataclasses import dataclass
from datetime import datetime

from plateau.kernel.ids import StudyId


@dataclass(frozen=True, slots=True)
class Waiting:
    """A study that has to be sent on; all it had received by `reached_at` has been."""

    study_id: StudyId
    ae_title: str
    asked_at: datetime
    reached_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What was sent of a study, and what stopped it, if anything did."""

    of: Waiting
    sent: int
    problem: str
    reached_at: datetime


@dataclass(frozen=True, slots=True)
class Forwarding:
    """A study on its way to another DICOM system."""

    study_id: StudyId
    ae_title: str
    peer_name: str
    site_name: str
    accession_number: str
    state: str
    attempts: int
    sent: int
    instances: int
    asked_at: datetime
    done_at: datetime | None
    last_error: str | None

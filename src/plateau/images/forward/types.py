"""What is sent on to other systems."""

from dataclasses import dataclass
from datetime import datetime

from plateau.kernel.ids import StudyId


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

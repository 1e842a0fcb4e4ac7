"""What other systems are asked to answer for."""

from dataclasses import dataclass
from datetime import datetime

from plateau.kernel.ids import StudyId


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request that we make of another system."""

    transaction_uid: str
    ae_title: str
    study_id: StudyId
    classes: list[str]
    uids: list[str]


@dataclass(frozen=True, slots=True)
class Promise:
    """What another system said, or did not say yet, of a study that it was sent."""

    ae_title: str
    site_name: str
    accession_number: str
    state: str
    wanted_at: datetime
    answered_at: datetime | None
    instances: int
    failed: int
    last_error: str | None

"""What moves between two stores."""

from dataclasses import dataclass
from datetime import datetime

from plateau.kernel.ids import StudyId


@dataclass(frozen=True, slots=True)
class Quiet:
    """A study that nobody has looked at for long, as it was when it was chosen."""

    study_id: StudyId
    last_instance_at: datetime


@dataclass(frozen=True, slots=True)
class Tier:
    """How much is in one of the two stores."""

    tier: str
    studies: int
    bytes: int

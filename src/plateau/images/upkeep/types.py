"""What is stored, how it grows, and what was found damaged."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Usage:
    """What is stored of a site and a modality; `recent` is what came in the last seven days."""

    site_name: str
    modality: str
    instances: int
    bytes: int
    recent_bytes: int
    first_on: date
    last_on: date


@dataclass(frozen=True, slots=True)
class Growth:
    """What came on a day."""

    day: date
    instances: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Sweep:
    """One pass over what is stored."""

    sweep_id: int
    started_at: datetime
    looked_at: datetime
    finished_at: datetime | None
    reached: str
    checked: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Kept:
    """An instance to check."""

    sop_instance_uid: str
    blob_key: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Damage:
    """An instance whose bytes are not what was stored; `kind` says how."""

    sop_instance_uid: str
    site_name: str
    kind: str
    found_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """Room on the disk of the object store, and below how much storing is refused.

    Units: bytes.
    """

    total: int
    free: int
    least: int

    @property
    def is_short(self) -> bool:
        """Whether storing is refused."""
        return self.free < self.least

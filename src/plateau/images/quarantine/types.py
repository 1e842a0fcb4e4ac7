"""What is held for a person to decide."""

from dataclasses import dataclass
from datetime import datetime

from plateau.kernel.ids import PatientId, SiteId, StudyId


@dataclass(frozen=True, slots=True)
class Held:
    """Bytes that came under the UID of an instance stored with others."""

    quarantine_id: int
    sop_instance_uid: str
    study_id: StudyId
    study_site_id: SiteId
    patient_id: PatientId
    site_id: SiteId
    site_name: str
    blob_key: str
    kept_key: str
    bytes: int
    ae_title: str
    origin: str
    reason: str
    held_at: datetime
    last_at: datetime
    times: int
    state: str
    new_uid: str | None
    resolved_by: str | None
    resolved_at: datetime | None
    resolved_reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of what is held (kept_old, replaced or discarded), and why."""

    state: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One attribute of what is stored and of what came; None where it is absent."""

    name: str
    kept: str | None
    sent: str | None

    @property
    def differs(self) -> bool:
        """Whether they are not the same."""
        return self.kept != self.sent

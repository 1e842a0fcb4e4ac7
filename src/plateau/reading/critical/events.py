"""What happened to critical results."""

from dataclasses import dataclass
from uuid import UUID

from plateau.kernel.ids import ExamId, SiteId


@dataclass(frozen=True, slots=True, kw_only=True)
class CriticalAcknowledged:
    """A critical result was heard by whoever has to act on it."""

    loop_id: UUID
    exam_id: ExamId
    site_id: SiteId

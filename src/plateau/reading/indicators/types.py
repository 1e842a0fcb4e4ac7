"""What indicators are computed from, and what they say."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from plateau.kernel.ids import ExamId, SiteId

GROUPS = ("urgency", "site", "modality", "hour", "ring")
RINGS = ("local", "on_duty", "elsewhere")
FEW = 20  # under this many exams a percentile says little


@dataclass(frozen=True, slots=True)
class Story:
    """An exam whose report was signed in the period, as its transitions tell it.

    `ring`: read by somebody at home at the site, on duty for it, or from elsewhere.
    """

    exam_id: ExamId
    accession_number: str
    urgency: str
    site: str
    modality: str
    hour: int  # local, when its images were complete
    ring: str  # of RINGS
    asked_at: datetime | None
    decided_at: datetime | None
    last_image_at: datetime | None
    complete_at: datetime
    signed_at: datetime
    stopped: timedelta
    target: timedelta | None

    @property
    def justification(self) -> timedelta | None:
        """From the request to the decision."""
        if self.asked_at is None or self.decided_at is None:
            return None
        return self.decided_at - self.asked_at

    @property
    def turnaround(self) -> timedelta:
        """From complete images to the signature, the clock never stopped."""
        return self.signed_at - self.complete_at

    @property
    def from_last_image(self) -> timedelta | None:
        """From the last image to the signature."""
        return self.signed_at - self.last_image_at if self.last_image_at else None

    @property
    def is_on_time(self) -> bool | None:
        """Whether the target was kept, the time that the clock was stopped left out."""
        return None if self.target is None else self.turnaround - self.stopped <= self.target


@dataclass(frozen=True, slots=True)
class Spread:
    """How delays are spread: nearest-rank percentiles, each one observed; none without any."""

    count: int
    p50: timedelta
    p90: timedelta
    p95: timedelta
    longest: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The exams alike in what they are grouped by; without values, all of them together."""

    values: tuple[str, ...]
    exams: int
    justification: Spread | None
    turnaround: Spread | None
    from_last_image: Spread | None
    stopped: Spread | None  # of those whose clock was stopped
    judged: int
    on_time: int

    @property
    def is_few(self) -> bool:
        """Whether there are too few exams for percentiles to mean much."""
        return self.exams < FEW


@dataclass(frozen=True, slots=True)
class Rates:
    """What became of requests, critical results and second readings of the period."""

    decided: int
    refused: int
    substituted: int
    critical: int
    critical_heard_in_time: int
    read_twice: int
    discordant: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which period, of which sites."""

    start: datetime
    end: datetime
    sites: Collection[SiteId]

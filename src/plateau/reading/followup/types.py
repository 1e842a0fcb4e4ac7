"""What an incidental finding is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from plateau.kernel.ids import ExamId, SiteId


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What a reader found by the way, what should be done, by which day, by whom."""

    exam_id: ExamId
    finding: str
    recommendation: str
    due_on: date
    team: SiteId | None = None  # those who ask for exams at that site; none: whoever asked for it


@dataclass(frozen=True, slots=True)
class Followup:
    """An incidental finding as it is kept, with how its loop stands."""

    loop_id: UUID
    exam_id: ExamId
    exam_site_id: SiteId
    site_id: SiteId
    site_name: str
    finding: str
    recommendation: str
    due_on: date
    remind_at: datetime
    reminded_at: datetime | None
    planned_on: date | None
    state: str
    owner_name: str | None
    owner_role: str
    opened_at: datetime
    opened_by_name: str
    ended_at: datetime | None
    proof: str

    @property
    def homes(self) -> frozenset[SiteId]:
        """The site that has to see to it, and the one that made the exam."""
        return frozenset({self.site_id, self.exam_site_id})


@dataclass(frozen=True, slots=True)
class Team:
    """The people of a site who ask for exams: a health house, a ward."""

    site_id: SiteId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """The incidental findings of an exam, and to whom the caller may give another one."""

    found: Sequence[Followup]
    teams: Sequence[Team]
    is_reader: bool

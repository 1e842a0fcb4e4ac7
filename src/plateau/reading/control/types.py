"""What the control room sees of reading; nothing of a patient."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from plateau.kernel.ids import ExamId
from plateau.reading.loops.types import Line


@dataclass(frozen=True, slots=True)
class Exam:
    """An exam that waits to be read, or is being read."""

    exam_id: ExamId
    urgency: str
    modality: str
    exam_name: str
    exam_name_en: str
    site_name: str
    state: str
    due_at: datetime
    expected_at: datetime | None  # when it is expected to be read, from the queue ahead
    reader_name: str | None
    is_stopped: bool  # its clock: somebody owes an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A reader on duty: exams in hand, and the minutes that they are expected to take."""

    name: str
    held: int
    load_minutes: float
    read_minutes: float  # lately


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What waits to be read at the sites somebody coordinates."""

    late: Sequence[Exam]
    soon: Sequence[Exam]  # not late, and not expected to be read in time
    waiting: int
    by_urgency: Sequence[tuple[str, int]]
    readers: Sequence[Load]
    overdue: Sequence[Line]

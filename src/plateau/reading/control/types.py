"""What the control room sees of reading; nothing of a patient."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from plateau.kernel.ids import ExamId, PersonId
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

    person_id: PersonId
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ToGive:
    """An exam that nobody reads yet, and who may read it now, the first choice first."""

    exam: Exam
    choices: Sequence[Load]
    is_given: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """What may be given to whom: the first exams that are due, and the readers on duty."""

    exams: Sequence[ToGive]
    waiting: int
    readers: Sequence[Load]

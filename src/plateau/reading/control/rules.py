"""What is late, and what will be: pure."""

from collections.abc import Sequence
from datetime import datetime

from plateau.reading.control.types import Exam


def late(exams: Sequence[Exam], now: datetime) -> list[Exam]:
    """Those whose delay has passed, the longest first; a clock that is stopped is not late."""
    return sorted((one for one in exams if one.due_at < now and not one.is_stopped), key=_due)


def soon_late(exams: Sequence[Exam], now: datetime) -> list[Exam]:
    """Those that are not late, and that nobody is expected to have read in time."""
    found = (one for one in exams if one.due_at >= now and _is_doubtful(one))
    return sorted(found, key=_due)


def _is_doubtful(exam: Exam) -> bool:
    expected = exam.expected_at
    return not exam.is_stopped and expected is not None and expected > exam.due_at


def _due(exam: Exam) -> tuple[datetime, str, str]:
    return exam.due_at, exam.urgency, str(exam.exam_id)

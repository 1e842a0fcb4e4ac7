"""When exams that wait are expected to be read, from the queue ahead of them: pure.

Each exam, in reading order, goes to whoever would be done with it first: those on duty who may read
it, once they have read what they hold and what goes before, and once their ring has opened.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from plateau.kernel.ids import ExamId, MemberId, SiteId
from plateau.reading.rules import ranking
from plateau.reading.rules.ranking import Reader, Ring, Terms, Waiting, WhyNot

_Place = tuple[SiteId, MemberId, str, str]
_PASSING = {WhyNot.HOLDS_ENOUGH}  # they will have room again


def expected(
    queue: Sequence[Waiting], readers: Sequence[Reader], now: datetime, terms: Terms
) -> dict[ExamId, datetime | None]:
    """When each exam of `queue`, the first one first, is read; None while nobody may."""
    free = [one.load_minutes for one in readers]
    able: dict[_Place, list[tuple[int, Ring]]] = {}
    found: dict[ExamId, datetime | None] = {}
    for exam in queue:
        place = (exam.site_id, exam.member_id, exam.department, exam.modality)
        if place not in able:
            able[place] = _able(exam, readers, terms)
        chosen = _soonest(exam, able[place], free, now, terms)
        if chosen is None:
            found[exam.exam_id] = None
            continue
        done, index = chosen
        free[index] = done
        found[exam.exam_id] = now + timedelta(minutes=done)
    return found


def _able(exam: Waiting, readers: Sequence[Reader], terms: Terms) -> list[tuple[int, Ring]]:
    """Those who may read such an exam, by their place among the readers, and their rings."""
    return [
        (index, ranking.ring_of(exam, one))
        for index, one in enumerate(readers)
        if not set(ranking.unable(exam, one, terms)) - _PASSING
    ]


def _soonest(
    exam: Waiting,
    able: Sequence[tuple[int, Ring]],
    free: Sequence[float],
    now: datetime,
    terms: Terms,
) -> tuple[float, int] | None:
    """Who is done first with the exam, and in how many minutes; ties fall to the nearer ring."""
    nearest = min((ring for _, ring in able), default=None)
    opening = {
        ring: (ranking.opens_at(exam, ring, nearest, terms) - now).total_seconds() / 60
        for ring in {ring for _, ring in able}
    }
    done = (
        (max(free[index], opening[ring], 0.0) + exam.minutes, ring, index) for index, ring in able
    )
    first = min(done, default=None)
    return (first[0], first[2]) if first else None

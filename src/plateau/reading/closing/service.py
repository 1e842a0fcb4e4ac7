"""Final reports move on as they are delivered, read, and nothing around them is open."""

from datetime import datetime

from plateau.kernel.ids import ExamId
from plateau.platform.db import Tx
from plateau.reading.closing import queries, rules
from plateau.reading.closing.types import Standing
from plateau.reading.loops import service as loops
from plateau.reading.queries import tasks

_TOGETHER = 200  # closed in one sweep: the next one goes on


def move_on(
    tx: Tx, exam_id: ExamId, *, is_delivered: bool, is_acknowledged: bool, now: datetime
) -> None:
    """The last version was, or was not, delivered everywhere and read by whoever asked for it.

    A report that is not final, or has come as far already, stays; safe to run twice.
    """
    standing = Standing(
        is_delivered=is_delivered,
        is_acknowledged=is_acknowledged,
        open_loops=loops.open_of(tx, exam_id),
    )
    _take(tx, exam_id, standing, now)


def sweep(tx: Tx, *, now: datetime) -> int:
    """What was read is closed once the last loop around it has ended; how many."""
    closable = queries.closable(tx, limit=_TOGETHER)
    over = Standing(is_delivered=True, is_acknowledged=True, open_loops=0)
    for exam_id in closable:
        _take(tx, exam_id, over, now)
    return len(closable)


def _take(tx: Tx, exam_id: ExamId, standing: Standing, now: datetime) -> None:
    steps = rules.advance(queries.locked_state(tx, exam_id), standing)
    for step in steps:
        tasks.log(tx, exam_id, step, at=now)
    if steps:
        tasks.set_state(tx, exam_id=exam_id, state=steps[-1][2])

"""SQL of reports that have been issued."""

from plateau.kernel.ids import ExamId
from plateau.platform.db import Tx
from plateau.reading.types import State


def locked_state(tx: Tx, exam_id: ExamId) -> State:
    """Where a report stands, which nobody else changes until the transaction ends."""
    found = tx.value(
        "select state from reading.task where exam_id = %(exam)s for update", exam=exam_id
    )
    return State(found)


def closable(tx: Tx, *, limit: int) -> list[ExamId]:
    """The reports that their requester has read and around which nothing is open."""
    return tx.values(
        """
        select t.exam_id from reading.task t
        where t.state = 'acknowledged'
          and not exists (
            select from reading.loop l where l.exam_id = t.exam_id and l.ended_at is null)
        order by t.exam_id
        limit %(limit)s
        for update of t skip locked
        """,
        limit=limit,
    )

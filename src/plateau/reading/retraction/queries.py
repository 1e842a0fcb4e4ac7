"""SQL of what a retraction leaves to be done."""

from uuid import UUID

from plateau.kernel.ids import ExamId
from plateau.platform.db import Tx


def pointless(tx: Tx, exam_id: ExamId) -> list[UUID]:
    """What was to be done because of what the report said."""
    return tx.values(
        """
        select loop_id from reading.loop
        where exam_id = %(exam)s and ended_at is null and kind in ('followup', 'relook')
        order by loop_id
        """,
        exam=exam_id,
    )


def recalls(tx: Tx, exam_id: ExamId) -> list[UUID]:
    """The recalls of a retracted report that not everyone has acknowledged."""
    return tx.values(
        """
        select loop_id from reading.loop
        where exam_id = %(exam)s and ended_at is null
          and kind = 'recall' and category = 'retraction'
        order by loop_id
        """,
        exam=exam_id,
    )

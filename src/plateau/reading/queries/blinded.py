"""SQL of who may not see a report yet, because they are reading its exam again blindly."""

from plateau.kernel.ids import ExamId, PersonId
from plateau.platform.db import Tx


def is_blinded(tx: Tx, exam_id: ExamId, *, person_id: PersonId) -> bool:
    """Whether somebody reads an exam again and has not signed what they read."""
    return tx.value(
        """
        select exists (
          select from reading.second_read
          where exam_id = %(exam)s and reader_id = %(person)s and blind and state = 'taken')
        """,
        exam=exam_id,
        person=person_id,
    )

"""SQL of images that came after a report."""

from datetime import datetime

from plateau.kernel.ids import ExamId, StudyId
from plateau.platform.db import Tx
from plateau.reading.relook.types import Signed
from plateau.reading.rules import lifecycle


def signed(tx: Tx, study_id: StudyId) -> Signed | None:
    """The exam of a study when its report is signed; held until the transaction ends."""
    return tx.maybe(
        Signed,
        """
        select t.exam_id, t.patient_id, t.site_id, t.reader_id
        from images.study st
        join reading.task t using (study_uid)
        where st.study_id = %(study)s and t.state = any(%(done)s) and t.reader_id is not null
        for update of t
        """,
        study=study_id,
        done=list(lifecycle.DONE),
    )


def is_known(tx: Tx, exam_id: ExamId, *, since: datetime) -> bool:
    """Whether somebody is to look at new images of an exam, or was asked to at `since` or later."""
    return tx.value(
        """
        select exists (
          select from reading.loop
          where exam_id = %(exam)s and kind = 'relook'
            and (ended_at is null or opened_at >= %(since)s))
        """,
        exam=exam_id,
        since=since,
    )

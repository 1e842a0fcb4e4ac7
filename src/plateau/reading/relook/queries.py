"""SQL of images and priors that came after a report."""

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


def signed_without(tx: Tx, study_id: StudyId, *, since: datetime, until: datetime) -> list[Signed]:
    """The exams of a study's patient begun later than it and signed from `since` to `until`.

    Held until the transaction ends.
    """
    return tx.all(
        Signed,
        """
        select t.exam_id, t.patient_id, t.site_id, t.reader_id
        from images.study prior
        join reading.task t on t.patient_id = prior.patient_id
        join images.study st on st.study_uid = t.study_uid
        where prior.study_id = %(study)s and prior.started_at < st.started_at
          and st.study_id <> prior.study_id
          and t.state = any(%(done)s) and t.reader_id is not null
          and t.signed_at between %(since)s and %(until)s
        order by t.exam_id
        for update of t
        """,
        study=study_id,
        done=list(lifecycle.DONE),
        since=since,
        until=until,
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

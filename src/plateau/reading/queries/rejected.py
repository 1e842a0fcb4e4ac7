"""SQL of images that were rejected under a report."""

from collections.abc import Collection, Sequence
from datetime import datetime

from plateau.kernel.ids import ExamId, PersonId, SiteId
from plateau.platform.db import Tx
from plateau.reading.types import Rejected, Undecided


def add(tx: Tx, rejection_id: int, *, states: Sequence[str]) -> int:
    """The exam whose images a note rejects awaits a decision, if its report has come so far."""
    return tx.run(
        """
        insert into reading.rejected_images (rejection_id, exam_id, code, state, at)
        select x.rejection_id, t.exam_id, x.code, t.state, x.at
        from images.rejection x
        join images.study st using (study_id)
        join reading.task t using (study_uid)
        where x.rejection_id = %(id)s and x.undone_at is null and t.state = any(%(states)s)
        on conflict (exam_id, rejection_id) do nothing
        """,
        id=rejection_id,
        states=list(states),
    )


def withdraw(tx: Tx, rejection_id: int, *, at: datetime) -> int:
    """The images are back: nothing is left to decide."""
    return tx.run(
        """
        update reading.rejected_images set restored_at = %(at)s
        where rejection_id = %(id)s and restored_at is null
        """,
        id=rejection_id,
        at=at,
    )


def of_exam(tx: Tx, exam_id: ExamId) -> list[Rejected]:
    """The rejections that an exam has met since it was first read, the latest first."""
    return tx.all(
        Rejected,
        """
        select r.rejection_id, r.code, r.state, r.at, r.restored_at, r.decision, r.reason,
               r.decided_at, a.name as decided_by
        from reading.rejected_images r
        left join access.account a on a.person_id = r.decided_by
        where r.exam_id = %(exam)s
        order by r.at desc, r.rejection_id
        """,
        exam=exam_id,
    )


def undecided(tx: Tx, *, sites: Collection[SiteId], limit: int = 50) -> list[Undecided]:
    """The exams of `sites` that await a decision, the oldest first."""
    return tx.all(
        Undecided,
        """
        select t.exam_id, p.surname, p.first_name, s.name as site_name, t.modality,
               min(r.at) as at, count(*) as notes
        from reading.rejected_images r
        join reading.task t using (exam_id)
        join patients.patient p using (patient_id)
        join territory.site s on s.site_id = t.site_id
        where r.decision is null and r.restored_at is null and t.site_id = any(%(sites)s)
        group by t.exam_id, p.patient_id, s.site_id
        order by at, t.exam_id
        limit %(limit)s
        """,
        sites=list(sites),
        limit=limit,
    )


def decide(
    tx: Tx, rejection_id: int, exam_id: ExamId, *, said: tuple[str, str], by: PersonId, at: datetime
) -> bool:
    """What a reader decided, and why; False when nothing awaits a decision any more."""
    decision, reason = said
    changed = tx.run(
        """
        update reading.rejected_images
        set decision = %(decision)s, reason = %(reason)s, decided_by = %(by)s, decided_at = %(at)s
        where rejection_id = %(id)s and exam_id = %(exam)s
          and decision is null and restored_at is null
        """,
        id=rejection_id,
        exam=exam_id,
        decision=decision,
        reason=reason,
        by=by,
        at=at,
    )
    return changed == 1

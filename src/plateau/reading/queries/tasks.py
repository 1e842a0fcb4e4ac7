"""SQL of tasks and leases, and the log of what happens to them."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from plateau.kernel.caller import Role
from plateau.kernel.ids import ExamId, PersonId, SiteId
from plateau.platform.db import Tx
from plateau.reading.types import Held, State, Step, Task, Transition


def add_task(tx: Tx, task: Task) -> bool:
    """Put an exam on the worklist; False when it is there already."""
    touched = tx.run(
        """
        insert into reading.task
          (exam_id, site_id, patient_id, study_uid, modality, exam_code, urgency, state,
           complete_at, due_at)
        values (%(exam)s, %(site)s, %(patient)s, %(uid)s, %(modality)s, %(code)s, %(urgency)s,
                %(state)s, %(complete)s, %(due)s)
        on conflict (exam_id) do nothing
        """,
        exam=task.exam_id,
        site=task.site_id,
        patient=task.patient_id,
        uid=task.study_uid,
        modality=task.modality,
        code=task.exam_code,
        urgency=task.urgency,
        state=task.state,
        complete=task.complete_at,
        due=task.due_at,
    )
    return touched == 1


def set_incomplete_reason(tx: Tx, exam_id: ExamId, reason: str) -> None:
    """The exam is read although images are missing, and why."""
    tx.run(
        "update reading.task set incomplete_reason = %(reason)s where exam_id = %(exam)s",
        exam=exam_id,
        reason=reason,
    )


def lock_reader(tx: Tx, person_id: PersonId) -> None:
    """Until the transaction ends, nothing else is taken in this reader's name."""
    tx.run("select pg_advisory_xact_lock(hashtextextended(%(id)s::text, 7))", id=person_id)


def lock(tx: Tx, *, exam_id: ExamId, sites: Collection[SiteId]) -> bool:
    """Wait for, then lock, one exam of `sites`; False when there is none."""
    found = tx.values(
        """
        select exam_id from reading.task
        where exam_id = %(exam)s and site_id = any(%(sites)s)
        for update
        """,
        exam=exam_id,
        sites=list(sites),
    )
    return bool(found)


def held(tx: Tx, exam_id: ExamId, *, sites: Collection[SiteId]) -> Held:
    """Who reads an exam of `sites`, if anybody."""
    return tx.one(
        Held,
        """
        select t.exam_id, t.site_id, t.patient_id, t.study_uid, t.modality, t.urgency,
               t.complete_at, t.due_at, t.state, t.reader_id, a.name as reader_name, t.taken_at,
               t.lease_until, t.signed_at, t.incomplete_reason,
               exists (select from reading.draft d where d.exam_id = t.exam_id) as drafted
        from reading.task t
        left join access.account a on a.person_id = t.reader_id
        where t.exam_id = %(exam)s and t.site_id = any(%(sites)s)
        """,
        exam=exam_id,
        sites=list(sites),
    )


def give(
    tx: Tx, *, exam_id: ExamId, reader_id: PersonId, now: datetime, lease_until: datetime
) -> None:
    """Give a locked exam to a reader."""
    tx.run(
        """
        update reading.task
        set state = 'reading', reader_id = %(reader)s, taken_at = %(now)s,
            lease_until = %(until)s
        where exam_id = %(exam)s
        """,
        exam=exam_id,
        reader=reader_id,
        now=now,
        until=lease_until,
    )


def renew(tx: Tx, *, exam_id: ExamId, reader_id: PersonId, lease_until: datetime) -> bool:
    """Prolong the lease of whoever reads the exam; False when that is not `reader_id`."""
    touched = tx.run(
        """
        update reading.task set lease_until = %(until)s
        where exam_id = %(exam)s and state = 'reading' and reader_id = %(reader)s
        """,
        exam=exam_id,
        reader=reader_id,
        until=lease_until,
    )
    return touched == 1


def free(tx: Tx, *, exam_id: ExamId, state: State) -> None:
    """Put a locked exam back among those that wait."""
    tx.run(
        """
        update reading.task
        set state = %(state)s, reader_id = null, taken_at = null, lease_until = null
        where exam_id = %(exam)s and state = 'reading'
        """,
        exam=exam_id,
        state=state,
    )


def free_lapsed(tx: Tx, *, wall: datetime, now: datetime, limit: int = 200) -> int:
    """Put back, and log, the exams whose lease has run out; how many."""
    return tx.run(
        """
        with lapsed as (
          select t.exam_id, t.reader_id,
                 exists (select from reading.draft d where d.exam_id = t.exam_id) as drafted
          from reading.task t
          where t.state = 'reading' and t.lease_until < %(wall)s
          order by t.lease_until, t.exam_id
          limit %(limit)s
          for update of t skip locked
        ), freed as (
          update reading.task t
          set state = case when l.drafted then 'draft' else 'unassigned' end,
              reader_id = null, taken_at = null, lease_until = null
          from lapsed l
          where t.exam_id = l.exam_id
          returning t.exam_id, t.site_id, t.state, l.reader_id, l.drafted
        )
        insert into reading.transition
          (exam_id, event, from_state, to_state, at, person_id, site_id, cause)
        select exam_id, case when drafted then 'lapsed_drafted' else 'lapsed' end, 'reading',
               state, %(now)s, reader_id, site_id, ''
        from freed order by exam_id
        """,
        wall=wall,
        now=now,
        limit=limit,
    )


def finish(tx: Tx, *, exam_id: ExamId, reader_id: PersonId, now: datetime) -> None:
    """End the reading of a locked exam that `reader_id` holds."""
    tx.run(
        """
        update reading.task set state = 'signed', signed_at = %(now)s, lease_until = null
        where exam_id = %(exam)s and state = 'reading' and reader_id = %(reader)s
        """,
        exam=exam_id,
        reader=reader_id,
        now=now,
    )


def take_back(tx: Tx, *, exam_id: ExamId, state: State) -> None:
    """A locked exam whose report is no longer signed waits again."""
    tx.run(
        """
        update reading.task
        set state = %(state)s, reader_id = null, taken_at = null, signed_at = null
        where exam_id = %(exam)s and state in ('signed', 'retracted')
        """,
        exam=exam_id,
        state=state,
    )


def set_state(tx: Tx, *, exam_id: ExamId, state: State) -> None:
    """A signed report stands elsewhere."""
    tx.run(
        "update reading.task set state = %(state)s where exam_id = %(exam)s",
        exam=exam_id,
        state=state,
    )


def move_deadline(tx: Tx, exam_id: ExamId, *, stopped: timedelta) -> None:
    """The report is due later by as long as the clock was stopped in all; safe to run twice."""
    tx.run(
        """
        update reading.task
        set target_at = coalesce(target_at, due_at),
            due_at = coalesce(target_at, due_at) + %(stopped)s
        where exam_id = %(exam)s and signed_at is null
        """,
        exam=exam_id,
        stopped=stopped,
    )


def log(
    tx: Tx,
    exam_id: ExamId,
    step: tuple[Step, State | None, State],
    *,
    at: datetime,
    by: tuple[UUID, Role] | None = None,
    cause: str = "",
) -> None:
    """Add one line to the log of a report: what happened, from which state, to which.

    `by`: who did it, in which role; nobody when the service itself did.
    """
    event, before, state = step
    person_id, role = by or (None, None)
    tx.run(
        """
        insert into reading.transition
          (exam_id, event, from_state, to_state, at, person_id, role, site_id, cause)
        select exam_id, %(event)s, %(before)s, %(after)s, %(at)s, %(person)s, %(role)s, site_id,
               %(cause)s
        from reading.task where exam_id = %(exam)s
        """,
        exam=exam_id,
        event=event,
        before=before,
        after=state,
        at=at,
        person=person_id,
        role=role,
        cause=cause,
    )


def transitions(tx: Tx, exam_id: ExamId) -> list[Transition]:
    """The log of a report, the oldest line first."""
    return tx.all(
        Transition,
        """
        select t.event, t.from_state, t.to_state, t.at, t.person_id, a.name as person_name,
               t.role, t.site_id, t.cause
        from reading.transition t
        left join access.account a using (person_id)
        where t.exam_id = %(exam)s
        order by t.transition_id
        """,
        exam=exam_id,
    )

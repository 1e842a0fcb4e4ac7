"""SQL of second readings."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from uuid import UUID

from plateau.kernel.caller import Role
from plateau.kernel.ids import ExamId, PersonId, SiteId
from plateau.platform.db import Tx
from plateau.reading.second.types import (
    Drawn,
    Line,
    Outcome,
    Rule,
    Second,
    Signed,
    State,
    Step,
)

_LOOKS = ["exam.view", "report.print", "report.addendum"]  # in the trail: the report was shown


def add(tx: Tx, report: Signed, rule: Rule, *, now: datetime) -> bool:
    """A report waits for its second reading; False when it does already."""
    touched = tx.run(
        """
        insert into reading.second_read
          (exam_id, rule_id, version_id, site_id, patient_id, exam_code, first_reader, blind, state,
           asked_at, due_at)
        values (%(exam)s, %(rule)s, %(version)s, %(site)s, %(patient)s, %(code)s, %(first)s,
                %(blind)s, 'waiting', %(now)s, %(due)s)
        on conflict (exam_id) do nothing
        """,
        exam=report.exam_id,
        rule=rule.rule_id,
        version=report.version_id,
        site=report.site_id,
        patient=report.patient_id,
        code=report.exam_code,
        first=report.reader_id,
        blind=rule.blind,
        now=now,
        due=now + timedelta(hours=rule.within_hours),
    )
    return touched == 1


def set_loop(tx: Tx, exam_id: ExamId, *, loop_id: UUID) -> None:
    """The loop that stays open until the exam is read again."""
    tx.run(
        "update reading.second_read set loop_id = %(loop)s where exam_id = %(exam)s",
        exam=exam_id,
        loop=loop_id,
    )


def set_recall(tx: Tx, exam_id: ExamId, *, loop_id: UUID) -> None:
    """The loop that stays open until requester and patient are told."""
    tx.run(
        "update reading.second_read set recall_id = %(loop)s where exam_id = %(exam)s",
        exam=exam_id,
        loop=loop_id,
    )


def lock(tx: Tx, exam_id: ExamId, *, sites: Collection[SiteId]) -> bool:
    """Wait for, then lock, the second reading of an exam of `sites`; False without one."""
    found = tx.values(
        """
        select exam_id from reading.second_read
        where exam_id = %(exam)s and site_id = any(%(sites)s) for update
        """,
        exam=exam_id,
        sites=list(sites),
    )
    return bool(found)


def second(tx: Tx, exam_id: ExamId, *, sites: Collection[SiteId]) -> Second | None:
    """The second reading of an exam of `sites`."""
    return tx.maybe(
        Second,
        """
        select r.exam_id, r.site_id, r.patient_id, t.study_uid, t.modality, r.exam_code,
               r.version_id, r.first_reader, f.name as first_name, r.reader_id,
               a.name as reader_name, r.blind, r.state, r.asked_at, r.due_at, r.taken_at,
               r.result, r.conclusion, r.written_at, r.score, r.comment, r.scored_at, r.seen_at,
               r.loop_id, r.recall_id
        from reading.second_read r
        join reading.task t using (exam_id)
        join access.account f on f.person_id = r.first_reader
        left join access.account a on a.person_id = r.reader_id
        where r.exam_id = %(exam)s and r.site_id = any(%(sites)s)
        """,
        exam=exam_id,
        sites=list(sites),
    )


def open_one(tx: Tx, exam_id: ExamId) -> Drawn | None:
    """The second reading of an exam that is not over; held until the transaction ends."""
    return tx.maybe(
        Drawn,
        """
        select state, loop_id from reading.second_read
        where exam_id = %(exam)s and state in ('waiting', 'taken', 'written') for update
        """,
        exam=exam_id,
    )


def withdraw(tx: Tx, exam_id: ExamId) -> None:
    """An exam is not to be read again."""
    tx.run(
        "update reading.second_read set state = 'withdrawn' where exam_id = %(exam)s",
        exam=exam_id,
    )


def waiting(
    tx: Tx, *, person_id: PersonId, sites: Collection[SiteId], limit: int = 200
) -> list[Line]:
    """What is to be read again at `sites` and somebody did not read first, the first due first."""
    return tx.all(
        Line,
        """
        select r.exam_id, t.urgency, p.surname, p.first_name, t.modality, x.name as exam_name,
               x.name_en as exam_name_en, s.name as site_name, r.blind, r.state,
               coalesce(r.reader_id = %(person)s, false) as is_mine, a.name as reader_name,
               r.due_at
        from reading.second_read r
        join reading.task t using (exam_id)
        join patients.patient p on p.patient_id = r.patient_id
        join territory.exam_type x on x.exam_code = r.exam_code
        join territory.site s on s.site_id = r.site_id
        left join access.account a on a.person_id = r.reader_id
        where r.site_id = any(%(sites)s) and r.first_reader <> %(person)s
          and r.state in ('waiting', 'taken', 'written')
        order by r.due_at, r.exam_id
        limit %(limit)s
        """,
        person=person_id,
        sites=list(sites),
        limit=limit,
    )


def to_take(tx: Tx, *, person_id: PersonId, sites: Collection[SiteId], on: date) -> list[ExamId]:
    """What somebody holds or may take of what is to be read again; theirs, then the first due."""
    return tx.values(
        """
        select r.exam_id from reading.second_read r
        join reading.task t using (exam_id)
        where r.site_id = any(%(sites)s) and r.first_reader <> %(person)s
          and (r.state = 'waiting' or r.reader_id = %(person)s and r.state in ('taken', 'written'))
          and exists (
            select from territory.privilege v
            where v.person_id = %(person)s and v.site_id = r.site_id and v.valid_from <= %(on)s
              and (v.valid_to is null or v.valid_to > %(on)s))
          and exists (
            select from territory.skill k
            where k.person_id = %(person)s and k.modality = t.modality and k.valid_from <= %(on)s
              and (k.valid_to is null or k.valid_to > %(on)s))
          and not (r.blind and r.state = 'waiting' and exists (
            select from access.audit a
            where a.patient_id = r.patient_id and a.person_id = %(person)s
              and a.subject = 'exam:' || r.exam_id and a.action = any(%(looks)s)
              and a.at >= (select signed_at from reading.version v
                           where v.version_id = r.version_id)))
        order by r.state = 'waiting', r.due_at, r.exam_id
        limit 1
        for update of r skip locked
        """,
        person=person_id,
        sites=list(sites),
        on=on,
        looks=_LOOKS,
    )


def has_seen(tx: Tx, exam_id: ExamId, *, person_id: PersonId) -> bool:
    """Whether somebody has opened an exam since its first report was signed."""
    return tx.value(
        """
        select exists (
          select from access.audit a
          where a.patient_id = r.patient_id and a.person_id = %(person)s
            and a.subject = 'exam:' || r.exam_id and a.action = any(%(looks)s)
            and a.at >= v.signed_at)
        from reading.second_read r join reading.version v using (version_id)
        where r.exam_id = %(exam)s
        """,
        exam=exam_id,
        person=person_id,
        looks=_LOOKS,
    )


def outcomes(tx: Tx, *, person_id: PersonId, limit: int = 50) -> list[Outcome]:
    """What second readings say of somebody's reports: unseen ones, then the latest first."""
    return tx.all(
        Outcome,
        """
        select r.exam_id, p.surname, p.first_name, t.modality, x.name as exam_name,
               x.name_en as exam_name_en, s.name as site_name, r.score, r.comment, r.scored_at,
               r.seen_at
        from reading.second_read r
        join reading.task t using (exam_id)
        join patients.patient p on p.patient_id = r.patient_id
        join territory.exam_type x on x.exam_code = r.exam_code
        join territory.site s on s.site_id = r.site_id
        where r.first_reader = %(person)s and r.scored_at is not null
        order by r.seen_at is not null, r.scored_at desc, r.exam_id
        limit %(limit)s
        """,
        person=person_id,
        limit=limit,
    )


def set_reader(
    tx: Tx, exam_id: ExamId, *, reader_id: PersonId | None, state: State, now: datetime
) -> None:
    """Somebody reads a locked exam again, or nobody any more."""
    tx.run(
        """
        update reading.second_read
        set state = %(state)s, reader_id = %(reader)s,
            taken_at = case when %(reader)s::uuid is null then null else %(now)s end
        where exam_id = %(exam)s
        """,
        exam=exam_id,
        reader=reader_id,
        state=state,
        now=now,
    )


def set_text(
    tx: Tx, exam_id: ExamId, text: tuple[str, str], *, state: State, now: datetime
) -> None:
    """What was read blindly: its result and its conclusion, which can no longer change."""
    tx.run(
        """
        update reading.second_read
        set state = %(state)s, result = %(result)s, conclusion = %(conclusion)s,
            written_at = %(now)s
        where exam_id = %(exam)s and written_at is null
        """,
        exam=exam_id,
        result=text[0],
        conclusion=text[1],
        state=state,
        now=now,
    )


def set_score(
    tx: Tx, exam_id: ExamId, said: tuple[int, str], *, state: State, now: datetime
) -> None:
    """How far the two readings are apart, and in what."""
    tx.run(
        """
        update reading.second_read
        set state = %(state)s, score = %(score)s, comment = %(comment)s, scored_at = %(now)s
        where exam_id = %(exam)s and scored_at is null
        """,
        exam=exam_id,
        score=said[0],
        comment=said[1],
        state=state,
        now=now,
    )


def set_seen(tx: Tx, exam_id: ExamId, *, state: State, now: datetime) -> None:
    """The first reader knows."""
    tx.run(
        """
        update reading.second_read set state = %(state)s, seen_at = %(now)s
        where exam_id = %(id)s
        """,
        id=exam_id,
        state=state,
        now=now,
    )


def log(
    tx: Tx,
    exam_id: ExamId,
    step: tuple[Step, State | None, State],
    *,
    at: datetime,
    by: tuple[PersonId, Role] | None = None,
    cause: str = "",
) -> None:
    """Add one line to the log of a second reading: what happened, from which state, to which."""
    event, before, after = step
    person_id, role = by or (None, None)
    tx.run(
        """
        insert into reading.second_event
          (exam_id, event, from_state, to_state, at, person_id, role, cause)
        values (%(exam)s, %(event)s, %(before)s, %(after)s, %(at)s, %(person)s, %(role)s, %(cause)s)
        """,
        exam=exam_id,
        event=event,
        before=before,
        after=after,
        at=at,
        person=person_id,
        role=role,
        cause=cause,
    )

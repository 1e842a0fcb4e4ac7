"""SQL of multidisciplinary meetings."""

from collections.abc import Collection
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from plateau.kernel.ids import ExamId, PersonId, SiteId, VersionId
from plateau.platform.db import Tx
from plateau.reading.opinion.types import Item, Meeting

_MEETING: LiteralString = """
    select m.meeting_id, m.site_id, s.name as site_name, m.title, m.place, m.held_at,
           m.called_off_at, count(e.exam_id)::int as exams,
           count(e.concluded_at)::int as concluded
    from reading.meeting m
    join territory.site s using (site_id)
    left join reading.meeting_exam e using (meeting_id)
    """
_ITEM: LiteralString = """
    select e.meeting_id, m.title, m.held_at, e.exam_id, t.site_id, t.patient_id, p.surname,
           p.first_name, p.birth_on, p.sex, t.modality, x.name as exam_name,
           x.name_en as exam_name_en, s.name as site_name, e.position, e.question,
           a.name as added_by, e.conclusion, c.name as concluded_by, e.concluded_at, e.version_id,
           e.loop_id
    from reading.meeting_exam e
    join reading.meeting m using (meeting_id)
    join reading.task t using (exam_id)
    join patients.patient p using (patient_id)
    join territory.exam_type x on x.exam_code = t.exam_code
    join territory.site s on s.site_id = t.site_id
    join access.account a on a.person_id = e.added_by
    left join access.account c on c.person_id = e.concluded_by
    """


def add(tx: Tx, meeting: Meeting, *, by: PersonId, now: datetime) -> None:
    """A meeting is planned."""
    tx.run(
        """
        insert into reading.meeting (meeting_id, site_id, title, place, held_at, made_by, made_at)
        values (%(id)s, %(site)s, %(title)s, %(place)s, %(held)s, %(by)s, %(now)s)
        """,
        id=meeting.meeting_id,
        site=meeting.site_id,
        title=meeting.title,
        place=meeting.place,
        held=meeting.held_at,
        by=by,
        now=now,
    )


def call_off(tx: Tx, meeting_id: UUID, *, sites: Collection[SiteId], now: datetime) -> bool:
    """A meeting of `sites` on which no exam waits is called off; False otherwise."""
    touched = tx.run(
        """
        update reading.meeting m set called_off_at = %(now)s
        where m.meeting_id = %(id)s and m.site_id = any(%(sites)s) and m.called_off_at is null
          and not exists (select from reading.meeting_exam e where e.meeting_id = m.meeting_id)
        """,
        id=meeting_id,
        sites=list(sites),
        now=now,
    )
    return touched == 1


def meetings(tx: Tx, *, sites: Collection[SiteId], since: datetime) -> list[Meeting]:
    """The meetings of `sites` since then, the next one first."""
    return tx.all(
        Meeting,
        _MEETING
        + """
        where m.site_id = any(%(sites)s) and m.held_at >= %(since)s
        group by m.meeting_id, s.site_id
        order by m.held_at, m.meeting_id limit 200
        """,
        sites=list(sites),
        since=since,
    )


def meeting(tx: Tx, meeting_id: UUID, *, sites: Collection[SiteId]) -> Meeting | None:
    """One meeting of `sites`."""
    return tx.maybe(
        Meeting,
        _MEETING
        + """
        where m.meeting_id = %(id)s and m.site_id = any(%(sites)s)
        group by m.meeting_id, s.site_id
        """,
        id=meeting_id,
        sites=list(sites),
    )


def lock(tx: Tx, meeting_id: UUID) -> None:
    """Nobody else changes its list until the transaction ends."""
    tx.run("select from reading.meeting where meeting_id = %(id)s for update", id=meeting_id)


def add_exam(
    tx: Tx, meeting_id: UUID, exam_id: ExamId, *, question: str, by: PersonId, now: datetime
) -> bool:
    """An exam comes last on the list of a meeting; False when it is on it already."""
    touched = tx.run(
        """
        insert into reading.meeting_exam
          (meeting_id, exam_id, position, question, added_by, added_at)
        select %(id)s, %(exam)s, coalesce(max(position), 0) + 1, %(question)s, %(by)s, %(now)s
        from reading.meeting_exam where meeting_id = %(id)s
        on conflict (meeting_id, exam_id) do nothing
        """,
        id=meeting_id,
        exam=exam_id,
        question=question,
        by=by,
        now=now,
    )
    return touched == 1


def set_loop(tx: Tx, meeting_id: UUID, exam_id: ExamId, *, loop_id: UUID) -> None:
    """The loop that stays open until the meeting has concluded."""
    tx.run(
        """
        update reading.meeting_exam set loop_id = %(loop)s
        where meeting_id = %(id)s and exam_id = %(exam)s
        """,
        id=meeting_id,
        exam=exam_id,
        loop=loop_id,
    )


def items(tx: Tx, meeting_id: UUID, *, sites: Collection[SiteId]) -> list[Item]:
    """The exams of `sites` on the list of a meeting, in order."""
    return tx.all(
        Item,
        _ITEM
        + """
        where e.meeting_id = %(id)s and t.site_id = any(%(sites)s)
        order by e.position limit 200
        """,
        id=meeting_id,
        sites=list(sites),
    )


def of_exam(tx: Tx, exam_id: ExamId, *, sites: Collection[SiteId]) -> list[Item]:
    """The meetings on whose list an exam of `sites` is, the latest first."""
    return tx.all(
        Item,
        _ITEM
        + """
        where e.exam_id = %(exam)s and t.site_id = any(%(sites)s)
        order by m.held_at desc, e.meeting_id limit 50
        """,
        exam=exam_id,
        sites=list(sites),
    )


def item(tx: Tx, meeting_id: UUID, exam_id: ExamId, *, sites: Collection[SiteId]) -> Item | None:
    """One exam of `sites` on the list of a meeting, locked."""
    return tx.maybe(
        Item,
        _ITEM
        + """
        where e.meeting_id = %(id)s and e.exam_id = %(exam)s and t.site_id = any(%(sites)s)
        for update of e
        """,
        id=meeting_id,
        exam=exam_id,
        sites=list(sites),
    )


def conclude(
    tx: Tx, meeting_id: UUID, exam_id: ExamId, *, text: str, by: PersonId, now: datetime
) -> bool:
    """What the meeting concluded about an exam; False when it has already."""
    touched = tx.run(
        """
        update reading.meeting_exam
        set conclusion = %(text)s, concluded_by = %(by)s, concluded_at = %(now)s
        where meeting_id = %(id)s and exam_id = %(exam)s and concluded_at is null
        """,
        id=meeting_id,
        exam=exam_id,
        text=text,
        by=by,
        now=now,
    )
    return touched == 1


def attach(tx: Tx, meeting_id: UUID, exam_id: ExamId, *, version_id: VersionId) -> bool:
    """The conclusion is in a signed addendum; False when it is already, or there is none."""
    touched = tx.run(
        """
        update reading.meeting_exam set version_id = %(version)s
        where meeting_id = %(id)s and exam_id = %(exam)s and concluded_at is not null
          and version_id is null
        """,
        id=meeting_id,
        exam=exam_id,
        version=version_id,
    )
    return touched == 1

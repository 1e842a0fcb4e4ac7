"""SQL of incidental findings; writes `reading.followup` only."""

from datetime import date, datetime
from uuid import UUID

from plateau.kernel.ids import ExamId
from plateau.platform.db import Tx
from plateau.reading.followup.types import Advice, Followup, Team

_FOLLOWUP = """
select f.loop_id, f.exam_id, t.site_id as exam_site_id, l.site_id, s.name as site_name, f.finding,
       f.recommendation, f.due_on, f.remind_at, f.reminded_at, f.planned_on, l.state,
       o.name as owner_name, l.owner_role, l.opened_at, b.name as opened_by_name, l.ended_at,
       l.proof
from reading.followup f
join reading.loop l using (loop_id)
join reading.task t on t.exam_id = f.exam_id
join territory.site s on s.site_id = l.site_id
join access.account b on b.person_id = l.opened_by
left join access.account o on o.person_id = l.owner_id
"""


def add(tx: Tx, loop_id: UUID, advice: Advice, *, remind_at: datetime) -> None:
    """An incidental finding is kept."""
    tx.run(
        """
        insert into reading.followup
          (loop_id, exam_id, finding, recommendation, due_on, remind_at)
        values (%(id)s, %(exam)s, %(finding)s, %(recommendation)s, %(due)s, %(remind)s)
        """,
        id=loop_id,
        exam=advice.exam_id,
        finding=advice.finding.strip(),
        recommendation=advice.recommendation.strip(),
        due=advice.due_on,
        remind=remind_at,
    )


def plan(tx: Tx, loop_id: UUID, *, planned_on: date) -> None:
    """What is recommended will be done on that day."""
    tx.run(
        "update reading.followup set planned_on = %(on)s where loop_id = %(id)s",
        id=loop_id,
        on=planned_on,
    )


def followup(tx: Tx, loop_id: UUID) -> Followup | None:
    """One incidental finding."""
    return tx.maybe(Followup, _FOLLOWUP + "where f.loop_id = %(id)s", id=loop_id)


def of_exam(tx: Tx, exam_id: ExamId) -> list[Followup]:
    """The incidental findings of an exam, those that wait first."""
    return tx.all(
        Followup,
        _FOLLOWUP
        + """
        where f.exam_id = %(exam)s
        order by l.ended_at is not null, f.due_on, f.loop_id
        limit 100
        """,
        exam=exam_id,
    )


def teams(tx: Tx) -> list[Team]:
    """The sites where somebody asks for exams, by name."""
    return tx.all(
        Team,
        """
        select s.site_id, s.name
        from territory.site s
        where exists (
          select from access.role r join access.account a using (person_id)
          where r.site_id = s.site_id and r.role = 'requester' and a.closed_at is null)
        order by s.name, s.site_id
        limit 1000
        """,
    )


def to_remind(tx: Tx, *, now: datetime, limit: int) -> list[UUID]:
    """The findings whose owners are to be reminded now, marked as reminded."""
    return tx.values(
        """
        with due as (
          select f.loop_id
          from reading.followup f
          join reading.loop l using (loop_id)
          where f.reminded_at is null and f.remind_at <= %(now)s and l.ended_at is null
          order by f.remind_at, f.loop_id
          limit %(limit)s for update of f skip locked)
        update reading.followup f set reminded_at = %(now)s
        from due where due.loop_id = f.loop_id
        returning f.loop_id
        """,
        now=now,
        limit=limit,
    )

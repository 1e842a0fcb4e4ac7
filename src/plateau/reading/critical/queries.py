"""SQL of critical results; writes `reading.critical` and `reading.critical_call` only."""

from collections.abc import Set
from datetime import datetime
from uuid import UUID

from plateau.kernel.ids import ExamId, PersonId, SiteId
from plateau.platform.db import Tx
from plateau.reading.critical.types import Call, Critical, Line, Report, Say

_CRITICAL = """
select c.loop_id, c.exam_id, l.site_id, c.category, c.finding, c.found_at, c.found_by,
       f.name as found_by_name, c.heard_at, h.name as heard_by_name, r.requester_id, l.state
from reading.critical c
join reading.loop l using (loop_id)
join requests.exam e on e.exam_id = c.exam_id
join requests.request r using (request_id)
join access.account f on f.person_id = c.found_by
left join access.account h on h.person_id = c.heard_by
"""


def add(tx: Tx, loop_id: UUID, report: Report, *, by: PersonId, at: datetime) -> None:
    """A critical finding is kept."""
    tx.run(
        """
        insert into reading.critical (loop_id, exam_id, category, finding, found_at, found_by)
        values (%(id)s, %(exam)s, %(category)s, %(finding)s, %(at)s, %(by)s)
        """,
        id=loop_id,
        exam=report.exam_id,
        category=report.category,
        finding=report.finding.strip(),
        at=at,
        by=by,
    )


def add_call(tx: Tx, loop_id: UUID, said: Say, *, by: PersonId, at: datetime) -> None:
    """A call was made."""
    tx.run(
        """
        insert into reading.critical_call (loop_id, rung, called, at, by_id, reached, read_back)
        values (%(id)s, %(rung)s, %(called)s, %(at)s, %(by)s, %(reached)s, %(back)s)
        """,
        id=loop_id,
        rung=said.rung,
        called=said.called.strip(),
        at=at,
        by=by,
        reached=said.reached,
        back=said.read_back.strip(),
    )


def hear(tx: Tx, loop_id: UUID, *, by: PersonId | None, at: datetime) -> bool:
    """It was heard, once; False when it had been before."""
    done = tx.run(
        """
        update reading.critical set heard_at = %(at)s, heard_by = %(by)s
        where loop_id = %(id)s and heard_at is null
        """,
        id=loop_id,
        by=by,
        at=at,
    )
    return done == 1


def critical(tx: Tx, loop_id: UUID) -> Critical | None:
    """One critical result."""
    return tx.maybe(Critical, _CRITICAL + "where c.loop_id = %(id)s", id=loop_id)


def of_exam(tx: Tx, exam_id: ExamId) -> list[Critical]:
    """The critical results of an exam, the first one first."""
    return tx.all(
        Critical,
        _CRITICAL + "where c.exam_id = %(exam)s order by c.found_at, c.loop_id limit 100",
        exam=exam_id,
    )


def calls(tx: Tx, loop_id: UUID) -> list[Call]:
    """The calls that were made, the first one first."""
    return tx.all(
        Call,
        """
        select c.rung, c.called, c.at, a.name as by_name, c.reached, c.read_back
        from reading.critical_call c
        join access.account a on a.person_id = c.by_id
        where c.loop_id = %(id)s
        order by c.call_id
        limit 200
        """,
        id=loop_id,
    )


def lines(
    tx: Tx, *, sites: Set[SiteId], is_over: bool, since: datetime, limit: int = 200
) -> list[Line]:
    """The critical results of sites: those that wait, most pressing first, or those over since."""
    return tx.all(
        Line,
        """
        select c.loop_id, c.exam_id, s.name as site_name, t.modality, x.name as exam_name,
               x.name_en as exam_name_en, p.surname, p.first_name, c.category, c.finding,
               c.found_at, f.name as found_by_name, l.due_at, l.state, l.step,
               coalesce(k.calls, 0)::int as calls, k.last_called, k.last_call_at, c.heard_at,
               l.proof
        from reading.critical c
        join reading.loop l using (loop_id)
        join reading.task t on t.exam_id = c.exam_id
        join patients.patient p on p.patient_id = t.patient_id
        join territory.site s on s.site_id = l.site_id
        join territory.exam_type x on x.exam_code = t.exam_code
        join access.account f on f.person_id = c.found_by
        left join lateral (
          select count(*) as calls, (array_agg(k.called order by k.call_id desc))[1] as last_called,
                 max(k.at) as last_call_at
          from reading.critical_call k where k.loop_id = c.loop_id) k on true
        where l.site_id = any(%(sites)s)
          and case when %(over)s then l.ended_at > %(since)s else l.ended_at is null end
        order by case when l.ended_at is null then l.due_at end, l.ended_at desc, c.loop_id
        limit %(limit)s
        """,
        sites=list(sites),
        over=is_over,
        since=since,
        limit=limit,
    )

"""SQL of the ledger; writes schema `activity` only."""

from collections.abc import Set
from datetime import datetime

from plateau.activity.types import Act, Counted, Delay, Entry, Period, Scope, Tally
from plateau.kernel.ids import ExamId, SiteId, VersionId
from plateau.platform.db import Tx


def act(tx: Tx, version_id: VersionId) -> Act:
    """What is counted of a signed version."""
    return tx.one(
        Act,
        """
        select v.version_id, v.kind, t.exam_id, t.exam_code, t.modality, t.urgency, t.site_id,
               s.member_id, v.signed_by as reader_id, d.line_id, v.duty_id, t.complete_at,
               v.signed_at
        from reading.version v
        join reading.task t using (exam_id)
        join territory.site s using (site_id)
        left join planning.duty d on d.duty_id = v.duty_id
        where v.version_id = %(id)s
        """,
        id=version_id,
    )


def add_entry(tx: Tx, act: Act, *, key: str, at: datetime) -> bool:
    """Count an act under its key; False when that is done already."""
    touched = tx.run(
        """
        insert into activity.entry
          (key, kind, counted_at, exam_id, version_id, exam_code, modality, urgency, site_id,
           member_id, reader_id, line_id, duty_id, complete_at, signed_at)
        values (%(key)s, 'reading', %(at)s, %(exam)s, %(version)s, %(code)s, %(modality)s,
                %(urgency)s, %(site)s, %(member)s, %(reader)s, %(line)s, %(duty)s, %(complete)s,
                %(signed)s)
        on conflict (key) do nothing
        """,
        key=key,
        at=at,
        exam=act.exam_id,
        version=act.version_id,
        code=act.exam_code,
        modality=act.modality,
        urgency=act.urgency,
        site=act.site_id,
        member=act.member_id,
        reader=act.reader_id,
        line=act.line_id,
        duty=act.duty_id,
        complete=act.complete_at,
        signed=act.signed_at,
    )
    return touched == 1


def delays(tx: Tx, *, scope: Scope, period: Period) -> list[Delay]:
    """The delay of each reading signed in the period, and the target in force when it was."""
    return tx.all(
        Delay,
        """
        select e.urgency, e.signed_at - e.complete_at as turnaround,
               make_interval(mins => t.minutes) as target
        from activity.entry e
        join territory.site s using (site_id)
        left join territory.delay_target t on t.urgency = e.urgency
          and t.valid_from <= (e.signed_at at time zone s.time_zone)::date
          and (t.valid_to is null or t.valid_to > (e.signed_at at time zone s.time_zone)::date)
        where e.signed_at >= %(start)s and e.signed_at < %(end)s
          and (%(everywhere)s or e.site_id = any(%(sites)s) or e.reader_id = %(person)s)
        order by e.entry_id
        limit 1000000
        """,
        **_bounds(scope, period),
    )


def tallies(tx: Tx, *, scope: Scope, period: Period) -> list[Tally]:
    """How many readings each reader made for each member in the period."""
    return tx.all(
        Tally,
        """
        select e.reader_id, a.name as reader_name, m.code as member_code, count(*) as readings
        from activity.entry e
        join access.account a on a.person_id = e.reader_id
        join territory.member m using (member_id)
        where e.signed_at >= %(start)s and e.signed_at < %(end)s
          and (%(everywhere)s or e.site_id = any(%(sites)s) or e.reader_id = %(person)s)
        group by e.reader_id, a.name, m.code
        order by a.name, e.reader_id, m.code
        limit 10000
        """,
        **_bounds(scope, period),
    )


def entries(tx: Tx, *, scope: Scope, period: Period, limit: int) -> list[Entry]:
    """The entries of the period, the newest first."""
    return tx.all(
        Entry,
        """
        select e.entry_id, e.kind, e.exam_id, e.exam_code, e.modality, e.urgency,
               s.code as site_code, m.code as member_code, a.name as reader_name,
               l.code as line_code, (d.starts_at at time zone s.time_zone)::date as duty_on,
               e.complete_at, e.signed_at, e.counted_at
        from activity.entry e
        join territory.site s using (site_id)
        join territory.member m on m.member_id = e.member_id
        join access.account a on a.person_id = e.reader_id
        left join territory.line l on l.line_id = e.line_id
        left join planning.duty d on d.duty_id = e.duty_id
        where e.signed_at >= %(start)s and e.signed_at < %(end)s
          and (%(everywhere)s or e.site_id = any(%(sites)s) or e.reader_id = %(person)s)
        order by e.signed_at desc, e.entry_id desc
        limit %(limit)s
        """,
        limit=limit,
        **_bounds(scope, period),
    )


def counted(tx: Tx, exam_id: ExamId, *, sites: Set[SiteId]) -> list[Counted]:
    """The entries of one exam."""
    return tx.all(
        Counted,
        """
        select m.code as member_code, a.name as reader_name, l.code as line_code, e.counted_at
        from activity.entry e
        join territory.member m using (member_id)
        join access.account a on a.person_id = e.reader_id
        left join territory.line l using (line_id)
        where e.exam_id = %(exam_id)s and e.site_id = any(%(sites)s)
        order by e.entry_id
        limit 100
        """,
        exam_id=exam_id,
        sites=list(sites),
    )


def _bounds(scope: Scope, period: Period) -> dict[str, object]:
    return {
        "start": period.start,
        "end": period.end,
        "everywhere": scope.sites is None,
        "sites": list(scope.sites or ()),
        "person": scope.person_id,
    }

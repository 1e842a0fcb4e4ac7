"""SQL of the ledger; writes schema `activity` only."""

from collections.abc import Set

from plateau.activity.types import Act, Counted, Delay, Entry, Period, Scope, Tally
from plateau.kernel.ids import ExamId, SiteId, VersionId
from plateau.platform.db import Tx

# A signed version, and the session that its machine had when the exam was complete.
_ACT = """
select v.version_id, v.kind, v.number,
       exists (
         select from reading.version w
         where w.exam_id = v.exam_id and w.number > v.number
           and w.kind = 'retraction') as retracted,
       t.exam_id, t.exam_code, t.modality, t.urgency, t.site_id,
       s.member_id, v.signed_by as reader_id, d.line_id, v.duty_id, t.complete_at,
       v.signed_at, (t.complete_at at time zone s.time_zone)::date as happened_on,
       machine.ae_title as machine, held.name as session, home.code as reader_member,
       held.code as session_member, m.code as patient_member, contract.status,
       x.minutes
from reading.version v
join reading.task t using (exam_id)
join requests.exam e using (exam_id)
join territory.site s on s.site_id = t.site_id
join territory.member m using (member_id)
join territory.exam_type x on x.exam_code = t.exam_code
left join territory.device machine on machine.device_id = e.device_id
left join planning.duty d on d.duty_id = v.duty_id
left join lateral (
  select hm.code
  from territory.practitioner p
  join territory.site hs on hs.site_id = p.home_site_id
  join territory.member hm on hm.member_id = hs.member_id
  where p.person_id = v.signed_by
  order by p.valid_from desc limit 1) home on true
left join lateral (
  select c.status from territory.contract c
  where c.person_id = v.signed_by and c.valid_from <= v.signed_at::date
    and (c.valid_to is null or c.valid_to > v.signed_at::date)
  order by c.valid_from desc limit 1) contract on true
left join lateral (
  select pm.code, post.name
  from planning.post post
  join planning.version r on r.period_id = post.period_id and r.state = 'published'
  join planning.assignment a on a.version_id = r.version_id and a.post_id = post.post_id
  join territory.practitioner p on p.person_id = a.person_id
  join territory.site ps on ps.site_id = p.home_site_id
  join territory.member pm on pm.member_id = ps.member_id
  where post.machine = machine.ae_title and post.kind = 'session'
    and post.starts_at <= t.complete_at and post.ends_at > t.complete_at
  order by a.position, post.post_id limit 1) held on true
where v.version_id = %(id)s
"""


def act(tx: Tx, version_id: VersionId) -> Act:
    """What is counted of a signed version.

    Its session is the published one on its machine when the exam was complete.
    """
    return tx.one(Act, _ACT, id=version_id)


def readings_before(tx: Tx, version_id: VersionId) -> list[int]:
    """The entries that count the report of an exam as it was before a version."""
    return tx.values(
        """
        select e.entry_id
        from reading.version v
        join reading.version w on w.exam_id = v.exam_id and w.number < v.number
        join activity.entry e on e.exam_id = v.exam_id and e.version_id = w.version_id
        where v.version_id = %(version)s and e.kind = 'reading' and e.quantity = 1
          and not exists (select from activity.entry back
                          where back.corrects = e.entry_id and back.quantity = -1)
        order by e.entry_id
        """,
        version=version_id,
    )


def delays(tx: Tx, *, scope: Scope, period: Period) -> list[Delay]:
    """The delay of each reading signed in the period, and the target in force when it was."""
    return tx.all(
        Delay,
        """
        select e.urgency, e.signed_at - e.complete_at as turnaround,
               make_interval(mins => t.minutes) as target
        from activity.entry e
        join territory.site s using (site_id)
        left join lateral (
          select d.minutes from territory.delay_target d
          where d.urgency = e.urgency
            and (d.site_id is null or d.site_id = e.site_id)
            and d.modality in ('*', e.modality)
            and d.valid_from <= (e.signed_at at time zone s.time_zone)::date
            and (d.valid_to is null or d.valid_to > (e.signed_at at time zone s.time_zone)::date)
          order by d.site_id is null, d.modality = '*', d.valid_from desc
          limit 1) t on true
        where e.kind = 'reading' and e.quantity = 1
          and e.signed_at >= %(start)s and e.signed_at < %(end)s
          and not exists (select from activity.entry back
                          where back.corrects = e.entry_id and back.quantity = -1)
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
        where e.kind = 'reading' and e.quantity = 1
          and e.signed_at >= %(start)s and e.signed_at < %(end)s
          and not exists (select from activity.entry back
                          where back.corrects = e.entry_id and back.quantity = -1)
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
        where e.kind = 'reading' and e.quantity = 1
          and e.signed_at >= %(start)s and e.signed_at < %(end)s
          and not exists (select from activity.entry back
                          where back.corrects = e.entry_id and back.quantity = -1)
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
        where e.exam_id = %(exam_id)s and e.site_id = any(%(sites)s) and e.kind = 'reading'
          and e.quantity = 1
          and not exists (select from activity.entry back
                          where back.corrects = e.entry_id and back.quantity = -1)
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

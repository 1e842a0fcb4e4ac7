"""SQL of what was worked; reads rosters, writes nothing."""

from collections.abc import Sequence
from datetime import datetime

from plateau.activity.collect.types import Duty, Session
from plateau.platform.db import Tx

_MOST = 500  # at a time: the next sweep goes on


def sessions(tx: Tx, *, machines: Sequence[str], since: datetime, now: datetime) -> list[Session]:
    """The sessions on these machines that are over and not counted yet."""
    return tx.all(
        Session,
        """
        select p.post_id, p.day, p.machine, p.name, a.person_id, m.code as member,
               sm.code as site_member, c.status,
               (extract(epoch from p.ends_at - p.starts_at) / 60)::int as minutes
        from planning.post p
        join planning.version v on v.period_id = p.period_id and v.state = 'published'
        join lateral (
          select x.person_id, r.home_site_id
          from planning.assignment x
          join territory.practitioner r using (person_id)
          where x.version_id = v.version_id and x.post_id = p.post_id
          order by x.position
          limit 1) a on true
        join territory.site h on h.site_id = a.home_site_id
        join territory.member m on m.member_id = h.member_id
        join territory.site s on s.site_id = p.site_id
        join territory.member sm on sm.member_id = s.member_id
        left join lateral (
          select k.status from territory.contract k
          where k.person_id = a.person_id and k.valid_from <= p.day
            and (k.valid_to is null or k.valid_to > p.day)
          order by k.valid_from desc
          limit 1) c on true
        where p.kind = 'session' and p.withdrawn_at is null and p.machine = any(%(machines)s)
          and p.ends_at <= %(now)s and p.ends_at > %(since)s
          and not exists (select from activity.entry e where e.key = 'session:' || p.post_id)
        order by p.starts_at, p.post_id
        limit %(limit)s
        """,
        machines=list(machines),
        since=since,
        now=now,
        limit=_MOST,
    )


def duties(tx: Tx, *, lines: Sequence[str], since: datetime, now: datetime) -> list[Duty]:
    """The duties of these lines that are over and not counted yet."""
    return tx.all(
        Duty,
        """
        select d.duty_id, d.line_id, l.code as line,
               (d.starts_at at time zone 'Europe/Paris')::date as day, d.person_id,
               m.code as member, c.status, d.starts_at, d.ends_at
        from planning.duty d
        join territory.line l using (line_id)
        join territory.practitioner r on r.person_id = d.person_id
        join territory.site h on h.site_id = r.home_site_id
        join territory.member m using (member_id)
        left join lateral (
          select k.status from territory.contract k
          where k.person_id = d.person_id and k.valid_from <= d.starts_at::date
            and (k.valid_to is null or k.valid_to > d.starts_at::date)
          order by k.valid_from desc
          limit 1) c on true
        where l.code = any(%(lines)s) and d.ends_at <= %(now)s and d.ends_at > %(since)s
          and not exists (select from activity.entry e where e.key = 'duty:' || d.duty_id)
        order by d.starts_at, d.duty_id
        limit %(limit)s
        """,
        lines=list(lines),
        since=since,
        now=now,
        limit=_MOST,
    )

"""SQL of what is watched; within the sites that somebody answers for."""

from collections.abc import Set
from datetime import date, datetime

from plateau.activity.regulatory.types import Given, Intensity, Remote
from plateau.kernel.ids import SiteId
from plateau.platform.db import Tx


def readers(tx: Tx, *, sites: Set[SiteId], since: date) -> list[Remote]:
    """Each reader of the sites: readings, those for another town than their own, minutes."""
    return tx.all(
        Remote,
        """
        select a.name, sum(e.quantity)::bigint as readings,
               coalesce(sum(e.quantity) filter (where s.town <> h.town), 0)::bigint as remote,
               sum(e.quantity * e.minutes)::bigint as minutes
        from (select reader_id, site_id, coalesce(minutes, 0) as minutes, sum(quantity) as quantity
              from activity.entry
              where kind = 'reading' and happened_on >= %(since)s and site_id = any(%(sites)s)
              group by 1, 2, 3) e
        join access.account a on a.person_id = e.reader_id
        join territory.site s using (site_id)
        join territory.practitioner r on r.person_id = e.reader_id
        join territory.site h on h.site_id = r.home_site_id
        group by a.name, a.person_id
        order by readings desc, a.name, a.person_id
        limit 1000
        """,
        sites=list(sites),
        since=since,
    )


def sites(tx: Tx, *, sites: Set[SiteId], since: date) -> list[Remote]:
    """Each site: readings, those made from another town, minutes."""
    return tx.all(
        Remote,
        """
        select s.name, sum(e.quantity)::bigint as readings,
               coalesce(sum(e.quantity) filter (where s.town <> h.town), 0)::bigint as remote,
               sum(e.quantity * e.minutes)::bigint as minutes
        from (select reader_id, site_id, coalesce(minutes, 0) as minutes, sum(quantity) as quantity
              from activity.entry
              where kind = 'reading' and happened_on >= %(since)s and site_id = any(%(sites)s)
              group by 1, 2, 3) e
        join territory.site s using (site_id)
        join territory.practitioner r on r.person_id = e.reader_id
        join territory.site h on h.site_id = r.home_site_id
        group by s.name, s.site_id
        order by s.name, s.site_id
        limit 1000
        """,
        sites=list(sites),
        since=since,
    )


def intensities(tx: Tx, *, sites: Set[SiteId], since: date, now: datetime) -> list[Intensity]:
    """What each line that covers one of the sites was worth."""
    return tx.all(
        Intensity,
        """
        with own as (
          select distinct l.line_id, l.code, p.member_id
          from territory.line l
          join territory.site p on p.site_id = l.place_site_id
          join territory.line_site c using (line_id)
          where c.site_id = any(%(sites)s))
        select own.code as line, d.duties, a.acts, a.elsewhere, a.call_outs
        from own
        cross join lateral (
          select count(*)::int as duties from planning.duty
          where line_id = own.line_id and starts_at >= %(since)s and ends_at <= %(now)s) d
        cross join lateral (
          select coalesce(sum(quantity) filter (where kind = 'reading'), 0)::int as acts,
                 coalesce(sum(quantity) filter (
                   where kind = 'reading' and e.member_id <> own.member_id), 0)::int as elsewhere,
                 coalesce(sum(quantity) filter (where kind = 'call_out'), 0)::int as call_outs
          from activity.entry e
          where e.line_id = own.line_id and e.happened_on >= %(since)s) a
        order by own.code
        limit 200
        """,
        sites=list(sites),
        since=since,
        now=now,
    )


def given(tx: Tx, *, sites: Set[SiteId], since: date) -> list[Given]:
    """The sessions refused, lent or given up on machines of the sites, the newest first."""
    return tx.all(
        Given,
        """
        select e.entry_id, e.happened_on, e.kind, coalesce(e.session, '') as session,
               e.session_member, e.reader_member, e.reason
        from activity.entry e
        join territory.device d on d.ae_title = e.machine
        where e.kind in ('session_refused', 'session_lent', 'session_given_up')
          and e.quantity = 1 and e.happened_on >= %(since)s and d.site_id = any(%(sites)s)
          and not exists (select from activity.entry back
                          where back.corrects = e.entry_id and back.quantity = -1)
        order by e.happened_on desc, e.entry_id desc
        limit 500
        """,
        sites=list(sites),
        since=since,
    )

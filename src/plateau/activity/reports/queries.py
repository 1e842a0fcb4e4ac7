"""SQL of reports; reads, writes nothing. A year at a time, by members."""

from plateau.activity.reports.types import Delay, Held, Line, Scope, Spent, Staff, Volume
from plateau.platform.db import Tx


def partners(tx: Tx, own: list[str]) -> list[str]:
    """The members themselves, and those whose sites a line of theirs covers too."""
    return tx.values(
        """
        select distinct m.code
        from territory.member m
        left join territory.site s using (member_id)
        where m.code = any(%(own)s) or s.site_id in (
          select other.site_id
          from territory.line_site other
          join territory.line_site mine using (line_id)
          join territory.site p on p.site_id = mine.site_id
          join territory.member o on o.member_id = p.member_id
          where o.code = any(%(own)s))
        order by m.code
        """,
        own=own,
    )


def held(tx: Tx, scope: Scope) -> list[Held]:
    """Duties by line and member of who held them."""
    return tx.all(
        Held,
        """
        select session as line, reader_member as member, sum(quantity)::int as duties,
               sum(minutes)::bigint as minutes
        from activity.daily
        where kind = 'duty' and happened_on between %(first)s and %(last)s
          and reader_member = any(%(members)s)
        group by 1, 2
        having sum(quantity) <> 0
        order by 1, 2
        limit 10000
        """,
        **_bounds(scope),
    )


def volumes(tx: Tx, scope: Scope) -> list[Volume]:
    """Readings by member for whom and modality."""
    return tx.all(
        Volume,
        """
        select m.code as member, e.modality, sum(e.quantity)::int as readings,
               coalesce(sum(e.quantity) filter (where e.line_id is not null), 0)::int as on_duty,
               coalesce(sum(e.quantity) filter (where e.reader_member <> m.code), 0)::int
                 as from_elsewhere
        from activity.entry e
        join territory.member m using (member_id)
        where e.kind = 'reading' and e.happened_on between %(first)s and %(last)s
          and m.code = any(%(members)s)
        group by 1, 2
        order by 1, 2
        limit 10000
        """,
        **_bounds(scope),
    )


def delays(tx: Tx, scope: Scope) -> list[Delay]:
    """Delays by urgency, corrections left out."""
    return tx.all(
        Delay,
        """
        select urgency, count(*)::int as readings,
               percentile_cont(0.5) within group (order by minutes) as median,
               percentile_cont(0.9) within group (order by minutes) as p90,
               percentile_cont(0.95) within group (order by minutes) as p95
        from (
          select e.urgency, extract(epoch from e.signed_at - e.complete_at)::float8 / 60 as minutes
          from activity.entry e
          join territory.member m using (member_id)
          where e.kind = 'reading' and e.quantity = 1
            and e.happened_on between %(first)s and %(last)s and m.code = any(%(members)s)
            and not exists (select from activity.entry back
                            where back.corrects = e.entry_id and back.quantity = -1)) as read
        group by urgency
        order by urgency
        limit 100
        """,
        **_bounds(scope),
    )


def staff(tx: Tx, scope: Scope) -> list[Staff]:
    """People under contract on the last day, by member and status."""
    return tx.all(
        Staff,
        """
        select m.code as member, c.status, count(*)::int as people, sum(c.share) as full_time
        from territory.contract c
        join territory.site s on s.site_id = c.home_site_id
        join territory.member m using (member_id)
        where c.valid_from <= %(last)s and (c.valid_to is null or c.valid_to > %(last)s)
          and m.code = any(%(members)s) and %(first)s <= %(last)s
        group by 1, 2
        order by 1, 2
        limit 10000
        """,
        **_bounds(scope),
    )


def spent(tx: Tx, scope: Scope, codes: list[str]) -> list[Spent]:
    """Real and forecast costs of agreements by head."""
    return tx.all(
        Spent,
        """
        select agreement, head,
               coalesce(sum(cents) filter (where kind = 'cost'), 0)::bigint as cost,
               coalesce(sum(cents) filter (where kind = 'forecast'), 0)::bigint as forecast
        from activity.daily
        where kind in ('cost', 'forecast') and agreement = any(%(codes)s)
          and happened_on between %(first)s and %(last)s
        group by 1, 2
        order by 1, 2
        limit 1000
        """,
        codes=codes,
        first=scope.first_on,
        last=scope.last_on,
    )


def lines(tx: Tx, scope: Scope) -> list[Line]:
    """What sets the level of each line that covers a site of the members."""
    return tx.all(
        Line,
        """
        with own as (
          select distinct l.line_id, l.code, p.member_id
          from territory.line l
          join territory.site p on p.site_id = l.place_site_id
          join territory.line_site c using (line_id)
          join territory.site s on s.site_id = c.site_id
          join territory.member m on m.member_id = s.member_id
          where m.code = any(%(members)s))
        select own.code as line, d.duties, d.minutes, a.acts, a.night_acts, a.elsewhere,
               a.call_outs, a.call_out_minutes
        from own
        cross join lateral (
          select coalesce(sum(quantity), 0)::int as duties,
                 coalesce(sum(minutes), 0)::bigint as minutes
          from activity.daily
          where kind = 'duty' and session = own.code
            and happened_on between %(first)s and %(last)s) d
        cross join lateral (
          select coalesce(sum(quantity) filter (where kind = 'reading'), 0)::int as acts,
                 coalesce(sum(quantity) filter (where kind = 'reading'
                   and extract(hour from signed_at at time zone 'Europe/Paris') < 8), 0)::int
                   as night_acts,
                 coalesce(sum(quantity) filter (
                   where kind = 'reading' and e.member_id <> own.member_id), 0)::int as elsewhere,
                 coalesce(sum(quantity) filter (where kind = 'call_out'), 0)::int as call_outs,
                 coalesce(sum(quantity * minutes) filter (where kind = 'call_out'), 0)::int
                   as call_out_minutes
          from activity.entry e
          where e.line_id = own.line_id and e.happened_on between %(first)s and %(last)s) a
        order by own.code
        limit 200
        """,
        **_bounds(scope),
    )


def _bounds(scope: Scope) -> dict[str, object]:
    return {"first": scope.first_on, "last": scope.last_on, "members": list(scope.members)}

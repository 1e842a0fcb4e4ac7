"""What a roster is made from, in PostgreSQL."""

from datetime import date, datetime

from plateau.kernel.ids import MemberId
from plateau.planning.plan_types import (
    CarriedRow,
    ContractRow,
    CoveredRow,
    GridRow,
    HeldRow,
    LineRow,
    MemberName,
    MemberOfLine,
    PastDuty,
    PastSession,
    PersonRow,
    SettingRow,
    ShareCarried,
    ShareHeld,
    ShareOfMember,
    Terms,
    TravelRow,
)
from plateau.platform.db import Tx


def zone(tx: Tx) -> str:
    """The time zone of most sites."""
    found = tx.value(
        """
        select time_zone from territory.site
        group by time_zone order by count(*) desc, time_zone limit 1
        """
    )
    return found or "Europe/Paris"


def people(tx: Tx, *, first: date, last: date) -> list[PersonRow]:
    """Those with a contract in a period, by name; at home where their last one says."""
    return tx.all(
        PersonRow,
        """
        select person_id, a.name, s.member_id, c.home_site_id
        from (select distinct on (person_id) person_id, home_site_id
              from territory.contract
              where valid_from <= %(last)s and (valid_to is null or valid_to > %(first)s)
                and (valid_to is null or valid_to > valid_from)
              order by person_id, valid_from desc) c
        join access.account a using (person_id)
        join territory.site s on s.site_id = c.home_site_id
        order by a.name, person_id
        """,
        first=first,
        last=last,
    )


def contracts(tx: Tx, *, last: date) -> list[ContractRow]:
    """Every contract begun by a day, those that ended among them: averages look back."""
    return tx.all(
        ContractRow,
        """
        select person_id, status, share, half_days, takes_extra, max_duties, valid_from, valid_to
        from territory.contract
        where valid_from <= %(last)s and (valid_to is null or valid_to > valid_from)
        order by person_id, valid_from
        """,
        last=last,
    )


def terms(tx: Tx) -> list[Terms]:
    """What coordinators changed of contracts, the last word last."""
    return tx.all(
        Terms,
        """
        select person_id, first_on, last_on, is_off, share, half_days, takes_extra, max_duties
        from planning.contract_change
        where withdrawn_at is null order by made_at, change_id
        """,
    )


def skills(tx: Tx, *, last: date) -> list[HeldRow]:
    """The skills of readers and of others."""
    return tx.all(
        HeldRow,
        """
        select person_id, modality as what, valid_from, valid_to
        from territory.skill where valid_from <= %(last)s
        union
        select person_id, skill, valid_from, valid_to
        from territory.aptitude where valid_from <= %(last)s
        order by 1, 2, 3
        """,
        last=last,
    )


def privileges(tx: Tx, *, last: date) -> list[HeldRow]:
    """Where readers may work; others may where their contract or a role says so."""
    return tx.all(
        HeldRow,
        """
        select person_id, site_id::text as what, valid_from, valid_to
        from territory.privilege where valid_from <= %(last)s
        union
        select person_id, home_site_id::text, valid_from, valid_to
        from territory.contract c where valid_from <= %(last)s
          and not exists (select from territory.practitioner p where p.person_id = c.person_id)
        union
        select c.person_id, r.site_id::text, c.valid_from, c.valid_to
        from territory.contract c join access.role r using (person_id)
        where c.valid_from <= %(last)s and r.role = 'technologist'
        order by 1, 2, 3
        """,
        last=last,
    )


def line_members(tx: Tx, *, first: date, last: date) -> list[MemberOfLine]:
    """Who takes part in which line in a period."""
    return tx.all(
        MemberOfLine,
        """
        select distinct person_id, line_id
        from territory.line_member
        where valid_from <= %(last)s and (valid_to is null or valid_to > %(first)s)
          and (valid_to is null or valid_to > valid_from)
        order by person_id, line_id
        """,
        first=first,
        last=last,
    )


def grid(tx: Tx, *, first: date, last: date) -> list[GridRow]:
    """The half-days of work of a period, as they come back."""
    return tx.all(
        GridRow,
        """
        select g.code, g.half, g.name, g.site_id, g.machine, g.family, g.skill, g.weekdays,
               g.extra_days,
               concat_ws(' ', g.closed_days, (
                 select string_agg(x.closed_on::text, ' ' order by x.closed_on)
                 from planning.closed_session x
                 where x.code = g.code and (x.half is null or x.half = g.half)
                   and x.withdrawn_at is null)) as closed_days,
               g.on_holidays, g.starts_at, g.ends_at, g.needed,
               g.statuses, g.is_optional, g.same_team, g.valid_from, g.valid_to, s.time_zone
        from territory.session_grid g join territory.site s using (site_id)
        where g.valid_from <= %(last)s and (g.valid_to is null or g.valid_to > %(first)s)
        order by g.code, g.half, g.valid_from
        """,
        first=first,
        last=last,
    )


def lines(tx: Tx, *, first: date, last: date) -> list[LineRow]:
    """The lines of duty of a period, with their options."""
    return tx.all(
        LineRow,
        """
        select l.line_id, l.code, l.name, l.place_site_id as site_id,
               coalesce(o.starts_at, l.starts_at) as starts_at,
               coalesce(o.ends_at, l.ends_at) as ends_at,
               coalesce(o.readers, l.readers) as readers, coalesce(o.days, 'all') as days,
               o.skill, o.operator_from, greatest(l.valid_from, o.valid_from) as valid_from,
               least(l.valid_to, o.valid_to) as valid_to, s.time_zone
        from territory.line l
        join territory.site s on s.site_id = l.place_site_id
        left join territory.line_option o on o.line_id = l.line_id
          and o.valid_from <= %(last)s and (o.valid_to is null or o.valid_to > %(first)s)
          and (o.valid_to is null or o.valid_to > o.valid_from)
        where l.valid_from <= %(last)s and (l.valid_to is null or l.valid_to > %(first)s)
        order by l.code, o.valid_from
        """,
        first=first,
        last=last,
    )


def covered(tx: Tx, *, first: date, last: date) -> list[CoveredRow]:
    """The sites of lines in a period, and the nights on which each is closed."""
    return tx.all(
        CoveredRow,
        """
        select c.line_id, c.site_id, c.starts_at, c.valid_from, c.valid_to,
               array(select x.closed_on from planning.closed_night x
                     where x.line_id = c.line_id and x.site_id = c.site_id
                     order by x.closed_on) as closed
        from territory.line_site c
        where c.valid_from <= %(last)s and (c.valid_to is null or c.valid_to > %(first)s)
        order by c.line_id, c.site_id, c.valid_from
        """,
        first=first,
        last=last,
    )


def travels(tx: Tx, *, on: date) -> list[TravelRow]:
    """Minutes between sites, as they are on a day."""
    return tx.all(
        TravelRow,
        """
        select origin_id, destination_id, minutes from territory.travel
        where valid_from <= %(on)s and (valid_to is null or valid_to > %(on)s)
        order by origin_id, destination_id
        """,
        on=on,
    )


def shares(tx: Tx, *, on: date) -> list[ShareOfMember]:
    """How the sessions of machines are shared on a day."""
    return tx.all(
        ShareOfMember,
        """
        select family, member_id, share, tolerance from territory.share_target
        where valid_from <= %(on)s and (valid_to is null or valid_to > %(on)s)
        order by family, member_id
        """,
        on=on,
    )


def shares_carried(tx: Tx, *, before: date) -> list[ShareCarried]:
    """What members had done beyond their shares, as it was said last of a day before a day."""
    return tx.all(
        ShareCarried,
        """
        select c.family, c.member_id, c.carried_on, c.sessions, c.source
        from planning.share_carried c
        join (select family, max(carried_on) as carried_on from planning.share_carried
              where carried_on < %(before)s group by family) last using (family, carried_on)
        order by c.family, c.member_id
        """,
        before=before,
    )


def shares_held(tx: Tx, *, family: str, after: date, before: date) -> list[ShareHeld]:
    """The sessions of a family that are published between two days, neither counted, by member."""
    return tx.all(
        ShareHeld,
        """
        select %(family)s as family, s.member_id, count(*)::int as sessions
        from planning.post p
        join planning.version v on v.period_id = p.period_id and v.state = 'published'
        join planning.assignment a on a.version_id = v.version_id and a.post_id = p.post_id
        join lateral (
          select c.home_site_id from territory.contract c
          where c.person_id = a.person_id and c.valid_from <= p.day
            and (c.valid_to is null or c.valid_to > p.day)
          order by c.valid_from desc limit 1) c on true
        join territory.site s on s.site_id = c.home_site_id
        where p.kind = 'session' and p.withdrawn_at is null
          and p.day > %(after)s and p.day < %(before)s
          and exists (select from territory.session_grid g
                      where g.machine = p.machine and g.family = %(family)s
                        and g.valid_from <= p.day and (g.valid_to is null or g.valid_to > p.day))
        group by s.member_id
        order by s.member_id
        """,
        family=family,
        after=after,
        before=before,
    )


def members(tx: Tx) -> dict[MemberId, str]:
    """The names of all members."""
    rows = tx.all(MemberName, "select member_id, name from territory.member order by name")
    return {row.member_id: row.name for row in rows}


def carried(tx: Tx, *, before: date, after: date | None = None) -> list[CarriedRow]:
    """The counters of burdens as people noted them last before a day, after another if given."""
    return tx.all(
        CarriedRow,
        """
        select distinct on (person_id, burden) person_id, burden, done
        from planning.carried
        where carried_on <= %(before)s and (%(after)s::date is null or carried_on > %(after)s)
        order by person_id, burden, carried_on desc
        """,
        before=before,
        after=after,
    )


def settings(tx: Tx) -> list[SettingRow]:
    """The rules as people decided them, the last decision last."""
    return tx.all(
        SettingRow,
        """
        select rule, first_on, last_on, is_on, is_hard, weight, numbers, source, is_verified
        from planning.rule_setting
        where withdrawn_at is null
        order by decided_at, setting_id
        """,
    )


def past_duties(tx: Tx, *, since: datetime, until: datetime) -> list[PastDuty]:
    """The duties that began between two instants."""
    return tx.all(
        PastDuty,
        """
        select d.duty_id, d.line_id, l.name, l.place_site_id as site_id, d.person_id, d.position,
               d.starts_at, d.ends_at, s.time_zone
        from planning.duty d
        join territory.line l using (line_id)
        join territory.site s on s.site_id = l.place_site_id
        where d.starts_at >= %(since)s and d.starts_at < %(until)s
        order by d.starts_at, d.position, d.duty_id
        """,
        since=since,
        until=until,
    )


def past_sessions(tx: Tx, *, since: datetime, until: datetime) -> list[PastSession]:
    """The published sessions that began between two instants, and who held them."""
    return tx.all(
        PastSession,
        """
        select p.post_id, a.person_id, a.position, p.day, p.half, p.starts_at, p.ends_at,
               p.site_id, p.name, p.machine
        from planning.post p
        join planning.assignment a using (post_id)
        join planning.version v using (version_id)
        where v.state = 'published' and p.kind = 'session'
          and p.starts_at >= %(since)s and p.starts_at < %(until)s
        order by p.starts_at, p.post_id, a.position
        """,
        since=since,
        until=until,
    )

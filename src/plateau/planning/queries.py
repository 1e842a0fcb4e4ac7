"""Duties in PostgreSQL."""

from collections.abc import Sequence, Set
from dataclasses import asdict
from datetime import date, datetime

from plateau.kernel.ids import DutyId, LineId, PersonId, SiteId
from plateau.planning.types import (
    Coverage,
    Duty,
    MachineOfFamily,
    OperatorNight,
    PlannedDays,
    ShareNote,
    SitePlace,
)
from plateau.platform.db import Tx


def in_progress(
    tx: Tx, *, at: datetime, site_id: SiteId | None = None, person_id: PersonId | None = None
) -> list[Coverage]:
    """Duties going on at `at`, once for each site of their line; of one site, or of one person.

    A site that is closed on the night of the duty is not covered; whether the line has begun to
    cover the others is left to `rules.covers`.
    """
    return tx.all(
        Coverage,
        """
        select c.site_id, c.starts_at as covers_from, p.time_zone, p.town as place,
               d.duty_id, d.line_id, l.name as line_name, d.person_id, a.name, d.position,
               d.starts_at, d.ends_at, d.day
        from territory.line l
        join territory.site p on p.site_id = l.place_site_id
        join lateral (
          select e.*, (coalesce(e.begun_at, e.starts_at) at time zone p.time_zone)::date as day
          from planning.duty e
          where e.line_id = l.line_id and e.starts_at <= %(at)s and e.ends_at > %(at)s
        ) d using (line_id)
        join territory.line_site c using (line_id)
        join access.account a using (person_id)
        where l.valid_from <= d.day and (l.valid_to is null or l.valid_to > d.day)
          and c.valid_from <= d.day and (c.valid_to is null or c.valid_to > d.day)
          and not exists (
            select from planning.closed_night x
            where x.line_id = c.line_id and x.site_id = c.site_id and x.closed_on = d.day)
          and (%(site)s::uuid is null or c.site_id = %(site)s)
          and (%(person)s::uuid is null or d.person_id = %(person)s)
        order by d.position, l.code, d.starts_at, d.duty_id, c.site_id
        limit 20000
        """,
        at=at,
        site=site_id,
        person=person_id,
    )


def open_sites(tx: Tx, *, at: datetime) -> list[SitePlace]:
    """The sites of the territory on the local day of `at`, by name."""
    return tx.all(
        SitePlace,
        """
        select site_id, name, town
        from territory.site
        where valid_from <= (%(at)s at time zone time_zone)::date
          and (valid_to is null or valid_to > (%(at)s at time zone time_zone)::date)
        order by name, site_id
        limit 1000
        """,
        at=at,
    )


def operators(tx: Tx, *, at: datetime) -> list[OperatorNight]:
    """The private operators of the nights that `at` may be in, once for each site of their line.

    Whether their hours have come is left to `rules.answers`.
    """
    return tx.all(
        OperatorNight,
        """
        select c.site_id, l.name as line_name, o.operator as name, o.operator_phone as phone,
               o.days, coalesce(o.starts_at, l.starts_at) as line_starts_at, o.operator_from,
               o.operator_to, p.time_zone,
               d.day
        from territory.line l
        join territory.site p on p.site_id = l.place_site_id
        cross join lateral (
          select (%(at)s at time zone p.time_zone)::date - n as day from generate_series(0, 1) n
        ) d
        join territory.line_option o using (line_id)
        join territory.line_site c using (line_id)
        where o.operator is not null and o.operator_from is not null and o.operator_to is not null
          and l.valid_from <= d.day and (l.valid_to is null or l.valid_to > d.day)
          and o.valid_from <= d.day and (o.valid_to is null or o.valid_to > d.day)
          and c.valid_from <= d.day and (c.valid_to is null or c.valid_to > d.day)
          and not exists (
            select from planning.closed_night x
            where x.line_id = c.line_id and x.site_id = c.site_id and x.closed_on = d.day)
        order by l.code, d.day, c.site_id
        limit 1000
        """,
        at=at,
    )


def duties(tx: Tx, *, line_ids: Set[LineId]) -> list[Duty]:
    """Every duty of these lines, by start."""
    return tx.all(
        Duty,
        """
        select duty_id, line_id, person_id, position, starts_at, ends_at, begun_at
        from planning.duty
        where line_id = any(%(lines)s)
        order by starts_at, position, duty_id
        """,
        lines=list(line_ids),
    )


def planned_days(tx: Tx, *, line_ids: Set[LineId]) -> list[PlannedDays]:
    """The days for which a published roster plans these lines."""
    return tx.all(
        PlannedDays,
        """
        select distinct p.line_id, r.first_on, r.last_on
        from planning.period r
        join planning.version v on v.period_id = r.period_id and v.state = 'published'
        join planning.post p on p.period_id = r.period_id and p.withdrawn_at is null
        where p.line_id = any(%(lines)s)
        order by p.line_id, r.first_on
        """,
        lines=list(line_ids),
    )


def families(tx: Tx, *, machines: Sequence[str], on: date) -> list[MachineOfFamily]:
    """The families of machines whose sessions are planned on a day."""
    return tx.all(
        MachineOfFamily,
        """
        select distinct family, machine from territory.session_grid
        where machine = any(%(machines)s) and family is not null
          and valid_from <= %(on)s and (valid_to is null or valid_to > %(on)s)
        order by family, machine
        """,
        machines=list(machines),
        on=on,
    )


def put_shares(tx: Tx, notes: Sequence[ShareNote], *, on: date, at: datetime) -> None:
    """What members had done up to a day beyond their shares; said again, the last word holds."""
    tx.run_many(
        """
        insert into planning.share_carried
          (family, member_id, carried_on, sessions, source, noted_at)
        select %(family)s, m.member_id, %(on)s, %(sessions)s, %(source)s, %(at)s
        from territory.member m where m.code = %(member)s
        on conflict (family, member_id, carried_on) do update set
          sessions = excluded.sessions, source = excluded.source, noted_at = excluded.noted_at
        where planning.share_carried.sessions is distinct from excluded.sessions
        """,
        [{**asdict(note), "on": on, "at": at} for note in notes],
    )


def put_duties(tx: Tx, duties: Sequence[Duty]) -> None:
    """Write duties, new or known."""
    tx.run_many(
        """
        insert into planning.duty
          (duty_id, line_id, person_id, position, starts_at, ends_at, begun_at)
        values (%(duty_id)s, %(line_id)s, %(person_id)s, %(position)s, %(starts_at)s, %(ends_at)s,
                %(begun_at)s)
        on conflict (duty_id) do update set
          person_id = excluded.person_id, ends_at = excluded.ends_at
        """,
        [asdict(duty) for duty in duties],
    )


def remove_duties(tx: Tx, duty_ids: Set[DutyId]) -> None:
    """Take back duties that have not begun."""
    tx.run("delete from planning.duty where duty_id = any(%(ids)s)", ids=list(duty_ids))

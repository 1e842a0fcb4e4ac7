"""What coordinators change of demands and contracts, and the wishes they promise."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from plateau.kernel.ids import PersonId
from plateau.planning.plan_types import Terms
from plateau.planning.publication.arranged import (
    Choice,
    Closure,
    ContractChange,
    NightClosure,
    SessionClosure,
    WishOf,
)
from plateau.platform.db import Tx


def session_choices(tx: Tx, *, on: date) -> list[Choice]:
    """The sessions of the grid that are held on a day or after it, by name."""
    return tx.all(
        Choice,
        """
        select g.code, min(g.name) || ' · ' || min(s.name) as name
        from territory.session_grid g join territory.site s using (site_id)
        where g.valid_to is null or g.valid_to > %(on)s
        group by g.code order by 2, 1
        """,
        on=on,
    )


def night_choices(tx: Tx, *, on: date) -> list[Choice]:
    """The sites that lines of duty cover on a day or after it, as `line/site`."""
    return tx.all(
        Choice,
        """
        select c.line_id || '/' || c.site_id as code, l.name || ' · ' || s.name as name
        from territory.line_site c
        join territory.line l using (line_id)
        join territory.site s using (site_id)
        where (c.valid_to is null or c.valid_to > %(on)s)
          and (l.valid_to is null or l.valid_to > %(on)s)
        order by 2, 1
        """,
        on=on,
    )


def closures(tx: Tx, *, since: date) -> list[Closure]:
    """The closed sessions and nights from a day on, by day."""
    return tx.all(
        Closure,
        """
        select x.closure_id, false as is_night, g.name as name, x.half, x.closed_on, x.reason,
               a.name as author
        from planning.closed_session x
        join access.account a on a.person_id = x.made_by
        cross join lateral (select name from territory.session_grid g where g.code = x.code
                            order by valid_from desc limit 1) g
        where x.withdrawn_at is null and x.closed_on >= %(since)s
        union all
        select x.closure_id, true, l.name || ' · ' || s.name, null, x.closed_on, x.reason, a.name
        from planning.closed_line_night x
        join access.account a on a.person_id = x.made_by
        join territory.line l using (line_id)
        join territory.site s using (site_id)
        where x.withdrawn_at is null and x.closed_on >= %(since)s
        order by 5, 3, 1 limit 500
        """,
        since=since,
    )


def close_sessions(tx: Tx, rows: Sequence[SessionClosure]) -> int:
    """Sessions do not take place; those that were closed already stay as they were."""
    return sum(
        tx.run(
            """
            insert into planning.closed_session
              (closure_id, code, half, closed_on, reason, made_by, made_at)
            values (%(id)s, %(code)s, %(half)s, %(on)s, %(reason)s, %(by)s, %(at)s)
            on conflict (code, coalesce(half, ''), closed_on) where withdrawn_at is null do nothing
            """,
            id=row.closure_id,
            code=row.code,
            half=row.half,
            on=row.on,
            reason=row.reason,
            by=row.by,
            at=row.at,
        )
        for row in rows
    )


def close_nights(tx: Tx, rows: Sequence[NightClosure]) -> int:
    """A line does not wait for a site; the nights that were closed already stay as they were."""
    return sum(
        tx.run(
            """
            insert into planning.closed_line_night
              (closure_id, line_id, site_id, closed_on, reason, made_by, made_at)
            values (%(id)s, %(line)s, %(site)s, %(on)s, %(reason)s, %(by)s, %(at)s)
            on conflict (line_id, site_id, closed_on) where withdrawn_at is null do nothing
            """,
            id=row.closure_id,
            line=row.line_id,
            site=row.site_id,
            on=row.on,
            reason=row.reason,
            by=row.by,
            at=row.at,
        )
        for row in rows
    )


def open_again(tx: Tx, closure_id: UUID, *, at: datetime) -> int:
    """What was closed takes place; 0 when somebody was first."""
    return tx.run(
        "update planning.closed_session set withdrawn_at = %(at)s"
        " where closure_id = %(id)s and withdrawn_at is null",
        id=closure_id,
        at=at,
    ) + tx.run(
        "update planning.closed_line_night set withdrawn_at = %(at)s"
        " where closure_id = %(id)s and withdrawn_at is null",
        id=closure_id,
        at=at,
    )


def changes(tx: Tx, *, since: date) -> list[ContractChange]:
    """What was changed of contracts and holds on a day or after it, by person."""
    return tx.all(
        ContractChange,
        """
        select c.change_id, p.name as person_name, c.first_on, c.last_on, c.is_off, c.share,
               c.half_days, c.takes_extra, c.max_duties, c.reason, a.name as author
        from planning.contract_change c
        join access.account p on p.person_id = c.person_id
        join access.account a on a.person_id = c.made_by
        where c.withdrawn_at is null and (c.last_on is null or c.last_on >= %(since)s)
        order by p.name, c.first_on, c.change_id limit 500
        """,
        since=since,
    )


def add_change(
    tx: Tx, change_id: UUID, one: Terms, *, reason: str, by: PersonId, at: datetime
) -> None:
    """A contract is changed."""
    tx.run(
        """
        insert into planning.contract_change
          (change_id, person_id, first_on, last_on, is_off, share, half_days, takes_extra,
           max_duties, reason, made_by, made_at)
        values (%(id)s, %(person)s, %(first)s, %(last)s, %(is_off)s, %(share)s, %(half_days)s,
                %(extra)s, %(most)s, %(reason)s, %(by)s, %(at)s)
        """,
        id=change_id,
        person=one.person_id,
        first=one.first_on,
        last=one.last_on,
        is_off=one.is_off,
        share=one.share,
        half_days=one.half_days,
        extra=one.takes_extra,
        most=one.max_duties,
        reason=reason,
        by=by,
        at=at,
    )


def withdraw_change(tx: Tx, change_id: UUID, *, at: datetime) -> int:
    """A contract is as it was before a change; 0 when somebody was first."""
    return tx.run(
        "update planning.contract_change set withdrawn_at = %(at)s"
        " where change_id = %(id)s and withdrawn_at is null",
        id=change_id,
        at=at,
    )


def wishes(tx: Tx, *, since: date) -> list[WishOf]:
    """The wishes of everybody for a day or later, by day."""
    return tx.all(
        WishOf,
        """
        select w.wish_id, a.name as person_name, w.wished_on as day, w.half, w.kind, w.points,
               w.is_hard
        from planning.wish w join access.account a using (person_id)
        where w.wished_on >= %(since)s
        order by w.wished_on, a.name, w.wish_id limit 500
        """,
        since=since,
    )


def promise(tx: Tx, wish_id: UUID, *, is_hard: bool) -> list[PersonId]:
    """A wish is promised, or no longer; whose it is, nobody when it was so already."""
    return tx.values(
        """
        update planning.wish set is_hard = %(hard)s
        where wish_id = %(id)s and is_hard <> %(hard)s returning person_id
        """,
        id=wish_id,
        hard=is_hard,
    )

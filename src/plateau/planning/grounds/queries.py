"""SQL of what rosters are made from; reads the territory, writes nothing."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from plateau.kernel.ids import LineId, PersonId
from plateau.planning.grounds.types import (
    Covered,
    DutyLine,
    GridLine,
    Held,
    Journey,
    Named,
    Part,
)
from plateau.platform.db import Tx


def people(tx: Tx, *, on: date) -> list[Named]:
    """Readers and staff who are there on a day or after it, by name."""
    return tx.all(
        Named,
        """
        select a.person_id::text as code, a.name
        from access.account a
        join (select person_id, valid_from, valid_to from territory.practitioner
              union all
              select person_id, valid_from, valid_to from territory.contract) p using (person_id)
        where p.valid_to is null or p.valid_to > %(on)s
        group by a.person_id, a.name order by a.name, a.person_id limit 5000
        """,
        on=on,
    )


def skills(tx: Tx) -> list[Named]:
    """What people are asked for, or are able to do."""
    return tx.all(
        Named,
        """
        select skill as code, skill as name from (
          select modality as skill from territory.skill union select modality from territory.device
          union select skill from territory.aptitude
          union select skill from territory.session_grid where skill is not null) s
        order by 1 limit 500
        """,
    )


def lines(tx: Tx, *, on: date) -> list[DutyLine]:
    """The on-call lines of a day and after it, each with its hours and readers from when on."""
    return tx.all(
        DutyLine,
        """
        select l.line_id, l.name, l.place_site_id as place_id, s.name as place,
               coalesce(o.starts_at, l.starts_at) as starts_at,
               coalesce(o.ends_at, l.ends_at) as ends_at,
               coalesce(o.readers, l.readers) as readers, o.operator,
               greatest(l.valid_from, o.valid_from) as valid_from,
               least(l.valid_to, o.valid_to) as valid_to
        from territory.line l
        join territory.site s on s.site_id = l.place_site_id
        left join territory.line_option o on o.line_id = l.line_id
          and (o.valid_to is null or o.valid_to > greatest(%(on)s, o.valid_from))
        where l.valid_to is null or l.valid_to > %(on)s
        order by l.name, valid_from limit 1000
        """,
        on=on,
    )


def covered(tx: Tx, *, on: date) -> list[Covered]:
    """The sites that lines cover on a day or after it."""
    return tx.all(
        Covered,
        """
        select c.line_id, l.name as line_name, c.site_id, s.name as site_name, c.starts_at,
               c.valid_from, c.valid_to
        from territory.line_site c
        join territory.line l using (line_id)
        join territory.site s using (site_id)
        where c.valid_to is null or c.valid_to > greatest(%(on)s, c.valid_from)
        order by l.name, s.name, c.valid_from limit 2000
        """,
        on=on,
    )


def held(tx: Tx, *, on: date) -> list[Held]:
    """Who may work where, is able to do what, takes part in which line, on a day or after it."""
    return tx.all(
        Held,
        """
        select h.kind, h.person_id, a.name as person_name, h.what, h.name, h.valid_from, h.valid_to
        from (
          select 'privilege' as kind, p.person_id, p.site_id::text as what, s.name, p.valid_from,
                 p.valid_to
          from territory.privilege p join territory.site s using (site_id)
          union all
          select 'skill', person_id, modality, modality, valid_from, valid_to from territory.skill
          union all
          select 'aptitude', person_id, skill, skill, valid_from, valid_to from territory.aptitude
          union all
          select 'on-call', m.person_id, m.line_id::text, l.name, m.valid_from, m.valid_to
          from territory.line_member m join territory.line l using (line_id)) h
        join access.account a using (person_id)
        where h.valid_to is null or h.valid_to > greatest(%(on)s, h.valid_from)
        order by a.name, h.person_id, h.kind, h.name, h.valid_from limit 20000
        """,
        on=on,
    )


def grid(tx: Tx, *, on: date) -> list[GridLine]:
    """The half-days of work of a day and after it."""
    return tx.all(
        GridLine,
        """
        select g.code, g.half, g.name, g.site_id, s.name as site_name, g.machine, g.family,
               g.skill, g.weekdays, g.extra_days, g.starts_at, g.ends_at, g.needed, g.valid_from,
               g.valid_to
        from territory.session_grid g join territory.site s using (site_id)
        where g.valid_to is null or g.valid_to > greatest(%(on)s, g.valid_from)
        order by s.name, g.name, g.code, g.half desc, g.valid_from limit 5000
        """,
        on=on,
    )


def journeys(tx: Tx, *, on: date) -> list[Journey]:
    """Minutes between sites on a day or after it, each pair once."""
    return tx.all(
        Journey,
        """
        select s.name as one, d.name as other, t.minutes, t.source, t.valid_from, t.valid_to
        from territory.travel t
        join territory.site s on s.site_id = t.origin_id
        join territory.site d on d.site_id = t.destination_id
        where (t.valid_to is null or t.valid_to > greatest(%(on)s, t.valid_from))
          and s.code < d.code
        order by 1, 2, t.valid_from limit 5000
        """,
        on=on,
    )


def parts(tx: Tx, *, on: date) -> list[Part]:
    """How families of machines are shared on a day or after it."""
    return tx.all(
        Part,
        """
        select p.family, p.member_id, m.code as member_code, m.name as member_name, p.share,
               p.tolerance, p.valid_from, p.valid_to
        from territory.share_target p join territory.member m using (member_id)
        where p.valid_to is null or p.valid_to > greatest(%(on)s, p.valid_from)
        order by p.family, p.valid_from, m.name limit 1000
        """,
        on=on,
    )


def families(tx: Tx) -> list[Named]:
    """The families of machines that sessions are about."""
    return tx.all(
        Named,
        """
        select distinct family as code, family as name from territory.session_grid
        where family is not null order by 1 limit 500
        """,
    )


def homes(tx: Tx, person_id: PersonId) -> list[UUID]:
    """The sites where somebody is at home."""
    return tx.values(
        """
        select home_site_id from territory.practitioner where person_id = %(person)s
        union select home_site_id from territory.contract where person_id = %(person)s
        """,
        person=person_id,
    )


def place(tx: Tx, line_id: LineId) -> list[UUID]:
    """Where the readers of a line are."""
    return tx.values(
        "select place_site_id from territory.line where line_id = %(line)s", line=line_id
    )


def places_of_session(tx: Tx, subject: Mapping[str, Any]) -> list[UUID]:
    """Where a session is held, now or at another time."""
    return tx.values(
        "select distinct site_id from territory.session_grid where code = %(code)s",
        code=subject["code"],
    )


def name_of(tx: Tx, person_id: PersonId) -> list[str]:
    """What somebody is called, when they are a reader or have a contract."""
    return tx.values(
        """
        select a.name from access.account a where a.person_id = %(person)s
          and (exists (select from territory.practitioner p where p.person_id = a.person_id)
               or exists (select from territory.contract c where c.person_id = a.person_id))
        """,
        person=person_id,
    )

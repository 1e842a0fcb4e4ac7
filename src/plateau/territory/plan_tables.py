"""The tables that a roster is made from, as loading a file sees them."""

from plateau.territory.plan_types import (
    Aptitude,
    ContractRow,
    LineClosure,
    LineMember,
    LineOption,
    SessionRow,
    ShareRow,
    Travel,
)
from plateau.territory.tables import Table

CONTRACTS = Table(
    kind="contract",
    row=ContractRow,
    key=("person_id", "valid_from"),
    select="""
        select person_id, status, home_site_id, share, half_days, takes_extra, max_duties,
               valid_from, valid_to
        from territory.contract
        order by person_id, valid_from
        """,
    put="""
        insert into territory.contract
          (person_id, status, home_site_id, share, half_days, takes_extra, max_duties,
           valid_from, valid_to)
        values (%(person_id)s, %(status)s, %(home_site_id)s, %(share)s, %(half_days)s,
                %(takes_extra)s, %(max_duties)s, %(valid_from)s, %(valid_to)s)
        on conflict (person_id, valid_from) do update set
          status = excluded.status, home_site_id = excluded.home_site_id,
          share = excluded.share, half_days = excluded.half_days,
          takes_extra = excluded.takes_extra, max_duties = excluded.max_duties,
          valid_to = excluded.valid_to
        """,
)
LINE_MEMBERS = Table(
    kind="on-call",
    row=LineMember,
    key=("person_id", "line_id", "valid_from"),
    select="""
        select person_id, line_id, valid_from, valid_to
        from territory.line_member
        order by person_id, line_id, valid_from
        """,
    put="""
        insert into territory.line_member
          (person_id, line_id, valid_from, valid_to)
        values (%(person_id)s, %(line_id)s, %(valid_from)s, %(valid_to)s)
        on conflict (person_id, line_id, valid_from) do update set
          valid_to = excluded.valid_to
        """,
)
APTITUDES = Table(
    kind="aptitude",
    row=Aptitude,
    key=("person_id", "skill", "valid_from"),
    select="""
        select person_id, skill, valid_from, valid_to
        from territory.aptitude
        order by person_id, skill, valid_from
        """,
    put="""
        insert into territory.aptitude
          (person_id, skill, valid_from, valid_to)
        values (%(person_id)s, %(skill)s, %(valid_from)s, %(valid_to)s)
        on conflict (person_id, skill, valid_from) do update set
          valid_to = excluded.valid_to
        """,
)
SESSIONS = Table(
    kind="session",
    row=SessionRow,
    key=("code", "half", "valid_from"),
    select="""
        select code, half, name, site_id, machine, family, skill, weekdays, extra_days,
               closed_days, on_holidays, starts_at, ends_at, needed, statuses, is_optional,
               same_team, valid_from, valid_to
        from territory.session_grid
        order by code, half, valid_from
        """,
    put="""
        insert into territory.session_grid
          (code, half, name, site_id, machine, family, skill, weekdays, extra_days, closed_days,
           on_holidays, starts_at, ends_at, needed, statuses, is_optional, same_team,
           valid_from, valid_to)
        values (%(code)s, %(half)s, %(name)s, %(site_id)s, %(machine)s, %(family)s, %(skill)s,
                %(weekdays)s, %(extra_days)s, %(closed_days)s, %(on_holidays)s, %(starts_at)s,
                %(ends_at)s, %(needed)s, %(statuses)s, %(is_optional)s, %(same_team)s,
                %(valid_from)s, %(valid_to)s)
        on conflict (code, half, valid_from) do update set
          name = excluded.name, site_id = excluded.site_id, machine = excluded.machine,
          family = excluded.family, skill = excluded.skill, weekdays = excluded.weekdays,
          extra_days = excluded.extra_days, closed_days = excluded.closed_days,
          on_holidays = excluded.on_holidays, starts_at = excluded.starts_at,
          ends_at = excluded.ends_at, needed = excluded.needed, statuses = excluded.statuses,
          is_optional = excluded.is_optional, same_team = excluded.same_team,
          valid_to = excluded.valid_to
        """,
)
TRAVELS = Table(
    kind="travel",
    row=Travel,
    key=("origin_id", "destination_id", "valid_from"),
    select="""
        select origin_id, destination_id, minutes, source, valid_from, valid_to
        from territory.travel
        order by origin_id, destination_id, valid_from
        """,
    put="""
        insert into territory.travel
          (origin_id, destination_id, minutes, source, valid_from, valid_to)
        values (%(origin_id)s, %(destination_id)s, %(minutes)s, %(source)s, %(valid_from)s,
                %(valid_to)s)
        on conflict (origin_id, destination_id, valid_from) do update set
          minutes = excluded.minutes, source = excluded.source, valid_to = excluded.valid_to
        """,
)
SHARES = Table(
    kind="share",
    row=ShareRow,
    key=("family", "member_id", "valid_from"),
    select="""
        select family, member_id, share, tolerance, valid_from, valid_to
        from territory.share_target
        order by family, member_id, valid_from
        """,
    put="""
        insert into territory.share_target
          (family, member_id, share, tolerance, valid_from, valid_to)
        values (%(family)s, %(member_id)s, %(share)s, %(tolerance)s, %(valid_from)s,
                %(valid_to)s)
        on conflict (family, member_id, valid_from) do update set
          share = excluded.share, tolerance = excluded.tolerance, valid_to = excluded.valid_to
        """,
)
LINE_OPTIONS = Table(
    kind="option of line",
    row=LineOption,
    key=("line_id", "valid_from"),
    select="""
        select line_id, days, skill, operator, operator_phone, operator_from, operator_to,
               starts_at, ends_at, readers, valid_from, valid_to
        from territory.line_option
        order by line_id, valid_from
        """,
    put="""
        insert into territory.line_option
          (line_id, days, skill, operator, operator_phone, operator_from, operator_to, starts_at,
           ends_at, readers, valid_from, valid_to)
        values (%(line_id)s, %(days)s, %(skill)s, %(operator)s, %(operator_phone)s,
                %(operator_from)s, %(operator_to)s, %(starts_at)s, %(ends_at)s, %(readers)s,
                %(valid_from)s, %(valid_to)s)
        on conflict (line_id, valid_from) do update set
          days = excluded.days, skill = excluded.skill, operator = excluded.operator,
          operator_phone = excluded.operator_phone, operator_from = excluded.operator_from,
          operator_to = excluded.operator_to, starts_at = excluded.starts_at,
          ends_at = excluded.ends_at, readers = excluded.readers,
          valid_to = excluded.valid_to
        """,
)
LINE_CLOSURES = Table(
    kind="closed site",
    row=LineClosure,
    key=("line_id", "site_id", "closed_on"),
    select="""
        select line_id, site_id, closed_on, valid_from, valid_to
        from territory.line_closure
        order by line_id, site_id, closed_on
        """,
    put="""
        insert into territory.line_closure
          (line_id, site_id, closed_on, valid_from, valid_to)
        values (%(line_id)s, %(site_id)s, %(closed_on)s, %(valid_from)s, %(valid_to)s)
        on conflict (line_id, site_id, closed_on) do update set
          valid_from = excluded.valid_from, valid_to = excluded.valid_to
        """,
)

"""The tables of the territory as loading a file sees them: read whole, rows put by their key."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Generic, LiteralString, TypeVar

from plateau.platform.db import Record, Tx
from plateau.territory.types import (
    Account,
    DelayTarget,
    Destination,
    Device,
    ExamType,
    Grant,
    Line,
    LineSite,
    Member,
    Peer,
    Practitioner,
    Privilege,
    Route,
    Site,
    Skill,
    Staff,
)

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Generic[R]):
    """One table: its rows, what identifies one, and the two statements."""

    kind: str
    row: type[R]
    key: tuple[str, ...]
    select: LiteralString
    put: LiteralString = ""
    end: str = "valid_to"


def read(tx: Tx, table: Table[R]) -> list[R]:
    """Every row of a table."""
    return tx.all(table.row, table.select)


def put(tx: Tx, table: Table[R], rows: Sequence[R]) -> None:
    """Write rows, new or known."""
    values: Sequence[Any] = rows
    tx.run_many(table.put, [asdict(row) for row in values])


MEMBERS = Table(
    kind="member",
    row=Member,
    key=("member_id",),
    select="""
        select member_id, code, name, finess, valid_from, valid_to
        from territory.member
        order by code
        """,
    put="""
        insert into territory.member (member_id, code, name, finess, valid_from, valid_to)
        values (%(member_id)s, %(code)s, %(name)s, %(finess)s, %(valid_from)s, %(valid_to)s)
        on conflict (member_id) do update set
          code = excluded.code, name = excluded.name, finess = excluded.finess,
          valid_from = excluded.valid_from, valid_to = excluded.valid_to
        """,
)
SITES = Table(
    kind="site",
    row=Site,
    key=("site_id",),
    select="""
        select site_id, code, member_id, name, town, latitude, longitude, time_zone, finess,
               valid_from, valid_to
        from territory.site
        order by code
        """,
    put="""
        insert into territory.site
          (site_id, code, member_id, name, town, latitude, longitude, time_zone, finess,
           valid_from, valid_to)
        values (%(site_id)s, %(code)s, %(member_id)s, %(name)s, %(town)s, %(latitude)s,
                %(longitude)s, %(time_zone)s, %(finess)s, %(valid_from)s, %(valid_to)s)
        on conflict (site_id) do update set
          code = excluded.code, member_id = excluded.member_id, name = excluded.name,
          town = excluded.town, latitude = excluded.latitude, longitude = excluded.longitude,
          time_zone = excluded.time_zone, finess = excluded.finess,
          valid_from = excluded.valid_from, valid_to = excluded.valid_to
        """,
)
DEVICES = Table(
    kind="device",
    row=Device,
    key=("device_id",),
    select="""
        select device_id, site_id, ae_title, modality, name, manufacturer, model,
               issuer, character_set, accession_prefix, max_associations, valid_from, valid_to
        from territory.device
        order by ae_title
        """,
    put="""
        insert into territory.device
          (device_id, site_id, ae_title, modality, name, manufacturer, model, issuer, character_set,
           accession_prefix, max_associations, valid_from, valid_to)
        values (%(device_id)s, %(site_id)s, %(ae_title)s, %(modality)s, %(name)s,
                %(manufacturer)s, %(model)s, %(issuer)s, %(character_set)s, %(accession_prefix)s,
                %(max_associations)s, %(valid_from)s, %(valid_to)s)
        on conflict (device_id) do update set
          site_id = excluded.site_id, ae_title = excluded.ae_title, modality = excluded.modality,
          name = excluded.name, manufacturer = excluded.manufacturer, model = excluded.model,
          issuer = excluded.issuer, character_set = excluded.character_set,
          accession_prefix = excluded.accession_prefix,
          max_associations = excluded.max_associations,
          valid_from = excluded.valid_from, valid_to = excluded.valid_to
        """,
)
EXAM_TYPES = Table(
    kind="exam",
    row=ExamType,
    key=("exam_code",),
    end="withdrawn_on",
    select="""
        select exam_code, name, name_en, modality, region, ccam, ccam_verified, minutes,
               technique, result, conclusion, withdrawn_on
        from territory.exam_type
        order by exam_code
        """,
    put="""
        insert into territory.exam_type
          (exam_code, name, name_en, modality, region, ccam, ccam_verified, minutes,
           technique, result, conclusion, withdrawn_on)
        values (%(exam_code)s, %(name)s, %(name_en)s, %(modality)s, %(region)s, %(ccam)s,
                %(ccam_verified)s, %(minutes)s, %(technique)s, %(result)s, %(conclusion)s,
                %(withdrawn_on)s)
        on conflict (exam_code) do update set
          name = excluded.name, name_en = excluded.name_en, modality = excluded.modality,
          region = excluded.region, ccam = excluded.ccam, ccam_verified = excluded.ccam_verified,
          minutes = excluded.minutes, technique = excluded.technique, result = excluded.result,
          conclusion = excluded.conclusion, withdrawn_on = excluded.withdrawn_on
        """,
)
PRACTITIONERS = Table(
    kind="reader",
    row=Practitioner,
    key=("person_id",),
    select="""
        select person_id, code, rpps, specialty, home_site_id, valid_from, valid_to
        from territory.practitioner
        order by code
        """,
    put="""
        insert into territory.practitioner
          (person_id, code, rpps, specialty, home_site_id, valid_from, valid_to)
        values (%(person_id)s, %(code)s, %(rpps)s, %(specialty)s, %(home_site_id)s,
                %(valid_from)s, %(valid_to)s)
        on conflict (person_id) do update set
          code = excluded.code, rpps = excluded.rpps, specialty = excluded.specialty,
          home_site_id = excluded.home_site_id, valid_from = excluded.valid_from,
          valid_to = excluded.valid_to
        """,
)
STAFF = Table(
    kind="staff",
    row=Staff,
    key=("person_id",),
    select="""
        select person_id, code, valid_from, valid_to
        from territory.staff
        order by code
        """,
    put="""
        insert into territory.staff (person_id, code, valid_from, valid_to)
        values (%(person_id)s, %(code)s, %(valid_from)s, %(valid_to)s)
        on conflict (person_id) do update set
          code = excluded.code, valid_from = excluded.valid_from, valid_to = excluded.valid_to
        """,
)
SKILLS = Table(
    kind="skill",
    row=Skill,
    key=("person_id", "modality", "valid_from"),
    select="""
        select person_id, modality, valid_from, valid_to
        from territory.skill
        order by person_id, modality, valid_from
        """,
    put="""
        insert into territory.skill (person_id, modality, valid_from, valid_to)
        values (%(person_id)s, %(modality)s, %(valid_from)s, %(valid_to)s)
        on conflict (person_id, modality, valid_from) do update set valid_to = excluded.valid_to
        """,
)
PRIVILEGES = Table(
    kind="privilege",
    row=Privilege,
    key=("person_id", "site_id", "valid_from"),
    select="""
        select person_id, site_id, valid_from, valid_to
        from territory.privilege
        order by person_id, site_id, valid_from
        """,
    put="""
        insert into territory.privilege (person_id, site_id, valid_from, valid_to)
        values (%(person_id)s, %(site_id)s, %(valid_from)s, %(valid_to)s)
        on conflict (person_id, site_id, valid_from) do update set valid_to = excluded.valid_to
        """,
)
LINES = Table(
    kind="line",
    row=Line,
    key=("line_id",),
    select="""
        select line_id, code, name, place_site_id, starts_at, ends_at, readers,
               valid_from, valid_to
        from territory.line
        order by code
        """,
    put="""
        insert into territory.line
          (line_id, code, name, place_site_id, starts_at, ends_at, readers, valid_from, valid_to)
        values (%(line_id)s, %(code)s, %(name)s, %(place_site_id)s, %(starts_at)s, %(ends_at)s,
                %(readers)s, %(valid_from)s, %(valid_to)s)
        on conflict (line_id) do update set
          code = excluded.code, name = excluded.name, place_site_id = excluded.place_site_id,
          starts_at = excluded.starts_at, ends_at = excluded.ends_at, readers = excluded.readers,
          valid_from = excluded.valid_from, valid_to = excluded.valid_to
        """,
)
LINE_SITES = Table(
    kind="covered site",
    row=LineSite,
    key=("line_id", "site_id", "valid_from"),
    select="""
        select line_id, site_id, starts_at, valid_from, valid_to
        from territory.line_site
        order by line_id, site_id, valid_from
        """,
    put="""
        insert into territory.line_site (line_id, site_id, starts_at, valid_from, valid_to)
        values (%(line_id)s, %(site_id)s, %(starts_at)s, %(valid_from)s, %(valid_to)s)
        on conflict (line_id, site_id, valid_from) do update set
          starts_at = excluded.starts_at, valid_to = excluded.valid_to
        """,
)
DELAY_TARGETS = Table(
    kind="delay target",
    row=DelayTarget,
    key=("urgency", "site_id", "modality", "valid_from"),
    select="""
        select urgency, site_id, modality, minutes, source, verified, valid_from, valid_to
        from territory.delay_target
        order by urgency, site_id nulls first, modality, valid_from
        """,
    put="""
        insert into territory.delay_target
          (urgency, site_id, modality, minutes, source, verified, valid_from, valid_to)
        values (%(urgency)s, %(site_id)s, %(modality)s, %(minutes)s, %(source)s, %(verified)s,
                %(valid_from)s, %(valid_to)s)
        on conflict (urgency, site_id, modality, valid_from) do update set
          minutes = excluded.minutes, source = excluded.source, verified = excluded.verified,
          valid_to = excluded.valid_to
        """,
)
DESTINATIONS = Table(
    kind="destination",
    row=Destination,
    key=("destination_id",),
    select="""
        select destination_id, code, site_id, kind, host, port, application, facility,
               valid_from, valid_to
        from territory.destination
        order by code
        """,
    put="""
        insert into territory.destination
          (destination_id, code, site_id, kind, host, port, application, facility,
           valid_from, valid_to)
        values (%(destination_id)s, %(code)s, %(site_id)s, %(kind)s, %(host)s, %(port)s,
                %(application)s, %(facility)s, %(valid_from)s, %(valid_to)s)
        on conflict (destination_id) do update set
          code = excluded.code, site_id = excluded.site_id, kind = excluded.kind,
          host = excluded.host, port = excluded.port, application = excluded.application,
          facility = excluded.facility, valid_from = excluded.valid_from,
          valid_to = excluded.valid_to
        """,
)
PEERS = Table(
    kind="peer",
    row=Peer,
    key=("ae_title",),
    select="""
        select ae_title, name, host, port, site_id, may_store, may_query, may_retrieve, uses_tls,
               commits, wants_availability, fetches_by, web_url, issuer, character_set,
               accession_prefix, tls_ca, tls_cert, tls_key, max_associations,
               valid_from, valid_to
        from territory.peer
        order by ae_title
        """,
    put="""
        insert into territory.peer
          (ae_title, name, host, port, site_id, may_store, may_query, may_retrieve, uses_tls,
           commits, wants_availability, fetches_by, web_url, issuer, character_set,
           accession_prefix, tls_ca, tls_cert, tls_key, max_associations, valid_from, valid_to)
        values (%(ae_title)s, %(name)s, %(host)s, %(port)s, %(site_id)s, %(may_store)s,
                %(may_query)s, %(may_retrieve)s, %(uses_tls)s, %(commits)s, %(wants_availability)s,
                %(fetches_by)s, %(web_url)s, %(issuer)s, %(character_set)s, %(accession_prefix)s,
                %(tls_ca)s, %(tls_cert)s, %(tls_key)s, %(max_associations)s, %(valid_from)s,
                %(valid_to)s)
        on conflict (ae_title) do update set
          name = excluded.name, host = excluded.host, port = excluded.port,
          site_id = excluded.site_id, may_store = excluded.may_store,
          may_query = excluded.may_query, may_retrieve = excluded.may_retrieve,
          uses_tls = excluded.uses_tls, commits = excluded.commits,
          wants_availability = excluded.wants_availability, fetches_by = excluded.fetches_by,
          web_url = excluded.web_url, issuer = excluded.issuer,
          character_set = excluded.character_set, accession_prefix = excluded.accession_prefix,
          tls_ca = excluded.tls_ca, tls_cert = excluded.tls_cert, tls_key = excluded.tls_key,
          max_associations = excluded.max_associations, valid_from = excluded.valid_from,
          valid_to = excluded.valid_to
        """,
)
ROUTES = Table(
    kind="route",
    row=Route,
    key=("site_id", "modality", "ae_title"),
    select="""
        select site_id, modality, ae_title, valid_from, valid_to
        from territory.route
        order by site_id, modality, ae_title
        """,
    put="""
        insert into territory.route (site_id, modality, ae_title, valid_from, valid_to)
        values (%(site_id)s, %(modality)s, %(ae_title)s, %(valid_from)s, %(valid_to)s)
        on conflict (site_id, modality, ae_title) do update set
          valid_from = excluded.valid_from, valid_to = excluded.valid_to
        """,
)
# Accounts and roles belong to `access`, which alone writes them; only those of the people whom
# the territory file names are read.
ACCOUNTS = Table(
    kind="account",
    row=Account,
    key=("person_id",),
    end="",
    select="""
        select person_id, login, name, closed_at is not null as closed
        from access.account
        where person_id in (select person_id from territory.practitioner
                            union select person_id from territory.staff)
        order by person_id
        """,
)
GRANTS = Table(
    kind="role",
    row=Grant,
    key=("person_id", "role", "site_id"),
    end="",
    select="""
        select person_id, role, site_id
        from access.role
        where person_id in (select person_id from territory.practitioner
                            union select person_id from territory.staff)
        order by person_id, role, site_id
        """,
)

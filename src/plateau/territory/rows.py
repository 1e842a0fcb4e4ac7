"""A territory file as rows; ids derive from codes, so that loading again keeps them."""

from collections.abc import Iterator
from datetime import date
from uuid import UUID, uuid5

from plateau.kernel.caller import Role
from plateau.kernel.ids import DestinationId, DeviceId, LineId, MemberId, PersonId, SiteId
from plateau.territory.blocks import PersonBlock, ReaderBlock, TerritoryFile
from plateau.territory.periods import span
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
    Quota,
    Retention,
    Route,
    Site,
    Skill,
    Staff,
)

_TERRITORY = UUID("0d1c2f5e-3a55-5c1b-8a6e-6a8b1f2e9c40")  # namespace of every id below


def member_id(code: str) -> MemberId:
    """The id of the member with that code."""
    return MemberId(uuid5(_TERRITORY, f"member:{code}"))


def site_id(code: str) -> SiteId:
    """The id of the site with that code."""
    return SiteId(uuid5(_TERRITORY, f"site:{code}"))


def line_id(code: str) -> LineId:
    """The id of the line of duty with that code."""
    return LineId(uuid5(_TERRITORY, f"line:{code}"))


def person_id(code: str) -> PersonId:
    """The id of the reader or staff with that code."""
    return PersonId(uuid5(_TERRITORY, f"person:{code}"))


def members(file: TerritoryFile) -> list[Member]:
    """The members."""
    return [
        Member(member_id(b.code), b.code, b.name, b.finess, b.valid_from, b.valid_to)
        for b in file.members
    ]


def sites(file: TerritoryFile) -> list[Site]:
    """The sites."""
    return [
        Site(
            site_id(b.code), b.code, member_id(b.member), b.name, b.town, b.latitude,
            b.longitude, b.time_zone, b.finess, b.valid_from, b.valid_to,
        )
        for b in file.sites
    ]  # fmt: skip


def devices(file: TerritoryFile) -> list[Device]:
    """The machines."""
    return [
        Device(
            DeviceId(uuid5(_TERRITORY, f"device:{b.ae_title}")), site_id(b.site), b.ae_title,
            b.modality, b.name, b.manufacturer, b.model, b.issuer, b.character_set,
            b.accession_prefix, b.max_associations, b.valid_from, b.valid_to,
        )
        for b in file.machines
    ]  # fmt: skip


def exam_types(file: TerritoryFile) -> list[ExamType]:
    """The exams."""
    return [
        ExamType(
            b.code, b.name, b.name_en, b.modality, b.region, b.ccam, b.ccam_verified, b.minutes,
            b.technique.strip(), b.result.strip(), b.conclusion.strip(), None,
        )
        for b in file.exams
    ]  # fmt: skip


def practitioners(file: TerritoryFile) -> list[Practitioner]:
    """The readers."""
    return [
        Practitioner(
            person_id(b.code), b.code, b.rpps, b.specialty, site_id(b.home), b.valid_from,
            b.valid_to,
        )
        for b in file.readers
    ]  # fmt: skip


def staff(file: TerritoryFile) -> list[Staff]:
    """The other people."""
    return [Staff(person_id(b.code), b.code, b.valid_from, b.valid_to) for b in file.staff]


def skills(file: TerritoryFile) -> list[Skill]:
    """What each reader may read."""
    return [
        Skill(person_id(b.code), s.modality, *span(b, s.valid_from, s.valid_to))
        for b in file.readers
        for s in b.skills
    ]


def privileges(file: TerritoryFile) -> list[Privilege]:
    """For whom each reader may read."""
    return [
        Privilege(person_id(b.code), site_id(p.site), *span(b, p.valid_from, p.valid_to))
        for b in file.readers
        for p in b.privileges
    ]


def lines(file: TerritoryFile) -> list[Line]:
    """The lines of duty."""
    return [
        Line(
            line_id(b.code), b.code, b.name, site_id(b.place), b.starts_at, b.ends_at,
            b.readers, b.valid_from, b.valid_to,
        )
        for b in file.lines
    ]  # fmt: skip


def line_sites(file: TerritoryFile) -> list[LineSite]:
    """Whom each line covers, and from when."""
    return [
        LineSite(
            line_id(b.code), site_id(c.site), c.starts_at or b.starts_at,
            *span(b, c.valid_from, c.valid_to),
        )
        for b in file.lines
        for c in b.covers
    ]  # fmt: skip


def delay_targets(file: TerritoryFile) -> list[DelayTarget]:
    """The delays."""
    return [
        DelayTarget(
            b.urgency.value, site_id(b.site) if b.site else None, b.modality, b.minutes, b.source,
            b.verified, b.valid_from, b.valid_to,
        )
        for b in file.delays
    ]  # fmt: skip


def destinations(file: TerritoryFile) -> list[Destination]:
    """Where reports go."""
    return [
        Destination(
            DestinationId(uuid5(_TERRITORY, f"destination:{b.code}")), b.code, site_id(b.site),
            b.kind, b.host, b.port, b.application, b.facility, b.valid_from, b.valid_to,
        )
        for b in file.destinations
    ]  # fmt: skip


def peers(file: TerritoryFile) -> list[Peer]:
    """The other DICOM systems."""
    return [
        Peer(
            b.ae_title, b.name, b.host, b.port, site_id(b.site) if b.site else None, b.may_store,
            b.may_query, b.may_retrieve, b.uses_tls, b.commits, b.wants_availability, b.fetches_by,
            b.web_url, b.issuer, b.character_set, b.accession_prefix, b.tls_ca, b.tls_cert,
            b.tls_key, b.max_associations, b.valid_from, b.valid_to,
        )
        for b in file.peers
    ]  # fmt: skip


def routes(file: TerritoryFile) -> list[Route]:
    """What is sent on to them."""
    return [
        Route(site_id(b.site), b.modality, b.peer, b.valid_from, b.valid_to) for b in file.routes
    ]


def retentions(file: TerritoryFile) -> list[Retention]:
    """How long members keep images."""
    return [
        Retention(
            member_id(b.member), b.modality, b.years, b.until_age, b.years_after_death, b.source,
            b.valid_from, b.valid_to,
        )
        for b in file.retentions
    ]  # fmt: skip


def quotas(file: TerritoryFile) -> list[Quota]:
    """How much members may keep."""
    return [
        Quota(member_id(b.code), item.gb, *span(b, item.valid_from, item.valid_to))
        for b in file.members
        for item in b.quota_gb
    ]


def accounts(file: TerritoryFile) -> list[Account]:
    """How people sign in."""
    return [Account(person_id(b.code), b.login, b.name) for b in people(file)]


def grants(file: TerritoryFile, *, on: date) -> list[Grant]:
    """The roles people hold: readers are readers wherever they have, or will have, a privilege."""
    held = [
        Grant(person_id(person.code), role, site_id(site))
        for person in people(file)
        if person.valid_to is None or on < person.valid_to
        for role, site in _roles(person, on)
    ]
    return list(dict.fromkeys(held))


def people(file: TerritoryFile) -> tuple[PersonBlock, ...]:
    """Everybody with an account."""
    return (*file.readers, *file.staff)


def names(file: TerritoryFile) -> dict[UUID, str]:
    """The code behind each id of the file."""
    return {
        **{row.member_id: row.code for row in members(file)},
        **{row.site_id: row.code for row in sites(file)},
        **{row.device_id: row.ae_title for row in devices(file)},
        **{row.line_id: row.code for row in lines(file)},
        **{person_id(block.code): block.code for block in people(file)},
        **{row.destination_id: row.code for row in destinations(file)},
    }


def _roles(person: PersonBlock, on: date) -> Iterator[tuple[str, str]]:
    yield from ((item.role.value, site) for item in person.roles for site in item.sites)
    if isinstance(person, ReaderBlock):
        for item in person.privileges:
            until = item.valid_to or person.valid_to
            if until is None or on < until:
                yield Role.READER.value, item.site

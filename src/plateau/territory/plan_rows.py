"""The blocks that a roster is made from, as rows."""

from plateau.territory.blocks import TerritoryFile
from plateau.territory.plan_blocks import SESSION_HOURS, SessionBlock, ShareBlock, TravelBlock
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
from plateau.territory.rows import line_id, member_id, person_id, site_id

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def contracts(file: TerritoryFile) -> list[ContractRow]:
    """How much each person works."""
    homes = {reader.code: reader.home for reader in file.readers}
    return [
        ContractRow(
            person_id(b.person), b.status, site_id(b.home or homes[b.person]), b.share,
            b.half_days, b.takes_extra, b.max_duties, b.valid_from, b.valid_to,
        )
        for b in file.contracts
    ]  # fmt: skip


def line_members(file: TerritoryFile) -> list[LineMember]:
    """Who takes part in each line."""
    return [
        LineMember(person_id(b.person), line_id(code), b.valid_from, b.valid_to)
        for b in file.contracts
        for code in b.lines
    ]


def aptitudes(file: TerritoryFile) -> list[Aptitude]:
    """What those who are no readers are able to do."""
    return [
        Aptitude(person_id(b.person), code, b.valid_from, b.valid_to)
        for b in file.contracts
        for code in b.skills
    ]


def sessions(file: TerritoryFile) -> list[SessionRow]:
    """The half-days of work."""
    return [session(block, half) for block in file.sessions for half in block.halves]


def session(b: SessionBlock, half: str) -> SessionRow:
    """One half-day of a block."""
    starts_at, ends_at = SESSION_HOURS[half]
    weekdays = "".join(str(n + 1) for n, day in enumerate(_WEEKDAYS) if day in b.days)
    extra = " ".join(day.isoformat() for day in sorted(b.on))
    closed = " ".join(day.isoformat() for day in sorted(b.closed))
    return SessionRow(
        b.code, half, b.name, site_id(b.site), b.machine, b.family, b.skill, weekdays, extra,
        closed, b.holidays, b.starts_at or starts_at, b.ends_at or ends_at, b.needed,
        " ".join(b.statuses), b.optional, b.same_team, b.valid_from, b.valid_to,
    )  # fmt: skip


def travels(file: TerritoryFile) -> list[Travel]:
    """Minutes between sites, both ways."""
    return [row for block in file.travels for row in travel(block)]


def travel(b: TravelBlock) -> list[Travel]:
    """Minutes between the two sites of a block, both ways."""
    return [
        Travel(site_id(one), site_id(other), b.minutes, b.source, b.valid_from, b.valid_to)
        for one, other in (b.sites, b.sites[::-1])
    ]


def shares(file: TerritoryFile) -> list[ShareRow]:
    """How the sessions of machines are shared."""
    return [row for block in file.shares for row in share(block)]


def share(b: ShareBlock) -> list[ShareRow]:
    """The part of each member in a family of machines."""
    return [
        ShareRow(b.family, member_id(code), part, b.tolerance, b.valid_from, b.valid_to)
        for code, part in b.shares.items()
    ]


def line_options(file: TerritoryFile) -> list[LineOption]:
    """When lines run, and who reads in their deep night."""
    return [
        LineOption(
            line_id(b.code), b.days, b.skill,
            b.operator.name if b.operator else None,
            b.operator.phone if b.operator else None,
            b.operator.starts_at if b.operator else None,
            b.operator.ends_at if b.operator else None, None, None, None, b.valid_from,
            b.valid_to,
        )
        for b in file.lines
    ]  # fmt: skip


def line_closures(file: TerritoryFile) -> list[LineClosure]:
    """The nights on which a site of a line is closed."""
    return [
        LineClosure(line_id(b.code), site_id(item.site), item.on, b.valid_from, b.valid_to)
        for b in file.lines
        for item in b.closed
    ]

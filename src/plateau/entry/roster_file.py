"""The roster listed in a territory file, as the planning knows it, and what is wrong in it."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from plateau.kernel.errors import InvalidInputError
from plateau.planning import rules
from plateau.planning.types import Duty, Hours, Roster, RosterEntry
from plateau.territory import rows
from plateau.territory.blocks import RosterBlock, TerritoryFile
from plateau.territory.types import Problem


def roster_of(file: TerritoryFile) -> Roster:
    """The roster of a file, as the planning knows it."""
    zones = {site.code: ZoneInfo(site.time_zone) for site in file.sites}
    lines = {
        rows.line_id(line.code): Hours(
            starts_at=line.starts_at,
            ends_at=line.ends_at,
            first_starts_at=min(cover.starts_at or line.starts_at for cover in line.covers),
            zone=zones[line.place],
        )
        for line in file.lines
        if line.place in zones
    }
    entries = (_entry(block) for block in file.roster)
    return Roster(lines=lines, entries=tuple(e for e in entries if e.line_id in lines))


def _entry(block: RosterBlock) -> RosterEntry:
    people = tuple(rows.person_id(code) for code in block.readers)
    return RosterEntry(line_id=rows.line_id(block.line), on=block.on, people=people)


def problems(file: TerritoryFile) -> Iterator[Problem]:
    """Nobody is at two places at once, and everybody rests between two duties."""
    roster = roster_of(file)
    lines = _lines_of(file.roster, roster)
    names: dict[UUID, str] = {rows.person_id(reader.code): reader.code for reader in file.readers}
    clashes = rules.short_rests(rules.expand_all(roster))
    overlapping = rules.two_places(clashes)
    for before, after in clashes:
        earlier, later = sorted((lines[before], lines[after]))
        who = names.get(after.person_id, "?")
        if (before, after) in overlapping:
            text = InvalidInputError(
                "{reader} is at two places at once, see line {line}", reader=who, line=earlier
            )
        else:
            rest = after.starts_at - before.ends_at
            text = _too_short(who, rest, earlier)
        yield Problem(line=later, reason=text)


def _too_short(reader: str, rest: timedelta, line: int) -> InvalidInputError:
    return InvalidInputError(
        "{reader} rests {hours} h after the duty at line {line}, less than {least} h",
        reader=reader,
        hours=f"{rest / timedelta(hours=1):g}",
        line=line,
        least=f"{rules.MIN_DAILY_REST / timedelta(hours=1):g}",
    )


def _lines_of(blocks: Sequence[RosterBlock], roster: Roster) -> dict[Duty, int]:
    """The line of the file that each duty comes from."""
    return {
        duty: block.at("readers")
        for block in blocks
        if rows.line_id(block.line) in roster.lines
        for duty in rules.expand(roster.lines[rows.line_id(block.line)], _entry(block))
    }

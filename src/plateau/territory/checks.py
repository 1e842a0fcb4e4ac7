"""What must hold between the blocks of a territory file: every breach is named by its line."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from itertools import groupby, pairwise

from plateau.kernel.errors import InvalidInputError
from plateau.kernel.urgency import Urgency
from plateau.territory import deal_checks, plan_checks
from plateau.territory.blocks import LineBlock, MemberBlock, ReaderBlock, RosterBlock, TerritoryFile
from plateau.territory.parts import Block
from plateau.territory.periods import Period, span
from plateau.territory.types import Problem

Declared = Mapping[str, frozenset[str]]  # the codes of each kind of block, understood or not


def problems(file: TerritoryFile, declared: Declared) -> list[Problem]:
    """Every breach, in the order of the file."""
    found = [
        *_duplicates(file),
        *_unknown(file, declared),
        *_backward_periods(file),
        *_overlaps(file),
        *_missing_delays(file),
        *_hours(file),
        *_roster(file),
        *plan_checks.problems(file, declared),
        *deal_checks.problems(file),
    ]
    return sorted(found, key=lambda problem: problem.line)


def _duplicates(file: TerritoryFile) -> Iterator[Problem]:
    people = [*file.readers, *file.staff]
    coded = (file.members, file.sites, file.exams, file.lines, file.destinations, people)
    for blocks in coded:
        yield from _repeated(blocks, "code", lambda block: str(getattr(block, "code", "")))
    yield from _repeated(people, "login", lambda block: block.login)
    yield from _repeated(file.machines, "ae_title", lambda block: block.ae_title)
    yield from _repeated(file.peers, "ae_title", lambda block: block.ae_title)
    yield from _repeated(file.routes, "peer", lambda b: f"{b.site} {b.modality} {b.peer}")
    yield from _repeated(file.roster, "on", lambda block: f"{block.line} {block.on}")


def _repeated(blocks: Iterable[Block], key: str, value_of: Callable[..., str]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for block in blocks:
        value, line = value_of(block), block.at(key)
        if value in first:
            yield Problem(
                line=line,
                reason=InvalidInputError(
                    "{key} {value} is already used at line {line}",
                    key=key,
                    value=value,
                    line=first[value],
                ),
            )
        first.setdefault(value, line)


def _unknown(file: TerritoryFile, declared: Declared) -> Iterator[Problem]:
    for line, kind, code in _references(file):
        if code not in declared[kind]:
            reason = InvalidInputError("no {kind} has the code {code}", kind=kind, code=code)
            yield Problem(line=line, reason=reason)


def _references(file: TerritoryFile) -> Iterator[tuple[int, str, str]]:
    """Every code that must exist: its line, the kind of block and the code."""
    yield from ((site.at("member"), "member", site.member) for site in file.sites)
    yield from ((machine.at("site"), "site", machine.site) for machine in file.machines)
    yield from ((target.at("site"), "site", target.site) for target in file.destinations)
    yield from ((peer.at("site"), "site", peer.site) for peer in file.peers if peer.site)
    for route in file.routes:
        yield route.at("site"), "site", route.site
        yield route.at("peer"), "peer", route.peer
    yield from ((one.at("member"), "member", one.member) for one in file.retentions)
    yield from ((one.at("site"), "site", one.site) for one in file.delays if one.site)
    for line in file.lines:
        yield line.at("place"), "site", line.place
        yield from ((line.at("covers", n), "site", c.site) for n, c in enumerate(line.covers))
    for reader in file.readers:
        yield reader.at("home"), "site", reader.home
        for n, privilege in enumerate(reader.privileges):
            yield reader.at("privileges", n), "site", privilege.site
    for person in (*file.readers, *file.staff):
        for n, role in enumerate(person.roles):
            yield from ((person.at("roles", n), "site", site) for site in role.sites)
    for entry in file.roster:
        yield entry.at("line"), "line", entry.line
        yield from ((entry.at("readers"), "reader", reader) for reader in entry.readers)
    yield from plan_checks.references(file)
    yield from deal_checks.references(file)


def _periods(file: TerritoryFile) -> Iterator[Period]:
    """Every period of something that may have several."""
    for delay in file.delays:
        modality = "" if delay.modality == "*" else f"[{delay.modality}]"
        subject = (delay.urgency, *filter(None, (delay.site, modality)))
        yield Period(subject, delay.valid_from, delay.valid_to, delay.at("valid_from"))
    for one in file.retentions:
        subject = (one.member, one.modality)
        yield Period(subject, one.valid_from, one.valid_to, one.at("valid_from"))
    yield from _quotas(file.members)
    for reader in file.readers:
        for n, skill in enumerate(reader.skills):
            since, until = span(reader, skill.valid_from, skill.valid_to)
            yield Period((reader.code, skill.modality), since, until, reader.at("skills", n))
        for n, item in enumerate(reader.privileges):
            since, until = span(reader, item.valid_from, item.valid_to)
            yield Period((reader.code, item.site), since, until, reader.at("privileges", n))
    for line in file.lines:
        for n, cover in enumerate(line.covers):
            since, until = span(line, cover.valid_from, cover.valid_to)
            yield Period((line.code, cover.site), since, until, line.at("covers", n))
    yield from plan_checks.periods(file)
    yield from deal_checks.periods(file)


def _quotas(members: Iterable[MemberBlock]) -> Iterator[Period]:
    for member in members:
        for n, quota in enumerate(member.quota_gb):
            since, until = span(member, quota.valid_from, quota.valid_to)
            yield Period((member.code, "quota_gb"), since, until, member.at("quota_gb", n))


def _backward_periods(file: TerritoryFile) -> Iterator[Problem]:
    dated = (file.members, file.sites, file.machines, file.readers, file.staff, file.lines,
             file.destinations)  # fmt: skip
    whole = [
        Period((), block.valid_from, block.valid_to, block.at("valid_to"))
        for blocks in dated
        for block in blocks
    ]
    for period in (*whole, *_periods(file)):
        if period.until is not None and period.until <= period.since:
            reason = InvalidInputError(
                "ends on {until}, not after its start on {since}",
                until=period.until,
                since=period.since,
            )
            yield Problem(line=period.line, reason=reason)


def _overlaps(file: TerritoryFile) -> Iterator[Problem]:
    ordered = sorted(_periods(file), key=lambda period: (period.subject, period.since, period.line))
    for subject, periods in groupby(ordered, key=lambda period: period.subject):
        for before, after in pairwise(periods):
            if before.until is None or after.since < before.until:
                reason = InvalidInputError(
                    "{subject}: the period from {since} overlaps the one at line {line}",
                    subject=" ".join(subject),
                    since=after.since,
                    line=before.line,
                )
                yield Problem(line=after.line, reason=reason)


def _missing_delays(file: TerritoryFile) -> Iterator[Problem]:
    """Each urgency has a delay that holds wherever no other one does."""
    general = {one.urgency for one in file.delays if not one.site and one.modality == "*"}
    for urgency in sorted({*Urgency} - general):
        reason = InvalidInputError("no delay for urgency {urgency}", urgency=urgency.value)
        yield Problem(line=file.delays[-1].at() if file.delays else 1, reason=reason)


def _hours(file: TerritoryFile) -> Iterator[Problem]:
    """A site is covered from an hour of the day on which the line begins."""
    for line in file.lines:
        overnight = line.ends_at <= line.starts_at
        for n, cover in enumerate(line.covers):
            start = cover.starts_at or line.starts_at
            if (start <= line.ends_at) if overnight else (start >= line.ends_at):
                reason = InvalidInputError(
                    "{site} is covered from {start}, outside the hours of the line",
                    site=cover.site,
                    start=start.isoformat("minutes"),
                )
                yield Problem(line=line.at("covers", n), reason=reason)


def _roster(file: TerritoryFile) -> Iterator[Problem]:
    lines = {line.code: line for line in file.lines}
    readers = {reader.code: reader for reader in file.readers}
    for entry in file.roster:
        line = lines.get(entry.line)
        if line is not None:
            yield from _too_many(entry, line)
            for code in entry.readers:
                if code in readers:
                    yield from _unable(entry, line, readers[code])


def _too_many(entry: RosterBlock, line: LineBlock) -> Iterator[Problem]:
    if len(entry.readers) > line.readers:
        reason = InvalidInputError(
            "{n} readers for {line}, which takes {most}",
            n=len(entry.readers),
            line=line.code,
            most=line.readers,
        )
        yield Problem(line=entry.at("readers"), reason=reason)


def _unable(entry: RosterBlock, line: LineBlock, reader: ReaderBlock) -> Iterator[Problem]:
    """A reader on duty is in post and has the privilege at every site the line covers that day."""
    if not _holds(reader.valid_from, reader.valid_to, on=entry.on):
        reason = InvalidInputError("{reader} is not in post on {day}", reader=reader.code,
                                   day=entry.on)  # fmt: skip
        yield Problem(line=entry.at("readers"), reason=reason)
    allowed = {
        item.site
        for item in reader.privileges
        if _holds(*span(reader, item.valid_from, item.valid_to), on=entry.on)
    }
    for cover in line.covers:
        covered = _holds(*span(line, cover.valid_from, cover.valid_to), on=entry.on)
        if covered and cover.site not in allowed:
            reason = InvalidInputError(
                "{reader} has no privilege at {site}, which {line} covers on {day}",
                reader=reader.code,
                site=cover.site,
                line=line.code,
                day=entry.on,
            )
            yield Problem(line=entry.at("readers"), reason=reason)


def _holds(since: date, until: date | None, *, on: date) -> bool:
    return since <= on and (until is None or on < until)

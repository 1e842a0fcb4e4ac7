"""What must hold between the blocks that a roster is made from."""

from collections.abc import Iterator, Mapping

from plateau.kernel.errors import InvalidInputError
from plateau.territory.blocks import TerritoryFile
from plateau.territory.periods import Period
from plateau.territory.types import Problem


def problems(file: TerritoryFile, declared: Mapping[str, frozenset[str]]) -> list[Problem]:
    """Every breach between these blocks."""
    return [
        *_unknown_people(file, declared),
        *_homeless(file, declared),
        *_outside_lines(file),
        *_unknown_families(file),
        *_one_site(file),
    ]


def references(file: TerritoryFile) -> Iterator[tuple[int, str, str]]:
    """Every code that must exist: its line, the kind of block and the code."""
    for contract in file.contracts:
        if contract.home is not None:
            yield contract.at("home"), "site", contract.home
        yield from ((contract.at("lines"), "line", line) for line in contract.lines)
    yield from ((session.at("site"), "site", session.site) for session in file.sessions)
    for travel in file.travels:
        yield from ((travel.at("sites"), "site", site) for site in travel.sites)
    for share in file.shares:
        yield from ((share.at("shares"), "member", member) for member in share.shares)
    for line in file.lines:
        yield from ((line.at("closed", n), "site", c.site) for n, c in enumerate(line.closed))


def periods(file: TerritoryFile) -> Iterator[Period]:
    """Every period of something that may have several."""
    for one in file.contracts:
        subject = ("contract", one.person)
        yield Period(subject, one.valid_from, one.valid_to, one.at("valid_from"))
    for one in file.sessions:
        for half in one.halves:
            subject = ("session", one.code, half)
            yield Period(subject, one.valid_from, one.valid_to, one.at("valid_from"))
    for one in file.travels:
        subject = ("travel", *sorted(one.sites))
        yield Period(subject, one.valid_from, one.valid_to, one.at("valid_from"))
    for one in file.shares:
        subject = ("share", one.family)
        yield Period(subject, one.valid_from, one.valid_to, one.at("valid_from"))


def _unknown_people(
    file: TerritoryFile, declared: Mapping[str, frozenset[str]]
) -> Iterator[Problem]:
    for contract in file.contracts:
        if contract.person not in declared["reader"] | declared["staff"]:
            reason = InvalidInputError(
                "no {kind} has the code {code}", kind="person", code=contract.person
            )
            yield Problem(line=contract.at("person"), reason=reason)


def _homeless(file: TerritoryFile, declared: Mapping[str, frozenset[str]]) -> Iterator[Problem]:
    """Whoever is no reader says at which site they are at home."""
    for contract in file.contracts:
        if contract.home is None and contract.person in declared["staff"]:
            reason = InvalidInputError("{key} is missing", key="contract.home")
            yield Problem(line=contract.at(), reason=reason)


def _outside_lines(file: TerritoryFile) -> Iterator[Problem]:
    """A line closes only the sites it covers."""
    for line in file.lines:
        covered = {cover.site for cover in line.covers}
        for n, item in enumerate(line.closed):
            if item.site not in covered:
                reason = InvalidInputError(
                    "{site} is not covered by {line}", site=item.site, line=line.code
                )
                yield Problem(line=line.at("closed", n), reason=reason)


def _unknown_families(file: TerritoryFile) -> Iterator[Problem]:
    families = {session.family for session in file.sessions}
    for share in file.shares:
        if share.family not in families:
            reason = InvalidInputError(
                "no {kind} has the code {code}", kind="family of sessions", code=share.family
            )
            yield Problem(line=share.at("family"), reason=reason)


def _one_site(file: TerritoryFile) -> Iterator[Problem]:
    for travel in file.travels:
        if travel.sites[0] == travel.sites[1]:
            reason = InvalidInputError("{site} is at no distance of itself", site=travel.sites[0])
            yield Problem(line=travel.at("sites"), reason=reason)

"""Reading a territory file, with every problem named by its line."""

import hashlib
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from plateau.kernel.errors import InvalidInputError
from plateau.territory import checks
from plateau.territory.blocks import (
    DelayBlock,
    DestinationBlock,
    ExamBlock,
    LineBlock,
    MachineBlock,
    MemberBlock,
    PeerBlock,
    ReaderBlock,
    RetentionBlock,
    RosterBlock,
    RouteBlock,
    SiteBlock,
    StaffBlock,
    TerritoryBlock,
    TerritoryFile,
)
from plateau.territory.deal_blocks import AgreementBlock, DutyPayBlock, TariffBlock
from plateau.territory.locate import Lines, Path, locate
from plateau.territory.parts import Block
from plateau.territory.plan_blocks import ContractBlock, SessionBlock, ShareBlock, TravelBlock
from plateau.territory.types import BrokenFileError, Problem

B = TypeVar("B", bound=Block)
_SECTIONS = ("member", "site", "machine", "exam", "reader", "staff", "line", "delay",
             "destination", "peer", "route", "retention", "roster",
             "contract", "session", "travel", "share",
             "agreement", "tariff", "duty_pay")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """The tables of a text as they stand, and the problems found so far."""

    document: Mapping[str, Any]
    lines: Lines
    problems: list[Problem] = field(default_factory=list[Problem])

    def blocks(self, kind: str, model: type[B]) -> tuple[B, ...]:
        """The `[[kind]]` tables that can be understood."""
        tables: Any = self.document.get(kind, [])
        if not isinstance(tables, list):
            self._problem((kind,), InvalidInputError("write [[{kind}]]", kind=kind))
            return ()
        found = [self.block((kind, n), model, table) for n, table in enumerate(tables)]
        return tuple(block for block in found if block is not None)

    def block(self, path: Path, model: type[B], table: object) -> B | None:
        """One table, or None and its problems."""
        try:
            block = model.model_validate(table)
        except ValidationError as error:
            for detail in _causes(error.errors(include_url=False)):
                self._problem((*path, *detail["loc"]), _explain(str(path[0]), detail))
            return None
        block.stands(self.lines, path)
        return block

    def unknown_sections(self) -> None:
        """Note the top-level keys that mean nothing."""
        for name in self.document.keys() - {*_SECTIONS, "territory"}:
            self._problem((name, 0), InvalidInputError("unknown key {key}", key=name))

    def _problem(self, path: Path, reason: InvalidInputError) -> None:
        self.problems.append(Problem(line=self.lines.of(*path), reason=reason))

    def declared(self, kind: str, key: str = "code") -> frozenset[str]:
        """The codes of `[[kind]]` tables, understood or not."""
        tables: Any = self.document.get(kind, [])
        return frozenset(
            str(table[key])
            for table in (tables if isinstance(tables, list) else [])
            if isinstance(table, dict) and key in table
        )


def understood(kind: str, model: type[B], table: Mapping[str, Any]) -> B:
    """One block typed somewhere else than in a file; InvalidInputError with what is wrong first."""
    try:
        return model.model_validate(table)
    except ValidationError as error:
        raise _explain(kind, _causes(error.errors(include_url=False))[0]) from error


def parse(text: str, name: str) -> TerritoryFile:
    """The file that a text is; BrokenFileError with every problem when there is one."""
    file, problems = read(text, name)
    if problems:
        raise BrokenFileError(name, problems)
    return file


def read(text: str, name: str) -> tuple[TerritoryFile, list[Problem]]:
    """What can be understood of a text, and every problem; BrokenFileError when it is not TOML."""
    source = _source(text, name)
    source.block(("territory",), TerritoryBlock, source.document.get("territory", {}))
    source.unknown_sections()
    file = _file(source, text, name)
    declared = {
        kind: source.declared(kind) for kind in ("member", "site", "reader", "line", "staff")
    }
    declared["peer"] = source.declared("peer", "ae_title")
    found = [*source.problems, *checks.problems(file, declared)]
    return file, sorted(found, key=lambda problem: problem.line)


def _source(text: str, name: str) -> Source:
    try:
        return Source(tomllib.loads(text), locate(text))
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at line (\d+), column \d+\)", str(error))
        line = int(place[1]) if place else len(text.rstrip("\n").split("\n"))
        detail = str(error).split(" (at ")[0]
        reason = InvalidInputError("not TOML: {detail}", detail=detail)
        raise BrokenFileError(name, [Problem(line=line, reason=reason)]) from error


def _file(source: Source, text: str, name: str) -> TerritoryFile:
    return TerritoryFile(
        name=name,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        members=source.blocks("member", MemberBlock),
        sites=source.blocks("site", SiteBlock),
        machines=source.blocks("machine", MachineBlock),
        exams=source.blocks("exam", ExamBlock),
        readers=source.blocks("reader", ReaderBlock),
        staff=source.blocks("staff", StaffBlock),
        lines=source.blocks("line", LineBlock),
        delays=source.blocks("delay", DelayBlock),
        destinations=source.blocks("destination", DestinationBlock),
        peers=source.blocks("peer", PeerBlock),
        routes=source.blocks("route", RouteBlock),
        retentions=source.blocks("retention", RetentionBlock),
        roster=source.blocks("roster", RosterBlock),
        contracts=source.blocks("contract", ContractBlock),
        sessions=source.blocks("session", SessionBlock),
        travels=source.blocks("travel", TravelBlock),
        shares=source.blocks("share", ShareBlock),
        agreements=source.blocks("agreement", AgreementBlock),
        tariffs=source.blocks("tariff", TariffBlock),
        duty_pay=source.blocks("duty_pay", DutyPayBlock),
    )


def _causes(details: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """Without the lists said to be empty because their items are wrong."""
    inner = {detail["loc"][:n] for detail in details for n in range(len(detail["loc"]))}
    return [d for d in details if d["type"] != "too_short" or d["loc"] not in inner]


def _explain(kind: str, detail: ErrorDetails) -> InvalidInputError:
    """What a wrong value is, in words."""
    key = ".".join([kind, *(part for part in detail["loc"] if isinstance(part, str))])
    known = _EXPLAINED.get(detail["type"])
    if known is None:
        return InvalidInputError("{key}: {detail}", key=key, detail=detail["msg"])
    return known(key, detail.get("ctx", {}))


def _too_long(key: str, limits: Mapping[str, Any]) -> InvalidInputError:
    n = limits["max_length"]
    return InvalidInputError("{key} is longer than {n} characters", key=key, n=n)


def _not_in_list(key: str, limits: Mapping[str, Any]) -> InvalidInputError:
    return InvalidInputError("{key} must be {values}", key=key, values=limits["expected"])


def _missing(key: str, _: Mapping[str, Any]) -> InvalidInputError:
    return InvalidInputError("{key} is missing", key=key)


def _unknown(key: str, _: Mapping[str, Any]) -> InvalidInputError:
    return InvalidInputError("unknown key {key}", key=key)


def _empty(key: str, _: Mapping[str, Any]) -> InvalidInputError:
    return InvalidInputError("{key} is empty", key=key)


def _not_a_number(key: str, _: Mapping[str, Any]) -> InvalidInputError:
    return InvalidInputError("{key} is not a number", key=key)


def _too_small(key: str, limits: Mapping[str, Any]) -> InvalidInputError:
    return InvalidInputError("{key} must be more than {n}", key=key, n=f"{limits['gt']:.15g}")


def _too_large(key: str, limits: Mapping[str, Any]) -> InvalidInputError:
    return InvalidInputError("{key} must be {n} at most", key=key, n=f"{limits['le']:.15g}")


def _not_a_date(key: str, _: Mapping[str, Any]) -> InvalidInputError:
    return InvalidInputError("{key} is not a date", key=key)


def _not_an_hour(key: str, _: Mapping[str, Any]) -> InvalidInputError:
    return InvalidInputError("{key} is not an hour", key=key)


_EXPLAINED: Mapping[str, Callable[[str, Mapping[str, Any]], InvalidInputError]] = {
    "missing": _missing,
    "extra_forbidden": _unknown,
    "string_too_long": _too_long,
    "string_too_short": _empty,
    "too_short": _empty,
    "literal_error": _not_in_list,
    "enum": _not_in_list,
    "float_type": _not_a_number,
    "finite_number": _not_a_number,
    "greater_than": _too_small,
    "less_than_equal": _too_large,
    "date_type": _not_a_date,
    "date_parsing": _not_a_date,
    "date_from_datetime_parsing": _not_a_date,
    "date_from_datetime_inexact": _not_a_date,
    "time_type": _not_an_hour,
    "time_parsing": _not_an_hour,
}

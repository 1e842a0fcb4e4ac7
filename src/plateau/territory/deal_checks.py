"""What must hold between the agreements of a territory file and what they count."""

from collections.abc import Iterable, Iterator
from datetime import date

from plateau.kernel.errors import InvalidInputError
from plateau.territory.blocks import TerritoryFile
from plateau.territory.deal_blocks import AgreementBlock
from plateau.territory.parts import Dated
from plateau.territory.periods import Period
from plateau.territory.types import Problem

_WITH_FEE = frozenset({"CT", "MR", "PT"})  # source: UNCAM, technical fees


def problems(file: TerritoryFile) -> list[Problem]:
    """Every breach between these blocks."""
    return [
        *_unknown_machines(file),
        *_without_owner(file),
        *_without_weight(file),
        *_gaps(file),
    ]


def references(file: TerritoryFile) -> Iterator[tuple[int, str, str]]:
    """Every code that must exist: its line, the kind of block and the code."""
    for one in file.agreements:
        yield from ((one.at("parties"), "member", party) for party in one.parties)
        yield from ((one.at("lines"), "line", line) for line in one.lines)
        if one.operator is not None:
            yield one.at("operator"), "member", one.operator


def periods(file: TerritoryFile) -> Iterator[Period]:
    """Every period of something that may have several: a machine is counted once at a time."""
    for one in file.agreements:
        for kind, codes in (("machine", [m.ae_title for m in one.machines]), ("line", one.lines)):
            for code in codes:
                yield Period(("agreement", kind, code), one.valid_from, one.valid_to,
                             one.at("valid_from"))  # fmt: skip
    for tariff in file.tariffs:
        subject = ("tariff", tariff.modality)
        yield Period(subject, tariff.valid_from, tariff.valid_to, tariff.at("valid_from"))
    for pay in file.duty_pay:
        subject = ("duty_pay", pay.code, pay.status)
        yield Period(subject, pay.valid_from, pay.valid_to, pay.at("valid_from"))


def _unknown_machines(file: TerritoryFile) -> Iterator[Problem]:
    known = {machine.ae_title for machine in file.machines}
    for one in file.agreements:
        for machine in one.machines:
            if machine.ae_title not in known:
                reason = InvalidInputError(
                    "no {kind} has the code {code}", kind="machine", code=machine.ae_title
                )
                yield Problem(line=one.at("machines"), reason=reason)


def _without_owner(file: TerritoryFile) -> Iterator[Problem]:
    """Where the act is the session's, each machine has sessions."""
    held = {session.machine for session in file.sessions}
    for one in file.agreements:
        for machine in one.machines:
            if one.owner == "session" and machine.ae_title not in held:
                reason = InvalidInputError(
                    "{agreement}: acts on {machine} have no owner, it has no session",
                    agreement=one.code,
                    machine=machine.ae_title,
                )
                yield Problem(line=one.at("owner"), reason=reason)


def _without_weight(file: TerritoryFile) -> Iterator[Problem]:
    """Whoever counts relative units says what each exam of its machines weighs."""
    for one in file.agreements:
        if "icr" in one.units or "icr" in one.keys.model_dump().values():
            counted = _modalities(file, one)
            for exam in file.exams:
                if exam.modality in counted and exam.code not in one.weights:
                    reason = InvalidInputError(
                        "{agreement}: the exam {exam} has no weight",
                        agreement=one.code,
                        exam=exam.code,
                    )
                    yield Problem(line=one.at("weights"), reason=reason)


def _gaps(file: TerritoryFile) -> Iterator[Problem]:
    """Every day of an agreement has the tariffs and the pay that it counts with."""
    for one in file.agreements:
        if one.operator is not None:
            for modality in sorted(_modalities(file, one) & _WITH_FEE):
                tables = [t for t in file.tariffs if t.modality == modality]
                yield from _gap(one, "tariff", modality, tables)
        if one.duty_pay is not None:
            tables = [pay for pay in file.duty_pay if pay.code == one.duty_pay]
            statuses = {one.same_pay} if one.same_pay else {pay.status for pay in tables}
            for status in sorted(statuses) or [""]:
                own = [pay for pay in tables if pay.status == status]
                yield from _gap(one, "duty_pay", f"{one.duty_pay} {status}".strip(), own)


def _gap(one: AgreementBlock, kind: str, code: str, tables: Iterable[Dated]) -> Iterator[Problem]:
    day = first_gap(tables, since=one.valid_from, until=one.valid_to)
    if day is not None:
        reason = InvalidInputError(
            "{agreement}: no {kind} {code} holds on {day}",
            agreement=one.code,
            kind=kind,
            code=code,
            day=day,
        )
        yield Problem(line=one.at(), reason=reason)


def first_gap(tables: Iterable[Dated], *, since: date, until: date | None) -> date | None:
    """The first day of a period on which none of the tables holds."""
    day = since
    for table in sorted(tables, key=lambda table: table.valid_from):
        if table.valid_from > day:
            break
        if table.valid_to is None:
            return None
        day = max(day, table.valid_to)
    return day if until is None or day < until else None


def _modalities(file: TerritoryFile, one: AgreementBlock) -> set[str]:
    counted = {machine.ae_title for machine in one.machines}
    return {machine.modality for machine in file.machines if machine.ae_title in counted}

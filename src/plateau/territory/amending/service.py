"""Changing the territory over its file, and taking that back; loading the file keeps it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, get_type_hints
from uuid import UUID

from pydantic import TypeAdapter

from plateau.kernel.caller import Caller
from plateau.kernel.errors import ConflictError, InvalidInputError
from plateau.platform.db import Tx
from plateau.territory import file, plan_rows, plan_tables, tables
from plateau.territory.amending import queries, rules
from plateau.territory.amending.rules import Change
from plateau.territory.amending.types import Alteration, Amendment, Kept, Made, Verb
from plateau.territory.plan_blocks import SessionBlock, ShareBlock, TravelBlock
from plateau.territory.tables import Table

LONGEST = 500  # characters of a reason
_TABLES: Mapping[str, Table[Any]] = {
    table.kind: table
    for table in (
        tables.SKILLS,
        tables.PRIVILEGES,
        tables.LINE_SITES,
        plan_tables.LINE_MEMBERS,
        plan_tables.APTITUDES,
        plan_tables.SESSIONS,
        plan_tables.TRAVELS,
        plan_tables.SHARES,
        plan_tables.LINE_OPTIONS,
    )
}
_Subject = tuple[str, ...]  # the fields that tell a thing apart, as JSON has them


def amend(tx: Tx, made: Made, alterations: Sequence[Alteration]) -> UUID:
    """Some things are otherwise on some days, over what the file says; InvalidInputError if never.

    They are changed together, and taken back together.
    """
    if not made.reason.strip():
        raise InvalidInputError("write a reason: others read it")
    if len(made.reason) > LONGEST:
        raise InvalidInputError("a text here has {most} characters at most", most=LONGEST)
    for one in alterations:
        if one.valid_to is not None and one.valid_to <= one.valid_from:
            raise InvalidInputError("the last day comes before the first")
    queries.lock(tx)
    plain = [_plain(one) for one in alterations]
    _keep_filed(tx, plain)
    amendment_id = queries.add(tx, made, plain)
    _refold(tx, {(one.kind, _subject(one.kind, one.subject)) for one in plain})
    return amendment_id


def withdraw(tx: Tx, caller: Caller, amendment_id: UUID, *, on: date, at: datetime) -> None:
    """From a day on things are as they would be without a change."""
    queries.lock(tx)
    if not queries.withdraw(tx, amendment_id, by=caller.person_id, at=at, on=on):
        raise ConflictError("this change was taken back already")
    _refold(
        tx, {(one.kind, _subject(one.kind, one.subject)) for one in queries.one(tx, amendment_id)}
    )


def sessions(typed: Mapping[str, Any]) -> list[Alteration]:
    """Half-days of work as a block of the file says them; InvalidInputError in the same words."""
    block = file.understood("session", SessionBlock, typed)
    return [_put(plan_tables.SESSIONS, plan_rows.session(block, half)) for half in block.halves]


def travels(typed: Mapping[str, Any]) -> list[Alteration]:
    """Minutes between two sites, both ways, as a block of the file says them."""
    block = file.understood("travel", TravelBlock, typed)
    if block.sites[0] == block.sites[1]:
        raise InvalidInputError("{site} is at no distance of itself", site=block.sites[0])
    return [_put(plan_tables.TRAVELS, row) for row in plan_rows.travel(block)]


def shares(tx: Tx, typed: Mapping[str, Any]) -> list[Alteration]:
    """How a family of machines is shared, as a block of the file says it; others have nothing."""
    block = file.understood("share", ShareBlock, typed)
    wanted = plan_rows.share(block)
    named = {row.member_id for row in wanted}
    known = {r.member_id for r in tables.read(tx, plan_tables.SHARES) if r.family == block.family}
    return [
        *(_put(plan_tables.SHARES, row) for row in wanted),
        *(
            Alteration(
                kind=plan_tables.SHARES.kind,
                subject={"family": block.family, "member_id": member_id},
                verb=Verb.END,
                content={},
                valid_from=block.valid_from,
                valid_to=block.valid_to,
            )
            for member_id in sorted(known - named)
        ),
    ]


def amendments(tx: Tx, *, since: date) -> list[Amendment]:
    """What people changed over the file and still counts on a day or after it."""
    return queries.amendments(tx, since=since)


def changed(tx: Tx, amendment_id: UUID) -> list[Kept]:
    """What a change is about."""
    return queries.one(tx, amendment_id)


def unamended(tx: Tx, table: Table[Any]) -> list[Any]:
    """The rows of a table as if people had changed nothing."""
    rows = tables.read(tx, table)
    filed = {one.subject: one for one in _filed(tx, table.kind)}
    others = [row for row in rows if _subject_of(table, row) not in filed]
    return [*others, *(row for one in filed.values() for row in one.rows)]


def load(tx: Tx, table: Table[Any], rows: Sequence[Any]) -> None:
    """The file says these rows now; what people changed goes on over them."""
    amended = _filed(tx, table.kind)
    known = {one.subject for one in amended}
    tables.put(tx, table, [row for row in rows if _subject_of(table, row) not in known])
    for one in amended:
        said = {row.valid_from: row for row in one.rows}
        mine = [row for row in rows if _subject_of(table, row) == one.subject]
        said |= {row.valid_from: row for row in mine}
        queries.keep_filed(tx, table.kind, one.named, _dumped(table, list(said.values())))
    _refold(tx, {(table.kind, subject) for subject in known})


class _Filed:
    """What the file says of one thing."""

    __slots__ = ("named", "rows", "subject")

    def __init__(self, table: Table[Any], filed: queries.Filed) -> None:
        self.named = filed.subject
        self.subject = _subject(filed.kind, filed.subject)
        self.rows: list[Any] = _adapter(table).validate_python(list(filed.rows))


def _filed(tx: Tx, kind: str) -> list[_Filed]:
    table = _TABLES.get(kind)
    if table is None:
        return []
    return [_Filed(table, one) for one in queries.filed(tx) if one.kind == kind]


def _keep_filed(tx: Tx, alterations: Iterable[Alteration]) -> None:
    """What nobody had changed before is kept as the file says it."""
    known = {(one.kind, _subject(one.kind, one.subject)) for one in queries.filed(tx)}
    for one in alterations:
        subject = _subject(one.kind, one.subject)
        if (one.kind, subject) not in known:
            table = _TABLES[one.kind]
            rows = [r for r in tables.read(tx, table) if _subject_of(table, r) == subject]
            queries.keep_filed(tx, one.kind, one.subject, _dumped(table, rows))
            known.add((one.kind, subject))


def _refold(tx: Tx, things: Iterable[tuple[str, _Subject]]) -> None:
    """The rows of these things are what the file says, with every change over it."""
    kept = queries.alterations(tx)
    for kind, subject in sorted(things):
        table = _TABLES[kind]
        filed = next(one for one in _filed(tx, kind) if one.subject == subject)
        mine = [x for x in kept if x.kind == kind and _subject(kind, x.subject) == subject]
        wanted = rules.folded(filed.rows, [_change(table, x) for x in mine])
        known = [r for r in tables.read(tx, table) if _subject_of(table, r) == subject]
        tables.put(tx, table, rules.written(known, wanted))


def _put(table: Table[Any], row: Any) -> Alteration:
    """A whole row, for its days."""
    values = asdict(row)
    subject = {name: values.pop(name) for name in table.key if name != "valid_from"}
    return Alteration(
        kind=table.kind,
        subject=subject,
        verb=Verb.PUT,
        valid_from=values.pop("valid_from"),
        valid_to=values.pop("valid_to"),
        content=values,
    )


def _change(table: Table[Any], kept: Kept) -> Change[Any]:
    verb = Verb(kept.verb)
    dates = {"valid_from": kept.valid_from, "valid_to": kept.ends_on}
    row = {**kept.subject, **kept.content, **dates}
    return Change(
        verb=verb,
        valid_from=kept.valid_from,
        valid_to=kept.ends_on,
        row=_adapter(table).validate_python([row])[0] if verb is Verb.PUT else None,
        values=_typed(table, kept.content) if verb is Verb.ALTER else {},
    )


def _typed(table: Table[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(table.row)
    return {
        name: TypeAdapter[Any](hints[name]).validate_python(value) for name, value in values.items()
    }


def _plain(one: Alteration) -> Alteration:
    """The same, as JSON keeps it."""
    dump: Callable[[Any], Any] = TypeAdapter[Any](dict[str, Any]).dump_python
    return Alteration(
        kind=one.kind,
        subject=dump(dict(one.subject), mode="json"),
        verb=one.verb,
        content=dump(dict(one.content), mode="json"),
        valid_from=one.valid_from,
        valid_to=one.valid_to,
    )


def _adapter(table: Table[Any]) -> TypeAdapter[list[Any]]:
    return TypeAdapter(list[table.row])  # pyright: ignore[reportInvalidTypeForm] - known when it runs


def _dumped(table: Table[Any], rows: Sequence[Any]) -> list[Mapping[str, Any]]:
    return _adapter(table).dump_python(list(rows), mode="json")


def _subject_of(table: Table[Any], row: Any) -> _Subject:
    return tuple(str(getattr(row, name)) for name in table.key if name != "valid_from")


def _subject(kind: str, named: Mapping[str, Any]) -> _Subject:
    return tuple(str(named[name]) for name in _TABLES[kind].key if name != "valid_from")

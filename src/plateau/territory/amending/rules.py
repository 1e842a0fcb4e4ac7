"""How rows that hold for a while are changed for some days: the other days stay as they are."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from plateau.territory.amending.types import Verb


class Dated(Protocol):
    """A frozen dataclass that holds from a day, until the day before another."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def valid_from(self) -> date:
        """The first day."""
        ...

    @property
    def valid_to(self) -> date | None:
        """The day after the last one; none is known."""
        ...


R = TypeVar("R", bound=Dated)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(Generic[R]):
    """What happens to the rows of one thing: `row` is put, `values` are altered."""

    verb: Verb
    valid_from: date
    valid_to: date | None
    row: R | None
    values: Mapping[str, Any]


def folded(filed: Iterable[R], changes: Iterable[Change[R]]) -> list[R]:
    """The rows of one thing after every change, in the order in which they were made."""
    rows = [row for row in filed if row.valid_to != row.valid_from]  # those that ever held
    for change in changes:
        if change.valid_to is None or change.valid_from < change.valid_to:
            rows = [part for row in rows for part in _parts(row, change)]
            rows += [change.row] if change.row is not None else []
    return sorted(rows, key=lambda row: row.valid_from)


def written(known: Sequence[R], wanted: Sequence[R]) -> list[R]:
    """The rows to write so that one thing holds as wanted; what no longer holds never did."""
    starts = {row.valid_from for row in wanted}
    gone = [
        replace(row, valid_to=row.valid_from)
        for row in known
        if row.valid_from not in starts and row.valid_to != row.valid_from
    ]
    return [*(row for row in wanted if row not in known), *gone]


def _parts(row: R, change: Change[R]) -> Iterator[R]:
    """The days of a row before a change, those of the change, and those after it."""
    first, end = max(row.valid_from, change.valid_from), _earlier(row.valid_to, change.valid_to)
    if end is not None and end <= first:
        yield row
        return
    if row.valid_from < first:
        yield replace(row, valid_to=first)
    if change.verb is Verb.ALTER:
        yield replace(row, valid_from=first, valid_to=end, **change.values)
    if end is not None and end != row.valid_to:
        yield replace(row, valid_from=end)


def _earlier(one: date | None, other: date | None) -> date | None:
    return min((day for day in (one, other) if day is not None), default=None)

"""How loading a file changes what is known: nothing is forgotten, what is gone gets an end."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, ClassVar, Generic, Protocol, TypeVar
from uuid import UUID

from plateau.territory.types import Change


class Row(Protocol):
    """A dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How the rows of one kind are told apart, ended, and named to people."""

    kind: str
    key: tuple[str, ...]
    end: str
    names: Mapping[UUID, str]  # of every id that a row may hold

    def key_of(self, row: Row) -> tuple[object, ...]:
        """What identifies a row."""
        return tuple(getattr(row, name) for name in self.key)

    def code_of(self, row: Row) -> str:
        """What people call a row."""
        return " ".join(self.word(value) for value in self.key_of(row))

    def word(self, value: object) -> str:
        """A value in words."""
        return self.names.get(value, str(value)) if isinstance(value, UUID) else str(value or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference(Generic[R]):
    """The rows to write, those to take away where nothing can end, and what to tell people."""

    written: tuple[R, ...]
    gone: tuple[R, ...]
    changes: tuple[Change, ...]


def differences(
    before: Sequence[R], after: Sequence[R], shape: Shape, *, on: date
) -> Difference[R]:
    """What turns the rows `before` into those `after`, on the day `on`."""
    known = {shape.key_of(row): row for row in before}
    wanted = {shape.key_of(row): row for row in after}
    gone = [row for key, row in known.items() if key not in wanted and _holds(row, shape, on)]
    written = [row for key, row in wanted.items() if known.get(key) != row]
    changes: list[Change] = []
    for row in written:
        old = known.get(shape.key_of(row))
        changes += [_change("added", row, shape)] if old is None else _changed(old, row, shape)
    changes += [_change("ended", row, shape) for row in gone]
    ended = [_ended(row, shape, on) for row in gone] if shape.end else []
    return Difference(written=(*written, *ended), gone=tuple(gone), changes=tuple(changes))


def _holds(row: Row, shape: Shape, on: date) -> bool:
    """Whether the row would hold on `on` or later if nothing ended it."""
    end: date | None = getattr(row, shape.end) if shape.end else None
    return end is None or end > _last(row, on)


def _last(row: Row, on: date) -> date:
    """`on`, or the start of a row that has not begun: it ends as it begins and never holds."""
    return max(on, getattr(row, "valid_from", on))


def _ended(row: R, shape: Shape, on: date) -> R:
    return replace(row, **{shape.end: _last(row, on)})


def _change(verb: str, row: Row, shape: Shape) -> Change:
    return Change(verb=verb, kind=shape.kind, code=shape.code_of(row))


def _changed(old: Row, new: Row, shape: Shape) -> Iterator[Change]:
    for field in fields(new):
        before, after = getattr(old, field.name), getattr(new, field.name)
        if before != after:
            yield Change(
                verb="changed",
                kind=shape.kind,
                code=shape.code_of(new),
                field=field.name,
                before=shape.word(before),
                after=shape.word(after),
            )

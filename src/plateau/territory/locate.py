"""On which line of a TOML text each table, key and array element stands.

The parser of the standard library gives no positions; this reads a text that it accepts.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """Where things stand; what is not known stands where its container does."""

    found: Mapping[Path, int]

    def of(self, *path: str | int) -> int:
        """The line of a path such as `("site", 2, "name")`, counted from 1."""
        while path and path not in self.found:
            path = path[:-1]
        return self.found.get(path, 1)


def locate(text: str) -> Lines:
    """The lines of a text that is valid TOML."""
    rows, found = text.split("\n"), dict[Path, int]()
    here: Path = ()
    number = 0
    while number < len(rows):
        row, size = rows[number].strip(), 1
        if row.startswith("["):
            here = _header(row, found)
            found[here] = number + 1
        elif row and not row.startswith("#"):
            size = _entry(rows, number, here, found)
        number += size
    return Lines(found)


def _header(row: str, found: Mapping[Path, int]) -> Path:
    """The path of a `[table]` or `[[table]]`; an array of tables grows by one at its own name."""
    path: Path = ()
    inner: Any = tomllib.loads(row)
    while inner:
        ((name, value),) = inner.items()
        path = (*path, name)
        count = _count(path, found)
        if isinstance(value, list):
            path, inner = (*path, count), {}
        else:
            path, inner = ((*path, count - 1) if count else path), value
    return path


def _count(path: Path, found: Mapping[Path, int]) -> int:
    count = 0
    while (*path, count) in found:
        count += 1
    return count


def _entry(rows: Sequence[str], number: int, here: Path, found: dict[Path, int]) -> int:
    """Record one key and, in an array over several lines, its elements; how many lines it takes."""
    for size in range(1, len(rows) - number + 1):
        entry = _loaded(rows[number : number + size])
        if entry is not None:
            key, value = next(iter(entry.items()))
            found.setdefault((*here, key), number + 1)
            if isinstance(value, list) and size > 1:
                _elements(rows[number : number + size], number, (*here, key), found)
            return size
    return 1


def _elements(rows: Sequence[str], number: int, path: Path, found: dict[Path, int]) -> None:
    """Close the array after each of its lines: the elements there are by then stand above."""
    placed = 0
    for size in range(1, len(rows) + 1):
        entry = _loaded([*rows[:size], "]"] if size < len(rows) else rows)
        reached = len(entry[str(path[-1])]) if entry else placed
        for index in range(placed, reached):
            found[(*path, index)] = number + size
        placed = reached


def _loaded(rows: Sequence[str]) -> dict[str, Any] | None:
    try:
        return tomllib.loads("\n".join(rows))
    except tomllib.TOMLDecodeError:
        return None

"""What every block of a territory file is made of."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PrivateAttr, StringConstraints

from plateau.territory.locate import Lines, Path

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9_-]*$", max_length=32)]


class Block(BaseModel):
    """One table of the file; `at` says where it, or one of its keys, stands."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    _lines: Lines = PrivateAttr(default=Lines({}))
    _path: Path = PrivateAttr(default=())

    def stands(self, lines: Lines, path: Path) -> None:
        """Remember where the block stands."""
        self._lines, self._path = lines, path

    def at(self, *keys: str | int) -> int:
        """The line of a key, or of the block itself."""
        return self._lines.of(*self._path, *keys)


class Dated(Block):
    """A block that holds from a day, until the day before another."""

    valid_from: date
    valid_to: date | None = None

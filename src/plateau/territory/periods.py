"""When something in a territory file holds."""

from dataclasses import dataclass
from datetime import date

from plateau.territory.parts import Dated


@dataclass(frozen=True, slots=True)
class Period:
    """Something that holds for a while."""

    subject: tuple[str, ...]
    since: date
    until: date | None
    line: int


def span(block: Dated, since: date | None, until: date | None) -> tuple[date, date | None]:
    """The dates of an item: its own, or those of its block."""
    return since or block.valid_from, until or block.valid_to

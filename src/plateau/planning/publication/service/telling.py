"""Telling people what concerns them of rosters: on their roster page, and wherever they chose."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from plateau.access.notify import service as notify
from plateau.kernel.ids import PersonId
from plateau.planning.publication.queries import asked
from plateau.platform.db import Tx

MINE, SWAPS = "/my/roster", "/roster/swaps"
_KIND = "planning"  # as people choose where to hear of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A sentence in English with places, what fills them, and the page it leads to."""

    text: str
    values: Mapping[str, str]
    link: str = MINE
    urgent: bool = False


def tell(tx: Tx, person_id: PersonId, said: Said, *, at: datetime) -> None:
    """Somebody hears of it on their roster, and as they chose."""
    note(tx, person_id, said, at=at)
    send(tx, person_id, said, at=at)


def note(tx: Tx, person_id: PersonId, said: Said, *, at: datetime) -> None:
    """It stands on somebody's roster page only."""
    asked.notify(tx, person_id, text=said.text, told=said.values, at=at)


def send(tx: Tx, person_id: PersonId, said: Said, *, at: datetime) -> None:
    """Somebody hears of it as they chose, not on their roster page."""
    notify.tell(
        tx,
        person_id=person_id,
        kind=_KIND,
        text=said.text,
        values=said.values,
        link=said.link,
        at=at,
        urgent=said.urgent,
    )

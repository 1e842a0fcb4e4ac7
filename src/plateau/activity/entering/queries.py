"""SQL of what people entered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from plateau.platform.db import Tx


@dataclass(frozen=True, slots=True)
class Row:
    """An entry that a person made, as the page lists it."""

    entry_id: int
    kind: str
    happened_on: date
    machine: str | None
    session: str | None
    session_member: str | None
    reader_member: str | None
    head: str | None
    debit: str | None
    cents: int | None
    reason: str | None
    is_taken_back: bool


def entered(tx: Tx, code: str, *, kinds: Sequence[str], limit: int = 50) -> list[Row]:
    """What was entered for an agreement, the newest first."""
    return tx.all(
        Row,
        """
        select e.entry_id, e.kind, e.happened_on, e.machine, e.session, e.session_member,
               e.reader_member, e.head, e.debit, e.cents, e.reason,
               exists (select from activity.entry back
                       where back.corrects = e.entry_id and back.quantity = -1) as is_taken_back
        from activity.entry e
        where e.agreement = %(code)s and e.kind = any(%(kinds)s) and e.quantity = 1
        order by e.entry_id desc
        limit %(limit)s
        """,
        code=code,
        kinds=list(kinds),
        limit=limit,
    )

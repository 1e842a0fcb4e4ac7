"""SQL of how far into the ledger the planner was told."""

from datetime import date

from plateau.platform.db import Tx


def is_told(tx: Tx, agreement: str, *, on: date) -> bool:
    """Whether the planner was told of a day, and no session entered the ledger since."""
    return bool(
        tx.value(
            """
            select exists (
              select from activity.carried c
              where c.agreement = %(agreement)s and c.carried_on = %(on)s
                and not exists (select from activity.entry e
                                where e.entry_id > c.entry_id and e.kind like 'session%%'))
            """,
            agreement=agreement,
            on=on,
        )
    )


def tell(tx: Tx, agreement: str, *, on: date) -> None:
    """The planner was told of a day, up to the last entry of the ledger."""
    tx.run(
        """
        insert into activity.carried (agreement, carried_on, entry_id)
        select %(agreement)s, %(on)s, h.entry_id from activity.head h
        on conflict (agreement, carried_on) do update set entry_id = excluded.entry_id
        """,
        agreement=agreement,
        on=on,
    )

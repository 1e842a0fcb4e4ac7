"""SQL of what people change over the territory file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from plateau.platform.db import Tx, json
from plateau.territory.amending.types import Alteration, Amendment, Kept, Made


@dataclass(frozen=True, slots=True)
class Filed:
    """What the file says of something that people changed."""

    kind: str
    subject: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]


def lock(tx: Tx) -> None:
    """Until the transaction ends nobody else changes the territory."""
    tx.run("select pg_advisory_xact_lock(hashtextextended('territory', 11))")


def filed(tx: Tx) -> list[Filed]:
    """All that people changed, as its file says it."""
    return tx.all(
        Filed,
        "select kind, subject, rows from territory.filed order by kind, subject limit 100000",
    )


def keep_filed(
    tx: Tx, kind: str, subject: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
) -> None:
    """What the file says of something; nothing else is forgotten."""
    tx.run(
        """
        insert into territory.filed (kind, subject, rows)
        values (%(kind)s, %(subject)s, %(rows)s)
        on conflict (kind, subject) do update set rows = excluded.rows
        """,
        kind=kind,
        subject=json(subject),
        rows=json(rows),
    )


def alterations(tx: Tx) -> list[Kept]:
    """Every alteration, in the order in which they were made; one taken back ends that day."""
    return tx.all(
        Kept,
        """
        select x.alteration_id, x.kind, x.subject, x.verb, x.content, x.valid_from,
               case when m.withdrawn_on is null then x.valid_to
                    else greatest(x.valid_from, least(x.valid_to, m.withdrawn_on)) end as ends_on
        from territory.alteration x join territory.amendment m using (amendment_id)
        order by x.number limit 100000
        """,
    )


def add(tx: Tx, made: Made, alterations: Sequence[Alteration]) -> UUID:
    """Something is changed in one go."""
    amendment_id, first = uuid4(), alterations[0]
    tx.run(
        """
        insert into territory.amendment
          (amendment_id, kind, what, verb, valid_from, valid_to, reason, made_by, made_at)
        values (%(id)s, %(kind)s, %(what)s, %(verb)s, %(from)s, %(to)s, %(reason)s, %(by)s, %(at)s)
        """,
        **{"id": amendment_id, "kind": first.kind, "what": made.what, "verb": first.verb,
           "from": first.valid_from, "to": first.valid_to, "reason": made.reason, "by": made.by,
           "at": made.at},
    )  # fmt: skip
    tx.run_many(
        """
        insert into territory.alteration
          (alteration_id, amendment_id, kind, subject, verb, content, valid_from, valid_to)
        values (%(id)s, %(amendment)s, %(kind)s, %(subject)s, %(verb)s, %(content)s, %(from)s,
                %(to)s)
        """,
        [
            {"id": uuid4(), "amendment": amendment_id, "kind": one.kind,
             "subject": json(one.subject), "verb": one.verb, "content": json(one.content),
             "from": one.valid_from, "to": one.valid_to}
            for one in alterations
        ],
    )  # fmt: skip
    return amendment_id


def withdraw(tx: Tx, amendment_id: UUID, *, by: UUID, at: datetime, on: date) -> bool:
    """What was changed is so until a day only; False when it was taken back already."""
    touched = tx.run(
        """
        update territory.amendment
        set withdrawn_by = %(by)s, withdrawn_at = %(at)s, withdrawn_on = %(on)s
        where amendment_id = %(id)s and withdrawn_at is null
        """,
        id=amendment_id,
        by=by,
        at=at,
        on=on,
    )
    return touched == 1


def amendments(tx: Tx, *, since: date) -> list[Amendment]:
    """What was changed, not taken back, and counts on a day or after it; the last first."""
    return tx.all(
        Amendment,
        """
        select m.amendment_id, m.kind, m.what, m.verb, m.valid_from, m.valid_to, m.reason,
               a.name as author, m.made_at
        from territory.amendment m join access.account a on a.person_id = m.made_by
        where m.withdrawn_at is null and (m.valid_to is null or m.valid_to > %(since)s)
        order by m.made_at desc, m.amendment_id limit 500
        """,
        since=since,
    )


def one(tx: Tx, amendment_id: UUID) -> list[Kept]:
    """What an amendment changes; nothing when there is none."""
    return tx.all(
        Kept,
        """
        select alteration_id, kind, subject, verb, content, valid_from, valid_to as ends_on
        from territory.alteration where amendment_id = %(id)s order by number limit 1000
        """,
        id=amendment_id,
    )

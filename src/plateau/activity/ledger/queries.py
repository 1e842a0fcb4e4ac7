"""SQL of the ledger itself; the order of its columns is part of what is proven."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import date

from plateau.activity.ledger.types import Fact, Frozen, Head, Sum
from plateau.platform.db import Tx


def held_head(tx: Tx) -> Head:
    """Where the chain stands; nobody else appends until this transaction ends."""
    return tx.one(Head, "select entry_id, digest from activity.head for update")


def head(tx: Tx) -> Head:
    """Where the chain stands."""
    return tx.one(Head, "select entry_id, digest from activity.head")


def move_head(tx: Tx, head: Head) -> None:
    """The chain stands there."""
    tx.run(
        "update activity.head set entry_id = %(entry_id)s, digest = %(digest)s",
        entry_id=head.entry_id,
        digest=head.digest,
    )


def anchors(tx: Tx) -> list[Head]:
    """Where the chain stood each time that people checked a period."""
    return tx.all(
        Head,
        """
        select distinct head_entry as entry_id, head_digest as digest
        from activity.period
        where head_entry > 0
        order by 1, 2
        limit 100000
        """,
    )


def frozen(tx: Tx) -> dict[str, date]:
    """From which day what is closed may be counted again, by subject."""
    rows = tx.all(
        Frozen, "select subject, open_from from activity.frozen order by subject limit 100000"
    )
    return {row.subject: row.open_from for row in rows}


def freeze(tx: Tx, subjects: Sequence[str], *, open_from: date) -> None:
    """Nothing more is counted before a day for these; what was closed later stays so."""
    tx.run(
        """
        insert into activity.frozen as f (subject, open_from)
        select subject, %(day)s from unnest(%(subjects)s::text[]) subject
        on conflict (subject) do update set open_from = greatest(f.open_from, excluded.open_from)
        """,
        subjects=list(subjects),
        day=open_from,
    )


def known(tx: Tx, keys: Sequence[str]) -> set[str]:
    """Those of the keys that are counted already."""
    return {*tx.values("select key from activity.entry where key = any(%(keys)s)", keys=keys)}


def add(tx: Tx, lines: Iterable[bytes]) -> None:
    """Append whole lines."""
    tx.copy_in("copy activity.entry from stdin", lines)


def lines(tx: Tx) -> Iterator[bytes | bytearray | memoryview]:
    """Every entry as COPY writes it, by number."""
    return tx.copy_out("copy (select * from activity.entry order by entry_id) to stdout")


def fact(tx: Tx, entry_id: int) -> Fact:
    """One entry as the fact that it says."""
    return tx.one(
        Fact,
        """
        select key, kind, happened_on, corrects, quantity, exam_id, version_id, exam_code, modality,
               urgency, site_id, member_id, reader_id, line_id, duty_id, complete_at, signed_at,
               starts_at, ends_at, agreement, machine, session, reader_member, session_member,
               patient_member, status, minutes, head, debit, credit, cents, reason
        from activity.entry
        where entry_id = %(id)s
        """,
        id=entry_id,
    )


def add_sums(tx: Tx, sums: Sequence[Sum]) -> None:
    """Add to what the days add up to."""
    tx.run_many(
        """
        insert into activity.daily as d
          (happened_on, kind, agreement, machine, session, exam_code, reader_member, session_member,
           patient_member, head, debit, credit, quantity, minutes, cents)
        values (%(happened_on)s, %(kind)s, %(agreement)s, %(machine)s, %(session)s, %(exam_code)s,
                %(reader_member)s, %(session_member)s, %(patient_member)s, %(head)s, %(debit)s,
                %(credit)s, %(quantity)s, %(minutes)s, %(cents)s)
        on conflict (happened_on, kind, agreement, machine, session, exam_code, reader_member,
                     session_member, patient_member, head, debit, credit)
        do update set quantity = d.quantity + excluded.quantity,
          minutes = d.minutes + excluded.minutes, cents = d.cents + excluded.cents
        """,
        [asdict(one) for one in sums],
    )


def clear_sums(tx: Tx) -> None:
    """Forget what the days add up to."""
    tx.run("delete from activity.daily")


def make_sums(tx: Tx) -> int:
    """What the days add up to, from the entries."""
    return tx.run(
        """
        insert into activity.daily
          (happened_on, kind, agreement, machine, session, exam_code, reader_member, session_member,
           patient_member, head, debit, credit, quantity, minutes, cents)
        select happened_on, kind, coalesce(agreement, ''), coalesce(machine, ''),
               coalesce(session, ''), coalesce(exam_code, ''), coalesce(reader_member, ''),
               coalesce(session_member, ''), coalesce(patient_member, ''), coalesce(head, ''),
               coalesce(debit, ''), coalesce(credit, ''), sum(quantity),
               sum(quantity * coalesce(minutes, 0)), sum(quantity * coalesce(cents, 0))
        from activity.entry
        group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
        """
    )


def count_sums(tx: Tx) -> tuple[int, int, int]:
    """What everything adds up to by the days: quantities, minutes, cents."""
    values: list[int] = tx.value(
        """
        select array[coalesce(sum(quantity), 0), coalesce(sum(minutes), 0), coalesce(sum(cents), 0)]
          ::bigint[]
        from activity.daily
        """
    )
    return values[0], values[1], values[2]

"""Appending to the ledger, correcting it, proving it."""

from collections.abc import Sequence
from datetime import date, datetime

from plateau.activity.ledger import queries, rules
from plateau.activity.ledger.types import Correction, Fact, Head, Proof
from plateau.kernel.errors import ConflictError
from plateau.platform.db import Tx


def append(tx: Tx, facts: Sequence[Fact], *, at: datetime) -> int:
    """The facts not yet counted are in the ledger, in their order; how many were not.

    What belongs to a closed period counts on the first day after it.
    The chain is held until the transaction ends: append last, and little by little.
    """
    if not facts:
        return 0
    head = queries.held_head(tx)
    known = queries.known(tx, [fact.key for fact in facts])
    wanted = {fact.key: fact for fact in facts if fact.key not in known}
    if wanted:
        frozen = queries.frozen(tx)
        new = [rules.late(fact, frozen) for fact in rules.checked(wanted.values())]
        lines, after = rules.written(new, after=head, at=at)
        queries.add(tx, lines)
        queries.add_sums(tx, rules.sums(new))
        queries.move_head(tx, after)
        tx.touch("activity")
    return len(wanted)


def correct(tx: Tx, correction: Correction, *, at: datetime) -> None:
    """An entry no longer counts, and what should have been written does, if anything."""
    old = queries.fact(tx, correction.entry_id)
    facts = rules.corrected(old, correction)
    if append(tx, facts, at=at) < len(facts):
        raise ConflictError("entry {entry} is corrected already", entry=correction.entry_id)


def entry(tx: Tx, entry_id: int) -> Fact:
    """One entry as the fact that it says."""
    return queries.fact(tx, entry_id)


def head(tx: Tx) -> Head:
    """Where the chain stands."""
    return queries.head(tx)


def hold(tx: Tx) -> Head:
    """Where the chain stands; nobody appends until the transaction ends."""
    return queries.held_head(tx)


def freeze(tx: Tx, subjects: Sequence[str], *, open_from: date) -> None:
    """What is appended about these from now on counts from that day at the earliest."""
    queries.freeze(tx, subjects, open_from=open_from)


def verify(tx: Tx, *, anchors: Sequence[Head] = ()) -> Proof:
    """Whether the entries are those that were written, all of them and nothing else.

    They are held against what people signed for too, and against `anchors` kept elsewhere.
    """
    head, signed = queries.head(tx), queries.anchors(tx)
    return rules.proven(queries.lines(tx), head=head, anchors=[*signed, *anchors])


def rebuild(tx: Tx) -> int:
    """What the days add up to is made again from the entries; how many sums there are."""
    queries.held_head(tx)
    queries.clear_sums(tx)
    return queries.make_sums(tx)

"""The drift of agreements reaches the planner, once a day and whenever the ledger changes."""

from datetime import date, datetime, timedelta

from plateau.activity.agreements import rules as arithmetic
from plateau.activity.agreements import service as agreements
from plateau.activity.agreements.types import Agreement
from plateau.activity.carry import queries, rules
from plateau.activity.counter import queries as counter_queries
from plateau.activity.counter.types import Span
from plateau.kernel.time import local
from plateau.planning import service as planning
from plateau.platform.db import Tx


def carry_over(tx: Tx, *, now: datetime) -> int:
    """The planner knows what each member had done by last night beyond its share; notes written.

    Counted from the first day of the agreement in force: what is owed is owed until it is made up
    for. Safe to run again.
    """
    on = local(now).date() - timedelta(days=1)
    return sum(_carry(tx, one, on, now) for one in agreements.agreements(tx) if _holds(one, on))


def _holds(one: Agreement, on: date) -> bool:
    return arithmetic.in_force([one], on=on) is not None


def _carry(tx: Tx, agreement: Agreement, on: date, now: datetime) -> int:
    families = planning.families(tx, machines=agreement.ae_titles, on=on)
    if not families or queries.is_told(tx, agreement.code, on=on):
        return 0
    span = Span(first_on=agreement.valid_from, last_on=on)
    found = rules.notes(agreement, span, counter_queries.rows(tx, agreement, span), families)
    planning.note_shares(tx, found, on=on, at=now)
    queries.tell(tx, agreement.code, on=on)
    return len(found)

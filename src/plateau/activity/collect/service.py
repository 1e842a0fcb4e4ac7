"""Counting what was worked, once it is over."""

from datetime import datetime, timedelta

from plateau.activity.agreements import rules as arithmetic
from plateau.activity.agreements import service as agreements
from plateau.activity.collect import queries, rules
from plateau.activity.ledger import service as ledger
from plateau.kernel.time import local
from plateau.platform.db import Tx

_BACK = timedelta(days=60)  # further back, a person enters it
_SETTLED = timedelta(hours=1)  # late changes of a roster are made by then


def collect(tx: Tx, *, now: datetime) -> int:
    """The sessions and duties of agreements in force that are over are counted; how many were not.

    Safe to run again: a post and a duty are counted once.
    """
    held = [
        one
        for one in agreements.agreements(tx)
        if arithmetic.in_force([one], on=local(now).date()) is not None
    ]
    if not held:
        return 0
    until, since = now - _SETTLED, now - _BACK
    machines = [title for one in held for title in one.ae_titles]
    lines = [line for one in held for line in one.lines]
    facts = [
        *map(rules.session, queries.sessions(tx, machines=machines, since=since, now=until)),
        *map(rules.duty, queries.duties(tx, lines=lines, since=since, now=until)),
    ]
    return ledger.append(tx, facts, at=now)

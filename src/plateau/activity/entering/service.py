"""Entering what no machine and no roster says, and taking an entry back."""

from datetime import datetime

from plateau.access import service as access
from plateau.access.types import Access
from plateau.activity.agreements.types import Agreement
from plateau.activity.entering import queries
from plateau.activity.entering.types import MONEY, SESSIONS
from plateau.activity.ledger import service as ledger
from plateau.activity.ledger.types import Correction, Fact
from plateau.kernel.caller import Caller
from plateau.kernel.errors import ConflictError, InvalidInputError, NotFoundError
from plateau.kernel.ids import LineId
from plateau.kernel.time import local
from plateau.platform.db import Tx
from plateau.territory import service as territory

_KINDS = (*SESSIONS, *MONEY, "call_out")


def enter(tx: Tx, caller: Caller, fact: Fact, *, now: datetime) -> None:
    """A fact is in the ledger; sending the same form twice counts once.

    An amount whose reference is known already is refused: ConflictError.
    """
    if not ledger.append(tx, [fact], at=now) and fact.kind in MONEY:
        raise ConflictError("{reference} is entered already", reference=fact.reason)
    done = Access(action="ledger.enter", subject=f"entry:{fact.key}", reason=fact.reason)
    access.record(tx, caller, done, at=now)


def take_back(
    tx: Tx, caller: Caller, agreement: Agreement, *, entry_id: int, reason: str, now: datetime
) -> None:
    """An entry that the agreement counts no longer does; the entry that says so points at it."""
    fact = ledger.entry(tx, entry_id)
    if fact.machine not in agreement.ae_titles and fact.agreement != agreement.code:
        raise NotFoundError("the agreement does not count this entry")
    if fact.kind == "settlement":
        raise InvalidInputError("a payment of a closed period is not taken back")
    correction = Correction(entry_id=entry_id, on=local(now).date(), reason=reason)
    ledger.correct(tx, correction, at=now)
    done = Access(action="ledger.take_back", subject=f"entry:{entry_id}", reason=reason)
    access.record(tx, caller, done, at=now)


def entered(tx: Tx, agreement: Agreement) -> list[queries.Row]:
    """What people entered for an agreement, the newest first."""
    return queries.entered(tx, agreement.code, kinds=_KINDS)


def line_id(tx: Tx, code: str, *, now: datetime) -> LineId:
    """The line of that code as it is today."""
    for one in territory.lines(tx, on=local(now).date()):
        if one.code == code:
            return one.line_id
    raise NotFoundError("no line is called {line} today", line=code or "?")

"""The counters of the agreements that somebody may see."""

from datetime import date

from plateau.activity.agreements import service as agreements
from plateau.activity.agreements.types import Agreement
from plateau.activity.counter import queries, rules
from plateau.activity.counter.types import Counter, Figure, Line, Span
from plateau.kernel.caller import Caller
from plateau.kernel.errors import NotFoundError
from plateau.platform.db import Tx


def agreement(tx: Tx, caller: Caller, code: str, *, on: date) -> Agreement:
    """An agreement as it holds on a day (or did last), of members for whom the caller answers."""
    own = [one for one in agreements.seen_by(tx, caller) if one.code == code]
    if not own:
        raise NotFoundError("there is no such agreement")
    held = [one for one in own if one.valid_from <= on]
    return held[-1] if held else own[0]


def current(tx: Tx, caller: Caller, *, on: date) -> list[Agreement]:
    """The agreements in force on a day, of members for whom the caller answers."""
    return [
        one
        for one in agreements.seen_by(tx, caller)
        if one.valid_from <= on and (one.valid_to is None or on < one.valid_to)
    ]


def counter(tx: Tx, agreement: Agreement, span: Span) -> Counter:
    """Where the parties stand over a span; fees are ranked from 1 January."""
    return rules.counter(agreement, span, queries.rows(tx, agreement, span), agreements.tariffs(tx))


def lines(tx: Tx, agreement: Agreement, figure: Figure, *, limit: int = 200) -> list[Line]:
    """The entries behind a figure, the newest first."""
    unit = figure.unit
    single = (*rules.SESSIONS, *rules.MONEY, "duty")
    kinds = rules.KINDS.get(unit) or ((unit,) if unit in single else None)
    others = unit in {*rules.MONEY, "duty"}  # paid, or held, by somebody who is no party
    known = not figure.member or figure.member in agreement.parties or others
    if kinds is None or not known:
        raise NotFoundError("there is no such figure")
    return queries.lines(tx, agreement, figure, kinds=[*kinds], limit=limit)

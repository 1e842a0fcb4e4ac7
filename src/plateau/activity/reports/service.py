"""The reports of a year, filled from the ledger; what is missing is said."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime

from plateau.activity.agreements import service as agreements
from plateau.activity.agreements.types import Agreement
from plateau.activity.counter import rules as counting
from plateau.activity.reports import queries
from plateau.activity.reports.types import KINDS, Balance, Facts, Scope, State
from plateau.activity.settlement import service as settling
from plateau.kernel.caller import Caller
from plateau.kernel.errors import NotFoundError
from plateau.kernel.time import local
from plateau.platform.db import Tx

_FIRST_YEAR = 2000


def years(*, now: datetime) -> list[int]:
    """The years that a page offers: this one and the four before."""
    return [local(now).year - back for back in range(5)]


def facts(tx: Tx, caller: Caller, kind: str, *, year: int, now: datetime) -> Facts:
    """Everything that a report of a year says, for whoever answers for a member.

    NotFoundError for anybody else, for another kind of report, and for a year to come.
    """
    today = local(now).date()
    if kind not in KINDS or not _FIRST_YEAR <= year <= today.year:
        raise NotFoundError("there is no such report")
    deals = [one for one in agreements.seen_by(tx, caller) if _holds(one, year)]
    own = {*agreements.members(tx, caller)}
    parties = {member for one in deals for member in one.parties}
    scope = Scope(
        year=year,
        first_on=date(year, 1, 1),
        last_on=min(date(year, 12, 31), today),
        members=tuple(sorted({*queries.partners(tx, sorted(own)), *parties})),
    )
    settled = list(_settled(tx, deals, scope))
    return Facts(
        scope=scope,
        held=queries.held(tx, scope),
        volumes=queries.volumes(tx, scope),
        delays=queries.delays(tx, scope),
        staff=queries.staff(tx, scope),
        spent=queries.spent(tx, scope, [one.code for one in deals]),
        lines=queries.lines(tx, scope),
        balances=_balances(settled),
        states=[_state(desk) for desk in settled],
    )


def _holds(one: Agreement, year: int) -> bool:
    return one.valid_from.year <= year and (one.valid_to is None or one.valid_to.year >= year)


def _settled(tx: Tx, deals: list[Agreement], scope: Scope) -> Iterator[settling.Desk]:
    """The periods of the year that have begun, the first one first."""
    for deal in deals:
        span = counting.span_of(deal, on=max(scope.first_on, deal.valid_from))
        while span.first_on <= scope.last_on:
            yield settling.desk(tx, deal, span)
            span = counting.span_of(deal, on=counting.after(span))


def _balances(settled: list[settling.Desk]) -> list[Balance]:
    sums: Counter[tuple[str, str, str]] = Counter()
    for desk in settled:
        for one in desk.settled.statements:
            key = (desk.agreement.code, one.member)
            sums[*key, "balance"] += one.balance_cents
            for item in one.items:
                if item.cents is not None:
                    sums[*key, item.section] += item.cents
    return [Balance(*key, cents) for key, cents in sorted(sums.items())]


def _state(desk: settling.Desk) -> State:
    return State(
        agreement=desk.agreement.code,
        first_on=desk.span.first_on,
        last_on=desk.span.last_on,
        state=desk.stored.state if desk.stored else "open",
        blockers=len(desk.settled.blockers),
        is_verified=desk.settled.is_verified,
    )

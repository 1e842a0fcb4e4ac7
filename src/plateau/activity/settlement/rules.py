"""From the facts of a period to the statement of each member, to the cent."""

import hashlib
import json
from collections import Counter as Tally
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date

from plateau.activity.agreements import rules as arithmetic
from plateau.activity.agreements.types import HEADS, Fees
from plateau.activity.counter import rules as counting
from plateau.activity.counter.types import Count
from plateau.activity.ledger.types import Fact
from plateau.activity.settlement.types import (
    MOVES,
    Blocker,
    Duty,
    Facts,
    Item,
    Period,
    Settled,
    Statement,
    Transfer,
)
from plateau.kernel.units import euros

_BY_ACTIVITY = {"sessions": "session", "exams": "exam", "minutes": "minute", "icr": "icr"}


@dataclass(slots=True)
class _Making:
    """Statements in the making."""

    facts: Facts
    counts: Mapping[str, Count]
    items: dict[str, list[Item]] = field(default_factory=dict[str, list[Item]])
    blockers: set[Blocker] = field(default_factory=set[Blocker])
    is_verified: bool = True

    def add(self, member: str, item: Item) -> None:
        self.items.setdefault(member, []).append(item)

    def parts(self, key: str) -> Mapping[str, int]:
        """What a key gives each party."""
        agreement = self.facts.agreement
        if key in _BY_ACTIVITY:
            unit = self.counts[_BY_ACTIVITY[key]]
            return {one.member: max(0, one.done) for one in unit.standings}
        fixed = {
            "shares": agreement.shares,
            "capital": agreement.capital,
            "surface": agreement.surface,
        }
        return fixed[key]

    def shared(self, section: str, what: str, cents: int, key: str, sign: int) -> None:
        """An amount shared by a key, an item for each party."""
        parts = self.parts(key)
        whole = sum(parts.values())
        if not whole:
            self.blockers.add(Blocker("no_key", f"{what} ({key})"))
            return
        for member, share in arithmetic.split(cents, parts).items():
            basis = f"{euros(cents)} x {parts[member]}/{whole} ({key})"
            self.add(member, Item(section, what, basis, None, sign * share))


def settle(facts: Facts) -> Settled:
    """What each member owes and is owed, and what still blocks the closing."""
    agreement, span = facts.agreement, facts.span
    units = {*agreement.units, *_needed(facts)}
    counts = {
        unit: counting.count(agreement, span, facts.rows, facts.tariffs, unit)
        for unit in sorted(units)
    }
    making = _Making(facts, counts)
    for member in _accounts(facts):
        making.items[member] = []
    _counters(making)
    _costs(making)
    _fees(making)
    _duties(making)
    making.blockers |= {Blocker("disputed", f"entry {number}") for number in facts.disputed}
    statements = tuple(_statement(member, items) for member, items in sorted(making.items.items()))
    return Settled(
        code=agreement.code,
        span=span,
        statements=statements,
        transfers=tuple(transfers({one.member: one.balance_cents for one in statements})),
        blockers=tuple(sorted(making.blockers)),
        is_verified=making.is_verified,
    )


def _needed(facts: Facts) -> set[str]:
    """The units that the keys in use count."""
    return {_BY_ACTIVITY[key] for key in facts.agreement.keys.values() if key in _BY_ACTIVITY}


def _accounts(facts: Facts) -> list[str]:
    agreement = facts.agreement
    others = {money.payer for money in facts.money if money.kind == "cost"}
    operator = {agreement.operator} if agreement.operator else set[str]()
    return sorted({*agreement.parties, *operator, *others})


def _statement(member: str, items: Sequence[Item]) -> Statement:
    balance = sum(item.cents or 0 for item in items if item.section in MOVES)
    return Statement(member=member, items=tuple(items), balance_cents=balance)


def _counters(making: _Making) -> None:
    for unit in making.facts.agreement.units:
        count = making.counts[unit]
        if count.unowned:
            making.blockers.add(Blocker("unowned", f"{unit} {count.unowned}"))
        if count.unpriced:
            why = "no_weight" if unit == "icr" else "unpriced"
            making.blockers.add(Blocker(why, f"{unit} {count.unpriced}"))
        for one in count.standings:
            basis = f"{one.share}/10000 x {one.total} = {_decimal(one.share * one.total)}"
            making.add(one.member, Item("counter", unit, basis, one.done, None))


def _costs(making: _Making) -> None:
    """Real costs by head and key; what they were forecast to be, and the revision that follows."""
    facts = making.facts
    real, forecast = Tally[str](), Tally[str]()
    for money in sorted(facts.money, key=lambda one: (one.payer, one.head, one.cents)):
        (real if money.kind == "cost" else forecast)[money.head] += money.cents
        if money.kind == "cost":
            basis = f"{money.head} {euros(money.cents)}"
            making.add(money.payer, Item("paid", money.head, basis, None, money.cents))
    for head in HEADS:
        key = facts.agreement.keys[head]
        if real[head]:
            making.shared("cost", head, real[head], key, -1)
        if forecast[head]:
            making.shared("forecast", head, forecast[head], key, -1)
            making.shared("revision", head, real[head] - forecast[head], key, -1)


def _fees(making: _Making) -> None:
    """Technical fees: made by the machines, received by the operator, shared by the key."""
    facts, agreement = making.facts, making.facts.agreement
    if agreement.operator is None:
        return
    made = counting.made(agreement, facts.rows)
    fees, missing = arithmetic.priced(made, facts.tariffs, agreement)
    for one in missing:
        if _inside(facts, one.day):
            making.blockers.add(Blocker("unpriced", f"{one.machine} {one.day}"))
    inside = [fee for fee in fees if _inside(facts, fee.day)]
    making.is_verified = all(fee.verified for fee in inside)
    for what, basis, count, cents in _fee_lines(inside):
        making.add(agreement.operator, Item("received", what, basis, count, -cents))
    total = sum(fee.cents for fee in inside)
    if total:
        making.shared("fee", "fees", total, agreement.keys["fee"], 1)


def _fee_lines(fees: Iterable[Fees]) -> Iterator[tuple[str, str, int, int]]:
    counts: Tally[tuple[str, date, int, bool, int]] = Tally()
    for one in fees:
        key = (one.machine, one.tariff_from, one.tier, one.is_amortised, one.unit_cents)
        counts[key] += one.count
    for (machine, since, tier, amortised, unit), count in sorted(counts.items()):
        name = f"tier {tier}" if tier else ("full, amortised" if amortised else "full")
        basis = f"{count} x {euros(unit)}, {name}, tariff of {since}"
        yield machine, basis, count, count * unit


def _duties(making: _Making) -> None:
    """The duties held and what they pay: it goes to people, and stays out of the balance."""
    agreement = making.facts.agreement
    if agreement.duty_pay is None:
        return
    ordered = sorted(making.facts.duties, key=lambda duty: (duty.starts_at, duty.entry_id))
    for duty in ordered:
        status = agreement.same_pay or duty.status
        tables = (
            one for one in making.facts.pay if (one.pay, one.status) == (agreement.duty_pay, status)
        )
        table = arithmetic.in_force(tables, on=duty.starts_at.date())
        if table is None:
            making.blockers.add(Blocker("no_pay", f"entry {duty.entry_id} ({status or '?'})"))
            continue
        making.is_verified &= table.verified
        making.add(duty.member, _paid(duty, table.status, arithmetic.pay(
            duty.starts_at, duty.ends_at, table)))  # fmt: skip


def _paid(duty: Duty, status: str, parts: Sequence[arithmetic.PaidPart]) -> Item:
    path = " + ".join(
        f"{part.part} {euros(part.full_cents)} x {part.minutes}/{part.of_minutes}" for part in parts
    )
    basis = f"entry {duty.entry_id}, {status}: {path or 'nothing is paid then'}"
    minutes = int((duty.ends_at - duty.starts_at).total_seconds()) // 60
    return Item("duty", duty.line, basis, minutes, sum(part.cents for part in parts))


def transfers(balances: Mapping[str, int]) -> list[Transfer]:
    """Who pays whom so that every balance is zero: the largest debt to the largest credit first."""
    owes = {member: -cents for member, cents in balances.items() if cents < 0}
    owed = {member: cents for member, cents in balances.items() if cents > 0}
    found: list[Transfer] = []
    while owes and owed:
        payer = min(owes, key=lambda member: (-owes[member], member))
        payee = min(owed, key=lambda member: (-owed[member], member))
        cents = min(owes[payer], owed[payee])
        found.append(Transfer(payer, payee, cents))
        for side, member in ((owes, payer), (owed, payee)):
            side[member] -= cents
            if not side[member]:
                del side[member]
    return found


def document(settled: Settled) -> str:
    """The settlement as everybody signs for it: always the same text for the same facts."""
    values = asdict(settled)
    return json.dumps(values, sort_keys=True, ensure_ascii=False, default=date.isoformat)


def digest(document: str) -> bytes:
    """What is signed for."""
    return hashlib.sha256(document.encode()).digest()


def booked(settled: Settled, period: Period, *, on: date) -> list[Fact]:
    """The payments that a closed period moves, as the ledger says them."""
    return [
        Fact(
            key=f"settlement:{period.period_id}:{number}",
            kind="settlement",
            happened_on=on,
            agreement=settled.code,
            debit=one.payer,
            credit=one.payee,
            cents=one.cents,
            reason=f"{settled.span.first_on} {settled.span.last_on}",
        )
        for number, one in enumerate(settled.transfers)
    ]


def _inside(facts: Facts, day: date) -> bool:
    return facts.span.first_on <= day <= facts.span.last_on


def _decimal(ten_thousandths: int) -> str:
    """A number of ten-thousandths, without the zeros at its end."""
    whole, rest = divmod(ten_thousandths, 10_000)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".")

"""Periods: checked, signed by each party, closed; the same facts give the same bytes."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4, uuid5

from pydantic import TypeAdapter

from plateau.activity.agreements import service as agreements
from plateau.activity.agreements.types import Agreement
from plateau.activity.counter import queries as counter_queries
from plateau.activity.counter import rules as counting
from plateau.activity.counter.types import Span
from plateau.activity.ledger import service as ledger
from plateau.activity.settlement import queries, rules
from plateau.activity.settlement.types import Dispute, Facts, Period, Settled, Signature
from plateau.kernel.caller import Caller
from plateau.kernel.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    RuleBrokenError,
)
from plateau.kernel.time import local
from plateau.platform.db import Tx

_PERIODS = UUID("8f0f2b1e-5a0c-5d4e-9a54-1f6f3f4a9c11")
_SETTLED = TypeAdapter(Settled)
_SHOWN = {"month": 24, "quarter": 8, "year": 2}
_NAMED = 5  # blockers said in a refusal; the page shows all


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A period as managers see it; `stored` is none while it is open."""

    agreement: Agreement
    span: Span
    settled: Settled
    stored: Period | None
    signatures: tuple[Signature, ...]
    disputes: tuple[Dispute, ...]
    is_changed: bool  # what was checked is no longer what the ledger says


def settle(tx: Tx, agreement: Agreement, span: Span) -> Settled:
    """What the ledger says that each member owes and is owed."""
    facts = Facts(
        agreement=agreement,
        span=span,
        rows=tuple(counter_queries.rows(tx, agreement, span)),
        money=tuple(queries.money(tx, agreement, span)),
        duties=tuple(queries.duties(tx, agreement, span)),
        disputed=tuple(queries.disputed(tx, agreement.code, span)),
        tariffs=tuple(agreements.tariffs(tx)),
        pay=tuple(agreements.duty_pay(tx)),
    )
    return rules.settle(facts)


def desk(tx: Tx, agreement: Agreement, span: Span) -> Desk:
    """A period and who signed: as it stands, or as it was closed."""
    stored = queries.period(tx, agreement.code, span.first_on)
    if stored is not None and stored.state == "closed":
        settled, same = _SETTLED.validate_json(stored.document), True
    else:
        settled = settle(tx, agreement, span)
        same = stored is not None and rules.digest(rules.document(settled)) == stored.digest
    return Desk(
        agreement=agreement,
        span=span,
        settled=settled,
        stored=stored,
        signatures=tuple(queries.signatures(tx, stored)) if stored else (),
        disputes=tuple(queries.disputes(tx, agreement.code, span)),
        is_changed=stored is not None and not same,
    )


def spans(agreement: Agreement, *, today: date) -> list[Span]:
    """The period of today and those before it, back to the beginning, two years at most."""
    found = [counting.span_of(agreement, on=today)]
    while len(found) < _SHOWN[agreement.period] and found[-1].first_on > agreement.valid_from:
        found.append(counting.before(agreement, found[-1]))
    return found


def states(tx: Tx, agreement: Agreement) -> dict[date, str]:
    """Where the periods of an agreement are, by first day; those that are open are left out."""
    return {one.first_on: one.state for one in queries.periods(tx, agreement.code)}


def check(tx: Tx, caller: Caller, agreement: Agreement, span: Span, *, at: datetime) -> Period:
    """The settlement is ready to be signed: nothing blocks it and nobody disputes it."""
    _check_over(agreement, span, at=at)
    stored = queries.period(tx, agreement.code, span.first_on)
    if stored is not None and stored.state == "closed":
        raise ConflictError("the period from {day} is closed already", day=span.first_on)
    settled = settle(tx, agreement, span)
    _check_blockers(settled)
    text, head = rules.document(settled), ledger.head(tx)
    period = Period(
        period_id=uuid5(_PERIODS, f"{agreement.code}:{span.first_on}"),
        agreement=agreement.code,
        first_on=span.first_on,
        last_on=span.last_on,
        state="checked",
        document=text,
        digest=rules.digest(text),
        head_entry=head.entry_id,
        head_digest=head.digest,
        checked_by=caller.person_id,
        checked_at=at,
        closed_by=None,
        closed_at=None,
    )
    queries.put_period(tx, period)
    tx.touch("activity")
    return period


def sign(
    tx: Tx, caller: Caller, agreement: Agreement, span: Span, *, member: str, at: datetime
) -> None:
    """A party signs what was checked, by somebody who answers for it."""
    if member not in agreement.parties or member not in agreements.members(tx, caller):
        raise NotFoundError("you do not answer for this member")
    period = _unchanged(tx, agreement, span)
    if period.state == "checked":
        queries.add_signature(tx, period, member=member, person_id=caller.person_id, at=at)
        tx.touch("activity")


def close(tx: Tx, caller: Caller, agreement: Agreement, span: Span, *, at: datetime) -> Period:
    """The period is frozen and its payments are in the ledger; closing it again changes nothing.

    All of it is one transaction: a closing that was interrupted has done nothing.
    """
    stored = queries.period(tx, agreement.code, span.first_on)
    if stored is not None and stored.state == "closed":
        return stored
    _check_order(tx, agreement, span)
    ledger.hold(tx)
    period = _unchanged(tx, agreement, span)
    signed = {one.member for one in queries.signatures(tx, period)}
    missing = [member for member in agreement.parties if member not in signed]
    if missing:
        raise RuleBrokenError("{members} has not signed yet", members=", ".join(missing))
    settled = settle(tx, agreement, span)
    ledger.append(tx, rules.booked(settled, period, on=local(at).date()), at=at)
    ledger.freeze(tx, _subjects(agreement), open_from=counting.after(span))
    queries.close(tx, period.period_id, person_id=caller.person_id, at=at)
    return period


def dispute(
    tx: Tx, caller: Caller, agreement: Agreement, *, entry_id: int, reason: str, at: datetime
) -> None:
    """An entry is disputed: its period cannot be closed until somebody answers."""
    if not reason.strip():
        raise InvalidInputError("say why the entry is disputed")
    fact = ledger.entry(tx, entry_id)
    if fact.machine not in agreement.ae_titles and fact.agreement != agreement.code:
        raise NotFoundError("the agreement does not count this entry")
    found = Dispute(uuid4(), entry_id, reason.strip(), caller.name, at)
    queries.add_dispute(tx, found, code=agreement.code, person_id=caller.person_id)
    tx.touch("activity")


def answer(
    tx: Tx, caller: Caller, agreement: Agreement, *, dispute_id: UUID, text: str, at: datetime
) -> None:
    """A dispute is answered, and blocks no more."""
    if not text.strip():
        raise InvalidInputError("say what was decided")
    if not queries.answer_dispute(
        tx, dispute_id, code=agreement.code, answer=text.strip(), person_id=caller.person_id, at=at
    ):
        raise ConflictError("the dispute is answered already")
    tx.touch("activity")


def _subjects(agreement: Agreement) -> list[str]:
    return [
        f"agreement:{agreement.code}",
        *(f"machine:{title}" for title in agreement.ae_titles),
        *(f"line:{line}" for line in agreement.lines),
    ]


def _unchanged(tx: Tx, agreement: Agreement, span: Span) -> Period:
    """The period as it was checked; RuleBrokenError when it was not, or says something else now."""
    period = queries.period(tx, agreement.code, span.first_on)
    if period is None:
        raise RuleBrokenError("the period from {day} is not checked yet", day=span.first_on)
    if period.state == "checked":
        settled = settle(tx, agreement, span)
        _check_blockers(settled)
        if rules.digest(rules.document(settled)) != period.digest:
            raise ConflictError("the figures have changed since they were checked: check again")
    return period


def _check_blockers(settled: Settled) -> None:
    if settled.blockers:
        named = ", ".join(f"{one.why}: {one.item}" for one in settled.blockers[:_NAMED])
        raise RuleBrokenError(
            "{n} lines block the closing: {named}", n=len(settled.blockers), named=named
        )


def _check_over(agreement: Agreement, span: Span, *, at: datetime) -> None:
    if local(at).date() <= span.last_on:
        raise RuleBrokenError("the period ends on {day} only", day=span.last_on)
    if span.last_on < agreement.valid_from:
        raise RuleBrokenError("the agreement holds from {day} only", day=agreement.valid_from)


def _check_order(tx: Tx, agreement: Agreement, span: Span) -> None:
    """Periods close one after the other, so that what comes late has where to go."""
    before = counting.before(agreement, span)
    if before.last_on < agreement.valid_from:
        return
    stored = queries.period(tx, agreement.code, before.first_on)
    if stored is None or stored.state != "closed":
        raise RuleBrokenError("close the period from {day} first", day=before.first_on)

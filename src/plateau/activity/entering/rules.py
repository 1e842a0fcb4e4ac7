"""From what people enter to facts of the ledger; each refusal names what is wrong."""

import re
from datetime import date, datetime, timedelta
from uuid import UUID

from plateau.activity.agreements.types import HEADS, Agreement
from plateau.activity.entering.types import MONEY, SESSIONS, CallOut, Money, Session
from plateau.activity.ledger.types import Fact
from plateau.kernel.errors import InvalidInputError
from plateau.kernel.time import instant, local

MARK = "entered"  # how the keys of what people enter begin
_REASONED = ("session_given_up", "session_lent", "session_refused")
_EUROS = re.compile(r"(\d{1,9})(?:[.,](\d{1,2}))?")
_LONGEST = timedelta(hours=24)


def session(agreement: Agreement, one: Session, *, token: UUID) -> Fact:
    """What became of a session. A session lent counts for who used it, one given up for nobody.

    Whoever refuses, lends or gives up says by which written criterion (code de commerce, L. 420-1:
    partners that compete share nothing without one).
    """
    if one.kind not in SESSIONS:
        raise InvalidInputError("say what became of the session")
    _check_day(agreement, one.on)
    if one.machine not in agreement.ae_titles:
        raise InvalidInputError("{code} does not count {machine}", code=agreement.code,
                                machine=one.machine or "?")  # fmt: skip
    _check_party(agreement, one.session_member)
    user = one.reader_member or one.session_member
    if one.kind == "session_lent" and user == one.session_member:
        raise InvalidInputError("a session is lent to another member")
    if one.kind in _REASONED and not one.reason.strip():
        raise InvalidInputError("say by which criterion of the agreement")
    return Fact(
        key=f"{MARK}:{token}",
        kind=one.kind,
        happened_on=one.on,
        agreement=agreement.code,
        machine=one.machine,
        session=one.machine,
        session_member=one.session_member,
        reader_member=user,
        patient_member=one.session_member,
        reason=one.reason.strip() or None,
    )


def call_out(agreement: Agreement, one: CallOut, *, token: UUID) -> Fact:
    """Somebody on call had to come: it counts for the intensity of the line."""
    if one.line not in agreement.lines:
        raise InvalidInputError("{code} does not count the line {line}", code=agreement.code,
                                line=one.line or "?")  # fmt: skip
    if not timedelta() < one.ends_at - one.starts_at <= _LONGEST:
        raise InvalidInputError("a call-out ends after it began, within 24 hours")
    day = local(one.starts_at).date()
    _check_day(agreement, day)
    return Fact(
        key=f"{MARK}:{token}",
        kind="call_out",
        happened_on=day,
        agreement=agreement.code,
        line_id=one.line_id,
        session=one.line,
        reader_member=one.reader_member or None,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        minutes=int((one.ends_at - one.starts_at).total_seconds()) // 60,
        reason=one.reason.strip() or None,
    )


def money(agreement: Agreement, one: Money) -> Fact:
    """A cost that a member paid for the others too, or what a head is forecast to cost.

    It is known by its reference: the same invoice is not counted twice.
    """
    if one.kind not in MONEY:
        raise InvalidInputError("an amount is a cost or a forecast")
    _check_day(agreement, one.on)
    if one.head not in HEADS:
        raise InvalidInputError("no head of costs is called {head}", head=one.head or "?")
    if one.payer not in payers(agreement):
        raise InvalidInputError("{member} pays nothing of {code}", member=one.payer or "?",
                                code=agreement.code)  # fmt: skip
    if not one.reference.strip():
        raise InvalidInputError("give the number of the invoice or of the budget line")
    return Fact(
        key=f"{one.kind}:{agreement.code}:{one.reference.strip()}",
        kind=one.kind,
        happened_on=one.on,
        agreement=agreement.code,
        head=one.head,
        debit=one.payer,
        credit=f"common:{agreement.code}",
        cents=one.cents,
        reason=one.reference.strip(),
    )


def payers(agreement: Agreement) -> list[str]:
    """The members who may have paid for all."""
    operator = [agreement.operator] if agreement.operator else []
    return [*dict.fromkeys([*agreement.parties, *operator])]


def cents(text: str) -> int:
    """Euros as people write them, `1 234,50`, in cents; InvalidInputError for anything else."""
    found = _EUROS.fullmatch(re.sub(r"\s", "", text).removesuffix("€"))
    if found is None:
        raise InvalidInputError("this is not an amount: write it as 1234.50")
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))


def _check_day(agreement: Agreement, day: date) -> None:
    if day < agreement.valid_from or (agreement.valid_to and day >= agreement.valid_to):
        raise InvalidInputError("{code} does not hold on {day}", code=agreement.code, day=day)


def _check_party(agreement: Agreement, member: str) -> None:
    if member not in agreement.parties:
        raise InvalidInputError("{member} is no party to {code}", member=member or "?",
                                code=agreement.code)  # fmt: skip


def moment(text: str) -> datetime:
    """A local date and time as a form sends it, in UTC; InvalidInputError for anything else."""
    try:
        said = datetime.fromisoformat(text)
        return instant(said.date(), said.time())
    except ValueError as error:
        raise InvalidInputError("this is not a date and a time") from error

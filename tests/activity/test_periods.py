"""Periods: open, checked, signed by each party, closed and frozen."""

from datetime import UTC, date, datetime

import pytest

from activity import sarthe
from plateau.activity.agreements import service as agreements
from plateau.activity.agreements.types import Agreement
from plateau.activity.counter import rules as counting
from plateau.activity.counter.types import Span
from plateau.activity.entering import rules as entering
from plateau.activity.entering.types import Money
from plateau.activity.ledger import service as ledger
from plateau.activity.ledger.types import Correction
from plateau.activity.settlement import rules, service
from plateau.kernel.caller import Caller
from plateau.kernel.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    RuleBrokenError,
)
from plateau.platform.db import Db, Tx

AT = datetime(2026, 10, 5, 8, tzinfo=UTC)
DAY = date(2026, 8, 1)


class Office:
    """The third quarter of the Sarthe; the two before are closed, empty."""

    def __init__(self, tx: Tx) -> None:
        sarthe.load(tx)
        sarthe.fill(tx)
        self.chm: Caller = sarthe.manager(tx, "CHM")
        self.cjb: Caller = sarthe.manager(tx, "CJB")
        (self.agreement,) = agreements.agreements(tx)
        self.span: Span = counting.span_of(self.agreement, on=DAY)
        for month in (1, 4):
            early = counting.span_of(self.agreement, on=date(2026, month, 1))
            service.check(tx, self.chm, self.agreement, early, at=AT)
            self.signed(tx, early)
            service.close(tx, self.cjb, self.agreement, early, at=AT)

    def signed(self, tx: Tx, span: Span) -> None:
        for caller, member in ((self.chm, "CHM"), (self.cjb, "CJB")):
            service.sign(tx, caller, self.agreement, span, member=member, at=AT)

    def facts(self, tx: Tx, agreement: Agreement) -> None:
        staff = Money(kind="cost", on=DAY, head="staff", payer="CHM", cents=1_000_01, reference="1")
        ledger.append(tx, [entering.money(agreement, staff)], at=AT)


@pytest.fixture
def office(db: Db) -> Office:
    with db.begin() as tx:
        return Office(tx)


def closed(db: Db, office: Office) -> None:
    with db.begin() as tx:
        office.facts(tx, office.agreement)
        service.check(tx, office.chm, office.agreement, office.span, at=AT)
        office.signed(tx, office.span)
        service.close(tx, office.chm, office.agreement, office.span, at=AT)


def test_a_period_closes_once_both_have_signed_and_moves_what_is_owed(
    db: Db, office: Office
) -> None:
    closed(db, office)

    with db.begin() as tx:
        desk = service.desk(tx, office.agreement, office.span)
        assert desk.stored
        assert desk.stored.state == "closed"
        by = {one.member: one.balance_cents for one in desk.settled.statements}
        moved = tx.values(
            "select debit || '>' || credit || ' ' || cents from activity.entry"
            " where kind = 'settlement' order by entry_id"
        )
        assert moved == [f"{one.payer}>{one.payee} {one.cents}" for one in desk.settled.transfers]
        assert sum(by.values()) == 0
        assert by["CCS"] == -21 * 900_00  # it received the fees
        assert ledger.verify(tx).faults == ()


def test_closing_again_changes_nothing_and_recomputing_gives_the_same_bytes(
    db: Db, office: Office
) -> None:
    closed(db, office)
    with db.begin() as tx:
        head = ledger.head(tx)

        again = service.close(tx, office.cjb, office.agreement, office.span, at=AT)

        assert ledger.head(tx) == head
        settled = service.settle(tx, office.agreement, office.span)
        assert rules.document(settled) == again.document
    with pytest.raises(ConflictError, match="closed already"), db.begin() as tx:
        service.check(tx, office.chm, office.agreement, office.span, at=AT)


def test_what_comes_after_closing_falls_in_the_next_period(db: Db, office: Office) -> None:
    closed(db, office)
    with db.begin() as tx:
        before = service.desk(tx, office.agreement, office.span)
        number = tx.value("select min(entry_id) from activity.entry where kind = 'fee'")

        ledger.correct(tx, Correction(entry_id=number, on=DAY, reason="not made"), at=AT)
        ledger.append(tx, sarthe.sessions("CJB", 1, 9, kind="session_made_up"), at=AT)

        assert not service.desk(tx, office.agreement, office.span).is_changed
        assert before.stored
        late = tx.values(
            "select distinct happened_on from activity.entry"
            " where corrects is not null or kind = 'session_made_up'"
        )
        assert late == [date(2026, 10, 1)]


def test_an_interrupted_closing_has_done_nothing(db: Db, office: Office) -> None:
    with db.begin() as tx:
        office.facts(tx, office.agreement)
        service.check(tx, office.chm, office.agreement, office.span, at=AT)
        office.signed(tx, office.span)
        head = ledger.head(tx)
    with db.begin() as tx:
        service.close(tx, office.chm, office.agreement, office.span, at=AT)
        tx.connection.rollback()
    with db.begin() as tx:
        assert ledger.head(tx) == head
        service.close(tx, office.chm, office.agreement, office.span, at=AT)
        assert ledger.head(tx).entry_id > head.entry_id


def test_who_has_not_signed_is_named(db: Db, office: Office) -> None:
    with db.begin() as tx:
        service.check(tx, office.chm, office.agreement, office.span, at=AT)
        service.sign(tx, office.chm, office.agreement, office.span, member="CHM", at=AT)
        service.sign(tx, office.chm, office.agreement, office.span, member="CHM", at=AT)

    with pytest.raises(RuleBrokenError, match="CJB has not signed"), db.begin() as tx:
        service.close(tx, office.chm, office.agreement, office.span, at=AT)
    with pytest.raises(NotFoundError), db.begin() as tx:
        service.sign(tx, office.chm, office.agreement, office.span, member="CJB", at=AT)


def test_a_change_after_the_check_voids_it(db: Db, office: Office) -> None:
    with db.begin() as tx:
        service.check(tx, office.chm, office.agreement, office.span, at=AT)
        service.sign(tx, office.chm, office.agreement, office.span, member="CHM", at=AT)
        office.facts(tx, office.agreement)
        assert service.desk(tx, office.agreement, office.span).is_changed

    with pytest.raises(ConflictError, match="check again"), db.begin() as tx:
        service.sign(tx, office.cjb, office.agreement, office.span, member="CJB", at=AT)
    with db.begin() as tx:
        service.check(tx, office.chm, office.agreement, office.span, at=AT)
        assert service.desk(tx, office.agreement, office.span).signatures == ()


def test_a_disputed_line_blocks_and_is_named_until_it_is_answered(db: Db, office: Office) -> None:
    with db.begin() as tx:
        service.dispute(tx, office.cjb, office.agreement, entry_id=1, reason="not ours", at=AT)
    with pytest.raises(RuleBrokenError, match="disputed: entry 1"), db.begin() as tx:
        service.check(tx, office.chm, office.agreement, office.span, at=AT)
    with pytest.raises(InvalidInputError), db.begin() as tx:
        service.dispute(tx, office.cjb, office.agreement, entry_id=2, reason=" ", at=AT)

    with db.begin() as tx:
        (one,) = service.desk(tx, office.agreement, office.span).disputes
        service.answer(
            tx, office.chm, office.agreement, dispute_id=one.dispute_id, text="it is", at=AT
        )
        service.check(tx, office.chm, office.agreement, office.span, at=AT)


def test_periods_close_in_order_and_after_their_end(db: Db, office: Office) -> None:
    last = counting.span_of(office.agreement, on=date(2026, 12, 1))
    with pytest.raises(RuleBrokenError, match="2026-12-31"), db.begin() as tx:
        service.check(tx, office.chm, office.agreement, last, at=AT)
    late = datetime(2027, 1, 4, tzinfo=UTC)
    with db.begin() as tx:
        service.check(tx, office.chm, office.agreement, last, at=late)
        office.signed(tx, last)
    with pytest.raises(RuleBrokenError, match="2026-07-01 first"), db.begin() as tx:
        service.close(tx, office.chm, office.agreement, last, at=late)

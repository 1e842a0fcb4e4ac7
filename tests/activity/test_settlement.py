"""The settlement: balances cancel out, order changes nothing, what blocks is named."""

from dataclasses import replace
from datetime import UTC, date, datetime
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from activity.test_counter import SHARED, rows
from activity.test_money import CT, PRIVATE
from plateau.activity.counter.types import Row, Span
from plateau.activity.settlement import rules
from plateau.activity.settlement.types import Blocker, Duty, Facts, Money

QUARTER = Span(first_on=date(2026, 1, 1), last_on=date(2026, 3, 31))
AGREEMENT = replace(
    SHARED,
    owner="reader",
    operator="GIE",
    lines=("GARDE",),
    keys={
        "staff": "minutes",
        "equipment": "capital",
        "premises": "surface",
        "others": "exams",
        "fee": "sessions",
    },
    capital={"A": 2500, "B": 2500, "C": 5000},
    surface={"A": 100_00, "B": 33_33, "C": 66_67},
    duty_pay="GARDE",
)
money = st.lists(
    st.builds(
        Money,
        kind=st.sampled_from(["cost", "forecast"]),
        head=st.sampled_from(["staff", "equipment", "premises", "others"]),
        payer=st.sampled_from(["A", "B", "C", "GIE"]),
        cents=st.integers(0, 10**9),
    ),
    max_size=12,
)
NIGHT = Duty(
    7, "GARDE", datetime(2026, 2, 3, 19, tzinfo=UTC), datetime(2026, 2, 4, 7, tzinfo=UTC), "B",
    "private",
)  # fmt: skip
FACTS = Facts(
    agreement=AGREEMENT, span=QUARTER, rows=(), money=(), duties=(), disputed=(), tariffs=(CT,),
    pay=(PRIVATE,),
)  # fmt: skip


def act(kind: str, member: str, n: int = 1, day: date = date(2026, 2, 2)) -> Row:
    return Row(day, kind, "CT_1", "CT", "TDM", member, member, "A", n, 10 * n)


@given(rows, money, st.randoms(use_true_random=False))
def test_balances_cancel_out_and_permuting_entries_changes_nothing(
    some: list[Row], paid: list[Money], random: Random
) -> None:
    settled = rules.settle(replace(FACTS, rows=tuple(some), money=tuple(paid)))

    unshared = {one.item.split(" ")[0] for one in settled.blockers if one.why == "no_key"}
    if not unshared:
        assert sum(one.balance_cents for one in settled.statements) == 0
        after = {one.member: one.balance_cents for one in settled.statements}
        for one in settled.transfers:
            after[one.payer] += one.cents
            after[one.payee] -= one.cents
        assert not any(after.values())
    other = tuple(random.sample(paid, len(paid)))
    mixed = replace(FACTS, rows=tuple(random.sample(some, len(some))), money=other)
    assert rules.document(rules.settle(mixed)) == rules.document(settled)


@given(rows, money)
def test_each_amount_shared_is_shared_whole(some: list[Row], paid: list[Money]) -> None:
    settled = rules.settle(replace(FACTS, rows=tuple(some), money=tuple(paid)))

    shared = [item for one in settled.statements for item in one.items if item.section == "cost"]
    for head in {item.what for item in shared}:
        total = sum(one.cents for one in paid if (one.kind, one.head) == ("cost", head))
        assert sum(item.cents or 0 for item in shared if item.what == head) == -total


def test_a_statement_says_the_path_from_inputs_to_amount() -> None:
    facts = replace(
        FACTS,
        rows=(act("session_held", "A", 3), act("session_held", "B", 1), act("fee", "A", 5)),
        money=(Money("cost", "equipment", "C", 100_01), Money("forecast", "equipment", "C", 90_00)),
        duties=(NIGHT,),
    )

    settled = rules.settle(facts)

    by = {one.member: one for one in settled.statements}
    assert settled.blockers == ()
    assert not settled.is_verified  # the tariff is not
    items = {(one.section, one.what): one for one in by["B"].items}
    assert items["cost", "equipment"].basis == "100.01 x 2500/10000 (capital)"
    assert items["cost", "equipment"].cents == -25_00
    assert items["revision", "equipment"].cents == -2_50
    assert items["duty", "GARDE"].cents == 422_00
    assert "whole 422.00 x 720/720" in items["duty", "GARDE"].basis
    fee_total = 3 * 93_53 + 2 * 54_68
    assert items["fee", "fees"].basis == f"{fee_total / 100:.2f} x 1/4 (sessions)"
    received = [one.basis for one in by["GIE"].items if one.section == "received"]
    assert received == ["3 x 93.53, full, tariff of 2018-07-01",
                        "2 x 54.68, tier 1, tariff of 2018-07-01"]  # fmt: skip


def test_whatever_blocks_the_closing_is_named() -> None:
    lost = replace(act("reading", "A"), exam_code="AUTRE", reader_member="")
    no_tariff = replace(CT, valid_to=date(2026, 2, 1))
    facts = replace(
        FACTS,
        rows=(lost, act("fee", "A")),
        money=(Money("cost", "staff", "A", 5),),
        duties=(replace(NIGHT, status="unknown"),),
        disputed=(12,),
        tariffs=(no_tariff,),
    )

    found = rules.settle(facts).blockers

    assert {*found} >= {
        Blocker("disputed", "entry 12"),
        Blocker("no_pay", "entry 7 (unknown)"),
        Blocker("unowned", "exam 1"),
        Blocker("no_weight", "icr 1"),
        Blocker("unpriced", "CT_1 2026-02-02"),
        Blocker("no_key", "staff (minutes)"),
    }


def test_everybody_is_paid_alike_where_the_agreement_says_so() -> None:
    alike = replace(AGREEMENT, same_pay="private")
    facts = replace(FACTS, agreement=alike, duties=(replace(NIGHT, status="hospital"),))

    settled = rules.settle(facts)

    assert settled.blockers == ()
    (duty,) = (one for by in settled.statements for one in by.items if one.section == "duty")
    assert duty.cents == 422_00

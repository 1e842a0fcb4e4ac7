"""What the ledger says of shared sessions is what the next roster's targets begin from."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activity import sarthe
from activity.test_collect import MORNING, a_post
from activity.test_money import AGREEMENT
from plateau.activity.carry import rules, service
from plateau.activity.counter.types import Row, Span
from plateau.activity.ledger import service as ledger
from plateau.kernel.ids import MemberId
from plateau.planning import building, plan_queries
from plateau.planning import service as planning
from plateau.planning.publication.service import viewing
from plateau.planning.roster.rules.fair import share_deviations
from plateau.planning.types import ShareNote
from plateau.platform.db import Tx

ON = datetime(2026, 10, 1, 8, tzinfo=UTC)  # all of September is counted
QUARTER = date(2026, 10, 5)


def member(tx: Tx, code: str) -> MemberId:
    return tx.value("select member_id from territory.member where code = %(code)s", code=code)


def carried(tx: Tx, first: date = QUARTER) -> dict[MemberId, float]:
    (share,) = building.problem(tx, first=first, last=first).shares
    return dict(share.carried)


@pytest.fixture
def drifted(tx: Tx) -> Tx:
    """CHM held 23 sessions and CJB 17: three sessions are owed."""
    sarthe.load(tx)
    ledger.append(tx, [*sarthe.sessions("CHM", 23, 8), *sarthe.sessions("CJB", 17, 9)], at=ON)
    return tx


def test_a_member_owed_three_sessions_gets_them_in_the_target_of_the_next_roster(
    drifted: Tx,
) -> None:
    tx = drifted
    assert service.carry_over(tx, now=ON) == 2

    chm, cjb = member(tx, "CHM"), member(tx, "CJB")
    assert carried(tx) == {chm: 3.0, cjb: -3.0}
    (share,) = building.problem(tx, first=QUARTER, last=QUARTER).shares
    targets = {
        who: target for who, (_, target) in share_deviations(share, {chm: 6, cjb: 6}).items()
    }
    assert targets == {chm: 3.0, cjb: 9.0}


def test_the_page_of_equity_says_what_is_carried_and_who_counted_it(drifted: Tx) -> None:
    tx = drifted
    service.carry_over(tx, now=ON)
    (shown,) = viewing.shared(building.problem(tx, first=QUARTER, last=QUARTER), frozenset())

    names = plan_queries.members(tx)
    owed = {names[member(tx, "CHM")]: 3.0, names[member(tx, "CJB")]: -3.0}
    assert {name: carried for name, _, _, carried in shown.rows} == owed
    assert [done for _, _, done, _ in shown.rows] == [0, 0]
    source, day = building.shares_said(tx, before=QUARTER)["MN"]
    assert source.startswith("MN-50-50, 2026-01-01")
    assert day == date(2026, 9, 30)


def test_it_is_said_once_a_day_and_again_when_the_ledger_changes(drifted: Tx) -> None:
    tx = drifted
    assert service.carry_over(tx, now=ON) == 2
    assert service.carry_over(tx, now=ON) == 0
    ledger.append(tx, sarthe.fees("CHM", 3, 9), at=ON)
    assert service.carry_over(tx, now=ON) == 0  # no session among them
    ledger.append(tx, sarthe.sessions("CJB", 2, 9, kind="session_made_up"), at=ON)
    assert service.carry_over(tx, now=ON) == 2
    assert carried(tx)[member(tx, "CJB")] == -2.0
    assert service.carry_over(tx, now=ON + timedelta(days=1)) == 2


def test_a_roster_of_days_before_the_count_does_not_know_it(drifted: Tx) -> None:
    service.carry_over(drifted, now=ON)

    assert carried(drifted, date(2026, 9, 30)) == {}


def test_what_is_published_after_the_count_counts_too(drifted: Tx) -> None:
    tx = drifted
    service.carry_over(tx, now=ON)
    a_post(tx, machine="TEP_1", login="sarthe5")  # of CJB, on 25 October

    before = carried(tx, MORNING.date())
    after = carried(tx, MORNING.date() + timedelta(days=1))

    assert before[member(tx, "CJB")] == -3.0
    assert after[member(tx, "CJB")] == -2.0


def test_a_day_that_is_said_again_is_corrected(drifted: Tx) -> None:
    tx = drifted
    note = ShareNote(family="MN", member="CHM", sessions=1.0, source="essai")
    for sessions in (1.0, 4.0):
        planning.note_shares(tx, [replace(note, sessions=sessions)], on=date(2026, 9, 30), at=ON)
    assert carried(tx) == {member(tx, "CHM"): 4.0}


counts = st.integers(0, 200)


@given(counts, counts, counts)
def test_the_notes_of_a_family_add_up_to_zero(chm: int, cjb: int, other: int) -> None:
    span = Span(first_on=date(2026, 1, 1), last_on=date(2026, 3, 31))
    row = Row(date(2026, 2, 1), "session_held", "TEP_1", "PT", "", "CHM", "CHM", "CCS", chm, 0)
    rows = [
        row,
        replace(row, session_member="CJB", quantity=cjb),
        replace(row, machine="OTHER", quantity=other),
    ]

    halves = replace(AGREEMENT, parties=("CHM", "CJB"), shares={"CHM": 50_00, "CJB": 50_00})
    found = rules.notes(halves, span, rows, {"MN": ["TEP_1"]})

    assert sum(one.sessions for one in found) == pytest.approx(0)
    assert bool(found) is bool(chm + cjb)
    if found:
        assert {one.member: one.sessions for one in found}["CHM"] == pytest.approx((chm - cjb) / 2)

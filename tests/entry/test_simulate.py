"""Invented months of the two territories with agreements: filled, closed, found again."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from plateau.activity.agreements import service as agreements
from plateau.activity.counter import queries as counted
from plateau.activity.counter import rules as counting
from plateau.activity.ledger import service as ledger
from plateau.activity.settlement import service as settlement
from plateau.entry import territory_file
from plateau.entry.simulate import run
from plateau.platform.db import Db

NOW = datetime(2026, 7, 15, 8, tzinfo=UTC)
FOLDER = Path(__file__).parents[2] / "territories"


@pytest.mark.parametrize(("name", "months"), [("sarthe", 3), ("carpentras", 2)])
def test_months_are_filled_closed_and_never_twice(db: Db, name: str, months: int) -> None:
    file = territory_file.read(FOLDER / f"{name}.toml")
    territory_file.loaded(db, file, at=NOW)

    said = run.simulated(db, file, months=months, seed=1, now=NOW)

    assert len(said) == 3  # entries, two quarters closed
    with db.begin() as tx:
        head = ledger.head(tx)
        assert head.entry_id > 1000
        assert ledger.verify(tx).faults == ()
        (agreement,) = agreements.agreements(tx)
        span = counting.span_of(agreement, on=NOW.date())
        before = counting.before(agreement, span)
        desk = settlement.desk(tx, agreement, before)
        assert desk.stored
        assert desk.stored.state == "closed"
        assert {one.member for one in desk.signatures} == {*agreement.parties}
        assert sum(one.balance_cents for one in desk.settled.statements) == 0
        rows = counted.rows(tx, agreement, before)
        assert {row.kind for row in rows} >= {"session_held", "session_lent", "reading", "fee"}
    run.simulated(db, file, months=months, seed=1, now=NOW)
    with db.begin() as tx:
        assert ledger.head(tx) == head

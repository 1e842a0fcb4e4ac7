"""Rules read with their sources, and decided otherwise by a coordinator, in pages."""

from datetime import date, timedelta

import pytest
from fastapi.testclient import TestClient

from planning.publication.little import BEFORE, FIRST, LAST, a_pool
from planning.publication.test_pages import Stage
from plateau.kernel.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    RuleBrokenError,
)
from plateau.planning import building
from plateau.planning.publication.queries import versions
from plateau.planning.publication.service import ruling
from plateau.planning.publication.types import Decision
from plateau.planning.roster import file, law
from plateau.planning.roster.check import decided
from plateau.planning.roster.rules.catalogue import RULES
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db, Tx

FEBRUARY = date(2027, 2, 1)


@pytest.fixture
def stage(db: Db, blobs: Blobs) -> Stage:
    return Stage(db, blobs)


def a_decision(rule: str = "weekly_rest", **other: object) -> Decision:
    values: dict[str, object] = {
        "first": FEBRUARY, "last": None, "is_on": True, "is_hard": True, "weight": 0,
        "numbers": {}, "source": "réunion du 12 janvier", **other,
    }  # fmt: skip
    return Decision(rule=rule, **values)  # pyright: ignore[reportArgumentType]


def held(tx: Tx, rule: str, on: date) -> ruling.Ruling:
    return next(
        one for group in ruling.rulings(tx, on=on) for one in group.rules if one.code == rule
    )


def test_every_rule_of_the_catalogue_is_shown_with_its_source(tx: Tx) -> None:
    shown = [one for group in ruling.rulings(tx, on=FIRST) for one in group.rules]

    assert [one.code for one in shown] == [*RULES]
    assert all(one.holds and one.holds.source for one in shown)


def test_a_rule_switched_off_by_law_mid_period_is_off_from_that_day_only(tx: Tx) -> None:
    boss = a_pool(tx).coordinator
    ruling.decide(tx, boss, a_decision(is_on=False), now=BEFORE)

    eve, day = (held(tx, "weekly_rest", on) for on in (FEBRUARY - timedelta(days=1), FEBRUARY))

    assert eve.holds
    assert eve.holds.is_on
    assert day.holds
    assert not day.holds.is_on
    assert day.decided[0].author == "Camille RÉGUL"
    found = decided(building.problem(tx, first=FIRST, last=FEBRUARY), "weekly_rest")
    assert found(FEBRUARY) is None
    assert found(FIRST) is not None


def test_the_last_word_holds_and_is_taken_back_once(tx: Tx) -> None:
    boss = a_pool(tx).coordinator
    ruling.decide(tx, boss, a_decision(numbers={"hours": 35}), now=BEFORE)
    later = BEFORE + timedelta(hours=1)
    last = ruling.decide(tx, boss, a_decision(is_hard=False, weight=7), now=later)

    now = held(tx, "weekly_rest", FEBRUARY).holds
    assert now
    assert (now.is_hard, now.weight, now.numbers["hours"]) == (False, 7, 36)

    ruling.withdraw(tx, boss, last, now=later)
    before = held(tx, "weekly_rest", FEBRUARY).holds
    assert before
    assert before.numbers["hours"] == 35
    with pytest.raises(ConflictError):
        ruling.withdraw(tx, boss, last, now=later)


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        (a_decision("no_such_rule"), NotFoundError),
        (a_decision("one_place", is_on=False), RuleBrokenError),
        (a_decision(last=FEBRUARY - timedelta(days=1)), InvalidInputError),
        (a_decision(source="  "), InvalidInputError),
        (a_decision(is_hard=False), InvalidInputError),
        (a_decision(numbers={"days": 1}), InvalidInputError),
        (a_decision(numbers={"hours": float("nan")}), InvalidInputError),
        (a_decision(numbers={"hours": -1}), InvalidInputError),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused(
    tx: Tx, wanted: Decision, error: type[Exception]
) -> None:
    boss = a_pool(tx).coordinator
    with pytest.raises(error):
        ruling.decide(tx, boss, wanted, now=BEFORE)
    assert building.settings(tx) == law.settings()


def test_only_a_coordinator_decides(tx: Tx) -> None:
    pool = a_pool(tx)
    with pytest.raises(RuleBrokenError):
        ruling.decide(tx, pool.doctor(0), a_decision(), now=BEFORE)


def test_the_page_decides_shows_who_and_says_which_roster_is_behind(stage: Stage, db: Db) -> None:
    boss: TestClient = stage.boss
    form = {"rule": "weekly_rest", "first": f"{FIRST}", "is_on": "true", "is_hard": "true",
            "name": ["hours"], "value": ["35"], "source": "accord du 3 janvier"}  # fmt: skip
    page = boss.post("/roster/rules", data=form)
    assert "accord du 3 janvier" in page.text
    assert "was read with other rules" in page.text
    boss.post("/roster/build/period", data={"first": f"{FIRST}", "last": f"{LAST}"})
    with db.begin() as tx:
        problem = file.read_problem(versions.problem(tx, stage.period.period_id))
    found = decided(problem, "weekly_rest")(FIRST)
    assert found
    assert found.numbers["hours"] == 35
    assert "was read with other rules" not in boss.get(f"/roster/rules?on={FIRST}").text


def test_everybody_reads_the_rules_and_only_a_coordinator_has_the_form(stage: Stage) -> None:
    page = stage.as_(stage.pool.doctor(0)).get("/roster/rules")
    assert page.status_code == 200
    assert "read at its source" in page.text
    assert "Decide otherwise" not in page.text

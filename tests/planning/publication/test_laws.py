"""What each rule asks, where that was read, and what was not."""

from planning.publication.little import BEFORE, a_period, a_pool
from plateau.planning.publication.service import desk, viewing
from plateau.planning.roster import law
from plateau.planning.roster.sources import SOURCES
from plateau.platform.db import Tx


def test_every_rule_says_its_source_and_what_was_not_read_is_said(tx: Tx) -> None:
    period = a_period(tx, a_pool(tx))
    found = {
        one.setting.rule: one
        for one in viewing.laws(desk.of_period(tx, period.period_id, now=BEFORE).problem)
    }

    assert all(one.says and one.setting.source for one in found.values())
    facts = {"known", "one_place"}
    read = {code for code, one in found.items() if one.setting.is_verified} - facts
    assert all(
        "Hopitalex" in found[code].setting.source or "MACSF" in found[code].setting.source
        for code in read
    )
    assert {"daily_rest", "half_days", "week_hours", "weekly_rest"} <= read
    assert not {"employee_week", "daily_rest_private", "rest_equal", "in_one_go"} & read
    inferred = [one.setting.source for one in found.values() if "inference" in one.setting.source]
    assert len(inferred) >= 6


def test_every_source_of_the_law_file_is_a_text_that_is_translated() -> None:
    assert {one.source for one in law.settings()} == SOURCES

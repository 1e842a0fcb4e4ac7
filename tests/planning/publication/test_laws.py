"""What each rule asks, where that was read, and what was not."""

from planning.publication.little import BEFORE, a_period, a_pool
from plateau.planning.publication.service import desk, viewing
from plateau.platform.db import Tx


def test_every_rule_says_its_source_and_what_was_not_read_is_said(tx: Tx) -> None:
    period = a_period(tx, a_pool(tx))
    found = {
        law.setting.rule: law
        for law in viewing.laws(desk.of_period(tx, period.period_id, now=BEFORE).problem)
    }

    assert all(law.says and law.setting.source for law in found.values())
    facts = {"known", "one_place"}
    read = {code for code, law in found.items() if law.setting.is_verified} - facts
    assert all(
        "Hopitalex" in found[code].setting.source or "MACSF" in found[code].setting.source
        for code in read
    )
    assert {"daily_rest", "half_days", "week_hours", "weekly_rest"} <= read
    assert not {"employee_week", "daily_rest_private", "rest_equal", "in_one_go"} & read
    inferred = [law.setting.source for law in found.values() if "inference" in law.setting.source]
    assert len(inferred) >= 6

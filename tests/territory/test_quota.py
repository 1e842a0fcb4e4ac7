"""How much members may keep, as the territory file says it."""

from datetime import UTC, date, datetime

import pytest

from plateau.platform.db import Tx
from plateau.territory import file, service
from territory.broken import SMALL, broken

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
NAME = 'name = "Membre"'


def quotas(tx: Tx, text: str) -> list[str]:
    service.load(tx, file.parse(text, "essai.toml"), at=AT)
    return tx.values(
        """
        select concat_ws(' ', gb, valid_from, valid_to) from territory.quota order by valid_from
        """
    )


def test_a_quota_holds_as_long_as_its_member(tx: Tx) -> None:
    assert quotas(tx, SMALL.replace(NAME, f"{NAME}\nquota_gb = 500")) == ["500 2020-01-01"]


def test_a_quota_that_changes_has_dates_and_one_that_leaves_the_file_ends(tx: Tx) -> None:
    dated = (
        "quota_gb = [{ gb = 500, valid_to = 2026-01-01 }, { gb = 0.5, valid_from = 2026-01-01 }]"
    )
    text = SMALL.replace(NAME, f"{NAME}\n{dated}")
    assert quotas(tx, text) == ["500 2020-01-01 2026-01-01", "0.5 2026-01-01"]
    ended = f"0.5 2026-01-01 {date(2026, 11, 23)}"
    assert quotas(tx, SMALL) == ["500 2020-01-01 2026-01-01", ended]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ('"much"', "member.quota_gb.gb is not a number"),
        ("true", "member.quota_gb.gb is not a number"),
        ("nan", "member.quota_gb.gb is not a number"),
        ("inf", "member.quota_gb.gb is not a number"),
        ("0", "member.quota_gb.gb must be more than 0"),
        ("-5", "member.quota_gb.gb must be more than 0"),
        ("2_000_000", "member.quota_gb.gb must be 1000000 at most"),
        ("[{ valid_from = 2026-01-01 }]", "member.quota_gb.gb is missing"),
        ("[{ gb = 1, until = 2026-01-01 }]", "unknown key member.quota_gb.until"),
    ],
)
def test_a_quota_that_cannot_be_is_named_by_its_line(value: str, reason: str) -> None:
    line = f"quota_gb = {value}"
    assert broken(NAME, f"{NAME}\n{line}") == [(line, reason)]


def test_quotas_that_overlap_or_end_before_they_begin_are_named() -> None:
    overlap = "quota_gb = [\n{ gb = 1 },\n{ gb = 2, valid_from = 2026-01-01 },\n]"
    ((line, reason),) = broken(NAME, f"{NAME}\n{overlap}")
    assert line == "{ gb = 2, valid_from = 2026-01-01 },"
    assert reason.startswith("M quota_gb: the period from 2026-01-01 overlaps the one at line ")

    backward = "quota_gb = [{ gb = 1, valid_from = 2026-01-01, valid_to = 2025-01-01 }]"
    ((line, reason),) = broken(NAME, f"{NAME}\n{backward}")
    assert line == backward
    assert reason == "ends on 2025-01-01, not after its start on 2026-01-01"

"""Agreements, tariffs and pay in a territory file: each fault is named, with its line."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateau.platform.clock import now
from plateau.platform.db import Tx
from plateau.territory import deal_checks, file, service
from plateau.territory.parts import Dated
from plateau.territory.types import Problem
from territory.broken import SMALL

HERE = Path(__file__).parents[2] / "territories"
SOUND = (
    SMALL
    + """
[[member]]
code = "N"
name = "Autre membre"
valid_from = 2020-01-01
[[session]]
code = "CT-A"
name = "Scanner"
site = "A"
machine = "CT_A"
family = "CT"
days = ["mon"]
valid_from = 2025-01-01
[[agreement]]
code = "AC"
name = "Scanner partagé"
parties = ["M", "N"]
machines = [{ ae_title = "CT_A", installed = 2016-01-01 }]
shares = { M = 33.33, N = 66.67 }
unit = "session"
also = ["icr"]
owner = "session"
tolerance = 2
weights = { TDM = 12.5 }
operator = "M"
keys = { equipment = "capital" }
capital = { M = 50, N = 50 }
duty_pay = "GARDE"
valid_from = 2026-01-01
[[tariff]]
modality = "CT"
reference = 10
full = 93.53
full_amortised = 69.38
thresholds = [20]
reduced = [54.68, 41.88]
source = "essai"
valid_from = 2025-01-01
[[duty_pay]]
code = "GARDE"
status = "hospital"
whole = 422.03
early = 211.01
deep = 211.01
source = "essai"
valid_from = 2025-01-01
"""
)
AGAIN = """
[[agreement]]
code = "BIS"
name = "Le même scanner"
parties = ["M", "N"]
machines = [{ ae_title = "CT_A" }]
shares = { M = 50, N = 50 }
unit = "exam"
owner = "reader"
tolerance = 2
valid_from = 2026-06-01
"""
days = st.integers(0, 40).map(lambda n: date(2026, 1, 1) + timedelta(days=n))


def found(text: str) -> list[Problem]:
    return file.read(text, "essai.toml")[1]


def _days(since: date, until: date) -> list[date]:
    return [since + timedelta(days=n) for n in range((until - since).days)]


def _holds(table: Dated, day: date) -> bool:
    return table.valid_from <= day and (table.valid_to is None or day < table.valid_to)


@given(st.lists(st.tuples(days, st.none() | days), max_size=5), st.tuples(days, days).map(sorted))
def test_the_first_gap_is_the_one_that_counting_days_finds(
    periods: list[tuple[date, date | None]], asked: list[date]
) -> None:
    tables = [Dated(valid_from=since, valid_to=until) for since, until in periods]
    since, until = asked

    gap = deal_checks.first_gap(tables, since=since, until=until)

    bare = [day for day in _days(since, until) if not any(_holds(one, day) for one in tables)]
    assert gap == (bare[0] if bare else None)


@pytest.mark.parametrize("name", ["sarthe.toml", "carpentras.toml"])
def test_the_territories_that_ship_are_sound(name: str) -> None:
    _, wrong = file.read((HERE / name).read_text("utf-8"), name)

    assert wrong == []


def test_a_sound_agreement_is_accepted() -> None:
    assert found(SOUND) == []


@pytest.mark.parametrize(
    ("before", "after", "words", "at"),
    [
        ("M = 33.33", "M = 33.34", "shares add up to 100.01, not to 100", "[[agreement]]"),
        ("{ M = 50, N = 50 }", "{ M = 60, N = 50 }", "capital add up to 110", "[[agreement]]"),
        ("{ M = 50, N = 50 }", "{ M = 100 }", "capital name each party once", "[[agreement]]"),
        ("M = 33.33", "M = 33.333", "two decimals at most", "shares = "),
        ('owner = "session"\n', "", "agreement.owner is missing", "[[agreement]]"),
        ('machine = "CT_A"\n', "", "acts on CT_A have no owner", "owner = "),
        ("TDM = 12.5", "XYZ = 12.5", "the exam TDM has no weight", "weights = "),
        ('ae_title = "CT_A", ', 'ae_title = "CT_B", ', "no machine has the code CT_B", "machines"),
        ("full = 93.53", "full = -93.53", "an amount is never negative", "full = "),
        ("early = 211.01", "early = -1", "an amount is never negative", "early = "),
        ('operator = "M"', 'operator = "Z"', "no member has the code Z", "operator = "),
        ('"CT"\nreference = 10', '"CT"\nvalid_to = 2026-03-01\nreference = 10',
         "AC: no tariff CT holds on 2026-03-01", "[[agreement]]"),
        ('code = "GARDE"\n', 'code = "AUTRE"\n', "AC: no duty_pay GARDE", "[[agreement]]"),
        ("thresholds = [20]", "thresholds = [20, 30]", "one reduced amount more", "[[tariff]]"),
        ("reference = 10", "reference = 30", "the first threshold is not below", "[[tariff]]"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line(before: str, after: str, words: str, at: str) -> None:
    assert SOUND.count(before) == 1
    text = SOUND.replace(before, after)

    wrong = [problem for problem in found(text) if words in str(problem.reason)]

    assert wrong, [str(problem.reason) for problem in found(text)]
    assert text.splitlines()[wrong[0].line - 1].startswith(at)


def test_a_machine_is_counted_by_one_agreement_at_a_time() -> None:
    (problem,) = found(SOUND + AGAIN)

    assert "agreement machine CT_A: the period from 2026-06-01 overlaps" in str(problem.reason)
    ended = SOUND.replace("duty_pay = ", "valid_to = 2026-06-01\nduty_pay = ")
    assert found(ended + AGAIN) == []


def test_agreements_load_and_a_second_time_nothing_changes(tx: Tx) -> None:
    parsed = file.parse((HERE / "sarthe.toml").read_text("utf-8"), "sarthe.toml")

    changes = service.load(tx, parsed, at=now())

    kinds = [change.code.split()[0] for change in changes if change.kind == "agreed"]
    assert kinds == ["agreement", "tariff"]
    assert service.load(tx, parsed, at=now()) == []

"""The matching rules of DICOM, without a database."""

import re
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateau.images.search import matching
from plateau.images.search.matching import Clocks, Days
from plateau.kernel.errors import InvalidInputError

letters = st.text("abAÉé^*?[].%_\\", max_size=8)


def reference(wanted: str, value: str) -> bool:
    """Wildcards, one character after the other."""
    if not wanted:
        return not value
    if wanted[0] == "*":
        return any(reference(wanted[1:], value[at:]) for at in range(len(value) + 1))
    return bool(value) and wanted[0] in {"?", value[0]} and reference(wanted[1:], value[1:])


@given(letters.filter(lambda wanted: not matching.is_universal(wanted)), letters)
def test_wildcards_match_what_they_say(wanted: str, value: str) -> None:
    assert matching.text_matches(wanted, value) == reference(wanted, value)


@given(letters)
def test_a_pattern_of_sql_escapes_what_is_no_wildcard(wanted: str) -> None:
    pieces: list[str] = re.findall(r"\\.|.", matching.like(wanted))
    back: dict[str, str] = {"%": "*", "_": "?"}
    assert "".join(back.get(one, one[-1]) for one in pieces) == wanted


@given(st.text(max_size=30))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert matching.fold(matching.fold(text)) == matching.fold(text)


@given(st.dates(), st.dates(), st.dates())
def test_a_day_is_in_the_range_that_holds_it(first: date, last: date, day: date) -> None:
    first, last = sorted((first, last))
    found = matching.days(
        "StudyDate", f"{first}".replace("-", "") + "-" + f"{last}".replace("-", "")
    )
    assert found == Days(first, last)
    assert matching.day_matches(found, day) == (first <= day <= last)


@pytest.mark.parametrize(
    ("wanted", "matches"),
    [
        ("DUPONT", True),
        ("dupönt^eve", True),
        ("DUPONT^", True),
        ("^Ève", True),
        ("DUP*", True),
        ("*EVE*", True),
        ("*PONT", True),
        ("DUPON", False),
        ("EVE", False),
        ("DUPONT^EVE^Marie", False),
    ],
)
def test_a_name_is_compared_by_component(wanted: str, matches: bool) -> None:
    assert matching.name_matches(wanted, "Dupônt^Ève") == matches


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("10", Clocks(time(10), time(10, 59, 59, 999999))),
        ("1030-", Clocks(time(10, 30), None)),
        ("-10:30:05", Clocks(None, time(10, 30, 5, 999999))),
        ("103005.5", Clocks(time(10, 30, 5, 500000), time(10, 30, 5, 599999))),
    ],
)
def test_a_time_is_as_precise_as_it_is_given(wanted: str, found: Clocks) -> None:
    assert matching.clocks("StudyTime", wanted) == found


@pytest.mark.parametrize("wanted", ["2026", "20260230", "20261101-20261001", "x-", "--"])
def test_a_date_without_sense_is_refused_by_name(wanted: str) -> None:
    with pytest.raises(InvalidInputError, match="StudyDate"):
        matching.days("StudyDate", wanted)

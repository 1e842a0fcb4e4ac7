from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateau.web import formats
from plateau.web.language import speaking

AT = datetime(2026, 11, 22, 13, 5, tzinfo=UTC)  # 14:05 in Bayonne


@pytest.mark.parametrize(
    ("language", "clock", "day", "long_day", "number"),
    [
        ("fr", "22/11 14:05", "22/11/2026", "dimanche 22 novembre 2026", "1\u202f250,5"),
        ("en", "22 Nov 14:05", "22 Nov 2026", "Sunday, November 22, 2026", "1,250.5"),
    ],
)
def test_dates_and_numbers_follow_the_language(
    language: str, clock: str, day: str, long_day: str, number: str
) -> None:
    with speaking(language):
        assert formats.clock(AT) == clock
        assert formats.day(AT) == day
        assert formats.long_day(AT) == long_day
        assert formats.number(1250.5, 1) == number


def test_a_date_of_birth_does_not_depend_on_the_hour() -> None:
    with speaking("fr"):
        assert formats.day(date(1950, 2, 3)) == "03/02/1950"
        assert formats.day(datetime(2026, 11, 22, 23, 30, tzinfo=UTC)) == "23/11/2026"


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(seconds=45), "45 s"),
        (timedelta(minutes=12, seconds=59), "12 min"),
        (timedelta(hours=2, minutes=5), "2 h 05"),
        (timedelta(hours=47, minutes=59), "47 h 59"),
        (timedelta(days=3), "3 j"),
        (-timedelta(minutes=8), "−8 min"),
        (None, "—"),
    ],
)
def test_durations_read_as_people_say_them(span: timedelta | None, text: str) -> None:
    with speaking("fr"):
        assert formats.duration(span).replace("\u202f", " ") == text


@given(st.dates(date(1900, 1, 1), date(2026, 11, 22)))
def test_an_age_is_the_number_of_birthdays(born_on: date) -> None:
    with speaking("en"):
        number, unit = formats.age(born_on, date(2026, 11, 22)).split("\u202f")
    birthdays = 2026 - born_on.year - ((born_on.month, born_on.day) > (11, 22))
    assert (unit == "y") is (birthdays >= 2)
    if unit == "y":
        assert int(number) == birthdays
    elif unit == "mo":
        assert max(1, birthdays * 12) <= int(number) < (birthdays + 1) * 12
    else:
        assert int(number) <= 30


@pytest.mark.parametrize(
    ("born_on", "text"),
    [
        (date(2000, 11, 23), "25 ans"),
        (date(2000, 11, 22), "26 ans"),
        (date(2025, 11, 23), "11 mois"),
        (date(2026, 10, 23), "30 j"),
        (date(2026, 10, 22), "1 mois"),
        (date(2026, 11, 22), "0 j"),
    ],
)
def test_ages_around_a_birthday(born_on: date, text: str) -> None:
    with speaking("fr"):
        assert formats.age(born_on, date(2026, 11, 22)) == text.replace(" ", "\u202f")

"""Rests, at their edges."""

from dataclasses import replace
from datetime import date, time

import pytest

from planning.roster.build import (
    ALWAYS,
    LINE,
    afternoon,
    alone,
    codes,
    day_duty,
    decided,
    later,
    morning,
    night,
    on,
    person,
    post,
    words,
)
from plateau.planning.roster import law
from plateau.planning.roster.types import Assignment, Half, Kind, Person, Setting, Span, Status

TECHNOLOGIST = person("Inès POCHOIR", status=Status.HOSPITAL_TECHNOLOGIST)
PRIVATE_TECHNOLOGIST = person("Paul CALQUE", status=Status.PRIVATE_TECHNOLOGIST)
PRIVATE = person("Dr Iban DÉCOR", status=Status.PRIVATE)


@pytest.mark.parametrize(
    ("who", "minutes", "rule"),
    [
        (person(), 11 * 60, "daily_rest"),
        (PRIVATE, 11 * 60, "daily_rest_private"),
        (PRIVATE_TECHNOLOGIST, 11 * 60, "daily_rest_employee"),
        (TECHNOLOGIST, 12 * 60, "daily_rest_technologist"),
    ],
)
def test_a_rest_of_the_length_owed_is_enough_and_one_minute_less_is_not(
    who: Person, minutes: int, rule: str
) -> None:
    late = post(on(0), time(14), time(20))
    start = later(time(20), minutes)
    enough = alone([late, post(on(1), start, time(12, 59))], who)
    short = alone([late, post(on(1), later(start, -1), time(12, 59))], who)

    assert codes(enough) == set()
    assert codes(short) == {rule}
    assert f"rests {minutes // 60 - 1} h 59 " in words(short, rule)


def test_a_technologist_rests_eleven_hours_once_it_is_decided_by_derogation() -> None:
    numbers = {"hours": 12.0, "derogation_hours": 11.0, "by_derogation": 1.0}
    settings = decided("daily_rest_technologist", span=ALWAYS, numbers=numbers)
    posts = [post(on(0), time(12), time(19, 30)), post(on(1), time(6, 30), time(14))]

    assert codes(alone(posts, TECHNOLOGIST)) == {"daily_rest_technologist"}
    assert codes(alone(posts, TECHNOLOGIST, settings=settings)) == set()


def test_a_day_and_its_night_may_last_24_hours_and_not_one_minute_more() -> None:
    night_of_day = night(on(5))
    exact = alone([day_duty(on(5)), night_of_day])
    longer = alone([replace(day_duty(on(5)), starts_at=night_of_day.starts_at.replace(
        hour=6, minute=59)), night_of_day])  # fmt: skip

    assert codes(exact) == set()
    assert codes(longer) == {"in_one_go"}


def test_after_24_hours_the_rest_is_of_24_hours() -> None:
    whole = [day_duty(on(4)), night(on(4))]

    assert codes(alone([*whole, post(on(6), time(8), time(12))])) == set()
    short = alone([*whole, post(on(6), time(7, 59), time(12))])
    assert codes(short) == {"rest_equal"}
    assert "rests 23 h 59 " in words(short, "rest_equal")


def test_after_a_night_from_18_to_8_the_rest_is_of_14_hours() -> None:
    long_night = night(on(0), time(18))

    assert codes(alone([long_night, post(on(1), time(22), time(23, 30))], PRIVATE)) == set()
    assert codes(alone([long_night, post(on(1), time(21, 59), time(23, 30))], PRIVATE)) == {
        "rest_long_night"
    }


def test_nobody_works_in_the_morning_after_a_night() -> None:
    assert codes(alone([night(on(0)), morning(on(1))])) == {"daily_rest"}


def test_clocks_changing_in_march_shorten_a_night_and_the_rest_is_counted_in_hours() -> None:
    saturday = date(2027, 3, 27)  # the clocks go forward in the night
    late = post(saturday, time(14), time(20))

    assert codes(alone([late, post(date(2027, 3, 28), time(8), time(12))])) == set()
    assert codes(alone([late, post(date(2027, 3, 28), time(7), time(12))])) == {"daily_rest"}


def test_clocks_changing_in_october_lengthen_a_night_and_what_is_owed_after_it() -> None:
    saturday = date(2027, 10, 30)  # the clocks go back in the night: it lasts 15 h from 18:00
    after = [post(date(2027, 10, 31), time(22), time(23, 30))]

    found = alone([night(saturday, time(18)), *after])
    assert codes(found) == {"rest_equal"}
    assert "15 h are owed" in words(found, "rest_equal")


def test_a_rule_switched_off_by_law_mid_period_no_longer_holds_from_that_day() -> None:
    short = [(post(on(n), time(14), time(20)), post(on(n + 1), time(6, 59), time(12)))
             for n in (0, 7)]  # fmt: skip
    until = on(7)
    span = Span(first=date(2000, 1, 1), last=until)
    rule = Setting(rule="daily_rest", span=span, numbers={"hours": 11}, source="essai")
    settings = (*(one for one in law.settings() if one.rule != "daily_rest"), rule)

    found = alone([one for pair in short for one in pair], settings=settings)
    assert [one.on for one in found if one.rule == "daily_rest"] == [on(1)]


def test_work_of_the_weeks_before_is_rested_from_and_not_judged() -> None:
    before = night(on(-1))
    someone = person()
    held = (before, Assignment(before.post_id, someone.person_id))

    assert codes(alone([morning(on(0))], someone, before=(held,))) == {"daily_rest"}
    other = night(on(-2))
    twice = (held, (other, Assignment(other.post_id, someone.person_id)))
    assert codes(alone([morning(on(2))], someone, before=twice)) == set()


def test_a_technologist_works_12_hours_a_day_at_most() -> None:
    assert codes(alone([post(on(0), time(7), time(19))], TECHNOLOGIST)) == set()
    assert codes(alone([post(on(0), time(7), time(19, 1))], TECHNOLOGIST)) == {"technologist_day"}


def test_a_technologist_rests_36_hours_in_a_row_each_week() -> None:
    week = [post(on(day), time(8), time(14)) for day in range(4)]
    saturday = post(on(5), time(6), time(8))

    friday = post(on(4), time(8), time(14))
    found = alone([*week, friday, saturday, post(on(6), time(20), time(21))], TECHNOLOGIST)
    assert "weekly_rest" not in codes(found)
    found = alone([*week, friday, saturday, post(on(6), time(19, 59), time(21))], TECHNOLOGIST)
    assert "weekly_rest" in codes(found)
    assert "rests 35 h 59 in a row" in words(found, "weekly_rest")


def test_a_technologist_has_four_days_of_rest_in_a_fortnight() -> None:
    kept = [*range(5), *range(7, 12)]
    fewer = [*kept, 5, 12, 6]

    assert codes(alone([post(on(day), time(8), time(14)) for day in kept], TECHNOLOGIST)) == set()
    found = alone([post(on(day), time(8), time(11)) for day in fewer], TECHNOLOGIST)
    assert "fortnight_rest" in codes(found)
    assert "1 days of rest" in words(found, "fortnight_rest")


def test_two_of_these_days_are_together_with_a_sunday() -> None:
    apart = [0, 1, 3, 4, 5, 7, 8, 10, 11, 12]  # Wednesdays and Sundays off, never two together
    found = alone([post(on(day), time(8), time(12)) for day in apart], TECHNOLOGIST)

    assert "fortnight_rest" in codes(found)


def test_an_evening_on_call_and_a_session_of_the_day_are_one_stretch() -> None:
    evening = post(on(0), time(18, 30), time(23, 30), kind=Kind.DUTY, half=Half.NIGHT,
                   line_id=LINE)  # fmt: skip

    assert codes(alone([morning(on(0)), afternoon(on(0)), evening])) == set()
    tired = alone([morning(on(0)), evening, morning(on(1))])
    assert codes(tired) == {"daily_rest", "rest_equal"}


def test_a_week_before_a_long_leave_has_its_rest() -> None:
    days = [post(on(day), time(8), time(14)) for day in range(6)]

    found = alone([*days, post(on(21), time(8), time(14))], TECHNOLOGIST)

    assert "weekly_rest" not in codes(found)

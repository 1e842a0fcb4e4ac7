"""Hours, half-days and duties, at their edges."""

from datetime import date, time

import pytest

from planning.roster.build import (
    ALWAYS,
    afternoon,
    alone,
    codes,
    contracted,
    morning,
    night,
    on,
    person,
    post,
    words,
)
from plateau.planning.roster.types import Assignment, Contract, Person, Span, Status

TECHNOLOGIST = person("Inès POCHOIR", status=Status.HOSPITAL_TECHNOLOGIST)
EMPLOYEE = person("Paul CALQUE", status=Status.PRIVATE_TECHNOLOGIST)
VOLUNTEER = person("Dr Xabi ESSAI", contracts=contracted(takes_extra=True))


def test_ten_half_days_are_a_week_and_eleven_are_for_volunteers() -> None:
    week = [half(on(day)) for day in range(5) for half in (morning, afternoon)]
    eleven = [*week, morning(on(5))]

    assert codes(alone(week)) == set()
    found = alone(eleven)
    assert codes(found) == {"half_days"}
    assert "works 11 half-days" in words(found, "half_days")
    paid = alone(eleven, VOLUNTEER)
    assert codes(paid) == set()
    assert [one.cost for one in paid if one.rule == "extra_time"] == [20.0]


def test_a_night_counts_two_half_days() -> None:
    eight = [half(on(day)) for day in range(4) for half in (morning, afternoon)]

    assert codes(alone([*eight, night(on(4))])) == set()
    assert "half_days" in codes(alone([*eight, night(on(4)), night(on(6))]))


@pytest.mark.parametrize(("share", "most"), [(0.8, 8), (0.5, 5)])
def test_half_days_are_in_proportion_to_the_contract(share: float, most: int) -> None:
    who = person("Dr Maddi CONTE", contracts=contracted(share))
    week = [half(on(day)) for day in range(5) for half in (morning, afternoon)]

    assert codes(alone(week[:most], who)) == set()
    assert codes(alone(week[: most + 1], who)) == {"half_days"}


def test_days_of_leave_take_their_half_days_off() -> None:
    who = person("Dr Peio FABLE", leave=(Span(first=on(0), last=on(1)),))
    rest = [half(on(day)) for day in range(2, 5) for half in (morning, afternoon)]

    assert codes(alone(rest, who)) == set()
    assert codes(alone([*rest, morning(on(5))], who)) == {"half_days"}


def test_48_hours_a_week_are_an_average_over_the_weeks_known() -> None:
    long = [post(on(day), time(8), time(20)) for day in range(4)]  # 48 h
    more = [*long, post(on(4), time(8), time(8, 1))]
    lighter = morning(on(7))

    assert codes(alone(long, VOLUNTEER)) == set()
    assert codes(alone(more, VOLUNTEER)) == {"week_hours"}
    assert codes(alone([*more, lighter], VOLUNTEER)) == set()


def test_the_weeks_before_count_in_the_average() -> None:
    before = [post(on(day), time(8), time(20)) for day in range(-7, -2)]  # 60 h
    held = tuple((one, Assignment(one.post_id, VOLUNTEER.person_id)) for one in before)
    now = [post(on(day), time(8), time(20)) for day in range(3)]  # 36 h

    assert codes(alone(now, VOLUNTEER, before=held)) == set()
    found = alone([*now, post(on(4), time(8), time(9))], VOLUNTEER, before=held)
    assert codes(found) == {"week_hours"}
    assert "works 97 h in the 2 weeks" in words(found, "week_hours")


def test_a_window_of_four_months_moves_over_a_longer_period() -> None:
    heavy = [post(on(7 * week + day), time(8), time(20)) for week in range(17) for day in range(4)]
    extra = post(on(7 * 16 + 4), time(8), time(9))
    tail = morning(on(7 * 19))

    found = alone([*heavy, extra, tail], VOLUNTEER)
    assert [one.on for one in found if one.rule == "week_hours"] == [on(7 * 16 + 6)]


def test_a_technologist_works_44_hours_a_week_without_extra_time_and_48_with() -> None:
    week = [post(on(day), time(8), time(16, 48)) for day in range(5)]  # 44 h
    longer = [*week, post(on(5), time(8), time(8, 1))]
    paid = person(
        "Marc PATRON", contracts=contracted(status=Status.HOSPITAL_TECHNOLOGIST, takes_extra=True)
    )
    full = [post(on(day), time(8), time(17, 36)) for day in range(5)]  # 48 h

    assert codes(alone(week, TECHNOLOGIST)) == set()
    assert codes(alone(longer, TECHNOLOGIST)) == {"technologist_week"}
    assert codes(alone(full, paid)) == set()
    assert codes(alone([*full, post(on(5), time(8), time(8, 1))], paid)) == {
        "technologist_seven_days"
    }


def test_seven_days_are_any_seven_days() -> None:
    paid = person(
        "Marc PATRON", contracts=contracted(status=Status.HOSPITAL_TECHNOLOGIST, takes_extra=True)
    )
    across = [post(on(day), time(8), time(18)) for day in (2, 3, 4, 7, 8)]  # 50 h in 7 days

    assert codes(alone(across, paid)) == {"technologist_seven_days"}


def test_an_employee_works_48_hours_a_week_and_44_on_average() -> None:
    full = [post(on(day), time(8), time(17, 36)) for day in range(5)]  # 48 h
    light = [post(on(7 + day), time(8), time(16)) for day in range(5)]  # 40 h

    assert codes(alone([*full, *light], EMPLOYEE)) == set()
    assert codes(alone(full, EMPLOYEE)) == {"employee_twelve_weeks"}
    longer = [*full, post(on(5), time(8), time(8, 1)), *light]
    assert codes(alone(longer, EMPLOYEE)) == {"employee_week", "employee_twelve_weeks"}


def test_nobody_holds_more_duties_than_the_contract_allows() -> None:
    who = person("Dr Ramuntxo ROMAN", contracts=contracted(max_duties=2))

    assert codes(alone([night(on(0)), night(on(3))], who)) == set()
    assert codes(alone([night(on(0)), night(on(3)), night(on(7))], who)) == {"max_duties"}


def ending(last: date) -> Person:
    span = Span(first=ALWAYS.first, last=last)
    return person("Dr Elaia FABLE", contracts=(Contract(span=span, status=Status.HOSPITAL),))


def test_a_contract_ending_mid_period_allows_its_last_day_and_none_after() -> None:
    who = ending(on(1))

    assert codes(alone([morning(on(1))], who)) == set()
    found = alone([morning(on(1)), morning(on(2))], who)
    assert codes(found) == {"contract"}
    assert words(found, "contract") == (
        f"Dr Elaia FABLE has no contract for Poste 08:30 on {on(2)}"
    )


def test_a_contract_ending_mid_week_has_the_half_days_of_its_days() -> None:
    who = ending(on(1))
    four = [half(on(day)) for day in range(2) for half in (morning, afternoon)]

    assert codes(alone(four, who)) == set()
    assert "half_days" in codes(alone([*four, night(on(1), time(18))], who))

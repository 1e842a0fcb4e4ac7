"""Patterns, weekends, teams, specialties, and wishes."""

from collections.abc import Sequence
from datetime import date

import pytest

from planning.roster.build import (
    afternoon,
    alone,
    codes,
    day_duty,
    morning,
    night,
    on,
    person,
    problem,
    words,
)
from plateau.kernel import holidays
from plateau.planning.roster import law
from plateau.planning.roster.check import check
from plateau.planning.roster.rules.catalogue import RULES
from plateau.planning.roster.types import Assignment, Breach, Half, Roster, Wish, WishKind


def soft(breaches: Sequence[Breach]) -> set[str]:
    return {one.rule for one in breaches if not one.is_hard and not one.rule.startswith("fair")}


def test_night_day_off_night_is_said_and_two_days_off_are_not() -> None:
    assert "night_off_night" in soft(alone([night(on(0)), night(on(2))]))
    assert "night_off_night" not in soft(alone([night(on(0)), night(on(3))]))
    assert "night_off_night" not in soft(alone([night(on(0)), night(on(1)), night(on(2))]))


def test_a_weekend_is_worked_on_both_days_or_on_none() -> None:
    assert "weekend_together" in soft(alone([day_duty(on(5))]))
    assert "weekend_together" in soft(alone([day_duty(on(6))]))
    assert "weekend_together" not in soft(alone([day_duty(on(5)), day_duty(on(6))]))


def test_the_same_team_holds_a_run() -> None:
    people = [person(), person("Dr Xabi ESSAI")]
    posts = [morning(on(day), run="TEP 2027-W01") for day in (0, 1)]
    made = problem(posts, people)
    split = Roster(assignments=frozenset(
        Assignment(each.post_id, who.person_id) for each, who in zip(posts, people, strict=True)
    ))  # fmt: skip

    assert "held by 2 people, 1 would do" in words(check(made, split), "same_team")
    assert "same_team" not in soft(alone(posts))


def test_a_day_is_of_one_specialty() -> None:
    ct, mr = {"skill": "CT"}, {"skill": "MR"}

    assert "same_specialty" in soft(alone([morning(on(0), **ct), afternoon(on(0), **mr)]))
    assert "same_specialty" not in soft(alone([morning(on(0), **ct), afternoon(on(1), **mr)]))
    assert "same_specialty" not in soft(alone([morning(on(0), **ct), afternoon(on(0), **ct)]))


@pytest.mark.parametrize(
    ("kind", "half", "granted"),
    [
        (WishKind.OFF, None, False),
        (WishKind.OFF, Half.MORNING, False),
        (WishKind.OFF, Half.NIGHT, True),
        (WishKind.WORK, None, True),
        (WishKind.WORK, Half.AFTERNOON, False),
    ],
)
def test_a_wish_is_about_a_day_or_a_half(
    kind: WishKind, half: Half | None, *, granted: bool
) -> None:
    wish = Wish(on=on(0), kind=kind, half=half, is_hard=True)

    assert ("wish_hard" in codes(alone([morning(on(0))], person(wishes=(wish,))))) is not granted


def test_a_wish_to_work_is_refused_to_who_has_no_work_at_all() -> None:
    wish = Wish(on=on(0), kind=WishKind.WORK, is_hard=True)
    made = problem([morning(on(0), is_optional=True)], [person(wishes=(wish,))])

    assert codes(check(made, Roster(assignments=frozenset()))) == {"wish_hard"}


def test_wishes_are_worth_the_same_to_all() -> None:
    greedy = tuple(Wish(on=on(day), kind=WishKind.OFF, points=20) for day in range(5))
    modest = (Wish(on=on(0), kind=WishKind.OFF, points=20),)
    posts = [morning(on(day)) for day in range(5)]

    def price(wishes: tuple[Wish, ...]) -> float:
        found = alone(posts, person(wishes=wishes))
        return sum(one.cost for one in found if one.rule == "wish")

    assert price(greedy) == price(modest) == 60


def test_every_rule_has_a_sentence_and_a_setting_with_a_source() -> None:
    settings = {setting.rule: setting for setting in law.settings()}

    assert settings.keys() == RULES.keys()
    assert all(rule.says.endswith(".") for rule in RULES.values())
    assert all(setting.source for setting in settings.values())
    assert all(setting.weight > 0 for setting in settings.values() if not setting.is_hard)


@pytest.mark.parametrize(
    ("year", "easter"),
    [(2024, date(2024, 3, 31)), (2025, date(2025, 4, 20)), (2026, date(2026, 4, 5)),
     (2027, date(2027, 3, 28)), (2038, date(2038, 4, 25)), (1954, date(1954, 4, 18))],
)  # fmt: skip
def test_easter_of_known_years(year: int, easter: date) -> None:
    assert holidays.easter_of(year) == easter


def test_public_holidays_of_2027() -> None:
    assert sorted(holidays.of_year(2027)) == [
        date(2027, 1, 1), date(2027, 3, 29), date(2027, 5, 1), date(2027, 5, 6),
        date(2027, 5, 8), date(2027, 5, 17), date(2027, 7, 14), date(2027, 8, 15),
        date(2027, 11, 1), date(2027, 11, 11), date(2027, 12, 25),
    ]  # fmt: skip
    more = holidays.of_year(2027, alsace_moselle=True) - holidays.of_year(2027)
    assert more == {date(2027, 3, 26), date(2027, 12, 26)}


def test_ascension_may_fall_on_the_first_or_the_eighth_of_may() -> None:
    assert len(holidays.of_year(2008)) == 10  # Ascension on the first of May
    assert holidays.between(date(2026, 12, 25), date(2027, 1, 1)) == {
        date(2026, 12, 25), date(2027, 1, 1)
    }  # fmt: skip

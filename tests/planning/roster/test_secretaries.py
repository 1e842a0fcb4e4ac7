"""Secretaries are planned by the same engine, under rules of their own."""

from datetime import time

import pytest

from planning.roster.build import alone, codes, on, person, post, words
from plateau.planning.roster import desks, samples
from plateau.planning.roster.check import check
from plateau.planning.roster.types import Person, Status
from plateau.planning.solver.solve import solve

OF_HOSPITAL = person("Lise AGENDA", status=Status.HOSPITAL_SECRETARY)
OF_PRACTICE = person("Paul CLAVIER", status=Status.SECRETARY)


@pytest.mark.parametrize(
    ("who", "start", "is_rested"),
    [
        (OF_HOSPITAL, time(7, 59), False),
        (OF_HOSPITAL, time(8), True),
        (OF_PRACTICE, time(6, 59), False),
        (OF_PRACTICE, time(7), True),
    ],
)
def test_a_secretary_rests_12_hours_in_a_hospital_and_11_in_a_practice(
    who: Person, start: time, is_rested: bool
) -> None:
    found = alone([post(on(0), time(13), time(20)), post(on(1), start, time(12))], who)

    rests = {"daily_rest_technologist", "daily_rest_employee"}
    assert (not codes(found) & rests) is is_rested


@pytest.mark.parametrize(("days", "is_kept"), [(5, True), (6, False)])
def test_a_secretary_of_a_hospital_works_44_hours_a_week(days: int, is_kept: bool) -> None:
    posts = [post(on(day), time(8), time(16, 48 if day < 5 else 1)) for day in range(days)]
    found = alone(posts, OF_HOSPITAL)

    assert ("technologist_week" not in codes(found)) is is_kept
    if not is_kept:
        assert "Lise AGENDA works 52 h 01" in words(found, "technologist_week")


def test_a_rest_that_begins_on_the_last_saturday_is_the_rest_of_that_week() -> None:
    works = [post(on(0), time(12), time(19, 30)), post(on(1), time(12), time(19, 30)),
             *(post(on(day), time(7, 15), time(14, 45)) for day in (3, 4)),
             post(on(5), time(7, 15), time(14, 45))]  # fmt: skip

    assert "weekly_rest" not in codes(alone(works, OF_HOSPITAL))
    every_day = [*works, post(on(2), time(12), time(19)), post(on(6), time(12), time(19))]
    assert "weekly_rest" in codes(alone(every_day, OF_HOSPITAL))


def test_le_mans_has_13_secretaries_and_a_roster_without_a_hard_breach() -> None:
    whole = desks.with_secretaries(samples.le_mans(weeks=1))
    people = {one.person_id for one in whole.people if one.contracts[0].status in desks.SECRETARIES}
    at_desks = {one.post_id: one.needed for one in whole.posts if one.skill == desks.SKILL}
    assert (len(people), sum(at_desks.values())) == (13, 70)

    found = solve(whole, seconds=2, workers=1, seed=1)

    assert [one for one in check(whole, found.roster) if one.is_hard] == []
    held = [one for one in found.roster.assignments if one.post_id in at_desks]
    assert len(held) == 70
    assert {one.person_id for one in held} <= people
    others = found.roster.assignments - set(held)
    assert not people & {one.person_id for one in others}

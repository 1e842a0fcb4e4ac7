"""A published roster mended with the fewest changes, proven fewest; one worker, no clock."""

from dataclasses import replace

from planning.solver.test_solve import made, night, pool
from plateau.planning.roster.check import check
from plateau.planning.roster.types import Assignment, Problem, Span
from plateau.planning.solver.replan import replan


def ill_on_the_night_of(day: int, *, people: int = 7) -> Problem:
    """A published week, and whoever holds one night away on that day."""
    problem = pool(people=people)
    published = made(problem).roster.assignments
    ill = next(
        one for one in problem.people if Assignment(night(day).post_id, one.person_id) in published
    )
    away = replace(ill, leave=(Span(first=night(day).on, last=night(day).on),))
    crowd = tuple(away if one == ill else one for one in problem.people)
    return replace(problem, people=crowd, published=published)


def test_a_sick_call_is_mended_with_the_fewest_changes() -> None:
    problem = ill_on_the_night_of(3)
    days = {one.post_id: one.on for one in problem.posts}
    away = {one.person_id for one in problem.people if one.leave}
    lost = {
        one
        for one in problem.published
        if one.person_id in away and days[one.post_id] == night(3).on
    }

    found = replan(problem)

    assert found.is_proven
    assert found.short == 0
    assert len(found.changed) == found.fewest >= len(lost)
    assert problem.published - lost - found.roster.assignments == set() or found.days > 0
    assert not [one for one in check(problem, found.roster) if one.is_hard]


def test_nothing_changes_when_everybody_holds_what_they_held() -> None:
    problem = pool()
    published = made(problem).roster.assignments

    found = replan(replace(problem, published=published))

    assert found.roster.assignments == published
    assert not found.changed
    assert found.is_proven


def test_what_nobody_is_left_to_do_is_said_to_be_short() -> None:
    found = replan(ill_on_the_night_of(3, people=1))

    assert found.short > 0
    assert not found.is_proven

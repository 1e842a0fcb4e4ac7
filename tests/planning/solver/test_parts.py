"""A problem cut into parts, sessions alike as one, shares planned ahead; invented pools."""

from collections import Counter
from dataclasses import replace

import pytest

from plateau.planning.roster import samples
from plateau.planning.roster.types import Person, Problem
from plateau.planning.solver import components, merge, quotas, sessions
from plateau.planning.solver.book import Book
from plateau.planning.solver.solve import solve


@pytest.mark.parametrize(
    ("problem", "parts"),
    [
        (samples.basque_landes(weeks=1), 1),
        (samples.le_mans(weeks=1), 2),  # physicians, technologists
        (samples.region(weeks=1), 5),  # zones
    ],
)
def test_what_shares_nobody_is_solved_apart(problem: Problem, parts: int) -> None:
    found = components.split(problem)

    assert len(found) == parts
    posts = Counter(post.post_id for one in found for post in one.posts)
    assert posts == Counter(post.post_id for post in problem.posts)
    people = Counter(person.person_id for one in found for person in one.people)
    assert set(people.values()) == {1}


def test_sessions_alike_are_one_post_and_unfold_to_all_of_them() -> None:
    problem = samples.le_mans(weeks=1)
    week = next(sessions.weeks(problem.posts))

    folded = merge.merged(problem, week)
    people = [one.person_id for one in problem.people]
    held = [(who, post) for post in folded.posts for who in people[: post.needed]]
    unfolded = folded.unfolded(held)

    assert len(folded.posts) < len(week)
    assert Counter(post.post_id for _, post in unfolded) == Counter(
        {post.post_id: post.needed for post in week}
    )
    assert len(unfolded) == len(set(unfolded)) == len(held)


def test_shares_planned_ahead_come_out_over_all_weeks() -> None:
    problem = samples.le_mans(weeks=9)  # of fewer weeks, one member cannot do its half

    found = quotas.plan(Book(problem), {}, problem.posts)

    for share in problem.shares:
        needed = sum(post.needed for post in problem.posts if post.family == share.family)
        for member, part in share.shares.items():
            mine = sum(
                count for (family, who, _), count in found.items()
                if (family, who) == (share.family, member)
            )  # fmt: skip
            assert abs(mine - part * needed) <= 1


def test_each_member_has_its_share_and_everybody_is_legal() -> None:
    found = solve(samples.le_mans(weeks=9), seconds=2, workers=1)

    assert not [one for one in found.breaches if one.is_hard or one.rule == "machine_share"]


def test_sessions_cost_what_the_checker_says_and_no_less_than_their_bound() -> None:
    problem = replace(samples.le_mans(weeks=3), people=without_wishes(samples.le_mans(weeks=3)))

    found = solve(problem, seconds=3, workers=1)

    assert 0 <= found.session_bound <= found.session_cost
    assert found.session_cost == pytest.approx(sum(found.by_rule.values()), abs=1)


def without_wishes(problem: Problem) -> tuple[Person, ...]:
    """Some wishes cannot be granted whatever the roster: only the checker counts them."""
    return tuple(replace(one, wishes=()) for one in problem.people)


def test_a_roster_to_begin_from_is_never_made_worse() -> None:
    problem = samples.le_mans(weeks=3)
    first = solve(problem, seconds=0.1, workers=1)

    found = solve(problem, seconds=3, workers=1, start=first.roster)

    assert found.session_cost <= first.session_cost

"""A legal roster is accepted, and breaking it at random is told; files give back what they keep."""

import dataclasses
from collections import Counter
from collections.abc import Callable
from functools import cache
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planning.roster.rosters import by_hand
from plateau.kernel.errors import InvalidInputError, NotFoundError
from plateau.planning.roster import file, replace, samples
from plateau.planning.roster.check import check
from plateau.planning.roster.targets import is_able
from plateau.planning.roster.types import Assignment, Kind, Override, Problem, Roster


@cache
def legal() -> tuple[Problem, Roster]:
    """A problem of four weeks, and a roster made by hand; what it could not fill is left out."""
    made = samples.basque_landes(weeks=4)
    roster = by_hand(made)
    held = Counter(one.post_id for one in roster.assignments)
    posts = tuple(post for post in made.posts if held[post.post_id] == post.needed)
    wanted = {post.post_id for post in posts}
    kept = frozenset(one for one in roster.assignments if one.post_id in wanted)
    return dataclasses.replace(made, posts=posts), Roster(assignments=kept)


def hard(problem: Problem, roster: Roster) -> list[str]:
    return sorted(found.rule for found in check(problem, roster) if found.is_hard)


def test_a_legal_roster_made_by_hand_is_accepted() -> None:
    problem, roster = legal()

    assert hard(problem, roster) == []
    assert len(roster.assignments) > 750


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_removing_any_assignment_is_told(seed: int) -> None:
    problem, roster = legal()
    gone = Random(seed).choice(sorted(roster.assignments))

    broken = Roster(assignments=roster.assignments - {gone})
    found = [one for one in check(problem, broken) if one.is_hard]
    assert [one.rule for one in found] == ["cover"]
    assert found[0].post_ids == (gone.post_id,)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_doubling_any_assignment_is_told(seed: int) -> None:
    problem, roster = legal()
    chance = Random(seed)
    held = chance.choice(sorted(roster.assignments))
    other = chance.choice(problem.people)

    more = Assignment(held.post_id, other.person_id, 9)
    broken = Roster(assignments=roster.assignments | {more})
    assert "cover" in hard(problem, broken)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_moving_an_assignment_to_somebody_busy_or_unable_is_told(seed: int) -> None:
    problem, roster = legal()
    chance = Random(seed)
    held = chance.choice(sorted(roster.assignments))
    other = chance.choice([p for p in problem.people if p.person_id != held.person_id])
    posts = {post.post_id: post for post in problem.posts}
    post = posts[held.post_id]

    theirs = [posts[a.post_id] for a in roster.assignments if a.person_id == other.person_id]
    busy = any(p.starts_at < post.ends_at and post.starts_at < p.ends_at for p in theirs)
    moved = Assignment(held.post_id, other.person_id, held.position)
    broken = Roster(assignments=roster.assignments - {held} | {moved})
    rules = hard(problem, broken)
    if busy:
        assert {"one_place", "known"} & set(rules)
    if not is_able(other, post):
        assert {"contract", "skill", "privilege", "line", "leave"} & set(rules)


@pytest.mark.parametrize("sample", [samples.basque_landes, samples.le_mans])
@pytest.mark.parametrize("seed", [1, 2])
def test_files_give_back_the_problem_and_the_roster(
    sample: Callable[..., Problem], seed: int
) -> None:
    problem = sample(weeks=2, seed=seed)
    roster = by_hand(problem)
    why = Override(rule="cover", post_id=problem.posts[0].post_id, person_id=None,
                   reason="essai", by="régulation", at=problem.posts[0].starts_at)  # fmt: skip
    kept = Roster(assignments=roster.assignments, overrides=(why,))

    assert file.read_problem(file.write_problem(problem)) == problem
    assert file.read_roster(file.write_roster(kept)) == kept
    assert check(file.read_problem(file.write_problem(problem)), roster) == check(problem, roster)


def test_a_file_that_is_no_problem_is_refused_with_the_place_of_every_fault() -> None:
    with pytest.raises(InvalidInputError, match="people: Field required"):
        file.read_problem(b'{"first": "2027-01-04"}')
    with pytest.raises(InvalidInputError, match=r"assignments\.0\.post_id"):
        file.read_roster(b'{"assignments": [{"post_id": "x", "person_id": "y"}]}')


def test_replacements_are_legal_first_and_what_they_say_is_what_the_check_says() -> None:
    problem, roster = legal()
    posts = {post.post_id: post for post in problem.posts}
    sick = next(a for a in sorted(roster.assignments) if posts[a.post_id].kind is Kind.DUTY)
    now = problem.posts[0].starts_at

    found = replace.replacements(problem, roster, sick.post_id, now=now, absent=sick.person_id)

    assert found
    assert sick.person_id not in {one.person_id for one in found}
    order = [(not one.is_legal, one.cost) for one in found]
    assert order == sorted(order)
    for one in found[:3] + found[-3:]:
        new = replace.replaced(roster, sick.post_id, absent=sick.person_id, by=one.person_id)
        rules = hard(problem, Roster(assignments=frozenset(new)))
        assert sorted(b.rule for b in one.breaches if b.is_hard) == rules


def test_a_replacement_says_what_it_changes_in_rest_fairness_and_share() -> None:
    problem = samples.le_mans(weeks=2)
    roster = Roster(assignments=frozenset())
    post = next(post for post in problem.posts if post.family == "TEP")

    found = replace.replacements(problem, roster, post.post_id, now=post.starts_at)

    said = [effect.text.format(**effect.values) for effect in found[0].effects]
    assert "their member would hold 1 sessions of TEP, 0.5 are its share" in said


def test_a_replacement_for_an_unknown_post_is_refused() -> None:
    problem, roster = legal()
    with pytest.raises(NotFoundError):
        replace.replacements(problem, roster, problem.people[0].person_id,
                             now=problem.posts[0].starts_at)  # fmt: skip

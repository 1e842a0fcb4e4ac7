"""Invented problems have the sizes they say, and fall the same way twice."""

from collections import Counter
from collections.abc import Callable

import pytest

from plateau.planning.roster import samples
from plateau.planning.roster.types import Kind, Problem

SAMPLES = [samples.basque_landes, samples.le_mans, samples.region]


def needed(problem: Problem, kind: Kind) -> int:
    return sum(post.needed for post in problem.posts if post.kind is kind)


def test_a_basque_landes_quarter_has_its_size() -> None:
    problem = samples.basque_landes()

    assert len(problem.people) == 36
    assert sum(bool(person.lines) for person in problem.people) == 26
    assert 2_350 <= needed(problem, Kind.SESSION) <= 2_450
    assert 230 <= needed(problem, Kind.DUTY) <= 250


def test_le_mans_has_its_size() -> None:
    problem = samples.le_mans()

    titled = Counter(person.name.startswith("Dr") for person in problem.people)
    assert titled == {True: 9, False: 20}
    assert len({post.machine for post in problem.posts}) == 6


def test_a_region_has_its_size() -> None:
    problem = samples.region()

    assert len(problem.people) == 200
    assert sum(bool(person.lines) for person in problem.people) == 143
    assert len({post.site_id for post in problem.posts}) == 25
    assert 14_500 <= needed(problem, Kind.SESSION) <= 15_500
    assert 1_200 <= needed(problem, Kind.DUTY) <= 1_240


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_sample_falls_the_same_way_twice(sample: Callable[..., Problem]) -> None:
    assert sample(weeks=2, seed=3) == sample(weeks=2, seed=3)
    assert sample(weeks=2, seed=3) != sample(weeks=2, seed=4)


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_post_has_its_own_id_and_people_their_own_names(
    sample: Callable[..., Problem],
) -> None:
    problem = sample()

    assert len({post.post_id for post in problem.posts}) == len(problem.posts)
    assert len({person.name for person in problem.people}) == len(problem.people)

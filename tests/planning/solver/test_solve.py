"""What the solver returns, the checker accepts; small invented pools, one worker, no clock."""

from collections import Counter
from dataclasses import replace
from datetime import date, time, timedelta
from uuid import UUID, uuid5

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plateau.kernel.ids import LineId, MemberId, PersonId, SiteId
from plateau.kernel.time import instant
from plateau.planning.roster import law
from plateau.planning.roster.check import check
from plateau.planning.roster.types import (
    Assignment,
    Contract,
    Half,
    Held,
    Kind,
    Person,
    Post,
    Problem,
    Roster,
    Setting,
    Span,
    Status,
    Wish,
    WishKind,
)
from plateau.planning.solver.conflicts import explain
from plateau.planning.solver.solve import Solution, solve

_SPACE = UUID("3b1f0a52-0000-5000-8000-00000000c0de")
MONDAY = date(2027, 1, 4)
ALWAYS = Span(first=date(2020, 1, 1))
SITES = [SiteId(uuid5(_SPACE, f"site {n}")) for n in range(2)]
LINE = LineId(uuid5(_SPACE, "line"))
MEMBER = MemberId(uuid5(_SPACE, "member"))


def person(number: int, **more: object) -> Person:
    one = Person(
        person_id=PersonId(uuid5(_SPACE, f"person {number}")),
        name=f"Dr EXEMPLE {number}",
        member_id=MEMBER,
        home_site_id=SITES[number % 2],
        contracts=(Contract(span=ALWAYS, status=Status.HOSPITAL),),
        skills=(Held(what="CT", span=ALWAYS),),
        privileges=tuple(Held(what=str(site), span=ALWAYS) for site in SITES),
        lines=frozenset({LINE}),
    )
    return replace(one, **more)  # pyright: ignore[reportArgumentType]  # fields of Person


def session(day: int, half: Half, site: int, **more: object) -> Post:
    on = MONDAY + timedelta(days=day)
    start, end = (
        (time(8, 30), time(12, 30)) if half is Half.MORNING else (time(13, 30), time(17, 30))
    )
    one = Post(
        post_id=uuid5(_SPACE, f"session {day} {half} {site}"),
        kind=Kind.SESSION,
        on=on,
        half=half,
        starts_at=instant(on, start),
        ends_at=instant(on, end),
        site_id=SITES[site],
        name=f"CT {site}",
        skill="CT",
    )
    return replace(one, **more)  # pyright: ignore[reportArgumentType]  # fields of Post


def night(day: int) -> Post:
    on = MONDAY + timedelta(days=day)
    return Post(
        post_id=uuid5(_SPACE, f"night {day}"),
        kind=Kind.DUTY,
        on=on,
        half=Half.NIGHT,
        starts_at=instant(on, time(18)),
        ends_at=instant(on + timedelta(days=1), time(8)),
        site_id=SITES[0],
        name="Nuit",
        line_id=LINE,
    )


def pool(people: int = 7, days: int = 7, **more: object) -> Problem:
    """A pool of one line, and of sessions on two sites an hour apart."""
    halves = (Half.MORNING, Half.AFTERNOON)
    weekdays = [day for day in range(days) if day % 7 < 5]
    one = Problem(
        first=MONDAY,
        last=MONDAY + timedelta(days=days - 1),
        people=tuple(person(n) for n in range(people)),
        posts=(
            *(session(day, half, site) for day in weekdays for half in halves for site in (0, 1)),
            *(night(day) for day in range(days)),
        ),
        settings=law.settings(),
        holidays=frozenset(),
        travel_minutes={(SITES[0], SITES[1]): 70, (SITES[1], SITES[0]): 70},
    )
    return replace(one, **more)  # pyright: ignore[reportArgumentType]  # fields of Problem


def made(problem: Problem, **more: object) -> Solution:
    return solve(problem, seconds=3, workers=1, **more)  # pyright: ignore[reportArgumentType]


def hard(solution: Solution) -> list[str]:
    return [one.text.format(**one.values) for one in solution.breaches if one.is_hard]


def holders(solution: Solution, post: Post) -> set[PersonId]:
    held = solution.roster.assignments
    return {one.person_id for one in held if one.post_id == post.post_id}


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    people=st.integers(2, 7),
    leave=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=5),
    seed=st.integers(0, 5),
)
def test_what_the_solver_returns_the_checker_accepts(
    people: int, leave: list[tuple[int, int]], seed: int
) -> None:
    crowd = [person(n) for n in range(people)]
    for who, day in leave:
        away = Span(first=MONDAY + timedelta(days=day), last=MONDAY + timedelta(days=day))
        one = crowd[who % people]
        crowd[who % people] = replace(one, leave=(*one.leave, away))

    found = made(replace(pool(), people=tuple(crowd)), seed=seed)

    assert {one.rule for one in found.breaches if one.is_hard} <= {"cover"}


def test_a_pool_large_enough_is_covered_without_a_breach() -> None:
    found = made(pool())

    assert hard(found) == []
    assert found.bound <= found.cost


def test_travelling_of_several_weeks_is_shared_between_the_people_of_a_site() -> None:
    problem = pool(people=8, days=21)
    posts = tuple(one for one in problem.posts if one.kind is Kind.SESSION)
    away = replace(problem, posts=tuple(one for one in posts if one.site_id == SITES[1]))
    here = [one for one in problem.people if one.home_site_id == SITES[0]]

    found = made(replace(away, people=tuple(here)))

    held = Counter(one.person_id for one in found.roster.assignments)
    assert sum(held.values()) == len(away.posts)
    assert max(held.values()) - min(held.values()) <= 2


@pytest.mark.parametrize("workers", [1, 2])
def test_sessions_of_several_weeks_cost_what_the_checker_says(workers: int) -> None:
    problem = pool(people=3, days=21)
    posts = tuple(one for one in problem.posts if one.kind is Kind.SESSION)
    away = Span(first=MONDAY, last=MONDAY + timedelta(days=3))
    crowd = [replace(one, home_site_id=SITES[0]) for one in problem.people]
    crowd[0] = replace(crowd[0], leave=(away,))  # two for all sessions of four days

    found = solve(replace(problem, posts=posts, people=tuple(crowd)), seconds=4, workers=workers)

    assert hard(found) == []
    assert found.session_bound <= found.session_cost
    assert found.session_cost == pytest.approx(sum(found.by_rule.values()), abs=1)
    assert found.by_rule.get("fair_travel", 0.0) <= 5


def test_the_same_seed_gives_the_same_roster() -> None:
    assert made(pool(), seed=4).roster == made(pool(), seed=4).roster


def test_what_has_begun_stays_as_it_was_published() -> None:
    problem, first = pool(), night(0)
    published = made(problem).roster.assignments
    other = next(
        one for one in problem.people if Assignment(first.post_id, one.person_id) not in published
    )
    was = {one for one in published if one.post_id != first.post_id}
    was.add(Assignment(first.post_id, other.person_id))
    now = instant(MONDAY + timedelta(days=1), time(6))

    found = made(replace(problem, published=frozenset(was), frozen_until=now))

    assert holders(found, first) == {other.person_id}
    assert "frozen" not in {one.rule for one in found.breaches}


def test_a_sick_call_changes_little_of_what_is_published() -> None:
    problem = pool()
    published = made(problem).roster.assignments
    ill = next(
        one for one in problem.people if Assignment(night(3).post_id, one.person_id) in published
    )
    away = replace(ill, leave=(Span(first=night(3).on, last=night(3).on),))
    crowd = tuple(away if one == ill else one for one in problem.people)

    found = made(replace(problem, people=crowd, published=published))

    assert hard(found) == []
    assert ill.person_id not in holders(found, night(3))
    lost = {one for one in published if one.person_id == ill.person_id}
    assert len(found.roster.assignments - published) <= len(lost) + 4


def test_a_promised_day_off_is_kept() -> None:
    free = Wish(on=MONDAY, kind=WishKind.OFF, is_hard=True)
    problem = pool()
    crowd = (replace(problem.people[0], wishes=(free,)), *problem.people[1:])

    found = made(replace(problem, people=crowd))

    held = {one.post_id for one in found.roster.assignments if one.person_id == crowd[0].person_id}
    assert not held & {one.post_id for one in problem.posts if one.on == MONDAY}


def test_a_contract_ending_mid_period_gives_nothing_after_it() -> None:
    ends = MONDAY + timedelta(days=2)
    short = Contract(span=Span(first=ALWAYS.first, last=ends), status=Status.HOSPITAL)
    problem = pool()
    crowd = (replace(problem.people[0], contracts=(short,)), *problem.people[1:])

    found = made(replace(problem, people=crowd))

    days = {one.post_id: one.on for one in problem.posts}
    mine = [
        days[one.post_id] for one in found.roster.assignments if one.person_id == crowd[0].person_id
    ]
    assert all(day <= ends for day in mine)


def test_a_rule_switched_off_by_law_mid_period_binds_until_then() -> None:
    problem = pool(people=1)
    off = Setting(rule="privilege", span=Span(first=MONDAY + timedelta(days=3)), is_on=False)
    stranger = replace(problem.people[0], privileges=())

    found = made(replace(problem, people=(stranger,), settings=(*problem.settings, off)))

    days = {one.post_id: one.on for one in problem.posts}
    worked = {days[one.post_id] for one in found.roster.assignments}
    assert worked
    assert min(worked) >= MONDAY + timedelta(days=3)


def test_a_night_when_clocks_change_counts_its_real_hours() -> None:
    spring = date(2027, 3, 28)  # at 2 in the morning it is 3
    shift = spring - timedelta(days=1) - MONDAY
    first, last = spring - timedelta(days=6), spring + timedelta(days=1)
    nights = (night(shift.days), night(shift.days + 1))
    problem = replace(pool(people=4, days=7), posts=nights, first=first, last=last)

    found = made(problem)

    assert hard(found) == []
    assert nights[0].length == timedelta(hours=13)
    assert holders(found, nights[0])
    assert holders(found, nights[0]) != holders(found, nights[1])


@pytest.mark.parametrize("stop_after", [0, 1])
def test_whoever_asks_to_stop_gets_the_best_so_far(stop_after: int) -> None:
    asked: list[object] = []

    found = made(pool(), on_progress=asked.append, should_stop=lambda: len(asked) > stop_after)

    assert {one.rule for one in found.breaches if one.is_hard} <= {"cover"}


def test_a_demand_nobody_is_able_to_meet_is_told_with_day_and_skill() -> None:
    rare = session(1, Half.MORNING, 0, skill="RARE", name="Rare")
    problem = pool()
    problem = replace(
        problem, posts=(*problem.posts[1:], replace(rare, post_id=uuid5(_SPACE, "rare")))
    )

    found = explain(problem)

    told = [one.text.format(**one.values) for one in found]
    assert any("2027-01-05" in one and "RARE" in one for one in told)
    assert found[0].relaxations[0].kind == "post"


def test_demands_in_conflict_are_told_with_the_rules_and_ranked_relaxations() -> None:
    problem = pool(people=1)
    two = tuple(
        one
        for one in problem.posts
        if one.kind is Kind.DUTY and one.on <= MONDAY + timedelta(days=1)
    )
    problem = replace(problem, posts=two)
    found = made(problem)

    conflicts = explain(problem, found.roster)

    assert len(hard(found)) == 1
    assert "daily_rest" in conflicts[0].rules
    assert {one.kind for one in conflicts[0].relaxations} == {"post", "rule"}
    prices = [one.price for one in conflicts[0].relaxations]
    assert prices == sorted(prices)


def test_breaking_an_accepted_roster_is_reported() -> None:
    problem = pool()
    found = made(problem).roster
    left = frozenset(one for one in found.assignments if one.post_id != night(2).post_id)

    broken = Roster(assignments=left)

    assert "cover" in {one.rule for one in check(problem, broken) if one.is_hard}


def test_hours_averaged_over_months_are_named_when_they_leave_a_post_short() -> None:
    problem = pool(people=1)
    posts = tuple(one for one in problem.posts if one.on == MONDAY and one.half is Half.MORNING)[:1]
    before = tuple(
        (night(-day), Assignment(night(-day).post_id, problem.people[0].person_id))
        for day in range(8, 21)  # 182 hours, of 182 h 24
    )
    problem = replace(problem, posts=posts, before=before)
    found = made(problem)

    conflicts = explain(problem, found.roster)

    assert len(hard(found)) == 1
    assert "week_hours" in conflicts[0].rules

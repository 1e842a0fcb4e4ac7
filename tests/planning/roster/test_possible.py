"""What is possible at all: cover, places, rights, leave, and what has begun."""

from dataclasses import replace
from datetime import time, timedelta

from planning.roster.build import (
    AWAY,
    MONDAY,
    SITE,
    afternoon,
    all_held,
    alone,
    codes,
    day_duty,
    later,
    morning,
    night,
    on,
    person,
    post,
    problem,
    words,
)
from plateau.planning.roster import counting
from plateau.planning.roster.check import accepts, check, standing
from plateau.planning.roster.types import (
    Assignment,
    Half,
    Held,
    Override,
    Roster,
    Span,
    Status,
    Wish,
    WishKind,
)


def test_a_post_with_nobody_is_said_and_one_too_many_as_well() -> None:
    one, other = person(), person("Dr Xabi ESSAI")
    made = problem([morning(on(0))], [one, other])
    held = [Assignment(made.posts[0].post_id, who.person_id) for who in (one, other)]

    empty = check(made, Roster(assignments=frozenset()))
    assert words(empty, "cover") == f"Poste 08:30 on {on(0)} has 0 of 1 people"
    assert codes(check(made, Roster(assignments=frozenset(held[:1])))) == set()
    assert codes(check(made, Roster(assignments=frozenset(held)))) == {"cover"}


def test_an_optional_post_may_stay_empty_at_its_price() -> None:
    made = problem([morning(on(0), is_optional=True)], [person()])
    found = check(made, Roster(assignments=frozenset()))

    assert codes(found) == set()
    assert [(one.rule, one.cost) for one in found] == [("cover_optional", 50.0)]


def test_an_unknown_post_or_person_is_said() -> None:
    made = problem([morning(on(0))], [person()])
    stranger = Assignment(morning(on(1)).post_id, made.people[0].person_id)
    twice = [Assignment(made.posts[0].post_id, made.people[0].person_id, n) for n in (1, 2)]

    assert "known" in codes(check(made, Roster(assignments=frozenset({stranger}))))
    assert "known" in codes(check(made, Roster(assignments=frozenset(twice))))


def test_a_person_in_two_places_is_named_with_both() -> None:
    found = alone([morning(on(0)), post(on(0), time(12, 29), time(16))])

    assert codes(found) == {"one_place"}
    assert words(found, "one_place") == (
        f"Dr Amaia SPÉCIMEN is at two places on {on(0)}: Poste 08:30 and Poste 12:29"
    )
    assert codes(alone([morning(on(0)), post(on(0), time(12, 30), time(16))])) == set()


def test_a_post_within_a_longer_one_is_at_two_places_even_after_a_third() -> None:
    long = day_duty(on(5))
    found = alone([long, post(on(5), time(9), time(10)), post(on(5), time(15), time(16))])

    assert len([one for one in found if one.rule == "one_place"]) == 2


def test_there_is_time_to_travel_and_not_one_minute_less() -> None:
    there = later(time(12, 30), 50)

    enough = [morning(on(0)), post(on(0), there, time(18), site_id=AWAY)]
    assert codes(alone(enough)) == set()
    short = [morning(on(0)), post(on(0), later(there, -1), time(18), site_id=AWAY)]
    assert codes(alone(short)) == {"travel"}
    assert "has 0 h 49 " in words(alone(short), "travel")


def test_a_skill_that_expires_is_held_on_its_last_day_only() -> None:
    who = person(skills=(Held(what="CT", span=Span(first=MONDAY, last=on(1))),))

    assert codes(alone([morning(on(1), skill="CT")], who)) == set()
    assert codes(alone([morning(on(2), skill="CT")], who)) == {"skill"}
    assert codes(alone([morning(on(1), skill="MR")], who)) == {"skill"}


def test_a_privilege_that_expires_is_held_on_its_last_day_only() -> None:
    who = person(privileges=(Held(what=str(SITE), span=Span(first=MONDAY, last=on(1))),))

    assert codes(alone([morning(on(1))], who)) == set()
    assert codes(alone([morning(on(2))], who)) == {"privilege"}


def test_only_those_of_a_line_hold_its_duties() -> None:
    assert codes(alone([night(on(0))], person(lines=frozenset()))) == {"line"}


def test_a_post_is_for_some_statuses() -> None:
    technologists = frozenset({Status.HOSPITAL_TECHNOLOGIST})

    assert codes(alone([morning(on(0), statuses=technologists)])) == {"contract"}


def test_nobody_works_on_leave() -> None:
    who = person(leave=(Span(first=on(1), last=on(1)),))

    assert codes(alone([morning(on(0)), morning(on(2))], who)) == set()
    assert codes(alone([morning(on(1))], who)) == {"leave"}


def test_what_has_begun_stays_as_it_was_published() -> None:
    one, other = person(), person("Dr Xabi ESSAI")
    posts = [morning(on(0)), morning(on(1))]
    published = frozenset(Assignment(each.post_id, one.person_id) for each in posts)
    made = problem(posts, [one, other], published=published,
                   frozen_until=posts[0].ends_at)  # fmt: skip

    changed = check(made, all_held(made, other.person_id))
    frozen = [found for found in changed if found.rule == "frozen"]
    assert {found.on for found in frozen} == {on(0)}
    assert len([found for found in changed if found.rule == "least_change"]) == 2
    assert codes(check(made, all_held(made, one.person_id))) == set()


def test_a_demand_nobody_can_meet_is_said_by_counting() -> None:
    away = Span(first=on(0), last=on(0))
    made = problem(
        [morning(on(0), skill="CT"), morning(on(0), skill="CT", name="Autre"), morning(on(1),
         skill="MR", needed=2)],
        [person(leave=(away,)), person("Dr Xabi ESSAI")],
    )  # fmt: skip

    said = [one.text.format(**one.values) for one in counting.impossible(made)]
    assert said == [
        f"Poste 08:30 on {on(1)} needs 2 people with MR: 0 are able",
        f"{on(0)} M: 2 people with CT are needed at once, 1 are able",
    ]


def test_posts_one_after_the_other_do_not_need_people_at_once() -> None:
    made = problem([morning(on(0)), post(on(0), time(12, 30), time(13))], [person()])

    assert counting.impossible(made) == []


def test_contradictory_wishes_are_said_with_person_and_day() -> None:
    wishes = (
        Wish(on=on(0), kind=WishKind.OFF, is_hard=True),
        Wish(on=on(0), kind=WishKind.WORK, half=Half.NIGHT, is_hard=True),
        Wish(on=on(1), kind=WishKind.OFF, half=Half.NIGHT, is_hard=True),
        Wish(on=on(1), kind=WishKind.WORK, half=Half.MORNING, is_hard=True),
    )
    made = problem([], [person(wishes=wishes, leave=(Span(first=on(1), last=on(1)),))])

    said = [one.text.format(**one.values) for one in counting.impossible(made)]
    assert said == [
        f"Dr Amaia SPÉCIMEN asked both to work and to be off on {on(0)}",
        f"Dr Amaia SPÉCIMEN asked to work on {on(1)} and is on leave",
    ]


def test_a_holiday_on_a_monday_after_a_worked_weekend_is_rested_like_any_day() -> None:
    easter = on(84)  # Monday 29 March 2027
    weekend = [night(easter - timedelta(days=2)), night(easter - timedelta(days=1))]

    assert codes(alone([*weekend, day_duty(easter)])) == {"daily_rest"}
    assert codes(alone([*weekend, night(easter)])) == set()


def test_an_accepted_breach_no_longer_stands_and_the_others_do() -> None:
    found = alone([night(on(0)), morning(on(1)), morning(on(2)), afternoon(on(2))],
                  person(leave=(Span(first=on(2), last=on(2)),)))  # fmt: skip
    reason = Override(rule="daily_rest", post_id=None, person_id=found[0].person_id,
                      reason="essai", by="coordinator", at=morning(on(0)).starts_at)  # fmt: skip

    left = standing(found, [reason])
    assert "daily_rest" in codes(found)
    assert codes(left) == {"leave"}
    other = replace(reason, post_id=afternoon(on(2)).post_id)
    assert not any(accepts(other, one) for one in found)

"""What a coordinator reads of those who could take a post."""

from dataclasses import replace
from uuid import UUID

from plateau.kernel.ids import PersonId
from plateau.planning.publication import effects
from plateau.planning.roster.replace import Candidate, Effect
from plateau.planning.roster.types import Breach

ADA = PersonId(UUID(int=1))
POSTS = (UUID(int=2), UUID(int=3))


def a_breach(rule: str, needed: str = "", *, is_hard: bool = True, cost: float = 0.0) -> Breach:
    return Breach(rule=rule, is_hard=is_hard, cost=cost, text="{needed}",
                  values={"needed": needed}, person_id=ADA, post_ids=POSTS)  # fmt: skip


def a_rest(minutes: int) -> Effect:
    return Effect(kind="rest", text="", values={}, was=3000, will=minutes)


def a_counter(was: int, fair: float) -> Effect:
    return Effect(kind="fairness", text="", values={}, was=was, will=was + 1, fair=fair)


def ada(*found: Effect, breaches: tuple[Breach, ...] = ()) -> effects.Told:
    one = Candidate(person_id=ADA, name="Ada", breaches=breaches, effects=found, cost=0.0)
    return effects.told([one])[0]


def test_of_the_rules_of_rest_between_the_same_posts_the_longest_is_told() -> None:
    rests = (a_breach("daily_rest", "11 h"), a_breach("rest_long_night", "14 h"),
             a_breach("rest_equal", "13 h 30"), a_breach("travel"))  # fmt: skip

    found = ada(breaches=rests)

    assert [(one.rule, one.values["needed"]) for one in found.hard] == [
        ("rest_long_night", "14 h"),
        ("travel", ""),
    ]


def test_the_shortest_rest_is_told_and_a_short_one_that_no_rule_forbids_is_said_to_be_short() -> (
    None
):
    assert ada(a_rest(1200), a_rest(30)).rest == a_rest(30)
    assert ada(a_rest(30)).is_short
    assert not ada(a_rest(660)).is_short
    assert not ada(a_rest(30), breaches=(a_breach("daily_rest", "11 h"),)).is_short
    assert not ada().is_short


def test_a_counter_is_fairer_when_it_comes_nearer_to_its_target() -> None:
    assert a_counter(1, 2.4).is_better
    assert not a_counter(2, 2.3).is_better
    assert not replace(a_counter(1, 2.4), fair=None).is_better
    found = ada(a_counter(1, 2.4), a_counter(2, 2.3))
    assert (found.better, found.counters) == (1, 2)


def test_breaches_stand_together_by_rule_the_dearest_first() -> None:
    wishes = [a_breach("wish", is_hard=False, cost=cost) for cost in (1.0, 5.0)]
    share = a_breach("machine_share", is_hard=False, cost=10.0)

    groups = effects.by_rule([*wishes, share])

    assert [(one.rule, one.cost, len(one.found)) for one in groups] == [
        ("machine_share", 10.0, 1),
        ("wish", 6.0, 2),
    ]
    assert [one.cost for one in groups[1].found] == [5.0, 1.0]

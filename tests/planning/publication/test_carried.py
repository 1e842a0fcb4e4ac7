"""What a period leaves unequal is paid back in the next: burdens are fair over the year."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from planning.publication.little import BEFORE, FIRST, LAST, Pool, a_pool
from plateau.planning.publication.service import desk, drafting, living, publishing
from plateau.planning.roster import law, targets
from plateau.planning.roster.types import Assignment, Burden, Problem
from plateau.platform.db import Tx

AFTER = LAST + timedelta(days=1)


@pytest.fixture
def pool(tx: Tx) -> Pool:
    return a_pool(tx)


def lived(tx: Tx, pool: Pool, problem: Problem) -> None:
    """The first doctor has every weekday night of a period; nothing else is asked."""
    period = desk.keep_period(tx, problem, now=BEFORE)
    held = [Assignment(post.post_id, pool.doctors[0]) for post in problem.posts]
    draft = drafting.begin(tx, pool.coordinator, period.period_id, held=held, reason="", now=BEFORE)
    publishing.publish(tx, pool.coordinator, draft.version_id, reason="", now=BEFORE)


def nights(pool: Pool) -> Problem:
    """Six weekday nights, which six doctors owe one each."""
    mine = tuple(pool.night(day) for day in (0, 1, 2, 3, 7, 8))
    return replace(pool.problem, posts=mine, settings=())


def following(pool: Pool) -> Problem:
    """The same nights two weeks later, as they would be read from the territory."""
    days = timedelta(days=14)
    return replace(
        nights(pool),
        first=AFTER,
        last=LAST + days,
        posts=tuple(
            replace(post, on=post.on + days, starts_at=post.starts_at + days,
                    ends_at=post.ends_at + days)
            for post in nights(pool).posts
        ),
    )  # fmt: skip


def test_who_did_more_than_their_part_is_owed_less_in_the_next_period(tx: Tx, pool: Pool) -> None:
    lived(tx, pool, nights(pool))

    after = desk.carried_over(tx, following(pool), now=BEFORE)

    carried = [after.carried[one, Burden.WEEK_NIGHT] for one in pool.doctors]
    assert carried == pytest.approx([5, -1, -1, -1, -1, -1])
    parts = targets.fairness(after)[Burden.WEEK_NIGHT].parts
    assert [parts[one].target for one in pool.doctors] == pytest.approx([-4, 2, 2, 2, 2, 2])


def test_counters_go_on_from_period_to_period(tx: Tx, pool: Pool) -> None:
    lived(tx, pool, replace(nights(pool), carried={(pool.doctors[1], Burden.HOLIDAY): 2.0}))

    after = desk.carried_over(tx, following(pool), now=BEFORE)

    assert after.carried[pool.doctors[1], Burden.HOLIDAY] == 2.0


@pytest.mark.parametrize(("days", "counts"), [(0, 5.0), (1, 1.0)])
def test_what_somebody_noted_since_goes_before(
    tx: Tx, pool: Pool, days: int, counts: float
) -> None:
    lived(tx, pool, nights(pool))
    tx.run(
        "insert into planning.carried values (%(who)s, 'week_night', %(on)s, 1.0)",
        who=pool.doctors[0],
        on=LAST + timedelta(days=days),
    )

    after = desk.carried_over(tx, following(pool), now=BEFORE)

    assert after.carried[pool.doctors[0], Burden.WEEK_NIGHT] == pytest.approx(counts)


def test_what_is_not_published_or_comes_later_counts_for_nothing(tx: Tx, pool: Pool) -> None:
    desk.keep_period(tx, nights(pool), now=BEFORE)
    assert desk.carried_over(tx, following(pool), now=BEFORE) == following(pool)

    lived(tx, pool, nights(pool))
    early = replace(following(pool), first=FIRST, last=LAST)
    assert desk.carried_over(tx, early, now=BEFORE).carried == {}


def test_work_that_changes_hands_before_a_period_is_rested_from_in_it(tx: Tx, pool: Pool) -> None:
    eve = pool.night(13)
    lived(tx, pool, replace(pool.problem, posts=(eve,), settings=()))
    monday = replace(pool.session(7), post_id=uuid4(), on=AFTER,
                     starts_at=eve.ends_at, ends_at=eve.ends_at + timedelta(hours=4))  # fmt: skip
    made = replace(following(pool), posts=(monday,), settings=law.settings())
    period = desk.keep_period(tx, made, now=BEFORE)
    held = [Assignment(monday.post_id, pool.doctors[1])]
    draft = drafting.begin(tx, pool.coordinator, period.period_id, held=held, reason="", now=BEFORE)
    assert desk.of_version(tx, draft.version_id, now=BEFORE).judged().hard == ()

    later = BEFORE + timedelta(days=1)
    living.replace(
        tx, pool.coordinator, eve.post_id, absent=pool.doctors[0], by=pool.doctors[1], now=later
    )

    hard = desk.of_version(tx, draft.version_id, now=later).judged().hard
    assert {found.person_id for found in hard} == {pool.doctors[1]}
    assert "daily_rest" in {found.rule for found in hard}

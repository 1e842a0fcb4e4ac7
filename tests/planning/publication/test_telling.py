"""What concerns people of rosters reaches them wherever they chose, beside their roster page."""

from datetime import timedelta

import pytest

from make import a_caller
from planning.publication.little import (
    BEFORE,
    Pool,
    a_draft,
    a_period,
    a_pool,
    accept_all,
    at,
    holder,
    publish,
)
from plateau.access.notify import service as notify
from plateau.access.notify.types import Notification
from plateau.kernel.ids import PersonId
from plateau.planning.publication.queries import asked, versions
from plateau.planning.publication.service import drafting, living, publishing, swapping
from plateau.planning.publication.types import Period
from plateau.platform.db import Tx


@pytest.fixture
def pool(tx: Tx) -> Pool:
    return a_pool(tx)


@pytest.fixture
def period(tx: Tx, pool: Pool) -> Period:
    return a_period(tx, pool)


def told(tx: Tx, pool: Pool, who: PersonId) -> list[Notification]:
    return notify.mine(tx, a_caller(who, pool.site_id))


def test_everybody_planned_hears_of_a_publication_once(tx: Tx, pool: Pool, period: Period) -> None:
    publish(tx, pool, period)

    for who in pool.doctors:
        (one,) = told(tx, pool, who)
        assert (one.kind, one.link, one.urgent) == ("planning", "/my/roster", False)
        assert one.text == "The roster from {first} to {last} is published"


@pytest.mark.parametrize(("hours", "urgent"), [(-72, False), (-47, True)])
def test_a_replacement_is_told_to_both_and_is_urgent_when_it_is_near(
    tx: Tx, pool: Pool, period: Period, hours: float, urgent: bool
) -> None:
    version = publish(tx, pool, period)
    night, now = pool.night(6), at(pool.night(6), hours)
    sick = holder(versions.assignments(tx, version.version_id), night)
    absence = living.call_in_sick(
        tx, pool.coordinator, sick, first=night.on, last=night.on, now=now
    )
    (row,) = living.to_replace(tx, pool.coordinator, absence.absence_id, now=now)
    by = row.candidates[0].person_id
    living.replace(tx, pool.coordinator, night.post_id, absent=sick, by=by, now=now)

    for who, text in (
        (by, "You have {post} on {day}"),
        (sick, "You no longer have {post} on {day}"),
    ):
        newest = told(tx, pool, who)[0]
        assert (newest.text, newest.told["post"], newest.urgent) == (text, night.name, urgent)


def test_many_changes_at_once_are_one_message_and_each_stands_on_the_page(
    tx: Tx, pool: Pool, period: Period
) -> None:
    version = publish(tx, pool, period)
    held = versions.assignments(tx, version.version_id)
    who = pool.doctors[0]
    mine = [one for one in held if one.person_id == who]
    draft = a_draft(tx, pool, period)
    for one in mine:
        drafting.clear(tx, pool.coordinator, draft.version_id, post_id=one.post_id,
                       person_id=who, now=BEFORE)  # fmt: skip
    accept_all(tx, pool, draft)
    publishing.publish(tx, pool.coordinator, draft.version_id, reason="", now=BEFORE)

    assert len(mine) > 3
    first, second = told(tx, pool, who)
    assert (first.text, first.told["count"]) == (
        "{count} of your posts changed: see your roster", str(len(mine)),
    )  # fmt: skip
    assert second.text == "The roster from {first} to {last} is published"
    assert len(asked.notices(tx, who)) == len(mine) + 1


def test_an_offer_and_its_answer_are_told(tx: Tx, pool: Pool, period: Period) -> None:
    version = publish(tx, pool, period)
    night = pool.night(8)
    giver = holder(versions.assignments(tx, version.version_id), night)
    number = pool.doctors.index(giver)
    absence = living.call_in_sick(tx, pool.coordinator, giver, first=night.on, last=night.on,
                                  now=BEFORE)  # fmt: skip
    (row,) = living.to_replace(tx, pool.coordinator, absence.absence_id, now=BEFORE)
    tx.run("update planning.leave set status = 'withdrawn'")
    to = row.candidates[0].person_id
    swap = swapping.offer(tx, pool.doctor(number), night.post_id, to=to, return_post_id=None,
                          now=BEFORE)  # fmt: skip

    asked_of = told(tx, pool, to)[0]
    assert (asked_of.kind, asked_of.link) == ("planning", "/roster/swaps")
    taker = pool.doctor(pool.doctors.index(to))
    swapping.refuse(tx, taker, swap, now=BEFORE + timedelta(hours=1))
    assert told(tx, pool, giver)[0].text == "{person} does not take {post}"

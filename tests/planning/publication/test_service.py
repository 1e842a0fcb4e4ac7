"""Rosters drafted, published and lived, in a real PostgreSQL."""

from datetime import date, datetime, timedelta

import pytest

from make import a_duty
from planning.publication.little import (
    BEFORE,
    FIRST,
    LAST,
    Pool,
    a_draft,
    a_period,
    a_pool,
    accept_all,
    at,
    holder,
    publish,
)
from plateau.kernel.errors import ConflictError, InvalidInputError, NotFoundError, RuleBrokenError
from plateau.planning import service as planning
from plateau.planning.publication.queries import asked, making, versions
from plateau.planning.publication.service import (
    desk,
    drafting,
    living,
    publishing,
    solving,
    swapping,
)
from plateau.planning.publication.types import (
    DayCopy,
    Drop,
    Hand,
    Leniency,
    Outcome,
    Period,
    Wished,
)
from plateau.planning.roster.replace import replacements
from plateau.planning.roster.types import Half, Roster
from plateau.platform.db import Tx


@pytest.fixture
def pool(tx: Tx) -> Pool:
    return a_pool(tx)


@pytest.fixture
def period(tx: Tx, pool: Pool) -> Period:
    return a_period(tx, pool)


def on_duty(tx: Tx, pool: Pool, when: datetime) -> list[str]:
    return [one.name for one in planning.on_duty(tx, site_id=pool.site_id, at=when)]


def test_who_is_on_duty_follows_what_is_published(tx: Tx, pool: Pool, period: Period) -> None:
    published = publish(tx, pool, period)
    night = pool.night(2)
    held = versions.assignments(tx, published.version_id)
    names = {p.person_id: p.name for p in pool.problem.people}
    assert published.state == "published"
    assert on_duty(tx, pool, at(night, 3)) == [names[holder(held, night)]]


def test_a_hard_breach_is_published_only_with_a_reason(tx: Tx, pool: Pool, period: Period) -> None:
    night = pool.night(3)
    draft = a_draft(tx, pool, period, but=[night.post_id])
    with pytest.raises(RuleBrokenError, match="Garde de nuit"):
        publishing.publish(tx, pool.coordinator, draft.version_id, reason="", now=BEFORE)
    with pytest.raises(InvalidInputError):
        drafting.accept(
            tx, pool.coordinator, period.period_id, Leniency(rule="cover", reason=" "), now=BEFORE
        )
    why = Leniency(rule="cover", post_id=night.post_id, reason="opérateur privé cette nuit-là")
    drafting.accept(tx, pool.coordinator, period.period_id, why, now=BEFORE)
    published = publishing.publish(tx, pool.coordinator, draft.version_id, reason="", now=BEFORE)
    assert desk.of_version(tx, published.version_id, now=BEFORE).judged().accepted
    assert on_duty(tx, pool, at(night, 3)) == []


def test_a_relaxed_post_may_stay_empty_and_is_asked_for_again(
    tx: Tx, pool: Pool, period: Period
) -> None:
    night = pool.night(3)
    draft = a_draft(tx, pool, period, but=[night.post_id])
    what = Leniency(kind="optional", post_id=night.post_id, reason="fermé")
    drafting.relax(tx, pool.coordinator, period.period_id, what, now=BEFORE)
    assert not desk.of_version(tx, draft.version_id, now=BEFORE).judged().hard
    relaxed, *_ = making.relaxed(tx, period.period_id)
    drafting.restore(tx, pool.coordinator, period.period_id, relaxed.relaxation_id)
    assert desk.of_version(tx, draft.version_id, now=BEFORE).judged().hard


def test_what_is_a_fact_cannot_be_relaxed(tx: Tx, pool: Pool, period: Period) -> None:
    what = Leniency(kind="rule_off", rule="one_place", reason="essai")
    with pytest.raises(RuleBrokenError):
        drafting.relax(tx, pool.coordinator, period.period_id, what, now=BEFORE)


def test_only_a_coordinator_changes_rosters(tx: Tx, pool: Pool, period: Period) -> None:
    with pytest.raises(RuleBrokenError):
        drafting.begin(tx, pool.doctor(0), period.period_id, held=None, reason="", now=BEFORE)


def test_a_person_in_two_places_is_refused_with_the_reason_and_may_be_forced(
    tx: Tx, pool: Pool, period: Period
) -> None:
    draft = a_draft(tx, pool, period)
    held = versions.assignments(tx, draft.version_id)
    post = pool.session(1)
    busy = holder(held, pool.night(0))  # off the morning after
    hand = Hand(post_id=post.post_id, to=busy, instead_of=holder(held, post))
    with pytest.raises(ConflictError):
        drafting.hand_over(tx, pool.coordinator, draft.version_id, hand, now=BEFORE)
    forced = Hand(post_id=post.post_id, to=busy, instead_of=hand.instead_of, despite="accord écrit")
    drafting.hand_over(tx, pool.coordinator, draft.version_id, forced, now=BEFORE)
    assert holder(versions.assignments(tx, draft.version_id), post) == busy
    reasons = [one.reason for one in making.accepted(tx, period.period_id)]
    assert set(reasons) == {"accord écrit"}


def test_a_change_of_a_draft_is_undone(tx: Tx, pool: Pool, period: Period) -> None:
    draft = a_draft(tx, pool, period)
    before = versions.assignments(tx, draft.version_id)
    post = pool.session(4)
    drafting.clear(
        tx, pool.coordinator, draft.version_id, post_id=post.post_id,
        person_id=holder(before, post), now=BEFORE,
    )  # fmt: skip
    assert versions.assignments(tx, draft.version_id) != before
    drafting.undo(tx, pool.coordinator, draft.version_id)
    assert versions.assignments(tx, draft.version_id) == before
    with pytest.raises(ConflictError):
        drafting.undo(tx, pool.coordinator, draft.version_id)


def test_a_post_is_dropped_on_another_half_day_and_a_day_copied(
    tx: Tx, pool: Pool, period: Period
) -> None:
    morning, afternoon = pool.session(4), pool.session(4, Half.AFTERNOON)
    later = pool.session(7)
    draft = a_draft(tx, pool, period, but=[afternoon.post_id, later.post_id])
    held = versions.assignments(tx, draft.version_id)
    who = holder(held, morning)
    drop = Drop(post_id=morning.post_id, of=who, to=who, day=f"{afternoon.on}", half="A")
    drafting.move(tx, pool.coordinator, draft.version_id, drop, now=BEFORE)
    held = versions.assignments(tx, draft.version_id)
    assert holder(held, afternoon) == who
    assert all(one.post_id != morning.post_id for one in held)
    nowhere = Drop(post_id=afternoon.post_id, of=who, to=who, day="2031-01-01", half="A")
    with pytest.raises(ConflictError, match="2031"):
        drafting.move(tx, pool.coordinator, draft.version_id, nowhere, now=BEFORE)
    empty = DayCopy(of=who, day="2031-01-01", to=who, to_day=f"{later.on}")
    with pytest.raises(ConflictError):
        drafting.copy_day(tx, pool.coordinator, draft.version_id, empty, now=BEFORE)


def test_the_past_is_frozen_and_an_earlier_version_is_published_again(
    tx: Tx, pool: Pool, period: Period
) -> None:
    first = publish(tx, pool, period)
    night = pool.night(6)
    now = at(pool.night(2), 1)
    held = versions.assignments(tx, first.version_id)
    draft = drafting.begin(tx, pool.coordinator, period.period_id, held=None, reason="", now=now)
    past = pool.night(1)
    with pytest.raises(RuleBrokenError, match="has begun"):
        drafting.clear(
            tx, pool.coordinator, draft.version_id, post_id=past.post_id,
            person_id=holder(held, past), now=now,
        )  # fmt: skip
    drafting.clear(
        tx, pool.coordinator, draft.version_id, post_id=night.post_id,
        person_id=holder(held, night), now=now,
    )  # fmt: skip
    why = Leniency(rule="cover", post_id=night.post_id, reason="essai")
    drafting.accept(tx, pool.coordinator, period.period_id, why, now=now)
    publishing.publish(tx, pool.coordinator, draft.version_id, reason="", now=now)
    assert on_duty(tx, pool, at(night, 1)) == []
    again = publishing.publish_again(
        tx, pool.coordinator, first.version_id, reason="retour", now=now
    )
    assert versions.assignments(tx, again.version_id) == held
    assert on_duty(tx, pool, at(night, 1)) != []
    against, found = publishing.compared(tx, again.version_id, other_id=None)
    assert against is not None
    assert [one.post_id for one in found] == [night.post_id]
    assert against.author == "Camille RÉGUL"


def test_a_draft_follows_what_was_published_since_or_says_that_it_cannot(
    tx: Tx, pool: Pool, period: Period
) -> None:
    published = publish(tx, pool, period)
    held = versions.assignments(tx, published.version_id)
    one, other = pool.session(8), pool.session(9)
    draft = drafting.begin(tx, pool.coordinator, period.period_id, held=None, reason="", now=BEFORE)
    rival = drafting.begin(tx, pool.coordinator, period.period_id, held=None, reason="", now=BEFORE)
    late = drafting.begin(tx, pool.coordinator, period.period_id, held=None, reason="", now=BEFORE)
    for version, post in ((draft, one), (rival, other), (late, one)):
        drafting.clear(
            tx, pool.coordinator, version.version_id, post_id=post.post_id,
            person_id=holder(held, post), now=BEFORE,
        )  # fmt: skip
        why = Leniency(rule="cover", post_id=post.post_id, reason="essai")
        drafting.accept(tx, pool.coordinator, period.period_id, why, now=BEFORE)
    publishing.publish(tx, pool.coordinator, draft.version_id, reason="", now=BEFORE)
    both = publishing.publish(tx, pool.coordinator, rival.version_id, reason="", now=BEFORE)
    left = versions.assignments(tx, both.version_id)
    assert {a.post_id for a in held - left} == {one.post_id, other.post_id}
    with pytest.raises(ConflictError, match="was published since"):
        publishing.publish(tx, pool.coordinator, late.version_id, reason="", now=BEFORE)


def test_a_sick_call_in_the_night_reaches_who_is_on_duty_at_once(
    tx: Tx, pool: Pool, period: Period
) -> None:
    published = publish(tx, pool, period)
    night = pool.night(5)
    now = at(night, 1)
    sick = holder(versions.assignments(tx, published.version_id), night)
    absence = living.call_in_sick(
        tx, pool.coordinator, sick, first=night.on, last=night.on, now=now
    )
    waiting = living.to_replace(tx, pool.coordinator, absence.absence_id, now=now)
    row = next(one for one in waiting if one.held.post_id == night.post_id)
    best = row.candidates[0]
    assert best.is_legal
    living.replace(tx, pool.coordinator, night.post_id, absent=sick, by=best.person_id, now=now)
    assert on_duty(tx, pool, at(night, 0.5)) != [best.name]  # what was is history
    assert on_duty(tx, pool, at(night, 2)) == [best.name]
    assert [n.text for n in asked.notices(tx, best.person_id)][:1] == ["You have {post} on {day}"]
    assert asked.notices(tx, sick)[0].text == "You no longer have {post} on {day}"


def test_leave_is_granted_on_the_spot_only_when_it_is_safe(
    tx: Tx, pool: Pool, period: Period
) -> None:
    doctor = pool.doctor(0)
    free = living.ask_leave(tx, doctor, first=FIRST, last=FIRST, now=BEFORE)
    assert free.state == "granted"
    with pytest.raises(ConflictError):
        living.ask_leave(tx, doctor, first=FIRST, last=LAST, now=BEFORE)
    published = publish(tx, pool, period)
    held = versions.assignments(tx, published.version_id)
    mine = pool.night(4)
    busy = pool.doctors.index(holder(held, mine))
    asked_for = living.ask_leave(tx, pool.doctor(busy), first=mine.on, last=mine.on, now=BEFORE)
    assert asked_for.state == "asked"
    assert asked_for.told["post"]
    living.answer_leave(tx, pool.coordinator, asked_for.absence_id, granted=False, now=BEFORE)
    assert asked.notices(tx, pool.doctors[busy])[0].text.endswith("refused")
    with pytest.raises(ConflictError):
        living.answer_leave(tx, pool.coordinator, asked_for.absence_id, granted=True, now=BEFORE)


def test_a_demand_nobody_is_able_to_meet_keeps_leave_waiting(
    tx: Tx, pool: Pool, period: Period
) -> None:
    days = FIRST + timedelta(days=7)
    states = [
        living.ask_leave(tx, pool.doctor(n), first=days, last=days, now=BEFORE).state
        for n in range(6)
    ]
    assert states[0] == "granted"
    assert states[-1] == "asked"


def test_wishes_have_the_same_budget_for_all(tx: Tx, pool: Pool) -> None:
    doctor = pool.doctor(1)
    wished = Wished(day=FIRST, half="N", kind="off", points=15)
    assert living.wish(tx, doctor, wished, now=BEFORE) == 5
    more = Wished(day=FIRST, half="M", kind="off", points=6)
    with pytest.raises(RuleBrokenError, match="5 points are left"):
        living.wish(tx, doctor, more, now=BEFORE)
    (row,) = asked.wishes(tx, first=FIRST, last=LAST, person_id=doctor.person_id)
    living.take_wish_back(tx, doctor, row.wish_id)
    assert living.wish(tx, doctor, more, now=BEFORE) == 14
    with pytest.raises(InvalidInputError):
        living.wish(
            tx, doctor, Wished(day=date(2020, 1, 1), half=None, kind="off", points=1), now=BEFORE
        )


def able_for(tx: Tx, pool: Pool, period: Period, number: int) -> tuple[int, int]:
    """A night of somebody, and somebody else who could take it, by their numbers."""
    laid = desk.of_period(tx, period.period_id, now=BEFORE)
    night = pool.night(number)
    mine = pool.doctors.index(holder(laid.current, night))
    roster = Roster(assignments=laid.current)
    found = replacements(laid.problem, roster, night.post_id, now=BEFORE, absent=pool.doctors[mine])
    return mine, pool.doctors.index(next(one for one in found if one.is_legal).person_id)


def test_a_night_is_given_away_and_published_at_once(tx: Tx, pool: Pool, period: Period) -> None:
    publish(tx, pool, period)
    mine, other = able_for(tx, pool, period, 7)
    night = pool.night(7)
    giver, taker = pool.doctor(mine), pool.doctor(other)
    swap_id = swapping.offer(
        tx, giver, night.post_id, to=taker.person_id, return_post_id=None, now=BEFORE
    )
    third = next(n for n in range(len(pool.doctors)) if n not in {mine, other})
    with pytest.raises(NotFoundError):
        swapping.take(tx, pool.doctor(third), swap_id, now=BEFORE)
    swapping.take(tx, taker, swap_id, now=BEFORE)
    assert on_duty(tx, pool, at(night, 1)) == [taker.name]
    assert asked.swap(tx, swap_id).state == "accepted"
    with pytest.raises(ConflictError):
        swapping.take(tx, taker, swap_id, now=BEFORE)


def test_an_offer_is_refused_and_said(tx: Tx, pool: Pool, period: Period) -> None:
    publish(tx, pool, period)
    mine, other = able_for(tx, pool, period, 7)
    swap_id = swapping.offer(
        tx, pool.doctor(mine), pool.night(7).post_id, to=pool.doctors[other], return_post_id=None,
        now=BEFORE,
    )  # fmt: skip
    swapping.refuse(tx, pool.doctor(other), swap_id, now=BEFORE)
    assert asked.swap(tx, swap_id).state == "refused"
    assert asked.notices(tx, pool.doctors[mine])[0].text == "{person} does not take {post}"


def test_an_open_post_is_offered_to_all_those_able(tx: Tx, pool: Pool, period: Period) -> None:
    night = pool.night(9)
    draft = a_draft(tx, pool, period, but=[night.post_id])
    why = Leniency(rule="cover", post_id=night.post_id, reason="à pourvoir")
    drafting.accept(tx, pool.coordinator, period.period_id, why, now=BEFORE)
    publishing.publish(tx, pool.coordinator, draft.version_id, reason="", now=BEFORE)
    able = swapping.offer_open(tx, pool.coordinator, night.post_id, now=BEFORE)
    assert able > 0
    (offer,) = asked.swaps(tx, person_id=None, open_only=True)
    laid = desk.of_period(tx, period.period_id, now=BEFORE)
    later = BEFORE + timedelta(days=2)
    legal = [c for c in living.candidates_for(tx, laid, night.post_id, now=later) if c.is_legal]
    taker = pool.doctor(pool.doctors.index(legal[0].person_id))
    swapping.take(tx, taker, offer.swap_id, now=later)
    assert on_duty(tx, pool, at(night, 1)) == [taker.name]


def test_a_calendar_address_works_until_it_is_revoked(tx: Tx, pool: Pool) -> None:
    doctor = pool.doctor(2)
    secret = living.make_feed(tx, doctor, now=BEFORE)
    assert living.feed(tx, secret).person_id == doctor.person_id
    newer = living.make_feed(tx, doctor, now=BEFORE)
    with pytest.raises(NotFoundError):
        living.feed(tx, secret)
    living.revoke_feed(tx, doctor, now=BEFORE)
    with pytest.raises(NotFoundError):
        living.feed(tx, newer)


def test_a_solve_is_followed_stopped_and_made_a_draft(tx: Tx, pool: Pool, period: Period) -> None:
    tx.run(
        "insert into planning.solve (solve_id, first, last, seconds, asked_by, asked_at)"
        " values (gen_random_uuid(), %(first)s, %(last)s, 5, 'x', %(at)s)",
        first=FIRST,
        last=LAST,
        at=BEFORE,
    )
    (one,) = making.solves(tx)
    _, problem, start = solving.problem_of(tx, one.solve_id, now=BEFORE)
    assert start is None
    assert {p.post_id for p in problem.posts} == {p.post_id for p in pool.problem.posts}
    assert solving.begin(tx, one.solve_id, now=BEFORE)
    assert not solving.note(tx, one.solve_id, progress={"best": 3.0})
    solving.stop(tx, pool.coordinator, one.solve_id)
    roster = Roster(assignments=versions.assignments(tx, a_draft(tx, pool, period).version_id))
    assert solving.note(tx, one.solve_id, progress={"best": 2.0}, best=roster)
    solving.end(tx, one.solve_id, Outcome(best=roster, was_stopped=True), now=BEFORE)
    draft = solving.make_draft(tx, pool.coordinator, one.solve_id, now=BEFORE)
    assert versions.assignments(tx, draft.version_id) == roster.assignments
    accept_all(tx, pool, draft)
    made = publishing.publish(tx, pool.coordinator, draft.version_id, reason="", now=BEFORE)
    assert (draft.solve_id, made.solve_id) == (one.solve_id, one.solve_id)


def test_publishing_keeps_the_duties_of_other_days(tx: Tx, pool: Pool, period: Period) -> None:
    other = at(pool.night(13), 24 * 10)
    a_duty(tx, pool.line_id, pool.doctors[0], at=other)
    publish(tx, pool, period)
    assert on_duty(tx, pool, other) == ["Dr Ada EXEMPLE"]

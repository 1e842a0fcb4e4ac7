"""What is published is mended with the fewest changes, by the planner, into a draft."""

from datetime import timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from planning.publication.little import (
    BEFORE,
    FIRST,
    Pool,
    a_period,
    a_pool,
    at,
    holder,
    publish,
    without,
)
from planning.publication.test_pages import Stage
from plateau.kernel.errors import ConflictError, RuleBrokenError
from plateau.planning import making as process
from plateau.planning.publication.queries import making, versions
from plateau.planning.publication.service import (
    desk,
    drafting,
    living,
    mending,
    publishing,
    solving,
)
from plateau.planning.publication.types import Absence, Leniency
from plateau.planning.roster.types import Assignment, Kind
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db, Tx


class Lived:
    """A published pool, and whoever holds its seventh night is sick that day."""

    def __init__(self, tx: Tx) -> None:
        self.pool: Pool = a_pool(tx)
        self.period = a_period(tx, self.pool)
        self.version = publish(tx, self.pool, self.period)
        self.held = versions.assignments(tx, self.version.version_id)
        self.night = self.pool.night(6)
        self.who = holder(self.held, self.night)
        self.absence: Absence = living.call_in_sick(
            tx, self.pool.coordinator, self.who, first=self.night.on, last=self.night.on, now=BEFORE
        )


@pytest.fixture
def lived(db: Db) -> Lived:
    with db.begin() as tx:
        return Lived(tx)


def mend(db: Db, lived: Lived) -> UUID:
    with db.begin() as tx:
        boss = lived.pool.coordinator
        one = mending.ask_for(tx, boss, lived.absence.absence_id, now=BEFORE)
    process.make(db, one.solve_id, now=lambda: BEFORE)
    return one.solve_id


def test_an_absence_is_mended_with_the_fewest_changes_as_a_draft(db: Db, lived: Lived) -> None:
    solve_id = mend(db, lived)

    with db.begin() as tx:
        found = mending.mended(tx, lived.pool.coordinator, solve_id, now=BEFORE)
        assert found.solve.state == "done"
        assert found.solve.progress["is_proven"] is True
        assert found.solve.progress["changes"] == 1
        (change,) = found.differences
        assert (change.post_id, change.before) == (lived.night.post_id, (lived.who,))
        assert found.draft
        assert found.draft.is_draft
        assert found.judged
        assert found.judged.hard == ()
        publishing.publish(
            tx, lived.pool.coordinator, found.draft.version_id, reason="", now=BEFORE
        )
        assert living.posts_in(tx, lived.absence, now=BEFORE) == []


def test_what_has_begun_stays_and_is_said(db: Db, lived: Lived) -> None:
    during = at(lived.night, 1)
    with db.begin() as tx:
        with pytest.raises(ConflictError):
            mending.ask_for(tx, lived.pool.coordinator, lived.absence.absence_id, now=during)
        one = mending.ask(
            tx, lived.pool.coordinator, lived.period.period_id,
            absence_id=lived.absence.absence_id, now=during,
        )  # fmt: skip
    process.make(db, one.solve_id, now=lambda: during)

    with db.begin() as tx:
        found = mending.mended(tx, lived.pool.coordinator, one.solve_id, now=during)
    assert (found.draft, found.begun) == (None, 1)


def test_a_roster_that_holds_needs_no_draft(db: Db, lived: Lived) -> None:
    with db.begin() as tx:
        boss = lived.pool.coordinator
        tx.run("update planning.leave set status = 'withdrawn'")
        one = mending.ask(tx, boss, lived.period.period_id, now=BEFORE)
    process.make(db, one.solve_id, now=lambda: BEFORE)

    with db.begin() as tx:
        found = mending.mended(tx, lived.pool.coordinator, one.solve_id, now=BEFORE)
    assert found.draft is None
    assert found.solve.progress["changes"] == 0


def test_who_holds_a_post_despite_a_rule_accepted_with_a_reason_keeps_it(
    db: Db, lived: Lived
) -> None:
    with db.begin() as tx:
        problem = without(lived.pool.problem, "CT")
        desk.keep_period(tx, problem, now=BEFORE)
        tx.run("update planning.leave set status = 'withdrawn'")
        boss = lived.pool.coordinator
        accepted = {post.post_id for post in problem.posts if post.kind is Kind.SESSION}
        for post_id in accepted:
            what = Leniency(reason="formation en cours", rule="skill", post_id=post_id)
            drafting.accept(tx, boss, lived.period.period_id, what, now=BEFORE)
        one = mending.ask(tx, boss, lived.period.period_id, now=BEFORE)
    process.make(db, one.solve_id, now=lambda: BEFORE)

    with db.begin() as tx:
        found = mending.mended(tx, lived.pool.coordinator, one.solve_id, now=BEFORE)
    assert found.draft  # nobody may hold the nights
    assert not {change.post_id for change in found.differences} & accepted


def test_a_post_nobody_can_take_is_said_to_stay_empty(db: Db, lived: Lived) -> None:
    with db.begin() as tx:
        for one in lived.pool.doctors:
            if one != lived.who:
                living.call_in_sick(
                    tx, lived.pool.coordinator, one,
                    first=lived.night.on, last=lived.night.on, now=BEFORE,
                )  # fmt: skip
    solve_id = mend(db, lived)

    with db.begin() as tx:
        found = mending.mended(tx, lived.pool.coordinator, solve_id, now=BEFORE)
    assert found.solve.progress["short"] == 1
    assert found.solve.progress["is_proven"] is False
    assert found.draft
    with db.begin() as tx, pytest.raises(RuleBrokenError):
        publishing.publish(
            tx, lived.pool.coordinator, found.draft.version_id, reason="", now=BEFORE
        )


def test_a_mend_told_twice_is_made_once(db: Db, lived: Lived) -> None:
    solve_id = mend(db, lived)
    process.make(db, solve_id, now=lambda: BEFORE)

    with db.begin() as tx:
        drafts = [one for one in versions.versions(tx, lived.period.period_id) if one.is_draft]
    assert len(drafts) == 1


def test_one_search_at_a_time_and_only_of_what_is_published(db: Db) -> None:
    with db.begin() as tx:
        pool = a_pool(tx)
        period = a_period(tx, pool)
        with pytest.raises(ConflictError):
            mending.ask(tx, pool.coordinator, period.period_id, now=BEFORE)
        with pytest.raises(RuleBrokenError):
            mending.ask(tx, pool.doctor(0), period.period_id, now=BEFORE)
        publish(tx, pool, period)
        one = mending.ask(tx, pool.coordinator, period.period_id, now=BEFORE)
        with pytest.raises(ConflictError):
            mending.ask(tx, pool.coordinator, period.period_id, now=BEFORE)
        solving.stop(tx, pool.coordinator, one.solve_id)
        assert making.solve(tx, one.solve_id).state == "stopped"


def test_the_pages_ask_follow_and_publish_a_mend(db: Db, blobs: Blobs) -> None:
    stage = Stage(db, blobs)
    nights = [stage.pool.night(n) for n in (6, 7, 8, 9, 10, 11, 12)]
    who = holder(stage.held, nights[0])
    first, last = FIRST + timedelta(days=5), FIRST + timedelta(days=13)
    boss: TestClient = stage.boss
    page = boss.post(
        "/roster/absences", data={"person": str(who), "first": f"{first}", "last": f"{last}"}
    )
    assert "Mend with the fewest changes" in page.text
    asked = boss.post(f"{page.url.path}/mend")
    assert "Looking for the fewest changes" in asked.text
    solve_id = UUID(asked.url.path.rpartition("/")[2])
    process.make(db, solve_id, now=lambda: BEFORE)
    done = boss.get(asked.url.path)
    assert "proven: no roster does with fewer" in done.text
    assert stage.as_(stage.pool.doctor(0)).get(asked.url.path).status_code == 422
    with db.begin() as tx:
        draft = making.version_of(tx, solve_id)
        assert draft
        lost = {a.post_id for a in stage.held if a.person_id == who and _in(stage, a, first)}
        changed = versions.assignments(tx, draft) - stage.held
        assert len(changed) >= len(lost)
    published = boss.post(f"/roster/{draft}/publish", data={"reason": "malade"})
    assert published.status_code == 200
    assert "published" in boss.get(asked.url.path).text


def _in(stage: Stage, held: Assignment, first: object) -> bool:
    post = next(p for p in stage.pool.problem.posts if p.post_id == held.post_id)
    return str(post.on) >= str(first)

"""A roster of the demonstration's week, made by hand where nobody has published one."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from uuid import uuid4

from browser.scene import Scene
from planning.roster.rosters import by_hand
from plateau.kernel.caller import Caller, Role
from plateau.kernel.ids import PersonId
from plateau.planning import building, queries
from plateau.planning.publication.queries import versions
from plateau.planning.publication.service import desk, drafting, publishing
from plateau.planning.publication.types import Leniency
from plateau.planning.roster.types import Assignment, Post, Problem, Roster
from plateau.planning.types import Duty
from plateau.platform.db import Tx

WEEK = (date(2026, 11, 23), date(2026, 11, 29))


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody who can sign in."""

    person_id: PersonId
    login: str
    name: str


def publish_week(scene: Scene, *, now: datetime) -> None:
    """A roster is published for the week; who is on duty now stays so."""
    with scene.pool.db.begin() as tx:
        if versions.period_at(tx, first=WEEK[0], last=WEEK[0]):
            return
        problem = building.problem(tx, first=WEEK[0], last=WEEK[1])
        period = desk.keep_period(tx, problem, now=now)
        caller = _coordinator(tx)
        held = _held(tx, problem, now)
        draft = drafting.begin(tx, caller, period.period_id, held=held, reason="", now=now)
        for found in desk.of_version(tx, draft.version_id, now=now).judged().hard:
            post_id = found.post_ids[-1] if found.post_ids else None
            why = Leniency(reason="reprise", rule=found.rule, post_id=post_id,
                           person_id=found.person_id)  # fmt: skip
            drafting.accept(tx, caller, period.period_id, why, now=now)
        # what has begun is history: it is written as it was, not judged as a change
        before = datetime.combine(WEEK[0], datetime.min.time(), now.tzinfo)
        publishing.publish(tx, caller, draft.version_id, reason="", now=before)


def _coordinator(tx: Tx) -> Caller:
    person_id = tx.value("select person_id from access.account where login = 'regulation'")
    sites = tx.values("select site_id from territory.site")
    roles = {Role.COORDINATOR: frozenset(sites)}
    return Caller(person_id=person_id, name="Régulation", roles=roles)


def _held(tx: Tx, problem: Problem, now: datetime) -> frozenset[Assignment]:
    """By hand, but for what goes on: that is held by who is on duty."""
    lines = {post.line_id for post in problem.posts if post.line_id}
    known = [duty for duty in queries.duties(tx, line_ids=lines) if duty.starts_at <= now]
    running = {a for post in problem.posts for a in _of(post, known)}
    begun = {post.post_id for post in problem.posts if post.starts_at <= now}
    hand = by_hand(problem).assignments
    return frozenset(running | {one for one in hand if one.post_id not in begun})


def _of(post: Post, known: list[Duty]) -> list[Assignment]:
    return [
        Assignment(post.post_id, duty.person_id, duty.position - post.first_position + 1)
        for duty in known
        if duty.line_id == post.line_id
        and duty.starts_at == post.starts_at
        and 0 <= duty.position - post.first_position < post.needed
    ]


@contextmanager
def duties_kept(scene: Scene) -> Generator[None]:
    """Whatever is done to the duties inside is taken back for the other tests."""
    with scene.pool.db.begin() as tx:
        tx.run("create table planning.duty_kept as select * from planning.duty")
    try:
        yield
    finally:
        with scene.pool.db.begin() as tx:
            tx.run("delete from planning.duty")
            tx.run("insert into planning.duty select * from planning.duty_kept")
            tx.run("drop table planning.duty_kept")


def logins(scene: Scene) -> dict[PersonId, Login]:
    with scene.pool.db.begin() as tx:
        rows = tx.all(Login, "select person_id, login, name from access.account order by login")
    return {row.person_id: row for row in rows}


def somebody_ahead(scene: Scene, *, now: datetime) -> tuple[Login, Post, Login]:
    """Somebody with a post to come this week, that post, and who could take it."""
    people = logins(scene)
    with scene.pool.db.begin() as tx:
        period = versions.period_at(tx, first=WEEK[0], last=WEEK[0])
        assert period
        laid = desk.of_period(tx, period.period_id, now=now)
    posts = sorted(laid.posts.values(), key=lambda post: post.starts_at)
    roster = Roster(assignments=laid.current)
    for post in (one for one in posts if one.starts_at > now and one.needed == 1):
        for held in (one for one in laid.current if one.post_id == post.post_id):
            change = roster.assignments - {held}
            before = laid.check()
            for other in laid.people:
                taken = Assignment(post.post_id, other, held.position)
                if other == held.person_id or other not in people:
                    continue
                new = [b for b in laid.check(change | {taken}) if b.is_hard and b not in before]
                if not new:
                    return people[held.person_id], post, people[other]
    raise AssertionError("nobody could take anything")


def busiest_ahead(scene: Scene, *, now: datetime) -> Login:
    """Who holds the most posts of the end of the week."""
    with scene.pool.db.begin() as tx:
        found = tx.values(
            """
            select a.person_id from planning.assignment a
            join planning.version v using (version_id) join planning.post p using (post_id)
            where v.state = 'published' and p.starts_at > %(now)s and p.day >= '2026-11-25'
              and p.day <= '2026-11-29'
            group by a.person_id order by count(*) desc, a.person_id
            """,
            now=now,
        )
    return logins(scene)[found[0]]


def on_call_now(scene: Scene, *, now: datetime) -> Login:
    """Who is called second this night."""
    people = logins(scene)
    with scene.pool.db.begin() as tx:
        found = tx.values(
            """
            select a.person_id from planning.assignment a
            join planning.version v using (version_id) join planning.post p using (post_id)
            where v.state = 'published' and p.starts_at <= %(now)s and p.ends_at > %(now)s
              and p.kind = 'duty'
            order by p.first_position + a.position desc, p.post_id
            """,
            now=now,
        )
    return people[found[0]]


def nobody_on(scene: Scene, on: date) -> None:
    """Every doctor is on leave that day."""
    with scene.pool.db.begin() as tx:
        for person in building.problem(tx, first=on, last=on).people:
            tx.run(
                "insert into planning.leave (leave_id, person_id, first_on, last_on, status,"
                " asked_at) values (%(id)s, %(who)s, %(on)s, %(on)s, 'granted', now())",
                id=uuid4(),
                who=person.person_id,
                on=on,
            )

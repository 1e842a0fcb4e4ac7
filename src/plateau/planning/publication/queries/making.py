"""Solves, accepted breaches and relaxations; the last period that was lived."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from plateau.planning.publication.types import Accepted, Outcome, Period, Relaxed, Solve
from plateau.planning.roster import file
from plateau.platform.db import Tx, json


def solves(tx: Tx, *, limit: int = 20) -> list[Solve]:
    """The last solves, the newest first."""
    return tx.all(
        Solve,
        """
        select solve_id, first, last, seconds, seed, state, progress, conflicts, stop_asked,
               asked_by, asked_at, started_at, ended_at, roster is not null as has_roster, error,
               kind, absence_id, asked_by_id
        from planning.solve order by asked_at desc, solve_id limit %(limit)s
        """,
        limit=limit,
    )


def solve(tx: Tx, solve_id: UUID) -> Solve:
    """One solve."""
    return tx.one(
        Solve,
        """
        select solve_id, first, last, seconds, seed, state, progress, conflicts, stop_asked,
               asked_by, asked_at, started_at, ended_at, roster is not null as has_roster, error,
               kind, absence_id, asked_by_id
        from planning.solve where solve_id = %(id)s
        """,
        id=solve_id,
    )


def roster(tx: Tx, solve_id: UUID) -> str | None:
    """The best roster of a solve so far, as JSON."""
    return tx.value("select roster::text from planning.solve where solve_id = %(id)s", id=solve_id)


def add_solve(tx: Tx, one: Solve, *, start: str | None) -> None:
    """A solve waits; `start` is a roster to begin from."""
    tx.run(
        """
        insert into planning.solve
          (solve_id, first, last, seconds, seed, asked_by, asked_at, roster, kind, absence_id,
           asked_by_id)
        values (%(id)s, %(first)s, %(last)s, %(seconds)s, %(seed)s, %(by)s, %(at)s,
                %(start)s::jsonb, %(kind)s, %(absence)s, %(by_id)s)
        """,
        id=one.solve_id,
        first=one.first,
        last=one.last,
        seconds=one.seconds,
        seed=one.seed,
        by=one.asked_by,
        at=one.asked_at,
        start=start,
        kind=one.kind,
        absence=one.absence_id,
        by_id=one.asked_by_id,
    )


def begin_solve(tx: Tx, solve_id: UUID, *, at: datetime) -> bool:
    """A solve runs; False when it is not there to be run (again)."""
    return bool(
        tx.run(
            """
            update planning.solve set state = 'running', started_at = coalesce(started_at, %(at)s)
            where solve_id = %(id)s and state in ('waiting', 'running')
            """,
            id=solve_id,
            at=at,
        )
    )


def note_progress(
    tx: Tx, solve_id: UUID, *, progress: Mapping[str, object], roster: str | None
) -> bool:  # fmt: skip
    """Where a solve stands; whether somebody asked to stop it."""
    return bool(
        tx.value(
            """
            update planning.solve
            set progress = %(progress)s, roster = coalesce(%(roster)s::jsonb, roster)
            where solve_id = %(id)s
            returning stop_asked
            """,
            id=solve_id,
            progress=json(dict(progress)),
            roster=roster,
        )
    )


def ask_stop(tx: Tx, solve_id: UUID) -> int:
    """Ask a solve to stop with its best; one that waits never begins."""
    return tx.run(
        """
        update planning.solve
        set stop_asked = true, state = case state when 'waiting' then 'stopped' else state end
        where solve_id = %(id)s and state in ('waiting', 'running')
        """,
        id=solve_id,
    )


def end_solve(tx: Tx, solve_id: UUID, outcome: Outcome, *, at: datetime) -> int:
    """A solve ended."""
    ended = "stopped" if outcome.was_stopped else "done"
    best = file.write_roster(outcome.best).decode() if outcome.best else None
    return tx.run(
        """
        update planning.solve
        set state = %(state)s, ended_at = %(at)s, roster = coalesce(%(roster)s::jsonb, roster),
            conflicts = %(conflicts)s, error = %(error)s
        where solve_id = %(id)s and state in ('waiting', 'running')
        """,
        id=solve_id,
        state="failed" if outcome.error else ended,
        at=at,
        roster=best,
        conflicts=json(list(outcome.conflicts)),
        error=outcome.error,
    )


def accepted(tx: Tx, period_id: UUID) -> list[Accepted]:
    """The breaches that were accepted in a period."""
    return tx.all(
        Accepted,
        """
        select override_id, rule, post_id, person_id, reason, author, at
        from planning.override where period_id = %(id)s order by at, override_id
        """,
        id=period_id,
    )


def add_override(tx: Tx, period_id: UUID, one: Accepted) -> None:
    """A breach is accepted."""
    tx.run(
        """
        insert into planning.override
          (override_id, period_id, rule, post_id, person_id, reason, author, at)
        values (%(id)s, %(period)s, %(rule)s, %(post)s, %(person)s, %(reason)s, %(author)s, %(at)s)
        """,
        id=one.override_id,
        period=period_id,
        rule=one.rule,
        post=one.post_id,
        person=one.person_id,
        reason=one.reason,
        author=one.author,
        at=one.at,
    )


def relaxed(tx: Tx, period_id: UUID) -> list[Relaxed]:
    """What is asked less of, in a period."""
    return tx.all(
        Relaxed,
        """
        select relaxation_id, kind, rule, post_id, reason, author, at
        from planning.relaxation where period_id = %(id)s order by at, relaxation_id
        """,
        id=period_id,
    )


def add_relaxation(tx: Tx, period_id: UUID, one: Relaxed) -> None:
    """A demand or a rule is asked less of."""
    tx.run(
        """
        insert into planning.relaxation
          (relaxation_id, period_id, kind, rule, post_id, reason, author, at)
        values (%(id)s, %(period)s, %(kind)s, %(rule)s, %(post)s, %(reason)s, %(author)s, %(at)s)
        """,
        id=one.relaxation_id,
        period=period_id,
        kind=one.kind,
        rule=one.rule,
        post=one.post_id,
        reason=one.reason,
        author=one.author,
        at=one.at,
    )


def remove_relaxation(tx: Tx, period_id: UUID, relaxation_id: UUID) -> int:
    """It is asked for again."""
    return tx.run(
        "delete from planning.relaxation where period_id = %(period)s and relaxation_id = %(id)s",
        period=period_id,
        id=relaxation_id,
    )


def last_mend(tx: Tx, absence_id: UUID) -> Solve | None:
    """The last time that what is published was mended for an absence."""
    return tx.maybe(
        Solve,
        """
        select solve_id, first, last, seconds, seed, state, progress, conflicts, stop_asked,
               asked_by, asked_at, started_at, ended_at, roster is not null as has_roster, error,
               kind, absence_id, asked_by_id
        from planning.solve where absence_id = %(id)s order by asked_at desc, solve_id limit 1
        """,
        id=absence_id,
    )


def version_of(tx: Tx, solve_id: UUID) -> UUID | None:
    """The last version that began as what a search found."""
    return tx.value(
        """
        select version_id from planning.version
        where solve_id = %(id)s order by number desc limit 1
        """,
        id=solve_id,
    )


def set_solve(tx: Tx, version_id: UUID, solve_id: UUID) -> None:
    """A version began as what a search of the planner found."""
    tx.run(
        "update planning.version set solve_id = %(solve)s where version_id = %(id)s",
        id=version_id,
        solve=solve_id,
    )


def has_changed(tx: Tx, *, before: date, since: datetime) -> bool:
    """Whether what is published of the days before a day has changed since an instant."""
    return bool(
        tx.value(
            """
            select exists (
              select from planning.version v join planning.period r using (period_id)
              where v.state = 'published' and v.published_at > %(since)s
                and r.last_on < %(before)s)
            """,
            before=before,
            since=since,
        )
    )


def last_lived(tx: Tx, *, before: date) -> Period | None:
    """The last period that ended before a day and of which a roster is published."""
    return tx.maybe(
        Period,
        """
        select r.period_id, r.first_on, r.last_on, r.loaded_at from planning.period r
        join planning.version v on v.period_id = r.period_id and v.state = 'published'
        where r.last_on < %(before)s order by r.last_on desc limit 1
        """,
        before=before,
    )

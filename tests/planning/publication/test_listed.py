"""A territory file that lists duties, beside a roster that the planner made."""

from datetime import datetime, time, timedelta

from planning.publication.little import (
    BEFORE,
    FIRST,
    LAST,
    Pool,
    a_period,
    a_pool,
    at,
    publish,
)
from plateau.planning import service as planning
from plateau.planning.types import Hours, RosterEntry
from plateau.planning.types import Roster as Listed
from plateau.platform.db import Tx


def names(tx: Tx, pool: Pool, when: datetime) -> list[str]:
    return [one.name for one in planning.on_duty(tx, site_id=pool.site_id, at=when)]


def test_a_roster_listed_in_a_file_changes_nothing_of_the_days_that_are_published(
    tx: Tx,
) -> None:
    pool = a_pool(tx)
    publish(tx, pool, a_period(tx, pool))
    days = (FIRST, LAST + timedelta(days=1))  # published by the planner, and the day after
    lines = {pool.line_id: Hours(starts_at=time(20), ends_at=time(8), first_starts_at=time(20))}
    people = [names(tx, pool, at(pool.night(day), 1)) for day in range(14)]

    for entries in (
        (),
        tuple(RosterEntry(line_id=pool.line_id, on=d, people=pool.doctors[:1]) for d in days),
    ):
        planning.publish(tx, Listed(lines=lines, entries=entries), at=BEFORE)
        assert [names(tx, pool, at(pool.night(day), 1)) for day in range(14)] == people

    assert names(tx, pool, at(pool.night(13), 25)) == ["Dr Ada EXEMPLE"]

"""A climb outlives the worker that began it: its timer is a row."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from entry.processes import plateau, until
from make import NIGHT, a_person, a_role
from plateau.kernel.caller import Role
from plateau.platform.clock import Pace
from plateau.platform.db import Db
from reading.night import a_night

pytestmark = pytest.mark.xdist_group("processes")


def calls(db: Db) -> list[int]:
    """The steps taken, in order."""
    with db.begin() as tx:
        return tx.values("select position from reading.escalation_call order by call_id")


def test_a_worker_killed_between_two_steps_loses_none_and_repeats_none(
    db: Db, database: str, tmp_path: Path
) -> None:
    with db.begin() as tx:
        night = a_night(tx)
        a_role(tx, a_person(tx, "regulation", "Régulation"), Role.COORDINATOR, night.world.site_id)
        tx.run(
            """
            insert into reading.escalation_step
            select '2020-01-01', %(site)s, 'U0', n, 'coordinator', 0, 4, 5, 'essai', true
            from generate_series(1, 3) n
            """,
            site=night.world.site_id,
        )
    pace = Pace(datetime.now(UTC), NIGHT, 60, NIGHT + timedelta(hours=10))  # a minute is a second
    settings = {"PLATEAU_DATABASE_URL": database, "PLATEAU_CLOCK": str(pace)}
    with plateau("worker", folder=tmp_path, settings=settings) as first:
        until(lambda: calls(db) == [1], within_s=30)
        first.kill()
    with plateau("worker", folder=tmp_path, settings=settings) as second:
        until(lambda: calls(db) == [1, 2, 3], within_s=30)
        assert second.stop() == 0
    assert calls(db) == [1, 2, 3]
    with db.begin() as tx:
        told = tx.values("select key from access.notification order by notification_id")
        assert len(told) == len(set(told)) == 3

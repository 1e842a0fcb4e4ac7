"""A night that begins early for its first reader is two posts of one line."""

from dataclasses import replace
from datetime import time, timedelta

from planning.publication.little import BEFORE, FIRST, a_pool
from plateau.kernel.time import instant
from plateau.planning import service as planning
from plateau.planning.publication.queries import versions
from plateau.planning.publication.service import desk, drafting, publishing
from plateau.planning.roster.types import Assignment
from plateau.platform.db import Tx


def test_who_is_called_third_is_said_to_be_third(tx: Tx) -> None:
    pool = a_pool(tx)
    night = pool.night(0)
    first = replace(night, starts_at=instant(FIRST, time(18)))
    others = replace(pool.night(1), on=FIRST, starts_at=night.starts_at, ends_at=night.ends_at,
                     needed=2, first_position=2)  # fmt: skip
    problem = replace(pool.problem, last=FIRST, posts=(first, others), settings=())
    period = desk.keep_period(tx, problem, now=BEFORE)
    held = [
        Assignment(first.post_id, pool.doctors[0], 1),
        Assignment(others.post_id, pool.doctors[1], 1),
        Assignment(others.post_id, pool.doctors[2], 2),
    ]
    draft = drafting.begin(
        tx, pool.coordinator, period.period_id, held=held, reason="", now=BEFORE
    )  # fmt: skip
    publishing.publish(tx, pool.coordinator, draft.version_id, reason="", now=BEFORE)

    found = versions.held_by(tx, None, since=BEFORE, until=night.ends_at)
    at = night.starts_at + timedelta(hours=1)
    answering = planning.on_duty(tx, site_id=pool.site_id, at=at)

    assert [(one.person_id, one.position) for one in found] == [
        (person, number) for number, person in enumerate(pool.doctors[:3], start=1)
    ]
    assert [one.person_id for one in answering] == list(pool.doctors[:3])

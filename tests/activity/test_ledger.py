"""The ledger: every reading once, nothing altered."""

from datetime import timedelta
from typing import LiteralString

import psycopg
import pytest

from make import NIGHT, World, a_caller, a_world
from make_after import a_task, a_version
from plateau.activity import jobs, rules, service
from plateau.activity.types import Period, Scope
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import NotFoundError
from plateau.kernel.ids import ExamId, VersionId
from plateau.platform.db import Db, Tx
from plateau.reading.events import ReportSigned

PERIOD = Period(start=NIGHT, end=NIGHT + timedelta(hours=1))
ALL = Scope(sites=None, person_id=None)


def signed(tx: Tx, world: World, urgency: str = "U0") -> tuple[ExamId, VersionId]:
    exam_id = a_task(tx, world, urgency=urgency)
    return exam_id, a_version(tx, world, exam_id)


def targets(tx: Tx) -> None:
    tx.run(
        """
        insert into territory.delay_target (urgency, minutes, source, valid_from)
        values ('U0', 9, 'invented', '2020-01-01'), ('U1', 60, 'invented', '2020-01-01')
        """
    )


def test_a_final_report_is_counted_once_with_who_for_whom_on_which_duty(tx: Tx) -> None:
    world = a_world(tx)
    exam_id, version_id = signed(tx, world)

    assert service.count(tx, version_id=version_id, now=NIGHT)
    assert not service.count(tx, version_id=version_id, now=NIGHT)

    (entry,) = service.entries(tx, scope=ALL, period=PERIOD)
    assert (entry.exam_id, entry.reader_name, entry.member_code) == (exam_id, "Dr Lecture", "CHT")
    assert (entry.line_code, entry.site_code, entry.exam_code) == ("NUIT", "TEST", "TDM-CRANE")
    assert entry.turnaround == timedelta(minutes=10)
    assert "activity" in tx.touched


def test_an_addendum_is_not_another_reading(tx: Tx) -> None:
    world = a_world(tx)
    exam_id, first = signed(tx, world)
    second = a_version(tx, world, exam_id, 2)

    assert not service.count(tx, version_id=second, now=NIGHT)
    assert service.count(tx, version_id=first, now=NIGHT)

    assert len(service.entries(tx, scope=ALL, period=PERIOD)) == 1


def test_the_event_heard_twice_counts_once(db: Db) -> None:
    with db.begin() as tx:
        world = a_world(tx)
        exam_id, version_id = signed(tx, world)
    event = ReportSigned(version_id=version_id, exam_id=exam_id, site_id=world.site_id)

    jobs.count_reading(event)
    jobs.count_reading(event)

    with db.begin() as tx:
        assert tx.value("select count(*) from activity.entry") == 1


@pytest.mark.parametrize(
    "sql",
    [
        "update activity.entry set urgency = 'U3'",
        "delete from activity.entry",
        "truncate activity.entry",
    ],
)
def test_an_entry_is_never_altered(db: Db, sql: LiteralString) -> None:
    with db.begin() as tx:
        service.count(tx, version_id=signed(tx, a_world(tx))[1], now=NIGHT)

    with pytest.raises(psycopg.errors.RaiseException, match="append-only"), db.begin() as tx:
        tx.run(sql)

    with db.begin() as tx:
        assert tx.value("select count(*) from activity.entry where urgency = 'U0'") == 1


def test_delays_are_judged_by_the_target_of_their_urgency(tx: Tx) -> None:
    world = a_world(tx)
    targets(tx)
    for urgency in ("U0", "U1", "U2"):
        service.count(tx, version_id=signed(tx, world, urgency)[1], now=NIGHT)

    found = {one.urgency: one for one in service.summaries(tx, scope=ALL, period=PERIOD)}

    assert [(one.judged, one.on_time) for one in found.values()] == [(1, 0), (1, 1), (0, 0)]
    assert found["U0"].p50 == found["U0"].p90 == timedelta(minutes=10)
    assert found["U0"].targets == (timedelta(minutes=9),)


def test_a_manager_sees_their_sites_and_a_reader_their_own_work_only(tx: Tx) -> None:
    world = a_world(tx)
    service.count(tx, version_id=signed(tx, world)[1], now=NIGHT)
    manager = a_caller(world.requester_id, world.site_id, role=Role.MANAGER)
    reader = a_caller(world.reader_id, world.site_id)
    colleague = a_caller(world.requester_id, world.site_id)
    stranger = a_caller(world.requester_id, role=Role.MANAGER)

    def seen(caller: Caller) -> int:
        scope = service.scope_of(caller)
        return service.table(tx, scope=scope, period=PERIOD).total

    assert (seen(manager), seen(reader), seen(colleague)) == (1, 1, 0)
    with pytest.raises(NotFoundError):
        seen(stranger)
    with pytest.raises(NotFoundError):
        seen(a_caller(world.requester_id, world.site_id, role=Role.REQUESTER))


def test_a_period_shows_what_was_signed_in_it(tx: Tx) -> None:
    world = a_world(tx)
    service.count(tx, version_id=signed(tx, world)[1], now=NIGHT)
    later = rules.period(NIGHT + timedelta(minutes=11), None, now=NIGHT + timedelta(days=1))

    assert service.entries(tx, scope=ALL, period=later) == []

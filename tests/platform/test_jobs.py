from dataclasses import dataclass

import pytest

import loops
from plateau.kernel.errors import UnavailableError
from plateau.platform import jobs
from plateau.platform.db import Db

ran: list[int] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Rang:
    """A test's own event."""

    number: int


@jobs.on(Rang)
def hear(event: Rang) -> None:
    """Remember; fail at the first sight of 13."""
    ran.append(event.number)
    if event.number == 13 and ran.count(13) == 1:
        raise UnavailableError("not yet")


def work(database: str) -> None:
    async def once() -> None:
        async with jobs.bind(database).open_async() as app:
            await jobs.retry_stalled(app)
            await app.run_worker_async(wait=False, install_signal_handlers=False)

    loops.run(once())


def test_an_event_runs_its_subscribers(db: Db, database: str) -> None:
    ran.clear()
    with db.begin() as tx:
        jobs.emit(tx, Rang(number=1))
    work(database)
    assert ran == [1]


def test_no_job_when_the_transaction_fails(db: Db) -> None:
    with pytest.raises(ZeroDivisionError), db.begin() as tx:
        jobs.emit(tx, Rang(number=2))
        raise ZeroDivisionError
    with db.begin() as tx:
        assert tx.value("select count(*) from procrastinate_jobs") == 0


def test_a_job_that_found_something_down_is_tried_again(db: Db, database: str) -> None:
    ran.clear()
    with db.begin() as tx:
        jobs.emit(tx, Rang(number=13))
    work(database)
    assert ran == [13, 13]
    with db.begin() as tx:
        assert tx.value("select status::text from procrastinate_jobs") == "succeeded"


def test_the_job_of_a_killed_worker_runs_again(db: Db, database: str) -> None:
    """A worker that takes a job and dies leaves it 'doing' without a heartbeat."""
    ran.clear()
    with db.begin() as tx:
        jobs.emit(tx, Rang(number=3))
        worker = tx.value(
            """
            insert into procrastinate_workers (last_heartbeat)
            values (now() - interval '5 minutes') returning id
            """
        )
        tx.run("update procrastinate_jobs set status = 'doing', worker_id = %(id)s", id=worker)
    work(database)
    assert ran == [3]

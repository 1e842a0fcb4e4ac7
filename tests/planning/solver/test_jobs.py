"""A roster asked in a row is made by the worker, and made again after a crash."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from planning.publication.little import BEFORE, FIRST, LAST, a_period, a_pool
from plateau.kernel.errors import UnavailableError
from plateau.planning import jobs
from plateau.planning import making as process
from plateau.planning.publication.queries import making
from plateau.planning.publication.service import solving
from plateau.planning.publication.types import Solve
from plateau.planning.roster import file
from plateau.planning.roster.check import check
from plateau.planning.roster.types import Roster
from plateau.platform.db import Db
from plateau.platform.settings import Settings

KILLED = Path(__file__).with_name("killed.py")


@pytest.fixture
def asked(db: Db) -> Solve:
    with db.begin() as tx:
        a_period(tx, a_pool(tx))
        tx.run(
            "insert into planning.solve (solve_id, first, last, seconds, asked_by, asked_at)"
            " values (gen_random_uuid(), %(first)s, %(last)s, 2, 'x', %(at)s)",
            first=FIRST,
            last=LAST,
            at=BEFORE,
        )
        (one,) = making.solves(tx)
    return one


def test_a_roster_asked_in_a_row_is_made_and_kept(db: Db, asked: Solve) -> None:
    process.make(db, asked.solve_id)

    with db.begin() as tx:
        made = making.solve(tx, asked.solve_id)
    assert made.state == "done"
    assert made.has_roster
    assert "best" in made.progress


def test_a_solve_whose_worker_was_killed_is_gone_on_with(db: Db, asked: Solve) -> None:
    with db.begin() as tx:
        assert solving.begin(tx, asked.solve_id, now=BEFORE)

    process.make(db, asked.solve_id)
    process.make(db, asked.solve_id)  # told twice, made once

    with db.begin() as tx:
        assert making.solve(tx, asked.solve_id).state == "done"


def test_a_solve_stopped_before_it_began_is_not_made(db: Db, asked: Solve) -> None:
    with db.begin() as tx:
        making.ask_stop(tx, asked.solve_id)

    process.make(db, asked.solve_id)

    with db.begin() as tx:
        made = making.solve(tx, asked.solve_id)
    assert made.state == "stopped"
    assert not made.has_roster


def test_a_worker_killed_in_the_middle_leaves_its_best_to_the_next_one(
    db: Db, database: str, asked: Solve, tmp_path: Path
) -> None:
    with db.begin() as tx:
        tx.run("update planning.solve set seconds = 600")
    command = [sys.executable, str(KILLED), database, str(tmp_path), str(asked.solve_id)]
    with subprocess.Popen(command) as worker:
        wait_until(lambda: best_of(db, asked) is not None)
        worker.kill()  # -9: it has no time to say anything
        assert worker.wait() == -signal.SIGKILL
    left = best_of(db, asked)
    with db.begin() as tx:
        assert making.solve(tx, asked.solve_id).state == "running"
        tx.run("update planning.solve set seconds = 2")

    process.make(db, asked.solve_id)

    with db.begin() as tx:
        assert making.solve(tx, asked.solve_id).state == "done"
    assert left is not None
    assert worth(db, asked, best_of(db, asked)) <= worth(db, asked, left)


def test_a_worker_that_leaves_ends_its_search_and_its_job_is_run_again(
    db: Db, database: str, asked: Solve
) -> None:
    settings = Settings(database_url=database)
    with ThreadPoolExecutor() as worker:
        job = worker.submit(jobs.make_apart, settings, asked.solve_id)
        while not job.done():
            jobs.leave()
            time.sleep(0.01)
    assert isinstance(job.exception(), UnavailableError)
    with db.begin() as tx:
        assert making.solve(tx, asked.solve_id).is_open


def test_a_search_that_fails_says_so_in_its_row(
    db: Db, asked: Solve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "solve", lambda *_, **__: 1 / 0)
    with pytest.raises(UnavailableError):
        process.make(db, asked.solve_id)
    with db.begin() as tx:
        failed = making.solve(tx, asked.solve_id)
    assert (failed.state, failed.error) == ("failed", "the search failed: its log says why")


def best_of(db: Db, asked: Solve) -> Roster | None:
    with db.begin() as tx:
        best = making.roster(tx, asked.solve_id)
    return file.read_roster(best.encode()) if best else None


def worth(db: Db, asked: Solve, roster: Roster | None) -> tuple[int, float]:
    """Hard breaches, then the cost of soft ones: less is better."""
    assert roster is not None
    with db.begin() as tx:
        _, problem, _ = solving.problem_of(tx, asked.solve_id, now=BEFORE)
    found = check(problem, roster)
    return sum(one.is_hard for one in found), sum(one.cost for one in found)


def wait_until(is_true: Callable[[], bool]) -> None:
    for _ in range(600):
        if is_true():
            return
        time.sleep(0.1)
    pytest.fail("no roster after a minute")

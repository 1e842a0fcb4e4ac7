"""A roster asked in a row is made by the worker, and made again after a crash."""

import pytest

from planning.publication.little import BEFORE, FIRST, LAST, a_period, a_pool
from plateau.planning import jobs
from plateau.planning.events import SolveAsked
from plateau.planning.publication.queries import making
from plateau.planning.publication.service import solving
from plateau.planning.publication.types import Solve
from plateau.platform.db import Db


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
    jobs.make_roster(SolveAsked(asked.solve_id))

    with db.begin() as tx:
        made = making.solve(tx, asked.solve_id)
    assert made.state == "done"
    assert made.has_roster
    assert "best" in made.progress


def test_a_solve_whose_worker_was_killed_is_gone_on_with(db: Db, asked: Solve) -> None:
    with db.begin() as tx:
        assert solving.begin(tx, asked.solve_id, now=BEFORE)

    jobs.make_roster(SolveAsked(asked.solve_id))
    jobs.make_roster(SolveAsked(asked.solve_id))  # told twice, made once

    with db.begin() as tx:
        assert making.solve(tx, asked.solve_id).state == "done"


def test_a_solve_stopped_before_it_began_is_not_made(db: Db, asked: Solve) -> None:
    with db.begin() as tx:
        making.ask_stop(tx, asked.solve_id)

    jobs.make_roster(SolveAsked(asked.solve_id))

    with db.begin() as tx:
        made = making.solve(tx, asked.solve_id)
    assert made.state == "stopped"
    assert not made.has_roster

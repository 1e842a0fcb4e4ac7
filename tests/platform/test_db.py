from dataclasses import dataclass

import psycopg
import pytest

from plateau.kernel.errors import ConflictError, InvalidInputError, NotFoundError, UnavailableError
from plateau.platform.db import Db, Tx, open_pool


@dataclass(frozen=True, slots=True)
class Pair:
    """Two columns."""

    left: int
    right: str


def test_columns_must_be_the_fields_in_order(tx: Tx) -> None:
    assert tx.one(Pair, "select 1 as left, 'a' as right") == Pair(1, "a")
    with pytest.raises(TypeError, match="fields"):
        tx.one(Pair, "select 'a' as right, 1 as left")


def test_nothing_found_is_said(tx: Tx) -> None:
    assert tx.maybe(Pair, "select 1 as left, 'a' as right where false") is None
    with pytest.raises(NotFoundError, match="Pair not found"):
        tx.one(Pair, "select 1 as left, 'a' as right where false")


def test_an_error_rolls_everything_back(db: Db) -> None:
    with db.begin() as tx:
        tx.run("create table kept (n int unique)")
    with pytest.raises(ZeroDivisionError), db.begin() as tx:
        tx.run("insert into kept values (1)")
        raise ZeroDivisionError
    with db.begin() as tx:
        assert tx.value("select count(*) from kept") == 0


def test_the_second_writer_of_the_same_thing_is_told(db: Db) -> None:
    with db.begin() as tx:
        tx.run("create table kept (n int unique)")
        tx.run("insert into kept values (1)")
    with pytest.raises(ConflictError), db.begin() as tx:
        tx.run("insert into kept values (1)")


def test_a_database_that_is_away_is_unavailable() -> None:
    with open_pool("postgresql://nobody@/none?host=/nowhere", size=1) as pool:
        pool.timeout = 0.2
        with pytest.raises(UnavailableError), Db(pool, lambda _: None).begin():
            pass


def test_topics_leave_after_the_commit_only(db: Db, database: str) -> None:
    heard: list[set[str]] = []
    with open_pool(database, size=1) as pool:
        quiet = Db(pool, heard.append)
        with quiet.begin() as tx:
            tx.touch("worklist", "exams")
            assert heard == []
        with pytest.raises(ZeroDivisionError), quiet.begin() as tx:
            tx.touch("never")
            raise ZeroDivisionError
    assert heard == [{"worklist", "exams"}]


def test_what_postgresql_cannot_keep_is_the_senders_mistake(db: Db) -> None:
    with pytest.raises(InvalidInputError), db.begin() as tx:
        tx.value("select %(text)s::text", text="a\0b")
    with pytest.raises(InvalidInputError), db.begin() as tx:
        tx.value("select %(number)s::bigint", number=2**70)


def test_a_mistake_of_ours_stays_a_bug(db: Db) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero), db.begin() as tx:
        tx.value("select 1 / 0")

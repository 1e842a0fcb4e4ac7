from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from plateau.kernel.errors import ConflictError
from plateau.platform.db import Tx
from plateau.platform.embedded import Postgres
from plateau.platform.migrate import migrate


def test_a_database_that_is_up_to_date_is_left_alone(database: str) -> None:
    assert migrate(database) == []


def test_processes_that_start_together_apply_each_step_once(server: Postgres) -> None:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("create database together")
    with ThreadPoolExecutor() as threads:
        applied = list(threads.map(migrate, [server.url("together")] * 3))
    assert sorted(len(names) for names in applied)[:2] == [0, 0]


def test_a_rewritten_history_is_refused(database: str, tx: Tx) -> None:
    tx.run("update plateau_migration set digest = 'other' where name = '0001_access.sql'")
    tx.connection.commit()
    with pytest.raises(ConflictError, match="0001_access"):
        migrate(database)


def test_a_debian_server_takes_the_same_history(tmp_path: Path) -> None:
    """PostgreSQL 15 is the oldest supported; Debian 12 ships it."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    assert debian, "install Debian's postgresql: apt-get install postgresql"
    server = Postgres(folder=tmp_path, binaries=debian[0])
    try:
        names = migrate(server.start())
        assert names == sorted(names)
        assert len(names) >= 9
    finally:
        server.stop()

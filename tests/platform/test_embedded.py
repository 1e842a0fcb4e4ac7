from pathlib import Path

import psycopg
import pytest

from plateau.kernel.errors import ConflictError
from plateau.platform.embedded import Postgres


def test_what_was_committed_survives_a_restart(tmp_path: Path) -> None:
    server = Postgres(folder=tmp_path)
    with psycopg.connect(server.start()) as connection:
        connection.execute("create table kept as select 1 as one")
    server.stop()
    with psycopg.connect(server.start()) as connection:
        assert connection.execute("select one from kept").fetchone() == (1,)
    server.stop()


def test_a_cluster_of_another_major_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pg").mkdir()
    (tmp_path / "pg" / "PG_VERSION").write_text("16\n")
    with pytest.raises(ConflictError, match="made by PostgreSQL 16"):
        Postgres(folder=tmp_path).start()


def test_nobody_else_can_reach_the_server(tmp_path: Path) -> None:
    server = Postgres(folder=tmp_path)
    url = server.start()
    try:
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(url.replace("plateau:", "plateau:x", 1))
        assert (tmp_path / "pg").stat().st_mode & 0o077 == 0
        assert (tmp_path / "pg_password").stat().st_mode & 0o077 == 0
    finally:
        server.stop()

"""Fixtures of the chain: the same tests on every PostgreSQL that is supported."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from make import NIGHT
from plateau.platform import clock
from plateau.platform.clock import Pace
from plateau.platform.embedded import Postgres
from plateau.platform.migrate import migrate
from plateau.platform.settings import settings


def debian() -> Path:
    """The programs of Debian's own PostgreSQL."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    assert found, "install Debian's PostgreSQL: apt-get install postgresql"
    return found[0]


@pytest.fixture(scope="session")
def debian_server(server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A server of Debian's, like the embedded one of the other tests."""
    older = Postgres(
        folder=tmp_path_factory.mktemp("pg"), binaries=debian(), options=server.options
    )
    with psycopg.connect(older.start(), autocommit=True) as connection:
        connection.execute("create database template_plateau")
    migrate(older.url("template_plateau"))
    yield older
    older.stop()


@pytest.fixture
def at_night(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """It is 02:00, and time goes on from there, in this process and in those it starts."""
    pace = Pace(clock.wall(), NIGHT, 1.0, NIGHT + timedelta(hours=5))
    monkeypatch.setenv("PLATEAU_CLOCK", str(pace))
    _read_again()
    yield
    monkeypatch.undo()
    _read_again()


def _read_again() -> None:
    settings.cache_clear()
    vars(clock)["_pace"].cache_clear()

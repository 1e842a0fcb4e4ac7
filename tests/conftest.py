"""A real PostgreSQL for the session; a database of its own for a test."""

import os
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from databases import Databases, databases_of
from make import NIGHT
from plateau.platform import clock, runtime
from plateau.platform.blobs import Blobs, open_folder
from plateau.platform.clock import Pace
from plateau.platform.db import Db, Tx, open_pool
from plateau.platform.embedded import Postgres
from plateau.platform.live import Notifier
from plateau.platform.migrate import migrate
from plateau.platform.settings import Settings

# A report is final at once, where a test does not say otherwise; processes inherit it.
os.environ["PLATEAU_RECALL_S"] = "0"
# Tests begin on the morning before `NIGHT`, whatever the day they are run.
MORNING = NIGHT - timedelta(hours=15)
os.environ["PLATEAU_CLOCK"] = str(Pace(clock.wall(), MORNING, 1.0, NIGHT))
FAST = ["fsync=off", "full_page_writes=off", "synchronous_commit=off", "shared_buffers=64MB"]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one `xdist_group` go to one process.

    xdist 3.8 writes the group into `_nodeid`, which pytest 9.2 no longer reads.
    """
    for item in items:
        grouped = getattr(item, "_nodeid", None)
        if grouped is not None:
            setattr(item, "_id", type(item.id).parse(grouped))  # noqa: B010 - not ours to name


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """The embedded server, on data that need not survive the tests."""
    server = Postgres(folder=tmp_path_factory.mktemp("pg"), options=FAST)
    with psycopg.connect(server.start(), autocommit=True) as connection:
        connection.execute("create database template_plateau")
    migrate(server.url("template_plateau"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def databases(server: Postgres) -> Iterator[Databases]:
    """Where tests take their databases from."""
    yield from databases_of(server)


@pytest.fixture
def database(databases: Databases) -> Iterator[str]:
    """The URL of a fresh, migrated database."""
    name = databases.take()
    yield databases.server.url(name)
    databases.give_back(name)


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    """An empty object store."""
    return open_folder(tmp_path / "blobs")


@pytest.fixture
def db(database: str, blobs: Blobs, tmp_path: Path) -> Iterator[Db]:
    """A database of the test's own, also set as the process's own for jobs and commands."""
    with open_pool(database) as pool, closing(Notifier(database)) as notify:
        db = Db(pool, notify)
        settings = Settings(database_url=database, data_dir=tmp_path)
        runtime.use(runtime.Runtime(db, blobs, settings))
        yield db


@pytest.fixture
def tx(db: Db) -> Iterator[Tx]:
    """One transaction, committed if the test reaches its end."""
    with db.begin() as tx:
        yield tx

"""What every process does first: logs, database, object store."""

from collections.abc import Generator
from contextlib import contextmanager

from prometheus_client import start_http_server

from plateau.platform import blobs, log, runtime
from plateau.platform.db import Db, open_pool
from plateau.platform.embedded import Postgres
from plateau.platform.live import Notifier
from plateau.platform.migrate import migrate
from plateau.platform.runtime import Runtime
from plateau.platform.settings import Settings, settings


@contextmanager
def process(name: str, *, pool: int = 10) -> Generator[Runtime, None, None]:
    """A migrated database and an object store, for as long as the process lives."""
    chosen = settings()
    log.configure(chosen.log_level, name)
    with database(chosen) as url:
        migrate(url)
        with open_pool(url, size=pool) as connections:
            store = _object_store(chosen)
            in_use = chosen.model_copy(update={"database_url": url})
            running = Runtime(Db(connections, Notifier(url)), store, in_use)
            runtime.use(running)
            if chosen.metrics_port:
                start_http_server(chosen.metrics_port, "127.0.0.1")
            yield running


@contextmanager
def database(chosen: Settings) -> Generator[str, None, None]:
    """The URL of the database; the embedded server is stopped again by whoever started it."""
    if chosen.database_url:
        yield chosen.database_url
        return
    server = embedded(chosen)
    started = not server.is_running()
    url = server.start()
    try:
        yield url
    finally:
        if started:
            server.stop()


def embedded(chosen: Settings) -> Postgres:
    """The embedded server of this data directory."""
    return Postgres(folder=chosen.data_dir.resolve() / "postgres")


def _object_store(chosen: Settings) -> blobs.Blobs:
    if chosen.blob_url:
        return blobs.open_url(chosen.blob_url)
    return blobs.open_folder(chosen.data_dir / "blobs")

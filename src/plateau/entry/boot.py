"""What every process does first: logs, database, object store, who hears of events."""

import errno
import signal
import socket
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from types import FrameType

from prometheus_client import start_http_server

from plateau.entry import subscribers  # noqa: F401 - an event is told to those that are loaded
from plateau.kernel.errors import ConflictError, UnavailableError
from plateau.platform import blobs, log, runtime, supervision
from plateau.platform.db import Db, open_pool
from plateau.platform.embedded import Postgres
from plateau.platform.live import Notifier
from plateau.platform.migrate import migrate
from plateau.platform.runtime import Runtime
from plateau.platform.settings import Settings, settings

_WITHOUT_PAGES = ("dimse", "mllp", "worker")
_LOOK_S = 0.2


class Asked:
    """Whether SIGTERM or SIGINT asked this process to stop, since this was made.

    The handler takes no lock: the thread it interrupts may hold it. The wait ends now and then: a
    signal that comes just before a wait does not interrupt it.
    """

    def __init__(self) -> None:
        self.to_stop = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._hear)

    def wait(self) -> None:
        """Return once asked."""
        while not self.to_stop:
            time.sleep(_LOOK_S)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self.to_stop = True


@contextmanager
def process(name: str, *, pool: int = 10) -> Generator[Runtime, None, None]:
    """A migrated database and an object store, for as long as the process lives."""
    chosen = settings()
    log.configure(chosen.log_level, name)
    supervision.leave_with_parent()
    with database(chosen) as url:
        migrate(url)
        with open_pool(url, size=pool) as connections, closing(Notifier(url)) as notify:
            store = _object_store(chosen)
            in_use = chosen.model_copy(update={"database_url": url})
            running = Runtime(Db(connections, notify), store, in_use)
            runtime.use(running)
            if chosen.metrics_port and name in _WITHOUT_PAGES:
                with listening(chosen.metrics_port):
                    start_http_server(chosen.metrics_port, "127.0.0.1")
            yield running


@contextmanager
def listening(port: int) -> Generator[None, None, None]:
    """A port that cannot be had is said in one sentence; ConflictError when it is taken."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConflictError("port {port} is taken by another process", port=port) from error
        raise UnavailableError(
            "cannot listen on port {port}: {reason}", port=port, reason=error.strerror
        ) from error


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with listening(port):
        listener = socket.create_server((host, port), family=family, backlog=1024)
    # Connections inherit it, or each answer may wait 40 ms: the event loop only sets it on sockets
    # that name their protocol.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


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
    cold = blobs.open_url(chosen.cold_blob_url) if chosen.cold_blob_url else None
    if chosen.blob_url:
        return blobs.open_url(chosen.blob_url, cold)
    return blobs.open_folder(chosen.data_dir / "blobs", cold)

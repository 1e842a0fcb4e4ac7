"""Telling open pages that something changed: NOTIFY after commit, gathered, and LISTEN.

A message holds topics only, never data: the page looks again with its own rights. A notification
can be lost (the server restarts), so pages also look again from time to time.
"""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager, suppress
from uuid import UUID

import psycopg
import structlog

log = structlog.get_logger()
_CHANNEL = "plateau_live"
_GATHER_S = 0.02
_RETRY_S = 1.0
_LEAVE_S = 5.0
TOLD = "told."
_ANYTHING = ""  # the topic of what may have changed unheard


def told(person_id: UUID) -> str:
    """The topic that one person alone hears: they were told something."""
    return f"{TOLD}{person_id}"


class Notifier:
    """Sends topics from one thread, those of the same 20 ms together, outside any transaction."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._topics: set[str] = set()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live-notify", daemon=True)
        self._thread.start()

    def __call__(self, topics: set[str]) -> None:
        """Send `topics` soon."""
        with self._lock:
            self._topics |= topics
        self._wake.set()

    def close(self) -> None:
        """Send what waits, before the process leaves; returns once it is sent, or after 5 s."""
        self._closing.set()
        self._wake.set()
        self._thread.join(_LEAVE_S)

    def _run(self) -> None:
        while True:
            try:
                with _connect(self._url) as connection:
                    return self._pump(connection)
            except psycopg.Error:
                time.sleep(_RETRY_S)

    def _pump(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        is_last = False
        while not is_last:
            self._wake.wait()
            is_last = self._closing.wait(_GATHER_S)
            with self._lock:
                topics, self._topics = self._topics, set()
                self._wake.clear()
            for topic in sorted(topics):
                connection.execute("select pg_notify(%s, %s)", (_CHANNEL, topic))


class Listener:
    """Hears topics in a thread and wakes the streams of this process that want them."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.is_closed = False
        self.losses = 0  # how often the database went away: what changed then was not heard
        self._streams: dict[asyncio.Queue[str], tuple[asyncio.AbstractEventLoop, frozenset[str]]]
        self._streams = {}
        self._changes = Counter[str]()
        self._lock = threading.Lock()
        threading.Thread(target=self._run, name="live-listen", daemon=True).start()

    @contextmanager
    def stream(self, topics: frozenset[str]) -> Generator[asyncio.Queue[str], None, None]:
        """A queue that receives each of `topics` as it changes; use in an event loop."""
        queue: asyncio.Queue[str] = asyncio.Queue(maxsize=100)
        with self._lock:
            self._streams[queue] = (asyncio.get_running_loop(), topics)
        try:
            yield queue
        finally:
            with self._lock:
                del self._streams[queue]

    def changes(self, topic: str) -> int:
        """How often a topic has changed, or may have: what was made before is not what is."""
        with self._lock:
            return self._changes[topic] + self._changes[_ANYTHING]

    def close(self) -> None:
        """Let every stream end: the process is leaving."""
        self.is_closed = True

    def _run(self) -> None:
        while not self.is_closed:
            try:
                self._hear()
            except psycopg.Error:
                self.losses += 1
                if not self.is_closed:
                    log.warning("live.disconnected")
                    time.sleep(_RETRY_S)

    def _hear(self) -> None:
        with _connect(self._url) as connection:
            connection.execute(f"listen {_CHANNEL}")
            self._wake_all()
            for notice in connection.notifies():
                self._spread(notice.payload)

    def _wake_all(self) -> None:
        """Have every stream look again: a change may have been missed until now."""
        with self._lock:
            self._changes[_ANYTHING] += 1
            wanted = frozenset[str]().union(*(topics for _, topics in self._streams.values()))
        for topic in sorted(wanted):
            self._spread(topic)

    def _spread(self, topic: str) -> None:
        with self._lock:
            self._changes[topic] += 1
            streams = list(self._streams.items())
        for queue, (loop, topics) in streams:
            if topic in topics:
                with suppress(RuntimeError):  # the loop has closed: its stream is ending
                    loop.call_soon_threadsafe(_offer, queue, topic)


def _offer(queue: asyncio.Queue[str], topic: str) -> None:
    if not queue.full():  # a full queue already says "look again"
        queue.put_nowait(topic)


def _connect(url: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(
        url, autocommit=True, application_name="plateau-live", options="-c synchronous_commit=off"
    )

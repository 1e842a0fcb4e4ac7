"""Jobs and events: both are rows written in the caller's transaction."""

from collections.abc import Callable
from typing import Any, TypeVar

import procrastinate
import pydantic
from procrastinate.tasks import Task

from plateau.kernel.errors import ConflictError, UnavailableError
from plateau.platform.db import Tx

app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())
_subscribers: dict[type, list[Task[Any, Any, Any]]] = {}
Event = TypeVar("Event")
STALLED_S = 15  # a worker says every 5 s that it lives


def on(event: type[Event]) -> Callable[[Callable[[Event], None]], Callable[[Event], None]]:
    """Declare a function as a job that runs, at least once, after each `event`."""
    parse = pydantic.TypeAdapter(event).validate_python

    def declare(handle: Callable[[Event], None]) -> Callable[[Event], None]:
        def run(**fields: Any) -> None:
            handle(parse(fields))

        retry = procrastinate.RetryStrategy(
            max_attempts=50, linear_wait=2, retry_exceptions=[UnavailableError, ConflictError]
        )
        task = app.task(name=f"{handle.__module__}.{handle.__name__}", retry=retry)(run)
        _subscribers.setdefault(event, []).append(task)
        return handle

    return declare


def emit(tx: Tx, event: object) -> None:
    """Defer one job for each subscriber, in the transaction that made the event true."""
    fields = pydantic.TypeAdapter(type(event)).dump_python(event, mode="json")
    for task in _subscribers.get(type(event), []):
        task.configure(connection=tx.connection).defer(**fields)


def bind(url: str) -> procrastinate.App:
    """The application a worker runs, on its own asynchronous connections."""
    return app.with_connector(procrastinate.PsycopgConnector(conninfo=url))


async def retry_stalled(working: procrastinate.App) -> None:
    """Run again the jobs whose worker was killed: the engine leaves that to us."""
    manager = working.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_S):
        await manager.retry_job(job)

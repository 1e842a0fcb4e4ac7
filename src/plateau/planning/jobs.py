"""Rosters are made by a process of their own: pages and other jobs are never slowed by a search."""

import os
import subprocess
from uuid import UUID

from plateau.kernel.errors import UnavailableError
from plateau.planning.events import SolveAsked
from plateau.platform import jobs, runtime, supervision
from plateau.platform.settings import Settings

_MODULE = "plateau.planning.making"
_running: set[subprocess.Popen[bytes]] = set()


@jobs.on(SolveAsked)
def make_roster(event: SolveAsked) -> None:
    """A roster is made for the row; run again after a crash, it begins from the best so far."""
    make_apart(runtime.settings_in_use(), event.solve_id)


def make_apart(settings: Settings, solve_id: UUID, *options: str) -> None:
    """A roster is made for a row by another process, waited for.

    UnavailableError when it was ended before its time: what it found so far is in the row.
    """
    environment = {**os.environ, "PLATEAU_DATABASE_URL": str(settings.database_url)}
    with supervision.start(_MODULE, str(solve_id), *options, environment=environment) as process:
        _running.add(process)
        try:
            code = process.wait()
        finally:
            _running.discard(process)
    if code != 0:
        raise UnavailableError("the search for a roster was ended ({code})", code=code)


def leave() -> None:
    """End the searches of this process: their jobs are run again by the next worker."""
    for process in [*_running]:
        process.terminate()

"""A worker of its own, to be killed: makes the roster of one row of one database."""

import sys
from pathlib import Path
from uuid import UUID

from plateau.planning import jobs
from plateau.planning.events import SolveAsked
from plateau.platform import runtime
from plateau.platform.blobs import open_folder
from plateau.platform.db import Db, open_pool
from plateau.platform.live import Notifier
from plateau.platform.settings import Settings

if __name__ == "__main__":
    url, folder, solve_id = sys.argv[1:]
    with open_pool(url) as pool:
        settings = Settings(database_url=url, data_dir=Path(folder))
        blobs = open_folder(Path(folder) / "blobs")
        runtime.use(runtime.Runtime(Db(pool, Notifier(url)), blobs, settings))
        jobs.make_roster(SolveAsked(UUID(solve_id)))

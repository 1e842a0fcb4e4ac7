"""An archive that is not ours, in a process of its own, and the territory's row of it."""

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from plateau.platform.db import Db


@contextmanager
def an_archive(folder: Path, *options: str, hub: int = 1) -> Generator[int]:
    """The port of an archive."""
    command = [
        *(sys.executable, "-m", "outside.archive", "--folder", str(folder)),
        *("--hub", f"127.0.0.1:{hub}", *options),
    ]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        yield int(process.stdout.readline())
        process.kill()


def a_peer(db: Db, port: int, **said: object) -> None:
    """The row of the archive, with what its block says."""
    with db.begin() as tx:
        tx.run(
            """
            insert into territory.peer
              (ae_title, name, host, port, valid_from, site_id, commits, wants_availability,
               fetches_by, web_url, issuer)
            values ('ARCHIVE', 'Archive inventée', '127.0.0.1', %(port)s, '2020-01-01', %(site)s,
                    %(commits)s, %(wants)s, %(by)s, %(web)s, %(issuer)s)
            """,
            port=port,
            site=said.get("site"),
            commits=said.get("commits", False),
            wants=said.get("wants", False),
            by=said.get("by"),
            web=said.get("web"),
            issuer=said.get("issuer"),
        )

"""Fixtures of exchange."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.post import a_post
from exchange.retracting import Scene
from make_after import a_destination
from outside import ris
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from reading.night import a_night


@pytest.fixture
def scene(db: Db, blobs: Blobs, tmp_path: Path) -> Iterator[Scene]:
    inbox = tmp_path / "inbox"
    with ris.serve(ris.Ris(facility="TEST", inbox=inbox), 0) as port:
        with db.begin() as tx:
            night = a_night(tx)
            destination_id = a_destination(tx, night.world.site_id, port)
        yield Scene(a_post(db, blobs), night, inbox, destination_id)

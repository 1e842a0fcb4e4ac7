"""Fixtures of reading."""

import pytest

from plateau.platform.db import Db
from reading.night import Night, a_night


@pytest.fixture
def night(db: Db) -> Night:
    """One exam waits, one reader with a password is on duty."""
    with db.begin() as tx:
        return a_night(tx)

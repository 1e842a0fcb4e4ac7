"""Fixtures of reading."""

import pytest
from fastapi.testclient import TestClient

from make import NIGHT
from plateau.entry import http
from plateau.kernel.caller import Caller
from plateau.platform import runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.web import pages as web_pages
from reading.night import Client, Night, a_night


@pytest.fixture
def night(db: Db) -> Night:
    """One exam waits, one reader with a password is on duty."""
    with db.begin() as tx:
        return a_night(tx)


@pytest.fixture
def client(db: Db, blobs: Blobs) -> Client:
    """A browser of somebody, at an hour when the reader of the night is on duty."""
    here = runtime.Runtime(db, blobs, runtime.settings_in_use())

    def browser(caller: Caller) -> TestClient:
        app = http.build(here, lambda _request: caller)
        app.dependency_overrides[web_pages.now] = lambda: NIGHT
        return TestClient(app, follow_redirects=False)

    return browser

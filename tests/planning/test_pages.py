"""The on-call page, through the real application."""

from datetime import datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from make import a_caller, a_duty, a_line, a_person, a_site
from plateau.entry import http
from plateau.kernel.caller import Role
from plateau.platform import clock, runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.settings import Settings


@pytest.fixture
def client(db: Db, blobs: Blobs) -> TestClient:
    """Signed in as a requester of a site of its own."""
    with db.begin() as tx:
        caller = a_caller(a_person(tx), a_site(tx, "LOIN"), role=Role.REQUESTER)
    app = http.build(runtime.Runtime(db, blobs, Settings()), lambda _: caller)
    return TestClient(app)


@pytest.fixture
def now(db: Db) -> datetime:
    """A duty in progress at one site, none at another."""
    now = clock.now()
    with db.begin() as tx:
        covered = a_site(tx, "COUVERT")
        reader = a_person(tx, name="Dr Ada EXEMPLE", site_id=covered)
        line = a_line(tx, covered, covered)
        # Its sites are covered from the hour of the duty's own start, whenever the test runs.
        tx.run("update territory.line_site set starts_at = '00:00'")
        a_duty(tx, line, reader, at=now + timedelta(hours=5))
    return now


def test_everybody_sees_who_answers_for_every_site(client: TestClient, now: datetime) -> None:
    page = client.get("/oncall")
    assert page.status_code == 200
    assert "Dr Ada EXEMPLE" in page.text
    assert "Garde de nuit" in page.text
    assert "Ville-Test" in page.text


def test_a_site_without_anybody_is_said_in_words(client: TestClient, now: datetime) -> None:
    text = client.get("/oncall", headers={"HX-Target": "oncall"}).text
    after = text[text.index("Hôpital LOIN") :]
    assert 'class="chip u0"' in after
    assert text.count('class="chip u0"') == 1


def test_the_fragment_is_the_table_only(client: TestClient, now: datetime) -> None:
    text = client.get("/oncall", headers={"HX-Target": "oncall"}).text
    assert "<html" not in text
    assert "Dr Ada EXEMPLE" in text


def test_an_empty_territory_is_said_in_words(db: Db, blobs: Blobs) -> None:
    with db.begin() as tx:
        caller = a_caller(a_person(tx))
    app = http.build(runtime.Runtime(db, blobs, Settings()), lambda _: caller)
    assert 'class="empty"' in TestClient(app).get("/oncall").text

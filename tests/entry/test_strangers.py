"""Every route of the real application, tried by somebody who has not signed in."""

import re
from uuid import uuid4

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from make import a_caller, a_person, a_site
from plateau.entry import http
from plateau.platform import runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.settings import Settings

PUBLIC = {
    "/login",
    "/logout",
    "/healthz",
    "/metrics",
    "/static/{name}",
    "/vendor/{name}",
    "/calendar/{secret}.ics",
}
MACHINES = ("/dicom-web/", "/api/")


def routes() -> list[tuple[str, str]]:
    """Every method and path the application answers; nothing else may stand among its routes."""
    found: list[tuple[str, str]] = []
    for router in http.ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute), f"{route} would be tried by nobody"
            methods = (route.methods or set()) - {"HEAD", "OPTIONS"}
            found += [(method, route.path) for method in methods]
    return sorted(found)


def test_no_route_stands_outside_the_routers(db: Db, blobs: Blobs) -> None:
    app = http.build(runtime.Runtime(db, blobs, Settings()), http.identify)
    assert len(app.routes) == len(http.ROUTERS)


@pytest.fixture
def stranger(db: Db, blobs: Blobs) -> TestClient:
    app = http.build(runtime.Runtime(db, blobs, Settings()), http.identify)
    return TestClient(app, follow_redirects=False)


def filled(path: str) -> str:
    """The path with an identifier in each of its places."""
    return re.sub(r"{[^}]*}", str(uuid4()), path)


@pytest.mark.parametrize(("method", "path"), routes(), ids=" ".join)
def test_a_stranger_gets_nothing(stranger: TestClient, method: str, path: str) -> None:
    answer = stranger.request(method, filled(path))
    if path in PUBLIC:
        assert answer.status_code in {200, 303, 404, 422}
    elif path.startswith(MACHINES):
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
    else:
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login?next=")


@pytest.mark.parametrize(
    ("method", "path"), [one for one in routes() if one[0] != "GET"], ids=" ".join
)
def test_a_form_without_its_token_changes_nothing(
    db: Db, blobs: Blobs, method: str, path: str
) -> None:
    if path == "/login":
        return  # asked for before any session; see tests/access
    with db.begin() as tx:
        caller = a_caller(a_person(tx), a_site(tx))
    app = http.build(runtime.Runtime(db, blobs, Settings()), lambda _: caller)
    client = TestClient(app, follow_redirects=False)
    assert client.request(method, filled(path)).status_code == 403
    assert client.request(method, filled(path), data={"csrf": "guessed"}).status_code == 403


def test_every_page_carries_the_strict_policy(stranger: TestClient) -> None:
    headers = stranger.get("/login").headers
    assert "script-src 'self';" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


def test_nothing_at_an_address_is_said_in_words(stranger: TestClient) -> None:
    answer = stranger.get("/nowhere", headers={"Accept-Language": "en"})
    assert answer.status_code == 404
    assert "there is nothing at this address" in answer.text


def test_health_and_metrics(stranger: TestClient) -> None:
    assert stranger.get("/healthz").text == "ok\n"
    assert 'route="/healthz"' in stranger.get("/metrics").text

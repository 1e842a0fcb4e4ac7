import pytest
from fastapi.testclient import TestClient

from plateau.entry import http
from plateau.platform import runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.settings import Settings
from plateau.web.assets import asset, icon

LOADED = ["app.css", "page.js", "theme.js", "icon.svg", "bootstrap.css", "htmx.js", "inter.css"]


@pytest.fixture
def client(db: Db, blobs: Blobs) -> TestClient:
    return TestClient(http.build(runtime.Runtime(db, blobs, Settings()), http.identify))


@pytest.mark.parametrize("name", LOADED)
def test_what_pages_load_is_kept_for_ever_under_its_content(client: TestClient, name: str) -> None:
    answer = client.get(asset(name))
    assert answer.status_code == 200
    assert answer.content
    assert "immutable" in answer.headers["cache-control"]
    plain = client.get(asset(name), headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == answer.content


@pytest.mark.parametrize(
    "path",
    [
        "/static/app.css",
        "/static/app.000000000000.css",
        "/static/..%2Fpages.py",
        "/vendor/manifest.json",
        "/vendor/..%2F..%2Fpages.py",
    ],
)
def test_no_other_file_is_served(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_an_icon_says_nothing_to_a_screen_reader() -> None:
    assert 'aria-hidden="true"' in icon("search")

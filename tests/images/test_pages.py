"""The viewer's files: what is cached for ever, what is asked again, what is absent."""

import pytest
from fastapi.testclient import TestClient

import make
from plateau.entry import http
from plateau.images import pages
from plateau.kernel.ids import PersonId
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.runtime import Runtime
from plateau.platform.settings import Settings


@pytest.fixture
def client(db: Db, blobs: Blobs) -> TestClient:
    caller = make.a_caller(PersonId(make.uuid4()))
    return TestClient(http.build(Runtime(db, blobs, Settings()), identify=lambda request: caller))


def hashed(suffix: str) -> str:
    """The name of a file of the viewer that changes with its content."""
    return next(file.name for file in sorted(pages.ROOT.glob(f"*.bundle.*{suffix}")))


@pytest.mark.parametrize("path", ["", "/", "/viewer", "/any/route"])
def test_every_route_of_the_viewer_is_its_one_page(client: TestClient, path: str) -> None:
    answer = client.get(f"/viewer{path}")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "/viewer/app-config.js" in answer.text


def test_the_configuration_is_ours(client: TestClient) -> None:
    answer = client.get("/viewer/app-config.js")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert 'wadoRoot: "/dicom-web"' in answer.text


def test_a_hashed_file_is_kept_for_ever_and_compressed(client: TestClient) -> None:
    name = hashed(".js")
    answer = client.get(f"/viewer/{name}", headers={"Accept-Encoding": "gzip"})
    plain = client.get(f"/viewer/{name}", headers={"Accept-Encoding": ""})

    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert answer.content == plain.content


def test_a_file_without_hash_is_asked_again(client: TestClient) -> None:
    assert client.get("/viewer/index.html").headers["Cache-Control"] == "no-cache"
    assert client.get("/viewer/app.bundle.css").headers["Cache-Control"] == "no-cache"


def test_wasm_has_its_type(client: TestClient) -> None:
    name = next(file.name for file in pages.ROOT.glob("*.wasm"))
    assert client.get(f"/viewer/{name}").headers["Content-Type"] == "application/wasm"


@pytest.mark.parametrize("path", ["missing.js", "..%2f..%2fviewer_config.js", "%2fetc%2fhosts.txt"])
def test_what_is_not_there_is_not_found(client: TestClient, path: str) -> None:
    assert client.get(f"/viewer/{path}").status_code == 404

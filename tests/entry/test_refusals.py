"""How refusals are answered, by the real application with two routes that always go wrong."""

from collections.abc import Iterator

import pytest
from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient
from psycopg_pool import ConnectionPool
from structlog.testing import capture_logs

from plateau.entry import http
from plateau.kernel import errors
from plateau.platform import runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.settings import Settings

SECRET = "TESTINVENTE Camille"
REFUSALS = {
    "InvalidInputError": 400,
    "NotFoundError": 404,
    "ConflictError": 409,
    "RuleBrokenError": 422,
    "UnavailableError": 503,
}
broken = APIRouter()


@broken.get("/{door}/refused/{kind}")
def refused(door: str, kind: str) -> None:
    raise getattr(errors, kind)("the {kind} of this", kind=kind)


@broken.get("/bug")
def bug() -> None:
    raise ValueError(SECRET)


@broken.get("/half")
def half() -> StreamingResponse:
    def begin() -> Iterator[bytes]:
        yield b"begun"
        raise ValueError(SECRET)

    return StreamingResponse(begin())


@broken.get("/counted/{number}")
def counted(number: int) -> None:
    """Asks for a number."""


@pytest.fixture
def client(db: Db, blobs: Blobs) -> TestClient:
    app = http.build(runtime.Runtime(db, blobs, Settings()), http.identify)
    app.include_router(broken)
    return TestClient(app, follow_redirects=False, headers={"Accept-Language": "en"})


@pytest.mark.parametrize(("kind", "status"), REFUSALS.items())
def test_a_page_says_what_and_what_to_do(client: TestClient, kind: str, status: int) -> None:
    answer = client.get(f"/pages/refused/{kind}", headers={"Referer": "http://testserver/me"})
    assert answer.status_code == status
    assert f"the {kind} of this" in answer.text
    assert 'href="/me"' in answer.text
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize("door", ["api", "dicom-web"])
@pytest.mark.parametrize(("kind", "status"), REFUSALS.items())
def test_a_machine_gets_a_problem(client: TestClient, door: str, kind: str, status: int) -> None:
    answer = client.get(f"/{door}/refused/{kind}")
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code == status
    assert problem["detail"] == f"the {kind} of this"


def test_an_open_page_gets_one_sentence(client: TestClient) -> None:
    answer = client.get("/pages/refused/ConflictError", headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert answer.text == ""
    assert answer.headers["x-plateau-message"] == "the%20ConflictError%20of%20this"


def test_a_malformed_answer_is_named(client: TestClient) -> None:
    answer = client.get("/counted/many")
    assert answer.status_code == 400
    assert "check these answers: number" in answer.text


def test_a_bug_shows_and_logs_nothing_of_a_patient(client: TestClient) -> None:
    with capture_logs() as logs:
        answer = client.get("/bug")
    assert answer.status_code == 500
    assert SECRET not in answer.text
    assert "content-security-policy" in answer.headers
    (line,) = [line for line in logs if line["event"] == "request.failed"]
    assert SECRET not in str(line)
    assert line["reference"] in answer.text
    assert line["route"] == "/bug"
    assert "test_refusals.py" in line["where"][-1]


def test_an_answer_that_had_begun_is_broken_off(client: TestClient) -> None:
    with capture_logs() as logs, pytest.raises(RuntimeError, match="broke off") as broken_off:
        client.get("/half")
    assert broken_off.value.__suppress_context__
    assert SECRET not in str(logs)


def test_a_wrong_method_is_told_which_are_right(client: TestClient) -> None:
    answer = client.put("/healthz")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET"


def test_an_ended_session_leads_back_to_the_page_that_was_open(client: TestClient) -> None:
    asked = client.get("/me?saved=1")
    assert asked.headers["location"] == "/login?next=%2Fme%3Fsaved%3D1"
    sent = client.post("/me/password")
    assert sent.headers["location"] == "/login?next=%2F"
    open_page = {"HX-Request": "true", "HX-Current-URL": "http://testserver/worklist?urgency=U0"}
    fragment = client.get("/me", headers=open_page)
    assert fragment.status_code == 401
    assert fragment.headers["hx-redirect"] == "/login?next=%2Fworklist%3Furgency%3DU0"


def test_measures_name_routes_and_never_addresses(client: TestClient) -> None:
    client.get("/counted/7777000077770000")
    client.request("SURPRISE", "/nowhere/elsewhere")
    measured = client.get("/metrics").text
    assert 'route="/counted/{number}"' in measured
    assert 'method="other"' in measured
    assert "7777000077770000" not in measured
    assert "elsewhere" not in measured
    assert "SURPRISE" not in measured


def test_health_says_when_the_database_is_gone(blobs: Blobs) -> None:
    with ConnectionPool("postgresql://nobody@127.0.0.1:1/none", timeout=0.2) as nowhere:
        gone = Db(nowhere, lambda _: None)
        app = http.build(runtime.Runtime(gone, blobs, Settings()), http.identify)
        answer = TestClient(app).get("/healthz")
    assert answer.status_code == 503

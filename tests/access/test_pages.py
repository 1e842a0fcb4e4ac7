from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from make import a_person, a_role, a_site
from plateau.access import service
from plateau.entry import http
from plateau.kernel.caller import Role
from plateau.kernel.ids import PersonId
from plateau.kernel.time import local
from plateau.platform import clock, runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.settings import Settings

PASSWORD = "a long enough secret"


@pytest.fixture
def person(db: Db) -> PersonId:
    """Somebody who may sign in."""
    with db.begin() as tx:
        person_id = a_person(tx, "ada", "Dr Ada Exemple")
        a_role(tx, person_id, Role.ADMINISTRATOR, a_site(tx))
        service.set_password(tx, person_id=person_id, password=PASSWORD)
    return person_id


@pytest.fixture
def client(db: Db, blobs: Blobs) -> TestClient:
    app = http.build(runtime.Runtime(db, blobs, Settings()), http.identify)
    return TestClient(app, follow_redirects=False, headers={"Accept-Language": "en"})


def sign_in(client: TestClient, password: str = PASSWORD, target: str = "/me") -> int:
    data = {"login": "Ada", "password": password, "next": target}
    return client.post("/login", data=data).status_code


def test_sign_in_shows_the_page_and_sign_out_ends_it(client: TestClient, person: PersonId) -> None:
    assert client.get("/me").headers["location"] == "/login?next=%2Fme"
    assert sign_in(client) == 303
    page = client.get("/me")
    assert page.status_code == 200
    assert "Dr Ada Exemple" in page.text
    token = page.text.split('name="csrf" value="')[1].split('"')[0]
    assert client.post("/logout").status_code == 403
    assert client.post("/logout", data={"csrf": token}).status_code == 303
    assert client.get("/me").status_code == 303


def test_the_cookie_is_out_of_reach_of_scripts(client: TestClient, person: PersonId) -> None:
    answer = client.post("/login", data={"login": "ada", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_signing_in_again_ends_the_session_before(client: TestClient, person: PersonId) -> None:
    sign_in(client)
    first = client.cookies["plateau_session"]
    sign_in(client)
    assert client.cookies["plateau_session"] != first
    client.cookies.clear()
    client.cookies.set("plateau_session", first)
    assert client.get("/me").status_code == 303


def test_wrong_passwords_are_told_alike_and_slow_down(client: TestClient, person: PersonId) -> None:
    unknown = client.post("/login", data={"login": "nobody", "password": "x"})
    wrong = client.post("/login", data={"login": "ada", "password": "x"})
    assert unknown.status_code == wrong.status_code == 422
    assert "login or password is wrong" in unknown.text
    assert "login or password is wrong" in wrong.text
    for _ in range(6):
        client.post("/login", data={"login": "ada", "password": "x"})
    assert "too many attempts" in client.post("/login", data={"login": "ada", "password": "x"}).text
    assert sign_in(client) == 422


def test_a_form_from_elsewhere_is_refused(client: TestClient, person: PersonId) -> None:
    data = {"login": "ada", "password": PASSWORD}
    refused = client.post("/login", data=data, headers={"Origin": "https://elsewhere.example"})
    assert refused.status_code == 403


def test_a_session_ends_when_nothing_is_asked(db: Db, client: TestClient, person: PersonId) -> None:
    sign_in(client)
    with db.begin() as tx:
        assert service.end_old_sessions(tx, at=clock.wall() + timedelta(hours=11)) == 0
        assert service.end_old_sessions(tx, at=clock.wall() + timedelta(hours=13)) == 1
    assert client.get("/me").status_code == 303


def test_preferences_change_the_language(client: TestClient, person: PersonId) -> None:
    sign_in(client)
    token = client.get("/me").text.split('name="csrf" value="')[1].split('"')[0]
    client.post("/me", data={"csrf": token, "language": "en", "theme": "dark"})
    page = client.get("/me").text
    assert "Change the password" in page
    assert 'data-theme="dark"' in page


def test_the_audit_trail_is_for_administrators_and_exports(
    client: TestClient, person: PersonId
) -> None:
    sign_in(client)
    page = client.get("/admin/audit")
    assert "session.open" in page.text
    assert client.get("/admin/audit?patient=none").status_code == 400
    assert "session.open" in client.get("/admin/audit.csv").text


def test_a_new_password_signs_out_everywhere(client: TestClient, person: PersonId) -> None:
    sign_in(client)
    token = client.get("/me").text.split('name="csrf" value="')[1].split('"')[0]
    new = {"csrf": token, "current": PASSWORD, "new": "another long secret"}
    assert client.post("/me/password", data={**new, "new": "short"}).status_code == 422
    assert client.post("/me/password", data=new).status_code == 303
    assert client.get("/me").status_code == 303
    assert sign_in(client, "another long secret") == 303


def test_nothing_at_an_address_keeps_the_shell_of_the_page(
    client: TestClient, person: PersonId
) -> None:
    sign_in(client)
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "Dr Ada Exemple" in answer.text


def test_the_last_day_of_the_trail_is_whole(client: TestClient, person: PersonId) -> None:
    sign_in(client)
    today = local(clock.now()).date()
    assert "session.open" in client.get(f"/admin/audit?since={today}&until={today}").text
    assert "session.open" not in client.get(f"/admin/audit?since={today + timedelta(1)}").text
    for bad in ("until=9999-12-31", "since=yesterday", "before=-1", f"before={10**30}"):
        assert client.get(f"/admin/audit?{bad}").status_code == 400


def test_a_login_with_a_forbidden_character_is_only_wrong(client: TestClient) -> None:
    answer = client.post("/login", data={"login": "a\0da", "password": "x"})
    assert answer.status_code == 422

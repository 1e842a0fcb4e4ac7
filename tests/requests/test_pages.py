from uuid import uuid4

import pytest

import make
from make import World
from plateau.kernel.caller import Role
from plateau.platform.db import Db
from plateau.requests import service
from request_pages import Door, a_request, accept, actions, form, state

EVERYBODY = (Role.READER, Role.REQUESTER, Role.TECHNOLOGIST, Role.COORDINATOR)


def test_a_requester_sends_a_form_and_follows_it(db: Db, door: Door, world: World) -> None:
    client = door.enter(Role.REQUESTER)
    assert client.get("/requests/new").status_code == 200

    sent = client.post("/requests", data=form(world))
    shown = client.get(sent.headers["location"])

    assert sent.status_code == 303
    assert "TESTINVENTE" in shown.text
    assert "On duty for this site:" in shown.text
    assert "Dr Lecture" in shown.text
    assert "TESTINVENTE" in client.get("/requests").text
    assert actions(db) == ["request.submit", "request.view", "requests.list"]


def test_missing_answers_are_listed_with_links_and_nothing_typed_is_lost(
    db: Db, door: Door, world: World
) -> None:
    client = door.enter(Role.REQUESTER)
    typed = "Chute <b>dans</b> l'escalier"

    answer = client.post("/requests", data=form(world, context=typed, aim="", informed=""))

    assert answer.status_code == 422
    assert "2 answers are missing" in answer.text
    for field in ("aim", "informed"):
        assert f'href="#{field}"' in answer.text
        assert f'id="{field}-note"' in answer.text
    assert "Chute &lt;b&gt;dans&lt;/b&gt; l&#39;escalier" in answer.text
    assert 'value="1950-02-03"' in answer.text
    with db.begin() as tx:
        assert tx.value("select count(*) from requests.request") == 0


def test_an_empty_form_lists_all_nine_items(door: Door) -> None:
    client = door.enter(Role.REQUESTER)

    answer = client.post("/requests", data={"key": str(uuid4()), "csrf": "c"})

    assert answer.status_code == 422
    assert answer.text.count('<li><a href="#') == 21


def test_sending_twice_makes_one_request(db: Db, door: Door, world: World) -> None:
    client, data = door.enter(Role.REQUESTER), form(world)

    first, second = (client.post("/requests", data=data) for _ in range(2))

    assert first.headers["location"] == second.headers["location"]
    with db.begin() as tx:
        assert tx.value("select count(*) from requests.request") == 1


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"exam_code": "TDM-INCONNU"}, "no longer offered"),
        ({"site_id": str(uuid4())}, "You do not ask for this site"),
        ({"surname": "AUTREINVENTE"}, "other traits"),
        ({"local_id": "IPP-2", "surname": "--"}, "with letters"),
        ({"birth_on": "2999-01-01"}, "in the future"),
        ({"context": "x" * 5000}, "Shorten this answer"),
    ],
)
def test_a_wrong_answer_is_said_beside_its_field(
    door: Door, world: World, changed: dict[str, str], words: str
) -> None:
    answer = door.enter(Role.REQUESTER).post("/requests", data=form(world, **changed))

    assert answer.status_code == 422
    assert words in answer.text


def test_what_a_database_cannot_hold_is_left_out(db: Db, door: Door, world: World) -> None:
    typed = form(world, context="Chute\0 brutale\r\nce soir", local_id="IPP\0-9")
    sent = door.enter(Role.REQUESTER).post("/requests", data=typed)

    assert sent.status_code == 303
    with db.begin() as tx:
        assert tx.value("select context from requests.request") == "Chute brutale\nce soir"


def test_a_form_of_another_page_is_refused(db: Db, door: Door, world: World) -> None:
    answer = door.enter(Role.REQUESTER).post("/requests", data=form(world, csrf="forged"))

    assert answer.status_code == 403
    with db.begin() as tx:
        assert tx.value("select count(*) from requests.request") == 0


def test_an_expired_session_sends_to_sign_in_and_changes_nothing(
    db: Db, door: Door, world: World
) -> None:
    door.caller = None

    answer = door.client.post("/requests", data=form(world))

    assert answer.headers["location"].startswith("/login")
    with db.begin() as tx:
        assert tx.value("select count(*) from requests.request") == 0


def test_a_question_and_its_answer_are_read_by_both(db: Db, door: Door, world: World) -> None:
    request_id = a_request(db, world)
    asks = {"kind": "ask", "text": "Sous anticoagulant ?", "csrf": "c"}
    door.enter(Role.READER).post(f"/requests/{request_id}/decision", data=asks)
    client = door.enter(Role.REQUESTER)

    assert "Sous anticoagulant ?" in client.get(f"/requests/{request_id}").text
    client.post(f"/requests/{request_id}/answer", data={"text": "Oui", "csrf": "c"})

    assert state(db, request_id) == "submitted"


def test_cancelling_after_acquisition_is_refused_in_words(db: Db, door: Door, world: World) -> None:
    request_id = a_request(db, world)
    exam_id = accept(db, world, request_id)
    with db.begin() as tx:
        tx.run("update requests.exam set state = 'acquired'")
    client = door.enter(Role.REQUESTER)

    answer = client.post(f"/requests/{request_id}/cancel", data={"csrf": "c"})

    assert answer.status_code == 422
    assert "images exist" in answer.text
    assert "/cancel" not in client.get(f"/requests/{request_id}").text
    with db.begin() as tx:
        assert service.exam(tx, exam_id).state == "acquired"


def test_cancelling_after_acquisition_is_told_to_whoever_coordinates(
    db: Db, door: Door, world: World
) -> None:
    request_id = a_request(db, world)
    accept(db, world, request_id)
    refused = door.enter(Role.READER).post(f"/requests/{request_id}/cancel", data={"csrf": "c"})
    assert refused.status_code == 404
    with db.begin() as tx:
        tx.run("update requests.exam set state = 'acquired'")
    for _ in range(2):
        door.enter(Role.REQUESTER).post(f"/requests/{request_id}/cancel", data={"csrf": "c"})

    told = "A request was called off after the exam had begun"
    assert door.enter(Role.COORDINATOR).get("/control").text.count(told) == 1
    with db.begin() as tx:
        assert tx.values("select kind from requests.incident") == ["cancelled_too_late"]


PAGES = ("/requests", "/requests/new", "/requests/inbox", "/control", "/acquisition")
SEEN_BY = {
    Role.REQUESTER: {"/requests", "/requests/new"},
    Role.READER: {"/requests/inbox"},
    Role.TECHNOLOGIST: {"/requests", "/acquisition"},
    Role.COORDINATOR: {"/requests", "/control", "/acquisition"},
    Role.MANAGER: set[str](),
}


@pytest.mark.parametrize("role", SEEN_BY)
def test_each_page_opens_for_its_roles_only(door: Door, role: Role) -> None:
    client = door.enter(role)

    assert {path for path in PAGES if client.get(path).status_code == 200} == SEEN_BY[role]


@pytest.mark.parametrize("role", EVERYBODY)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_page_speaks_both_languages(
    db: Db, door: Door, world: World, role: Role, language: str
) -> None:
    accept(db, world, request_id := a_request(db, world))
    client = door.enter(role, language)

    for path in (*SEEN_BY[role], f"/requests/{request_id}"):
        page = client.get(path)
        assert page.status_code == 200
        assert f'<html lang="{language}"' in page.text


def test_another_site_s_request_reads_as_absent(db: Db, door: Door, world: World) -> None:
    request_id = a_request(db, world)
    with db.begin() as tx:
        elsewhere = make.a_site(tx, "AUTRE")
    client = door.enter(Role.REQUESTER)
    door.caller = make.a_caller(world.requester_id, elsewhere, role=Role.REQUESTER)

    assert client.get(f"/requests/{request_id}").status_code == 404
    assert "TESTINVENTE" not in client.get("/requests").text
    assert client.post(f"/requests/{request_id}/cancel", data={"csrf": "c"}).status_code == 404
    assert client.get(f"/requests/{uuid4()}").status_code == 404

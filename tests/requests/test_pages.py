from dataclasses import asdict, replace
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

import make
from make import NIGHT, World
from plateau.entry import http
from plateau.kernel.caller import Caller, Role
from plateau.kernel.ids import ExamId, RequestId
from plateau.platform import clock, runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db, Tx
from plateau.platform.settings import Settings
from plateau.requests import service
from plateau.requests.queries import rows
from plateau.requests.types import Decision, DecisionKind, Incident

EVERYBODY = (Role.READER, Role.REQUESTER, Role.TECHNOLOGIST, Role.COORDINATOR)


class Door:
    """The real application, entered as one person after another, at `NIGHT`."""

    def __init__(self, db: Db, blobs: Blobs, world: World) -> None:
        self.world = world
        self.caller: Caller | None = None
        app = http.build(runtime.Runtime(db, blobs, Settings()), lambda _request: self.caller)
        app.dependency_overrides[clock.now] = lambda: NIGHT
        self.client = TestClient(app, follow_redirects=False)

    def enter(self, role: Role, language: str = "en") -> TestClient:
        reads = role is Role.READER
        person_id = self.world.reader_id if reads else self.world.requester_id
        caller = make.a_caller(person_id, self.world.site_id, role=role)
        self.caller = replace(caller, language=language)
        return self.client


@pytest.fixture
def world(db: Db) -> World:
    with db.begin() as tx:
        make.an_exam_type(tx, "TDM-AP")
        return make.a_world(tx)


@pytest.fixture
def door(db: Db, blobs: Blobs, world: World) -> Door:
    return Door(db, blobs, world)


def form(world: World, **changed: str) -> dict[str, str]:
    fields = {name: str(value) for name, value in asdict(make.a_draft(world)).items()}
    return {**fields, "informed": "yes", "key": str(uuid4()), "csrf": "c", **changed}


def a_request(db: Db, world: World, urgency: str = "U0") -> RequestId:
    caller = make.a_caller(world.requester_id, world.site_id, role=Role.REQUESTER)
    draft = replace(make.a_draft(world), urgency=urgency)
    with db.begin() as tx:
        return service.submit(tx, draft=draft, caller=caller, key=str(uuid4()), now=NIGHT)


def accept(db: Db, world: World, request_id: RequestId) -> ExamId:
    decision = Decision(kind=DecisionKind.ACCEPT, protocol="Sans injection")
    reader = make.a_caller(world.reader_id, world.site_id)
    with db.begin() as tx:
        exam_id = service.decide(
            tx, request_id=request_id, decision=decision, caller=reader, now=NIGHT
        )
    assert exam_id is not None
    return exam_id


def state(db: Db, request_id: RequestId) -> str:
    with db.begin() as tx:
        return tx.value(
            "select state from requests.request where request_id = %(id)s", id=request_id
        )


def actions(db: Db) -> list[str]:
    with db.begin() as tx:
        return tx.values("select action from access.audit order by audit_id")


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


def test_the_inbox_shows_the_most_urgent_first_and_accepts(
    db: Db, door: Door, world: World
) -> None:
    planned, immediate = a_request(db, world, "U3"), a_request(db, world, "U0")
    client = door.enter(Role.READER)

    page = client.get("/requests/inbox").text
    rows = client.get("/requests/inbox", headers={"HX-Request": "true", "HX-Target": "rows"}).text

    assert page.index(str(immediate)) < page.index(str(planned))
    assert "2 requests wait" in page
    assert "<html" not in rows
    assert str(immediate) in rows
    answer = client.post(
        f"/requests/{immediate}/decision",
        data={"kind": "accept", "protocol": "Acquisition hélicoïdale.", "csrf": "c"},
    )
    assert answer.headers["location"] == "/requests/inbox"
    assert state(db, immediate) == "accepted"
    assert str(immediate) not in client.get("/requests/inbox").text


def test_looking_again_is_not_audited_again(db: Db, door: Door) -> None:
    client = door.enter(Role.READER)
    client.get("/requests/inbox")
    client.get("/requests/inbox", headers={"HX-Request": "true", "HX-Target": "rows"})

    assert actions(db) == ["requests.list"]


def test_a_reader_off_duty_is_told_who_decides(db: Db, door: Door, world: World) -> None:
    request_id = a_request(db, world)
    with db.begin() as tx:
        colleague = make.a_person(tx, name="Dr Repos", site_id=world.site_id)
    client = door.enter(Role.READER)
    door.caller = make.a_caller(colleague, world.site_id)
    door.caller = replace(door.caller, language="en")

    assert "You are not on duty now" in client.get("/requests/inbox").text
    answer = client.post(
        f"/requests/{request_id}/decision",
        data={"kind": "refuse", "text": "Motif gardé", "csrf": "c"},
    )

    assert answer.status_code == 422
    assert "now Dr Lecture" in answer.text
    assert "Motif gardé" in answer.text
    assert state(db, request_id) == "submitted"


@pytest.mark.parametrize(
    ("data", "reached"),
    [
        ({"kind": "ask", "text": "Sous anticoagulant ?"}, "information_asked"),
        ({"kind": "refuse", "text": "Non indiqué"}, "refused"),
        ({"kind": "refuse", "text": " "}, "submitted"),
        ({"kind": "accept", "protocol": ""}, "submitted"),
        (
            {"kind": "substitute", "exam_code": "TDM-AP", "protocol": "P", "text": "Mieux"},
            "substituted",
        ),
        ({"kind": "substitute", "exam_code": "?", "protocol": "P", "text": "Mieux"}, "submitted"),
        ({"kind": "perhaps"}, "submitted"),
    ],
)
def test_each_answer_of_the_reader(
    db: Db, door: Door, world: World, data: dict[str, str], reached: str
) -> None:
    request_id = a_request(db, world)

    answer = door.enter(Role.READER).post(
        f"/requests/{request_id}/decision", data={**data, "csrf": "c"}
    )

    assert answer.status_code in {303, 400, 422}
    assert state(db, request_id) == reached


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


def test_a_vital_risk_is_declared_and_seen_by_all(db: Db, door: Door, world: World) -> None:
    request_id = a_request(db, world)
    client = door.enter(Role.TECHNOLOGIST)
    assert str(request_id) in client.get("/acquisition").text

    client.post(f"/requests/{request_id}/override", data={"text": "Coma brutal", "csrf": "c"})

    assert "Vital risk" in client.get("/acquisition").text
    reader = door.enter(Role.READER)
    assert "Vital risk" in reader.get("/requests/inbox").text
    assert "Coma brutal" in reader.get(f"/requests/{request_id}").text


def test_the_technologist_follows_machines_and_images(db: Db, door: Door, world: World) -> None:
    exam_id = accept(db, world, a_request(db, world))
    client = door.enter(Role.TECHNOLOGIST)

    assert "CT_TEST" in client.get("/acquisition").text
    assert client.post(f"/acquisition/{exam_id}/arrive", data={"csrf": "c"}).status_code == 303
    assert "Patient arrived" in client.get("/acquisition").text
    with db.begin() as tx:
        exam = service.exam(tx, exam_id)
        tx.run("update requests.exam set state = 'transferring'")
        study = make.a_study(tx, world, make.an_exam(tx, world, "transferring"))
        tx.run(
            "update images.study set announced = 5, study_uid = %(uid)s where study_id = %(id)s",
            uid=exam.study_uid,
            id=study,
        )
    assert "2 images missing" in client.get("/acquisition").text


def test_the_control_desk_shows_queues_delays_duties_and_incidents(
    db: Db, door: Door, world: World
) -> None:
    a_request(db, world)
    accept(db, world, a_request(db, world, "U1"))
    with db.begin() as tx:
        tx.run(
            """
            insert into territory.delay_target (urgency, minutes, source, valid_from)
            values ('U0', 30, 'essai', '2020-01-01'), ('U1', 60, 'essai', '2020-01-01')
            """
        )
        tx.run("update requests.request set submitted_at = submitted_at - interval '50 minutes'")
        an_incident(tx, world)

    page = door.enter(Role.COORDINATOR).get("/control").text

    assert "Dr Lecture" in page
    assert "+ late" in page
    assert "soon late" in page
    assert "A machine acquires without an accepted request." in page
    assert 'hx-get="/deliveries/troubles"' in page


def an_incident(tx: Tx, world: World) -> None:
    rows.add_incident(
        tx,
        Incident(
            key="step 1.2.3",
            kind="step_without_exam",
            at=NIGHT,
            site_id=world.site_id,
            ae_title="CT_TEST",
            exam_id=None,
        ),
    )


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

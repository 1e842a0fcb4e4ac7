from dataclasses import replace

import pytest

import make
import make_after
from make import NIGHT, World
from plateau.kernel.caller import Role
from plateau.platform.db import Db, Tx
from plateau.requests import service
from plateau.requests.queries import rows
from plateau.requests.types import Incident
from request_pages import Door, a_request, accept, actions, state


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
        study = make_after.a_study(tx, world, make.an_exam(tx, world, "transferring"))
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

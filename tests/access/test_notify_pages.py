import pytest
from fastapi.testclient import TestClient

from make import NIGHT, a_person, a_role, a_site
from plateau.access import service as access
from plateau.access.notify import service
from plateau.access.notify.types import Contact
from plateau.entry import http
from plateau.kernel.caller import Role
from plateau.kernel.ids import PersonId
from plateau.platform import runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.settings import Settings

PASSWORD = "a long enough secret"


@pytest.fixture
def person(db: Db) -> PersonId:
    with db.begin() as tx:
        person_id = a_person(tx, "ada", "Dr Ada Exemple")
        a_role(tx, person_id, Role.READER, a_site(tx))
        access.set_password(tx, person_id=person_id, password=PASSWORD)
        tx.run("update access.account set language = 'en'")
        for n in range(2):
            text = "something happened <{n}>"
            service.tell(tx, person_id=person_id, kind="loop", text=text, values={"n": n}, at=NIGHT)
    return person_id


@pytest.fixture
def client(db: Db, blobs: Blobs, person: PersonId) -> TestClient:
    app = http.build(runtime.Runtime(db, blobs, Settings()), http.identify)
    client = TestClient(app, follow_redirects=False)
    client.post("/login", data={"login": "ada", "password": PASSWORD})
    page = client.get("/me").text
    client.headers["X-CSRF-Token"] = page.split('name="csrf" content="')[1].split('"')[0]
    return client


def test_one_reads_what_one_was_told_and_acknowledges_it(client: TestClient) -> None:
    page = client.get("/notifications").text
    assert "something happened &lt;1&gt;" in page
    assert "Something promised is overdue" in page
    bell = {"HX-Request": "true"}
    assert "<b>2</b>" in client.get("/notifications/bell", headers=bell).text
    number = page.split('id="notification-')[1].split('"')[0]
    assert client.post(f"/notifications/{number}/seen").status_code == 303
    assert "<b>1</b>" in client.get("/notifications/bell", headers=bell).text
    assert client.post("/notifications/seen").status_code == 303
    assert client.get("/notifications/bell", headers=bell).text.strip() == ""
    assert client.post("/notifications/0/seen").status_code == 404


def test_one_says_where_one_is_reached_and_for_what(
    db: Db, client: TestClient, person: PersonId
) -> None:
    wishes = {"by_email": ["never"] * 11, "by_sms": ["always"] * 11}
    sent = {"email": "ada@example.test", "phone": "+33 6 00 00 00 00", **wishes}
    assert client.post("/account/notifications", data=sent).status_code == 303
    page = client.get("/account/notifications?saved=1").text
    assert page.count('<option value="never" selected>') == 11
    assert "no gateway is set up" in page
    with db.begin() as tx:
        assert service.contact(tx, person) == Contact("ada@example.test", "+33600000000")
        service.tell(tx, person_id=person, kind="loop", text="x", at=NIGHT)
        assert tx.values("select channel from access.notification_delivery") == ["sms"]


def test_what_cannot_be_an_address_stays_on_the_screen(client: TestClient) -> None:
    answer = client.post("/account/notifications", data={"email": "ada", "phone": "12"})
    assert answer.status_code == 422
    assert 'value="ada"' in answer.text
    answer = client.post("/account/notifications", data={"by_email": ["sometimes"]})
    assert answer.status_code in {400, 422}

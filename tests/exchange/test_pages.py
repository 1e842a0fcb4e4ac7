"""Pages of exchange: who sees what, and what is written of it."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from exchange.post import PDF, owe
from make import NIGHT, World, a_caller, a_patient, a_site, a_world, an_exam
from make_after import a_destination, a_task, a_version
from plateau.entry import http
from plateau.kernel.caller import Role
from plateau.kernel.ids import DestinationId, ExamId, SiteId, VersionId
from plateau.platform import clock, runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.settings import Settings

FORM = {"csrf": "c"}


class Scene:
    """A site with a signed report owed to nobody reachable, and people who look at it."""

    def __init__(self, db: Db, blobs: Blobs) -> None:
        self.db, self.blobs = db, blobs
        with db.begin() as tx:
            self.world: World = a_world(tx)
            self.elsewhere: SiteId = a_site(tx, "AUTRE")
            self.destination: DestinationId = a_destination(tx, self.world.site_id, 1)
            self.exam: ExamId = a_task(tx, self.world)
            self.version: VersionId = a_version(tx, self.world, self.exam, 1, blobs.put(PDF))
            owe(tx, self.version, wall=clock.wall() - timedelta(minutes=1))

    def client(self, role: Role, site_id: SiteId | None = None) -> TestClient:
        caller = a_caller(self.world.requester_id, site_id or self.world.site_id, role=role)
        app = http.build(runtime.Runtime(self.db, self.blobs, Settings()), lambda _: caller)
        return TestClient(app, follow_redirects=False)

    def audited(self) -> list[str]:
        with self.db.begin() as tx:
            return tx.values("select action from access.audit order by audit_id")


@pytest.fixture
def scene(db: Db, blobs: Blobs) -> Scene:
    return Scene(db, blobs)


def test_requesters_see_the_reports_of_their_sites_and_what_is_awaited(scene: Scene) -> None:
    with scene.db.begin() as tx:
        an_exam(tx, scene.world, "in_progress", "U1")

    page = scene.client(Role.REQUESTER).get("/results")

    assert page.status_code == 200
    assert f"/results/{scene.version}" in page.text
    assert "TESTINVENTE" in page.text
    assert 'class="chip u1"' in page.text
    assert scene.audited() == ["results.list"]


def test_requesters_of_another_site_see_nothing_of_it(scene: Scene) -> None:
    client = scene.client(Role.REQUESTER, scene.elsewhere)

    assert "TESTINVENTE" not in client.get("/results").text
    assert client.get(f"/results/{scene.version}").status_code == 404
    answer = client.post(f"/results/{scene.version}/acknowledge", data=FORM)
    assert answer.status_code == 404
    assert scene.audited() == ["results.list"]


@pytest.mark.parametrize("path", ["/results", "/deliveries", "/deliveries/troubles"])
def test_pages_do_not_exist_for_other_roles(scene: Scene, path: str) -> None:
    assert scene.client(Role.TECHNOLOGIST).get(path).status_code == 404


def test_a_report_is_read_then_acknowledged_once_and_both_are_in_the_trail(scene: Scene) -> None:
    client = scene.client(Role.REQUESTER)

    page = client.get(f"/results/{scene.version}")
    assert "Hématome sous-dural aigu frontal." in page.text
    assert f"/reports/{scene.version}.pdf" in page.text
    for _ in range(2):
        answer = client.post(f"/results/{scene.version}/acknowledge", data=FORM)
        assert answer.status_code == 303

    with scene.db.begin() as tx:
        assert tx.value("select count(*) from exchange.acknowledgement") == 1
    assert scene.audited() == ["report.view", "report.acknowledge"]
    assert "s-done" in client.get("/results").text


def test_acknowledging_needs_the_forms_own_token(scene: Scene) -> None:
    client = scene.client(Role.REQUESTER)

    answer = client.post(f"/results/{scene.version}/acknowledge", data={"csrf": "other"})

    assert answer.status_code == 403
    assert scene.audited() == []


def test_an_addendum_replaces_the_report_in_the_list_and_is_unread_again(scene: Scene) -> None:
    client = scene.client(Role.REQUESTER)
    client.post(f"/results/{scene.version}/acknowledge", data=FORM)
    with scene.db.begin() as tx:
        addendum = a_version(tx, scene.world, scene.exam, 2)

    page = client.get("/results").text

    assert f"/results/{addendum}" in page
    assert f"/results/{scene.version}" not in page
    assert f"/results/{addendum}" in client.get(f"/results/{scene.version}").text
    assert "Relecture." in client.get(f"/results/{addendum}").text


def test_unread_reports_come_first_then_the_newest(scene: Scene) -> None:
    client = scene.client(Role.REQUESTER)
    with scene.db.begin() as tx:
        exams = [a_task(tx, scene.world) for _ in range(2)]
        versions = [a_version(tx, scene.world, exam) for exam in exams]
        tx.run("insert into exchange.acknowledgement select %(v)s, %(p)s, %(at)s",
               v=versions[0], p=scene.world.requester_id, at=NIGHT)  # fmt: skip

    page = client.get("/results").text

    assert page.index(f"/results/{versions[1]}") < page.index(f"/results/{versions[0]}")
    assert page.index(f"/results/{scene.version}") < page.index(f"/results/{versions[0]}")


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ADMINISTRATOR, Role.REQUESTER])
def test_a_delivery_that_is_not_acknowledged_raises_a_banner(scene: Scene, role: Role) -> None:
    page = scene.client(role).get("/deliveries/troubles").text

    assert "RIS-TEST" in page
    assert 'role="alert"' in page
    assert ("/retry" in page) == (role is not Role.REQUESTER)
    other = scene.client(role, scene.elsewhere).get("/deliveries/troubles").text
    assert "RIS-TEST" not in other


def test_the_banner_alone_is_answered_to_htmx(scene: Scene) -> None:
    client = scene.client(Role.COORDINATOR)

    part = client.get("/deliveries/troubles", headers={"HX-Target": "troubles"}).text

    assert "RIS-TEST" in part
    assert "<html" not in part


def test_a_coordinator_has_everything_tried_again(scene: Scene) -> None:
    path = f"/deliveries/{scene.destination}/retry"
    assert scene.client(Role.REQUESTER).post(path, data=FORM).status_code == 404
    coordinator = scene.client(Role.COORDINATOR)

    assert coordinator.post(path, data=FORM).status_code == 303

    assert scene.audited() == ["delivery.retry"]
    assert 'role="alert"' not in coordinator.get("/deliveries").text


def test_deliveries_are_listed_without_names_and_by_state(scene: Scene) -> None:
    client = scene.client(Role.COORDINATOR)

    page = client.get("/deliveries").text
    assert "RIS-TEST" in page
    assert "TESTINVENTE" not in page
    assert f"/exams/{scene.exam}" in page
    assert f"/exams/{scene.exam}" in client.get("/deliveries?state=waiting").text
    assert f"/exams/{scene.exam}" not in client.get("/deliveries?state=delivered").text


def test_a_patient_of_two_sites_is_shown_to_each_for_its_own_exams_only(scene: Scene) -> None:
    with scene.db.begin() as tx:
        a_patient(tx, scene.elsewhere, "AUTRE-1")

    page = scene.client(Role.REQUESTER, scene.elsewhere).get("/results").text

    assert str(scene.version) not in page


def test_the_page_of_an_exam_says_where_its_report_arrived(scene: Scene) -> None:
    path = f"/exams/{scene.exam}/receipts"
    page = scene.client(Role.READER).get(path)
    assert page.text.count("<dt>") == 1
    assert "s-wait" in page.text
    assert "TESTINVENTE" not in page.text
    assert "<dt>" not in scene.client(Role.READER, scene.elsewhere).get(path).text

"""The activity page, its export and its command."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from make import NIGHT, World, a_caller, a_site, a_world
from make_after import a_task, a_version
from plateau.activity import commands, service
from plateau.entry import http
from plateau.kernel.caller import Role
from plateau.kernel.ids import ExamId, SiteId
from plateau.platform import runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.settings import Settings

PERIOD = {"since": "2026-11-24", "until": "2026-11-24"}


class Scene:
    """One counted reading, ten minutes long, for a target of thirty."""

    def __init__(self, db: Db, blobs: Blobs) -> None:
        self.db, self.blobs = db, blobs
        with db.begin() as tx:
            self.world: World = a_world(tx)
            self.elsewhere: SiteId = a_site(tx, "AUTRE")
            self.exam: ExamId = a_task(tx, self.world)
            version_id = a_version(tx, self.world, self.exam)
            tx.run(
                """
                insert into territory.delay_target (urgency, minutes, source, valid_from)
                values ('U0', 30, 'invented', '2020-01-01')
                """
            )
            service.count(tx, version_id=version_id, now=NIGHT + timedelta(minutes=10))

    def client(self, role: Role, site_id: SiteId | None = None) -> TestClient:
        person = self.world.reader_id if role is Role.READER else self.world.requester_id
        caller = a_caller(person, site_id or self.world.site_id, role=role)
        app = http.build(runtime.Runtime(self.db, self.blobs, Settings()), lambda _: caller)
        return TestClient(app, follow_redirects=False)


@pytest.fixture
def scene(db: Db, blobs: Blobs) -> Scene:
    return Scene(db, blobs)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.COORDINATOR, Role.ADMINISTRATOR, Role.READER])
def test_the_figures_open_the_exams_behind_them(scene: Scene, role: Role) -> None:
    page = scene.client(role).get("/activity", params=PERIOD)

    assert page.status_code == 200
    assert 'id="uU0"' in page.text
    assert f"/exams/{scene.exam}" in page.text
    assert "Dr Lecture" in page.text
    assert "10\u202fmin" in page.text
    assert "30\u202fmin" in page.text
    assert "<details" in page.text


def test_other_sites_and_other_roles_see_nothing(scene: Scene) -> None:
    page = scene.client(Role.MANAGER, scene.elsewhere).get("/activity", params=PERIOD).text
    assert f"/exams/{scene.exam}" not in page
    assert "empty" in page
    assert scene.client(Role.REQUESTER).get("/activity").status_code == 404
    assert scene.client(Role.REQUESTER).get("/activity.csv").status_code == 404


def test_a_period_without_data_says_so(scene: Scene) -> None:
    page = scene.client(Role.MANAGER).get(
        "/activity", params={"since": "2020-01-01", "until": "2020-01-02"}
    )

    assert 'class="empty"' in page.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"since": "24/11/2026"},
        {"since": "2026-11-24", "until": "2026-11-23"},
        {"since": "9999-12-31", "until": "9999-12-31"},
        {"days": "3"},
    ],
)
def test_a_period_that_makes_no_sense_is_refused(scene: Scene, wrong: dict[str, str]) -> None:
    assert scene.client(Role.MANAGER).get("/activity", params=wrong).status_code == 400


def test_the_page_looks_again_at_its_figures_only(scene: Scene) -> None:
    part = scene.client(Role.MANAGER).get(
        "/activity", params=PERIOD, headers={"HX-Target": "activity"}
    )

    assert 'id="uU0"' in part.text
    assert "<html" not in part.text


def test_the_export_is_a_spreadsheet_without_patients(scene: Scene) -> None:
    answer = scene.client(Role.MANAGER).get("/activity.csv", params=PERIOD)

    assert answer.headers["content-type"].startswith("text/csv")
    assert str(scene.exam) in answer.text
    assert "TESTINVENTE" not in answer.text
    assert len(answer.text.splitlines()) == 2


def test_the_command_writes_the_entries_of_local_days(scene: Scene) -> None:
    asked = ["export", "--from", "2026-11-24", "--to", "2026-11-25"]

    result = CliRunner().invoke(commands.app, asked)

    assert result.exit_code == 0
    assert str(scene.exam) in result.stdout
    day_after = CliRunner().invoke(
        commands.app, ["export", "--from", "2026-11-25", "--to", "2026-11-26"]
    )
    assert len(day_after.stdout.splitlines()) == 1

"""Pages of the counter, on the territory of the Sarthe."""

import re
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from activity import sarthe
from make import a_caller
from plateau.activity.ledger import service as ledger
from plateau.activity.ledger.types import Correction
from plateau.entry import http
from plateau.kernel.caller import Caller, Role
from plateau.platform import runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.settings import Settings

Q3 = {"on": "2026-08-01"}


class Scene:
    def __init__(self, db: Db, blobs: Blobs) -> None:
        self.db, self.blobs = db, blobs
        with db.begin() as tx:
            sarthe.load(tx)
            sarthe.fill(tx)
            self.chm = replace(sarthe.manager(tx, "CHM"), language="en")
            self.stranger = a_caller(self.chm.person_id, role=Role.MANAGER)
            self.reader = a_caller(self.chm.person_id, sarthe.site(tx, "MN"))

    def client(self, caller: Caller) -> TestClient:
        app = http.build(runtime.Runtime(self.db, self.blobs, Settings()), lambda _: caller)
        return TestClient(app, follow_redirects=False)


@pytest.fixture
def scene(db: Db, blobs: Blobs) -> Scene:
    return Scene(db, blobs)


def test_the_counter_shows_the_drift_and_what_would_make_it_up(scene: Scene) -> None:
    page = scene.client(scene.chm).get("/counters/MN-50-50", params=Q3)

    assert page.status_code == 200
    assert "Out of the band" in page.text
    assert "CHM gives 10 sessions to CJB" in page.text
    assert "+10.00" in page.text
    assert "<svg" in page.text
    assert "18,900.00" in page.text  # 21 fees of 900 euros


def test_the_same_page_speaks_french(scene: Scene) -> None:
    page = scene.client(replace(scene.chm, language="fr")).get("/counters/MN-50-50", params=Q3)

    assert page.status_code == 200
    assert "18\u202f900,00" in page.text


def test_a_figure_opens_its_entries_and_a_correction_shows_there(scene: Scene) -> None:
    client = scene.client(scene.chm)
    page = client.get("/counters/MN-50-50", params=Q3).text
    href = re.search(r'href="(/counters/MN-50-50/entries[^"]*member=CJB)">40<', page)
    assert href
    behind = href[1].replace("&amp;", "&")
    assert client.get(behind).text.count('<tr id="e') == 40

    with scene.db.begin() as tx:
        number = tx.value("select max(entry_id) from activity.entry where kind = 'session_held'")
        day = ledger.entry(tx, number).happened_on
        ledger.correct(tx, Correction(entry_id=number, on=day, reason="nobody came"), at=sarthe.AT)

    text = client.get(behind).text
    assert f"takes back {number}" in text
    assert "nobody came" in text
    assert ">39<" in client.get("/counters/MN-50-50", params=Q3).text


def test_acts_that_nobody_owns_are_said(scene: Scene) -> None:
    nobody = [replace(one, key=f"{one.key}:x", session_member=None)
              for one in sarthe.fees("CHM", 2, 7)]  # fmt: skip
    with scene.db.begin() as tx:
        ledger.append(tx, nobody, at=sarthe.AT)

    page = scene.client(scene.chm).get("/counters/MN-50-50", params=Q3).text

    assert "1,800.00 belong to nobody" in page


def test_agreements_are_listed_for_their_members_only(scene: Scene) -> None:
    assert "MN-50-50" in scene.client(scene.chm).get("/counters").text
    assert 'class="empty"' in scene.client(scene.stranger).get("/counters").text or (
        scene.client(scene.stranger).get("/counters").status_code == 404
    )
    assert scene.client(scene.reader).get("/counters").status_code == 404
    assert scene.client(scene.stranger).get("/counters/MN-50-50").status_code == 404


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"on": "tomorrow"}, 400),
        ({"unit": "wishes"}, 404),
        ({"member": "ABC"}, 404),
        ({"after": "-1"}, 400),
        ({"on": "2020-01-01"}, 200),
    ],
)
def test_what_makes_no_sense_is_refused(scene: Scene, query: dict[str, str], status: int) -> None:
    page = scene.client(scene.chm).get("/counters/MN-50-50/entries", params=query)

    assert page.status_code == status


def test_a_period_without_entries_says_so(scene: Scene) -> None:
    page = scene.client(scene.chm).get("/counters/MN-50-50", params={"on": "2026-02-01"})

    assert "Nothing is counted in this period." in page.text

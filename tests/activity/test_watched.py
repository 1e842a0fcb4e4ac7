"""What law and charter ask to watch."""

from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from activity import sarthe
from make import NIGHT, a_caller, a_site, a_world
from make_after import a_task, a_version
from plateau.activity import service as activity
from plateau.activity.ledger import service as ledger
from plateau.activity.regulatory import service
from plateau.activity.regulatory.types import Remote
from plateau.entry import http
from plateau.kernel.caller import Role
from plateau.kernel.errors import NotFoundError
from plateau.platform import runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db, Tx
from plateau.platform.settings import Settings


@pytest.mark.parametrize(("remote", "beyond"), [(20, False), (21, True)])
def test_a_fifth_is_allowed_and_no_more(remote: int, beyond: bool) -> None:
    assert Remote("x", 100, remote, 0).is_beyond is beyond


def test_a_reading_for_another_town_is_remote(tx: Tx) -> None:
    world = a_world(tx)
    for number in (1, 2):
        exam = a_task(tx, world)
        if number == 2:
            far = a_site(tx, "LOIN")
            tx.run("update territory.site set town = 'Ailleurs' where site_id = %(id)s", id=far)
            tx.run("update territory.practitioner set home_site_id = %(id)s", id=far)
        activity.count(tx, version_id=a_version(tx, world, exam), now=NIGHT)
    caller = a_caller(world.requester_id, world.site_id, role=Role.MANAGER)

    found = service.watched(tx, caller, now=NIGHT + timedelta(days=1))

    (reader,) = found.readers
    assert (reader.readings, reader.remote, reader.minutes, reader.is_beyond) == (2, 2, 20, True)
    (line,) = found.lines
    assert (line.line, line.duties, line.acts, line.elsewhere) == ("NUIT", 1, 2, 0)
    assert line.per_duty == 2
    assert [one.name for one in found.sites] == ["Hôpital TEST"]
    stranger = a_caller(world.requester_id, a_site(tx, "AUTRE"), role=Role.MANAGER)
    assert service.watched(tx, stranger, now=NIGHT + timedelta(days=1)).readers == ()
    with pytest.raises(NotFoundError):
        service.watched(tx, replace(caller, roles={}), now=NIGHT + timedelta(days=1))


def test_sessions_refused_show_the_reason_written_then(db: Db, blobs: Blobs) -> None:
    with db.begin() as tx:
        sarthe.load(tx)
        refused = sarthe.sessions("CHM", 1, 9, kind="session_refused")
        ledger.append(tx, [replace(refused[0], reason="asked too late")], at=sarthe.AT)
        who = sarthe.person(tx, "direction.chm")
        caller = a_caller(who, sarthe.site(tx, "MN"), role=Role.MANAGER)
    app = http.build(
        runtime.Runtime(db, blobs, Settings()), lambda _: replace(caller, language="en")
    )

    page = TestClient(app).get("/activity/watched")

    assert page.status_code == 200
    assert "asked too late" in page.text
    assert "Session refused" in page.text

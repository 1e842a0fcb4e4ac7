"""Complete studies are sent on, by C-STORE, to DCMTK's storescp and to what refuses."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydicom import dcmread

import make
from images.instances import as_file, ct
from images.rejecting import note
from images.web import keep
from plateau.images import jobs as image_jobs
from plateau.images import service
from plateau.images.events import ForwardAsked, StudyComplete
from plateau.images.forward import queries as forwarding
from plateau.images.forward import service as routing
from plateau.images.forward.types import Attempt, Forwarding
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import UnavailableError
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.territory import service as territory


@pytest.fixture
def world(db: Db) -> make.World:
    with db.begin() as tx:
        return make.a_world(tx)


@pytest.fixture
def admin(world: make.World) -> Caller:
    return make.a_caller(world.requester_id, world.site_id, role=Role.ADMINISTRATOR)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """DCMTK's storescp: its port, and the folder it writes to."""
    program = shutil.which("storescp")
    assert program, "install dcmtk"
    port, folder = free_port(), tmp_path / "archive"
    folder.mkdir()
    with subprocess.Popen([program, "-aet", "ARCHIVE", "-od", str(folder), str(port)]) as process:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port, folder
        process.kill()


def route(db: Db, world: make.World, port: int, modality: str = "CT") -> None:
    with db.begin() as tx:
        tx.run(
            """
            insert into territory.peer (ae_title, name, host, port, valid_from)
            values ('ARCHIVE', 'Archive inventée', '127.0.0.1', %(port)s, '2020-01-01')
            """,
            port=port,
        )
        tx.run(
            "insert into territory.route values (%(site)s, %(modality)s, 'ARCHIVE', '2020-01-01')",
            site=world.site_id,
            modality=modality,
        )


def complete(db: Db, blobs: Blobs, count: int = 3) -> StudyComplete:
    """A study of `count` images, complete."""
    first = ct()
    images = [first, *(ct(first.StudyInstanceUID, n + 2) for n in range(count - 1))]
    keep(db, blobs, *map(as_file, images))
    with db.begin() as tx:
        study = service.study_of(tx, first.StudyInstanceUID)
        assert study
        return StudyComplete(
            study_id=study.study_id,
            study_uid=study.study_uid,
            patient_id=study.patient_id,
            site_id=study.site_id,
            instances=study.instances,
            at=make.NIGHT,
        )


def plan(db: Db, event: StudyComplete) -> list[str]:
    with db.begin() as tx:
        return routing.plan(tx, event, now=make.NIGHT)


def send(db: Db, blobs: Blobs, event: StudyComplete) -> None:
    asked = ForwardAsked(study_id=event.study_id, ae_title="ARCHIVE")
    routing.send(db, blobs, asked, ours="PLATEAU", now=make.NIGHT)


def state(db: Db, admin: Caller) -> Forwarding:
    with db.begin() as tx:
        (found,) = routing.listed(tx, admin)
    return found


def deferred(db: Db) -> int:
    """How many jobs wait to send a study on."""
    with db.begin() as tx:
        found: int = tx.value(
            "select count(*) from procrastinate_jobs where task_name like '%%jobs.forward'"
        )
    return found


def test_a_complete_study_arrives_at_the_peer_of_its_route(
    db: Db, blobs: Blobs, world: make.World, admin: Caller, archive: tuple[int, Path]
) -> None:
    port, folder = archive
    route(db, world, port)
    event = complete(db, blobs)
    image_jobs.plan_forwarding(event)
    assert deferred(db) == 1
    image_jobs.forward(ForwardAsked(study_id=event.study_id, ae_title="ARCHIVE"))

    files = [dcmread(path) for path in sorted(folder.iterdir())]
    found = state(db, admin)
    assert {file.StudyInstanceUID for file in files} == {event.study_uid}
    assert len(files) == 3
    assert (found.state, found.sent, found.attempts, found.last_error) == ("sent", 3, 1, None)


def test_a_study_without_route_is_not_sent(db: Db, blobs: Blobs, world: make.World) -> None:
    route(db, world, 9, modality="MR")
    assert plan(db, complete(db, blobs)) == []
    assert deferred(db) == 0


def test_a_route_of_every_modality_takes_all(db: Db, blobs: Blobs, world: make.World) -> None:
    route(db, world, 9, modality="*")
    assert plan(db, complete(db, blobs)) == ["ARCHIVE"]


def test_told_twice_it_is_sent_once(
    db: Db, blobs: Blobs, world: make.World, admin: Caller, archive: tuple[int, Path]
) -> None:
    route(db, world, archive[0])
    event = complete(db, blobs)
    plan(db, event)
    plan(db, event)
    assert deferred(db) == 1
    send(db, blobs, event)
    send(db, blobs, event)
    assert state(db, admin).attempts == 1


def test_a_peer_that_is_down_is_tried_again_and_the_page_says_why(
    db: Db, blobs: Blobs, world: make.World, admin: Caller
) -> None:
    route(db, world, free_port())
    event = complete(db, blobs)
    plan(db, event)
    for _ in range(2):
        with pytest.raises(UnavailableError):  # the job engine tries again
            send(db, blobs, event)
    found = state(db, admin)
    assert (found.state, found.attempts) == ("waiting", 2)
    assert found.last_error == "nothing answers at this address"


def test_what_the_job_engine_gave_up_is_asked_again_after_an_hour(
    db: Db, blobs: Blobs, world: make.World
) -> None:
    route(db, world, 9)
    plan(db, complete(db, blobs))
    with db.begin() as tx:
        routing.ask_again(tx, now=make.NIGHT)
    assert deferred(db) == 1
    with db.begin() as tx:
        routing.ask_again(tx, now=make.NIGHT.replace(hour=3))
        routing.ask_again(tx, now=make.NIGHT.replace(hour=3))
    assert deferred(db) == 2


def test_a_peer_that_left_the_territory_is_not_called_until_a_person_asks(
    db: Db, blobs: Blobs, world: make.World, admin: Caller, archive: tuple[int, Path]
) -> None:
    route(db, world, archive[0])
    event = complete(db, blobs)
    plan(db, event)
    with db.begin() as tx:
        tx.run("update territory.peer set valid_to = '2020-01-02'")
    send(db, blobs, event)
    assert state(db, admin).state == "refused"
    with db.begin() as tx:
        tx.run("update territory.peer set valid_to = null")
        assert routing.again(tx, admin, ae_title="ARCHIVE", now=make.NIGHT) == 1
    send(db, blobs, event)
    assert state(db, admin).state == "sent"


def test_routes_of_a_site_are_its_own(db: Db, blobs: Blobs, world: make.World) -> None:
    route(db, world, 9)
    with db.begin() as tx:
        elsewhere = make.a_site(tx, "ELSEWHERE")
        found = territory.routes(tx, site_id=elsewhere, modalities=["CT"], on=make.NIGHT.date())
    assert found == []


def test_what_comes_after_a_study_was_sent_is_sent_too(
    db: Db, blobs: Blobs, world: make.World, archive: tuple[int, Path], admin: Caller
) -> None:
    port, folder = archive
    route(db, world, port)
    event = complete(db, blobs)
    plan(db, event)
    send(db, blobs, event)
    with db.begin() as tx:
        keys = tx.values("update images.instance set received_at = received_at - interval '1 day'"
                         " returning sop_instance_uid")  # fmt: skip
    late = ct(event.study_uid, 9)
    keep(db, blobs, as_file(late))
    for file in folder.iterdir():
        file.unlink()
    with db.begin() as tx:
        routing.renew(tx, study_id=event.study_id, now=make.NIGHT)
    send(db, blobs, event)

    assert state(db, admin).state == "sent"
    assert [dcmread(file).SOPInstanceUID for file in folder.iterdir()] == [late.SOPInstanceUID]
    assert late.SOPInstanceUID not in keys


def test_what_was_asked_while_a_study_was_being_sent_is_not_taken_for_sent(
    db: Db, blobs: Blobs, world: make.World, archive: tuple[int, Path], admin: Caller
) -> None:
    route(db, world, archive[0])
    event = complete(db, blobs)
    plan(db, event)
    with db.begin() as tx:
        waiting = forwarding.waiting(tx, study_id=event.study_id, ae_title="ARCHIVE")
        assert waiting
        routing.renew(tx, study_id=event.study_id, now=make.NIGHT + timedelta(seconds=1))
        attempt = Attempt(of=waiting, sent=3, problem="", reached_at=make.NIGHT)
        forwarding.note(tx, attempt, state="sent", now=make.NIGHT)
    assert state(db, admin).state == "waiting"


def test_a_rejection_note_is_sent_on_to_whoever_has_the_study(
    db: Db, blobs: Blobs, world: make.World, archive: tuple[int, Path], admin: Caller
) -> None:
    port, folder = archive
    route(db, world, port)
    event = complete(db, blobs)
    plan(db, event)
    send(db, blobs, event)
    with db.begin() as tx:
        uids = tx.values("select sop_instance_uid from images.instance order by number")
    first = ct(event.study_uid)
    first.SOPInstanceUID = uids[0]
    document = note([first])
    keep(db, blobs, as_file(document))
    with db.begin() as tx:
        told = tx.value("select args from procrastinate_jobs where task_name like '%%forward_note'")
        routing.renew(tx, study_id=event.study_id, now=make.NIGHT)
    assert told["study_id"] == str(event.study_id)
    for file in folder.iterdir():
        file.unlink()
    send(db, blobs, event)

    sent = {str(dcmread(file).SOPInstanceUID) for file in folder.iterdir()}
    assert document.SOPInstanceUID in sent
    assert uids[0] not in sent

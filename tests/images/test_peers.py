"""Machines and other systems: what was seen of them, and whether they answer, by real DIMSE."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

import make
from images.instances import CT, as_file, ct
from images.web import client, keep
from plateau.images import service
from plateau.images.peers import dialing
from plateau.images.peers import service as peers
from plateau.images.peers.types import Address
from plateau.images.upkeep import service as upkeep
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import NotFoundError
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db

SERVER = """
import sys
from pynetdicom import AE, evt
entity = AE(sys.argv[1])
entity.require_called_aet = sys.argv[2] == "strict"
if sys.argv[2] == "particular":
    entity.require_calling_aet = ["SOMEBODY"]
entity.add_supported_context("1.2.840.10008.1.1")
server = entity.start_server(("127.0.0.1", 0), block=False)
print(server.socket.getsockname()[1], flush=True)
sys.stdin.read()
"""


@pytest.fixture
def world(db: Db) -> make.World:
    with db.begin() as tx:
        return make.a_world(tx)


@pytest.fixture
def admin(world: make.World) -> Caller:
    return make.a_caller(world.requester_id, world.site_id, role=Role.ADMINISTRATOR)


def answering(manner: str) -> Iterator[int]:
    """The port of another DICOM system, a process of its own."""
    command = [sys.executable, "-c", SERVER, "ARCHIVE", manner]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        yield int(process.stdout.readline())
        process.kill()


@pytest.fixture
def port() -> Iterator[int]:
    yield from answering("strict")


@pytest.fixture
def particular() -> Iterator[int]:
    yield from answering("particular")


def a_peer(db: Db, port: int, site: object = None, title: str = "ARCHIVE") -> None:
    with db.begin() as tx:
        tx.run(
            """
            insert into territory.peer (ae_title, name, host, port, site_id, valid_from)
            values (%(title)s, 'Archive inventée', '127.0.0.1', %(port)s, %(site)s, '2020-01-01')
            """,
            title=title,
            port=port,
            site=site,
        )


def test_a_system_that_answers_says_how_fast(port: int) -> None:
    found = dialing.echo(Address("ARCHIVE", "127.0.0.1", port, False), ours="PLATEAU")
    assert found.problem == ""
    assert found.took is not None


def test_an_address_where_nobody_listens_is_said_in_words() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    found = dialing.echo(Address("ARCHIVE", "127.0.0.1", port, False), ours="PLATEAU")
    assert found.problem == "nothing answers at this address"


def test_a_system_of_another_name_and_one_that_does_not_know_us_say_so(
    port: int, particular: int
) -> None:
    other = dialing.echo(Address("OTHER", "127.0.0.1", port, False), ours="PLATEAU")
    unknown = dialing.echo(Address("ARCHIVE", "127.0.0.1", particular, False), ours="PLATEAU")
    assert other.problem == "it does not call itself so"
    assert unknown.problem == "it does not know our AE title"


def test_a_system_that_accepts_and_stays_silent_does_not_hold_the_page() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        began = time.monotonic()
        found = dialing.echo(
            Address("ARCHIVE", "127.0.0.1", port, False), ours="PLATEAU", answer_s=0.5
        )
    assert found.took is None
    assert time.monotonic() - began < 5


def test_the_page_tests_a_system_and_remembers(
    db: Db, blobs: Blobs, admin: Caller, port: int
) -> None:
    a_peer(db, port)
    page = client(db, blobs, replace(admin, language="en"))
    answer = page.post("/images/peers/echo", data={"csrf": "c", "ae_title": "ARCHIVE"})
    with db.begin() as tx:
        done = tx.values("select subject from access.audit where action = 'images.peer.test'")

    assert "ARCHIVE answered in" in answer.text
    assert "answered" in page.get("/images/peers").text
    assert done == ["peer:ARCHIVE"]


def test_a_test_that_fails_is_said_and_remembered(db: Db, blobs: Blobs, admin: Caller) -> None:
    a_peer(db, 9)
    page = client(db, blobs, replace(admin, language="en"))
    answer = page.post("/images/peers/echo", data={"csrf": "c", "ae_title": "ARCHIVE"})
    assert "ARCHIVE does not answer: nothing answers at this address." in answer.text
    assert "no answer" in page.get("/images/peers").text


def test_who_sends_and_who_is_refused_today_is_listed(
    db: Db, blobs: Blobs, admin: Caller, world: make.World
) -> None:
    keep(db, blobs, as_file(ct()), as_file(ct()))
    with db.begin() as tx:
        service.refuse(tx, origin=CT, error=NotFoundError("no such patient"), at=make.NIGHT)
        service.refuse(
            tx, origin=replace(CT, ae_title="WHO"), error=NotFoundError("x"), at=make.NIGHT
        )
        upkeep.measure(tx, now=make.NIGHT)
        (machine,) = peers.listed(tx, admin, now=make.NIGHT)
        strangers = peers.strangers(tx, admin, now=make.NIGHT)

    assert (machine.ae_title, machine.instances_today, machine.refusals_today) == ("CT_TEST", 2, 1)
    assert machine.last_refusal == "no such patient"
    assert machine.last_seen_at == make.NIGHT
    assert strangers == ["WHO"]


def test_the_systems_of_other_sites_are_neither_seen_nor_tested(
    db: Db, blobs: Blobs, admin: Caller, world: make.World
) -> None:
    with db.begin() as tx:
        elsewhere = make.a_site(tx, "ELSEWHERE")
    a_peer(db, 9, site=elsewhere)
    with db.begin() as tx:
        titles = [one.ae_title for one in peers.listed(tx, admin, now=make.NIGHT)]
        with pytest.raises(NotFoundError):
            peers.to_test(tx, admin, ae_title="ARCHIVE", now=make.NIGHT)
        coordinator = make.a_caller(world.requester_id, elsewhere, role=Role.COORDINATOR)
        with pytest.raises(NotFoundError):
            peers.to_test(tx, coordinator, ae_title="ARCHIVE", now=make.NIGHT)
    assert titles == ["CT_TEST"]


def test_readers_do_not_see_the_page(db: Db, blobs: Blobs, world: make.World) -> None:
    reader = make.a_caller(world.reader_id, world.site_id)
    assert client(db, blobs, reader).get("/images/peers").status_code == 404

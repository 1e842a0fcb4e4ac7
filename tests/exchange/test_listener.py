"""The MLLP server through real sockets: AA only when durable, a clear refusal otherwise."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import Queue

import pytest

from make import World, a_world
from make_after import a_destination
from plateau.exchange import hl7v2, listener, mllp
from plateau.platform.db import Db
from plateau.platform.settings import Settings

HEAD = (
    "MSH|^~\\&|GAM|{facility}|PLATEAU|PLATEAU|20261124||{kind}|{number}|P|2.5.1|||||FRA"
    "|UNICODE UTF-8\r"
)
PID = "PID|1||{local_id}^^^TEST^PI||{surname}^Camille||19500203|F\r"


def adt(
    number: str = "1",
    *,
    facility: str = "TEST",
    kind: str = "ADT^A04^ADT_A01",
    local_id: str = "IPP-9",
    surname: str = "FICTION",
) -> bytes:
    text = HEAD.format(facility=facility, kind=kind, number=number)
    return (text + PID.format(local_id=local_id, surname=surname)).encode()


@pytest.fixture
def world(db: Db) -> World:
    with db.begin() as tx:
        world = a_world(tx)
        a_destination(tx, world.site_id, 1, code="RIS-TEST")
        return world


@pytest.fixture
def port(db: Db, world: World) -> Iterator[int]:
    stop = threading.Event()
    ports: Queue[int] = Queue()
    settings = Settings(mllp_port=0)
    server = threading.Thread(
        target=listener.serve, args=(settings, db, stop), kwargs={"ready": ports.put}
    )
    server.start()
    yield ports.get(timeout=10)
    stop.set()
    server.join(10)
    assert not server.is_alive()


def ask(port: int, content: bytes) -> tuple[str, str, str]:
    """MSA-1, MSA-2 and the condition of ERR-3."""
    reply = mllp.ask("127.0.0.1", port, content, timeout_s=10)
    assert isinstance(reply, bytes)
    parsed = hl7v2.parse(reply)
    return (
        hl7v2.value(parsed, "MSA", 1),
        hl7v2.value(parsed, "MSA", 2),
        hl7v2.value(parsed, "ERR", 3),
    )


def identifiers(db: Db) -> set[str]:
    with db.begin() as tx:
        return set(tx.values("select value from patients.identifier"))


@pytest.mark.parametrize("event", ["A01", "A04", "A08", "A28", "A31"])
@pytest.mark.parametrize("facility", ["TEST", "RIS-TEST"])
def test_an_identity_is_durable_before_it_is_acknowledged(
    db: Db, port: int, event: str, facility: str
) -> None:
    assert ask(port, adt(kind=f"ADT^{event}", facility=facility)) == ("AA", "1", "")

    assert "IPP-9" in identifiers(db)
    with db.begin() as tx:
        actor = tx.value("select actor from access.audit where action = 'patient.identify'")
    assert actor == "mllp TEST"


def test_the_same_message_twice_makes_one_patient(db: Db, port: int) -> None:
    assert ask(port, adt()) == ask(port, adt()) == ("AA", "1", "")

    with db.begin() as tx:
        assert tx.value("select count(*) from patients.patient where surname = 'FICTION'") == 1


def test_an_identifier_known_with_other_traits_is_refused(db: Db, port: int) -> None:
    assert ask(port, adt("1"))[0] == "AA"

    assert ask(port, adt("2", surname="AUTRE")) == ("AE", "2", "205")

    with db.begin() as tx:
        assert tx.value("select count(*) from patients.patient where surname = 'AUTRE'") == 0


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"nonsense", ("AR", "", "100")),
        (b"", ("AR", "", "100")),
        (adt().replace(b"FICTION", b"\xff\xfe"), ("AR", "", "100")),
        (adt(facility="INCONNU"), ("AR", "1", "204")),
        (adt(facility=""), ("AR", "1", "204")),
        (adt(kind="ORU^R01"), ("AR", "1", "201")),
        (adt(kind="ADT^A40"), ("AR", "1", "201")),
        (adt(local_id=""), ("AE", "1", "101")),
        (adt(surname=""), ("AE", "1", "101")),
        (adt().replace(b"19500203", b"31/02/50"), ("AE", "1", "101")),
        (adt().replace(b"^TEST^PI", b"^AUTRE^PI"), ("AE", "1", "101")),
        (adt().partition(b"PID")[0], ("AE", "1", "101")),
    ],
)
def test_bad_message_gets_a_clear_refusal_and_changes_nothing(
    db: Db, port: int, content: bytes, expected: tuple[str, str, str]
) -> None:
    before = identifiers(db)

    assert ask(port, content) == expected

    assert identifiers(db) == before


def test_a_refusal_says_why_without_repeating_who(
    port: int, capfd: pytest.CaptureFixture[str]
) -> None:
    reply = mllp.ask("127.0.0.1", port, adt(facility="INCONNU"), timeout_s=10)

    assert isinstance(reply, bytes)
    assert "facility is not known" in hl7v2.value(hl7v2.parse(reply), "ERR", 8)
    written = capfd.readouterr()
    assert "FICTION" not in reply.decode() + written.out + written.err
    assert "IPP-9" not in reply.decode() + written.out + written.err


def test_messages_of_one_connection_are_answered_in_order_whatever_the_pieces(port: int) -> None:
    stream = b"".join(mllp.frame(adt(str(n), local_id=f"IPP-{n}")) for n in range(1, 6))
    heard = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        for start in range(0, len(stream), 50):
            connection.sendall(stream[start : start + 50])
        while len(mllp.split(heard)[0]) < 5:
            heard += connection.recv(4096)

    answers = [hl7v2.parse(content) for content in mllp.split(heard)[0]]
    assert [hl7v2.value(one, "MSA", 2) for one in answers] == ["1", "2", "3", "4", "5"]


def test_an_oversized_frame_is_refused_and_the_connection_closed(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(mllp.START + b"x" * (listener.LARGEST + 10))
        heard = b""
        while chunk := connection.recv(4096):
            heard += chunk

    (reply,), _ = mllp.split(heard)
    assert hl7v2.value(hl7v2.parse(reply), "MSA", 1) == "AR"


def test_a_frame_cut_in_the_middle_changes_nothing(db: Db, port: int) -> None:
    before = identifiers(db)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(mllp.frame(adt())[:-20])

    assert ask(port, adt(facility="INCONNU"))[0] == "AR"  # still answers others
    assert identifiers(db) == before


def test_many_connections_are_served_at_once(db: Db, port: int) -> None:
    with ThreadPoolExecutor(20) as askers:
        answers = list(
            askers.map(lambda n: ask(port, adt(str(n), local_id=f"IPP-{n}")), range(100, 160))
        )

    assert {code for code, _, _ in answers} == {"AA"}
    assert {f"IPP-{n}" for n in range(100, 160)} <= identifiers(db)


def test_a_port_in_use_ends_the_whole_process(db: Db) -> None:
    stop = threading.Event()
    taken = socket.create_server(("127.0.0.1", 0))
    settings = Settings(mllp_port=taken.getsockname()[1])
    with taken, ThreadPoolExecutor(1) as thread:  # a browser's loop may run in this one
        served = thread.submit(listener.serve, settings, db, stop)
        with pytest.raises(OSError, match="address already in use"):
            served.result()

    assert stop.is_set()

"""A member's system over a real socket: AA, AE, AR, silence, noise; each message kept once."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import hl7
import pytest

from outside import mllp, ris
from outside.ris import Mode, Ris

REPORT = (
    r"MSH|^~\&|PLATEAU|PLATEAU|RIS|STPALAIS|20260914030000||ORU^R01^ORU_R01|{id}|P|2.5.1"
    "\rPID|1||TEST1^^^EXEMPLE^PI||EXEMPLE^Zoé\rOBR|1|A1|F1|TDM^Scanner du crâne^L"
    "\rOBX|1|TX|18748-4^Report^LN||Pas d'hématome.||||||F\r"
)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    return tmp_path / "STPALAIS"


@pytest.fixture
def door(inbox: Path) -> Iterator[socket.socket]:
    with (
        ris.serve(Ris(facility="STPALAIS", inbox=inbox), 0) as port,
        socket.create_connection(("127.0.0.1", port), timeout=5) as connection,
    ):
        yield connection


def ask(connection: socket.socket, message: str | bytes) -> hl7.Message:
    content = message.encode() if isinstance(message, str) else message
    connection.sendall(mllp.frame(content))
    reply = hl7.parse(next(mllp.frames(connection)).decode())
    assert isinstance(reply, hl7.Message)
    return reply


def verdict(reply: hl7.Message) -> tuple[str, str]:
    msa = reply.segment("MSA")
    return str(msa[1]), str(msa[2])


def kept(inbox: Path) -> list[str]:
    return sorted(path.name for path in inbox.glob("*.hl7"))


def test_a_report_is_kept_then_acknowledged(door: socket.socket, inbox: Path) -> None:
    reply = ask(door, REPORT.format(id="M1"))

    assert verdict(reply) == ("AA", "M1")
    assert str(reply.segment("MSH")[9]) == "ACK^R01^ACK"
    assert str(reply.segment("MSH")[5]) == "PLATEAU"
    assert kept(inbox) == ["M1.hl7"]
    assert (inbox / "M1.hl7").read_bytes() == REPORT.format(id="M1").encode()


def test_a_duplicate_is_acknowledged_again_and_kept_once(door: socket.socket, inbox: Path) -> None:
    answers = [verdict(ask(door, REPORT.format(id="M1"))) for _ in range(3)]

    assert answers == [("AA", "M1")] * 3
    assert kept(inbox) == ["M1.hl7"]


@pytest.mark.parametrize("mode", ["AE", "AR"])
def test_the_mode_file_makes_it_refuse_then_accept(
    door: socket.socket, inbox: Path, mode: str
) -> None:
    (inbox / "mode").write_text(mode)
    assert verdict(ask(door, REPORT.format(id="M1"))) == (mode, "M1")
    assert kept(inbox) == []

    (inbox / "mode").write_text("AA")
    assert verdict(ask(door, REPORT.format(id="M1"))) == ("AA", "M1")
    assert kept(inbox) == ["M1.hl7"]


def test_silence_keeps_nothing(door: socket.socket, inbox: Path) -> None:
    (inbox / "mode").write_text("silent")
    door.settimeout(0.5)

    with pytest.raises(TimeoutError):
        ask(door, REPORT.format(id="M1"))
    assert kept(inbox) == []


def test_garbage_is_no_hl7(door: socket.socket, inbox: Path) -> None:
    (inbox / "mode").write_text("garbage")
    door.sendall(mllp.frame(REPORT.format(id="M1").encode()))

    assert not next(mllp.frames(door)).startswith(b"MSH")
    assert kept(inbox) == []


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("nonsense", "AR"),
        (b"MSH|^~\\&|\xff\xfe", "AR"),
        ("", "AR"),
        ("MSH|^~\\&", "AR"),
        (REPORT.format(id=""), "AR"),
        (REPORT.format(id="M" * 200), "AR"),
        (REPORT.format(id="M1").replace("ORU^R01^ORU_R01", "ADT^A01"), "AR"),
        (REPORT.format(id="M1").split("\rOBX")[0] + "\r", "AE"),
        (REPORT.format(id="M1").replace("PID|1||TEST1^^^EXEMPLE^PI", "PID|1||"), "AE"),
    ],
)
def test_a_malformed_message_is_refused_and_not_kept(
    door: socket.socket, inbox: Path, message: str | bytes, code: str
) -> None:
    reply = ask(door, message)

    assert verdict(reply)[0] == code
    assert str(reply.segment("ERR")[8])
    assert kept(inbox) == []
    assert verdict(ask(door, REPORT.format(id="M2"))) == ("AA", "M2")


def test_a_control_id_cannot_leave_the_inbox(door: socket.socket, inbox: Path) -> None:
    assert verdict(ask(door, REPORT.format(id="../../evil")))[0] == "AA"

    assert [path.parent for path in inbox.parent.rglob("*evil*")] == [inbox]


def test_messages_cut_or_joined_on_the_wire_are_read_one_by_one(
    door: socket.socket, inbox: Path
) -> None:
    wire = b"".join(mllp.frame(REPORT.format(id=f"M{n}").encode()) for n in range(3))
    replies = mllp.frames(door)
    for start in range(0, len(wire), 50):
        door.sendall(wire[start : start + 50])

    assert [b"MSA|AA|M%d" % n in next(replies) for n in range(3)] == [True] * 3
    assert kept(inbox) == ["M0.hl7", "M1.hl7", "M2.hl7"]


def test_bytes_without_a_frame_close_the_connection(door: socket.socket) -> None:
    door.sendall(b"GET / HTTP/1.1\r\n\r\n")

    assert door.recv(1) == b""


def test_several_institutions_in_one_process(tmp_path: Path) -> None:
    ports = [free_port(), free_port()]
    listen = [f"--listen=R{n}:{port}" for n, port in enumerate(ports)]
    command = [sys.executable, "-m", "outside.ris", f"--inbox={tmp_path}", *listen]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in ports]
        assert all("ris.listening" in line for line in lines)
        for number, port in enumerate(ports):
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                assert verdict(ask(connection, REPORT.format(id="M1"))) == ("AA", "M1")
            assert kept(tmp_path / f"R{number}") == ["M1.hl7"]
        os.kill(process.pid, signal.SIGTERM)
        said = process.stdout.read()
        assert process.wait(10) == 0
    assert "EXEMPLE" not in said


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_the_usual_mode_is_an_option(tmp_path: Path) -> None:
    refusing = Ris(facility="X", inbox=tmp_path, mode=Mode.AR)

    reply = ris.answer(refusing, REPORT.format(id="M1").encode())

    assert reply is not None
    assert b"MSA|AR|M1" in reply

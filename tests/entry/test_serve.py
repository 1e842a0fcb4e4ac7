"""`plateau serve` and each of its processes alone, as real processes."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from entry.processes import (
    Plateau,
    free_port,
    free_ports,
    is_gone,
    is_well,
    listens,
    plateau,
    run,
    until,
)
from plateau.platform.db import Db

KINDS = {"web", "dimse", "mllp", "worker"}
PORTS = {"web": "PLATEAU_WEB_PORT", "dimse": "PLATEAU_DICOM_PORT", "mllp": "PLATEAU_MLLP_PORT"}

pytestmark = pytest.mark.xdist_group("processes")


@pytest.fixture
def ports() -> dict[str, str]:
    return free_ports()


@pytest.fixture
def fleet(tmp_path: Path, ports: dict[str, str]) -> Iterator[Plateau]:
    """Everything is served."""
    with plateau("serve", folder=tmp_path, settings=ports) as serving:
        until(lambda: all(listens(port) for port in ports.values()))
        until(lambda: is_well(ports["PLATEAU_WEB_PORT"]))
        yield serving
        for pid in children(serving).values():
            os.kill(pid, signal.SIGKILL)  # only those of a test that failed are left


def children(serving: Plateau) -> dict[str, int]:
    """The processes that it keeps running: kind, process id."""
    started = {
        entry["kind"]: entry["pid"]
        for entry in serving.logged()
        if entry["event"] == "process.started"
    }
    return {kind: pid for kind, pid in started.items() if not is_gone(pid)}


def server_of(folder: Path) -> int:
    """The first process of the embedded database."""
    return int((folder / "data/postgres/pg/postmaster.pid").read_text().split()[0])


@pytest.mark.timeout(180)
def test_whatever_is_killed_comes_back_and_all_of_it_stops_in_order(
    fleet: Plateau, ports: dict[str, str], tmp_path: Path
) -> None:
    before = children(fleet)
    assert before.keys() == KINDS

    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    until(lambda: not set(children(fleet).values()) & set(before.values()))
    until(lambda: children(fleet).keys() == KINDS, within_s=10)
    until(lambda: all(listens(port) for port in ports.values()))

    database = server_of(tmp_path)
    os.kill(database, signal.SIGKILL)
    until(lambda: fleet.has_logged("database.ended"))
    until(lambda: is_well(ports["PLATEAU_WEB_PORT"]))
    assert server_of(tmp_path) != database

    running = [*children(fleet).values(), server_of(tmp_path)]
    assert fleet.stop() == 0
    assert all(is_gone(pid) for pid in running)
    assert not (tmp_path / "data/postgres/pg/postmaster.pid").exists()
    assert not any(listens(port) for port in ports.values())


@pytest.mark.timeout(180)
def test_when_the_supervisor_is_killed_all_leave_and_it_can_start_again(
    fleet: Plateau, ports: dict[str, str], tmp_path: Path
) -> None:
    left = children(fleet)

    fleet.kill()

    until(lambda: all(is_gone(pid) for pid in left.values()), within_s=30)
    with plateau("serve", folder=tmp_path, settings=ports) as again:
        until(lambda: is_well(ports["PLATEAU_WEB_PORT"]))
        assert again.stop() == 0


@pytest.mark.parametrize("kind", ["web", "dimse", "mllp"])
def test_each_process_runs_alone_until_asked_to_stop(
    database: str, tmp_path: Path, ports: dict[str, str], kind: str
) -> None:
    measures = free_port()
    settings = {"PLATEAU_DATABASE_URL": database, "PLATEAU_METRICS_PORT": str(measures)}
    with plateau(kind, folder=tmp_path, settings={**ports, **settings}) as alone:
        until(lambda: listens(ports[PORTS[kind]]))
        page = ports["PLATEAU_WEB_PORT"] if kind == "web" else measures
        assert "python_info" in httpx.get(f"http://127.0.0.1:{page}/metrics").text
        assert listens(measures) == (kind != "web")
        assert not any(listens(ports[name]) for one, name in PORTS.items() if one != kind)
        assert alone.stop() == 0
    assert not (tmp_path / "data/postgres").exists()


def test_several_workers_and_senders_run_at_once(
    db: Db, database: str, tmp_path: Path, ports: dict[str, str]
) -> None:
    settings = {**ports, "PLATEAU_DATABASE_URL": database}
    with ExitStack() as stack:

        def start(kind: str, **more: str) -> Plateau:
            return stack.enter_context(
                plateau(kind, folder=tmp_path, settings={**settings, **more})
            )

        running = [start("worker"), start("worker"), start("mllp"), start("mllp", **free_ports())]
        until(lambda: listens(ports["PLATEAU_MLLP_PORT"]))
        until(lambda: workers(db) == 2)
        assert [one.stop() for one in running] == [0, 0, 0, 0]
    assert workers(db) == 0


def workers(db: Db) -> int:
    """How many workers say that they live."""
    with db.begin() as tx:
        return tx.value("select count(*) from procrastinate_workers")


@pytest.mark.parametrize("kind", ["serve", "web", "dimse", "mllp"])
def test_a_taken_port_is_said_in_one_sentence(
    database: str, tmp_path: Path, ports: dict[str, str], kind: str
) -> None:
    taken = ports[PORTS.get(kind, "PLATEAU_DICOM_PORT")]
    with socket.create_server(("127.0.0.1", int(taken))):
        done = run(
            kind,
            **ports,
            PLATEAU_DATABASE_URL=database,
            PLATEAU_DATA_DIR=str(tmp_path),
            PLATEAU_LOG_LEVEL="error",
        )
    assert (done.returncode, done.stderr) == (4, f"port {taken} is taken by another process\n")


@pytest.mark.parametrize("command", ["serve", "web", "worker", "access account x --name X"])
def test_a_database_that_is_away_is_said_in_one_sentence(
    tmp_path: Path, ports: dict[str, str], command: str
) -> None:
    done = run(
        *command.split(),
        **ports,
        PLATEAU_DATABASE_URL=f"postgresql://nobody@/none?host={tmp_path}",
        PLATEAU_DATA_DIR=str(tmp_path),
    )
    assert done.returncode == 6
    assert done.stderr == "the database cannot be reached or has no room\n"


def test_a_malformed_setting_is_named() -> None:
    done = run("web", PLATEAU_WEB_PORT="http", PLATEAU_LOG_LEVEL="loud")
    assert done.returncode == 2
    assert done.stderr == ("these settings are malformed: PLATEAU_LOG_LEVEL, PLATEAU_WEB_PORT\n")


@pytest.mark.parametrize(
    ("command", "code", "sentence"),
    [
        ("access password nobody --stdin", 3, "no account is called nobody"),
        (
            "activity export --from 2026-11-24 --to 2026-11-23",
            2,
            "the period ends before it starts",
        ),
        ("territory load /nowhere.toml", 2, "does not exist"),
        ("worker --never", 2, "No such option"),
    ],
)
def test_a_refused_command_ends_with_the_code_of_its_kind(
    database: str, tmp_path: Path, command: str, code: int, sentence: str
) -> None:
    done = run(*command.split(), PLATEAU_DATABASE_URL=database, PLATEAU_DATA_DIR=str(tmp_path))
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert sentence in done.stderr

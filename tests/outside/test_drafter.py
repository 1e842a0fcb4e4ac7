"""The program that proposes drafts, against the real door, over a real socket."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from make import NIGHT
from outside.drafter import Exam, Program, draft
from plateau.entry import http
from plateau.platform import runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.web import pages as web_pages
from reading.drafts import a_program, switched_on
from reading.night import a_night

EXAM = Exam(study="urn:oid:2.25.7", accession_number="A1", modality="CT")


def test_the_same_exam_always_gets_the_same_draft() -> None:
    program = Program(name="Esquisse", version="1.4", wrong_percent=0)
    assert draft(EXAM, program) == draft(EXAM, program)


def test_a_wrong_program_says_the_contrary() -> None:
    right = draft(EXAM, Program(name="Esquisse", version="1.4", wrong_percent=0))
    wrong = draft(EXAM, Program(name="Esquisse", version="1.4", wrong_percent=100))
    assert right["conclusionCode"] != wrong["conclusionCode"]


@pytest.fixture
def base(db: Db, blobs: Blobs) -> Iterator[str]:
    app = http.build(runtime.Runtime(db, blobs, runtime.settings_in_use()), http.identify)
    app.dependency_overrides[web_pages.now] = lambda: NIGHT
    door = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
    thread.start()
    yield f"http://127.0.0.1:{door.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    door.close()


def test_it_finds_the_exam_and_its_draft_is_kept(db: Db, base: str, tmp_path: Path) -> None:
    with db.begin() as tx:
        night = a_night(tx)
        program = a_program(tx, night.world)
        switched_on(tx, night.world, program)
    (tmp_path / "token").write_text(program.token)
    process = subprocess.Popen(
        [
            sys.executable, "-m", "outside.drafter", "--base", base, "--name", "Esquisse",
            "--version", "1.4", "--token-file", str(tmp_path / "token"),
        ],
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        found: list[str] = []
        while not found and time.monotonic() < deadline:
            time.sleep(0.2)
            with db.begin() as tx:
                found = tx.values("select result from reading.proposal")
        assert len(found) == 1
        assert found[0].startswith("Projet simulé")
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0

"""The command that reads in a folder: what it says, and what a kill in the middle leaves."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import make
from entry.processes import until
from images.instances import as_file, ct
from images.test_importing import put, stored
from plateau.entry import cli
from plateau.images import commands
from plateau.kernel.errors import NotFoundError
from plateau.platform.blobs import key_of
from plateau.platform.db import Db


@pytest.fixture(autouse=True)
def world(db: Db) -> make.World:
    with db.begin() as tx:
        return make.a_world(tx)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "cd"
    found.mkdir()
    return found


def test_the_command_says_what_became_of_the_files(folder: Path) -> None:
    put(folder, ct(), ct())
    (folder / "IM0000").write_bytes(as_file(ct())[:-5])
    done = CliRunner().invoke(commands.app, ["import", str(folder)])
    unknown = CliRunner().invoke(commands.app, ["import", str(folder), "--site", "NOWHERE"])
    assert done.exit_code == 0
    assert "read 2, stored 1, known already 0" in done.stdout
    assert "IM0000: truncated DICOM object" in done.output
    assert isinstance(unknown.exception, NotFoundError)
    assert cli.EXITS[NotFoundError.code] == 3


@pytest.fixture
def slow_folder(folder: Path) -> Path:
    study = ct().StudyInstanceUID
    put(folder, *(ct(study, number=n % 200) for n in range(300)))
    return folder


def test_a_command_killed_during_an_import_goes_on_and_keeps_everything_once(
    db: Db, database: str, tmp_path: Path, slow_folder: Path
) -> None:
    command = [sys.executable, "-m", "plateau.entry.cli", "images", "import", str(slow_folder)]
    settings = {"PLATEAU_DATABASE_URL": database, "PLATEAU_DATA_DIR": str(tmp_path / "data")}
    for acknowledged in (1, 100):
        with subprocess.Popen(
            command, env={**os.environ, **settings}, stdout=subprocess.DEVNULL
        ) as process:
            until(lambda least=acknowledged: len(rows(db)) >= least)
            process.send_signal(signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL
        said = rows(db)
        assert "stored" in said.values()
        with db.begin() as tx:
            kept = tx.value("select count(*) from images.instance")
        assert kept >= len(said)

    done = subprocess.run(
        command, env={**os.environ, **settings}, capture_output=True, text=True, check=True
    )

    assert "read 300, stored 300, known already 0" in done.stdout
    assert stored(db) == sorted(key_of(path.read_bytes()) for path in slow_folder.iterdir())
    with db.begin() as tx:
        assert tx.value("select count(*) from images.import") == 1
        assert tx.value("select instances from images.study") == 300


def rows(db: Db) -> dict[str, str]:
    with db.begin() as tx:
        found = tx.values("select name || ' ' || state from images.import_file")
    return dict(one.split(" ") for one in found)

"""A hub's pages and DICOMweb as a given person uses them, and files of others to keep in it."""

import re
import subprocess
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

import make
from images.instances import CT
from plateau.entry import http
from plateau.images import service
from plateau.images.formats import header
from plateau.images.types import Header
from plateau.kernel.caller import Caller
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.runtime import Runtime
from plateau.platform.settings import Settings

ROOT = "/dicom-web"


def application(db: Db, blobs: Blobs, caller: Caller | None) -> FastAPI:
    return http.build(Runtime(db, blobs, Settings()), identify=lambda request: caller)


def client(db: Db, blobs: Blobs, caller: Caller | None) -> TestClient:
    return TestClient(application(db, blobs, caller))


@contextmanager
def served(app: FastAPI) -> Generator[str]:
    """The address of a real server for an application."""
    config = uvicorn.Config(app, port=0, log_level="warning", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def keep(db: Db, blobs: Blobs, *contents: bytes) -> None:
    with db.begin() as tx:
        for content in contents:
            service.receive(tx, blobs, content=content, origin=CT, now=make.NIGHT)


def a_file(name: str) -> bytes:
    """One of pydicom's own files."""
    return Path(str(get_testdata_file(name))).read_bytes()


def keep_file(db: Db, blobs: Blobs, world: make.World, name: str) -> Header:
    """Keep one of pydicom's files as if its patient were ours."""
    content = a_file(name)
    found = header.read(content)
    know(db, world, found.local_id)
    keep(db, blobs, content)
    return found


def know(db: Db, world: make.World, local_id: str) -> None:
    """The patient of a world also has this identifier."""
    with db.begin() as tx:
        tx.run(
            """
            insert into patients.identifier values (%(site)s, %(value)s, %(patient)s)
            on conflict do nothing
            """,
            site=world.site_id,
            value=local_id,
            patient=world.patient_id,
        )


def study_path(found: Header) -> str:
    return f"{ROOT}/studies/{found.study_uid}"


def path_of(found: Header) -> str:
    return f"{study_path(found)}/series/{found.series_uid}/instances/{found.sop_instance_uid}"


def parts(content: bytes, media_type: str) -> list[tuple[str, bytes]]:
    """The parts of a multipart body, each with its own media type."""
    boundary = re.search(r"boundary=(\w+)", media_type)
    assert boundary
    mark = f"--{boundary[1]}".encode()
    before, *found, end = content.split(mark)
    assert (before, end) == (b"", b"--\r\n")
    heads = [part.removesuffix(b"\r\n").partition(b"\r\n\r\n") for part in found]
    return [(head.decode().strip().removeprefix("Content-Type: "), body) for head, _, body in heads]


def of(study: Sequence[Dataset]) -> str:
    """The path of a study."""
    return f"{ROOT}/studies/{study[0].StudyInstanceUID}"


def run(*command: str, folder: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """What a program that is not ours did."""
    return subprocess.run(
        command, capture_output=True, text=True, timeout=30, check=False, cwd=folder
    )

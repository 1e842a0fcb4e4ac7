"""The real application on a real socket, somebody signed in, and chromium to look at it."""

import shutil
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from make import World, a_role, a_world
from plateau.access import service
from plateau.entry import http
from plateau.entry.web import Server
from plateau.kernel.caller import Role
from plateau.platform import clock, runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.settings import Settings

PASSWORD = "a long enough secret"
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    chromium = shutil.which("chromium")
    assert chromium, "install chromium: apt-get install chromium"
    return {**browser_type_launch_args, "executable_path": chromium, "args": ARGS}


@pytest.fixture
def served(db: Db, blobs: Blobs, database: str) -> Iterator[tuple[str, Server]]:
    """The application on a free port; its address."""
    app = http.build(runtime.Runtime(db, blobs, Settings()), http.identify)
    listener = http.serve_live(app, database)
    server = Server(
        uvicorn.Config(app, port=0, log_level="error", timeout_graceful_shutdown=5), listener
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", server
    server.handle_exit(15, None)
    thread.join()


@pytest.fixture
def world(db: Db) -> World:
    """A small territory; its reader is also an administrator, and has a password."""
    with db.begin() as tx:
        world = a_world(tx)
        a_role(tx, world.reader_id, Role.ADMINISTRATOR, world.site_id)
        service.set_password(tx, person_id=world.reader_id, password=PASSWORD)
    return world


@pytest.fixture
def cookies(db: Db, world: World) -> dict[str, str]:
    """A session of the reader."""
    opened = service.sign_in(
        db, login="lecteur", password=PASSWORD, address="", at=clock.wall(), now=clock.now()
    )
    return {"plateau_session": opened.token}

"""What the hub acknowledged survives the sudden end of its process, and of the database's."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

import make
from entry.processes import Plateau, free_port, listens, plateau, until
from images.instances import associated, ct, store
from plateau.images.formats import header
from plateau.kernel.errors import UnavailableError
from plateau.platform.blobs import key_of, open_folder
from plateau.platform.db import Db, open_pool
from plateau.platform.embedded import Postgres
from plateau.platform.migrate import migrate

MACHINES = 3
KILLS = 5
WORKS_S = (0.2, 1.0)  # how long the hub stores before it is killed again
SIDE = 128

pytestmark = [pytest.mark.xdist_group("processes"), pytest.mark.timeout(180)]


@dataclass(slots=True, kw_only=True)
class Hub:
    """A hub in a process of its own, on a database that keeps what it says it keeps."""

    folder: Path
    server: Postgres
    db: Db
    url: str
    port: int = field(default_factory=free_port)
    stack: ExitStack = field(default_factory=ExitStack)
    process: Plateau | None = None

    def start(self) -> None:
        settings = {
            "PLATEAU_DATABASE_URL": self.url,
            "PLATEAU_DICOM_PORT": str(self.port),
            "PLATEAU_LOG_LEVEL": "error",
        }
        self.process = self.stack.enter_context(
            plateau("dimse", folder=self.folder, settings=settings)
        )
        until(lambda: listens(self.port))

    def kill_process(self) -> None:
        assert self.process
        self.process.kill()
        self.start()

    def kill_database(self) -> None:
        os.kill(self.server.pid(), signal.SIGKILL)
        until(self._is_back)

    def _is_back(self) -> bool:
        try:
            return bool(self.server.restart())
        except UnavailableError:  # its last backends are still leaving
            return False


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    server = Postgres(folder=tmp_path)
    url = server.start()
    try:
        migrate(url)
        with open_pool(url, size=2) as pool, ExitStack() as stack:
            db = Db(pool, lambda _: None)
            with db.begin() as tx:
                make.a_world(tx)
            hub = Hub(folder=tmp_path, server=server, db=db, url=url, stack=stack)
            hub.start()
            yield hub
    finally:
        server.stop()


@dataclass(slots=True, kw_only=True)
class Sender:
    """A machine that sends one study for as long as it is let, each image until it is kept."""

    port: int
    stop: threading.Event
    study_uid: str = field(default_factory=generate_uid)
    kept: list[Dataset] = field(default_factory=list)

    def run(self) -> None:
        image = picture(self.study_uid, 1)
        while not self.stop.is_set():
            with associated(self.port) as line:
                while line.is_established and not self.stop.is_set():
                    if not answered(lambda image=image: store(line, image)):
                        break
                    self.kept.append(image)
                    image = picture(self.study_uid, len(self.kept) + 1)
            self.stop.wait(0.05)


def answered(ask: Callable[[], Dataset]) -> bool:
    """Whether the hub says Success; the association may end at any instant."""
    try:
        return ask().get("Status") == 0x0000
    except (RuntimeError, OSError):
        return False


def picture(study_uid: str, number: int) -> Dataset:
    """An image that looks like no other."""
    image = ct(study_uid)
    image.InstanceNumber = number
    image.Rows = image.Columns = SIDE
    image.PixelData = number.to_bytes(4, "big") * (SIDE * SIDE // 2)
    return image


KINDS: dict[str, Callable[[Hub], None]] = {
    "dimse": Hub.kill_process,
    "database": Hub.kill_database,
}


@pytest.mark.parametrize("kill", KINDS.values(), ids=KINDS)
def test_what_is_acknowledged_survives_kill_9(hub: Hub, kill: Callable[[Hub], None]) -> None:
    dice, stop = random.Random(KILLS), threading.Event()
    senders = [Sender(port=hub.port, stop=stop) for _ in range(MACHINES)]
    with ThreadPoolExecutor(MACHINES) as threads:
        running = [threads.submit(sender.run) for sender in senders]
        try:
            for _ in range(KILLS):
                time.sleep(dice.uniform(*WORKS_S))
                kill(hub)
                until_more_is_kept(senders)
        finally:
            stop.set()
    for one in running:
        one.result()

    for sender in senders:
        check_kept(hub, sender)
    before = stored(hub)
    for sender in senders:
        with associated(hub.port) as line:
            assert all(store(line, image).Status == 0x0000 for image in sender.kept)
    assert stored(hub) == before


def until_more_is_kept(senders: list[Sender]) -> None:
    before = [len(sender.kept) for sender in senders]
    until(
        lambda: all(len(sender.kept) > known for sender, known in zip(senders, before, strict=True))
    )


def check_kept(hub: Hub, sender: Sender) -> None:
    """Every image is there with its bytes, at most one more is, and what is counted is there."""
    blobs = open_folder(hub.folder / "data" / "blobs")
    with hub.db.begin() as tx:
        keys = tx.values(
            """
            select n.blob_key from images.instance n
            join images.series using (series_id) join images.study t using (study_id)
            where t.study_uid = %(uid)s order by n.number
            """,
            uid=sender.study_uid,
        )
        counted = tx.value(
            """
            select count(*) = t.instances and count(*) = r.instances and sum(n.bytes) = t.bytes
            from images.study t
            join images.series r using (study_id) join images.instance n using (series_id)
            where t.study_uid = %(uid)s
            group by t.study_id, r.series_id
            """,
            uid=sender.study_uid,
        )
    found = {header.read(content).sop_instance_uid: content for content in map(blobs.get, keys)}
    assert counted is True
    assert [key_of(content) for content in found.values()] == keys
    assert len(sender.kept) <= len(found) <= len(sender.kept) + 1
    for image in sender.kept:
        assert found[image.SOPInstanceUID].endswith(image.PixelData)


def stored(hub: Hub) -> tuple[int, int]:
    with hub.db.begin() as tx:
        return (
            tx.value("select count(*) from images.instance"),
            tx.value("select sum(instances) from images.study"),
        )

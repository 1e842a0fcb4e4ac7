"""Killed 50 times while it stores: what was acknowledged is there, and nothing half is visible."""

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from pydicom.uid import generate_uid

from chain import doors
from chain.doors import Doors
from entry.processes import Plateau, free_port, listens, plateau, until
from faults import wire
from faults.outside_view import View
from images.instances import ct, encode
from plateau.platform.embedded import Postgres
from plateau.platform.migrate import migrate

KILLS = 50
HUBS = 2  # one works while the other starts again
MACHINES = 2  # of each
WORKS_S = (0.02, 0.25)  # how long the hub stores before it is killed again
SIDE = 64
SEVERAL = 4  # of a machine's studies

pytestmark = [pytest.mark.xdist_group("processes"), pytest.mark.timeout(300)]


@dataclass(slots=True, kw_only=True)
class Hub:
    """One of the processes for machines on the same data; it is killed and started again."""

    doors: Doors
    stack: ExitStack
    machines: list["Machine"]
    port: int = field(default_factory=free_port)
    process: Plateau | None = None

    def start(self) -> None:
        settings = {
            "PLATEAU_DATABASE_URL": self.doors.url,
            "PLATEAU_DICOM_PORT": str(self.port),
            "PLATEAU_LOG_LEVEL": "error",
        }
        running = plateau("dimse", folder=self.doors.folder, settings=settings)
        self.process = self.stack.enter_context(running)
        until(lambda: listens(self.port))

    def suffer(self, kills: int) -> None:
        """Be killed that often, each time after something was stored and while more is."""
        dice = random.Random(self.port)
        for _ in range(kills):
            known = acknowledged(self.machines)
            until(lambda known=known: acknowledged(self.machines) > known)
            time.sleep(dice.uniform(*WORKS_S))
            assert self.process
            self.process.kill()
            self.start()


@dataclass(slots=True, kw_only=True)
class Machine:
    """It sends image after image, each until it is acknowledged, for as long as it is let."""

    port: int
    stop: threading.Event
    studies: list[str] = field(default_factory=lambda: [generate_uid() for _ in range(SEVERAL)])
    sent: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)
    refusals: list[str] = field(default_factory=list)

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                with wire.connected(self.port, 10) as peer:
                    said = peer.associate()
                    if said and said.kind == wire.ASSOCIATE_AC:
                        self._work(peer)
            except OSError:  # nobody listens, or it has died in the middle
                self.stop.wait(0.02)

    def _work(self, peer: wire.Peer) -> None:
        while not self.stop.is_set():
            uid = self._next()
            status = peer.store(self.sent[uid][1], uid)
            if status is None:  # the hub has died
                return
            if status != wire.SUCCESS:
                self.refusals.append(f"{status:04X} {peer.comment()}")
                return
            self.acknowledged.add(uid)

    def _next(self) -> str:
        """What was not acknowledged comes again; else something new."""
        waiting = self.sent.keys() - self.acknowledged
        if waiting:
            return waiting.pop()
        number = len(self.sent) + 1
        image = ct(self.studies[number % SEVERAL])
        image.InstanceNumber = number
        image.Rows = image.Columns = SIDE
        image.PixelData = random.Random(number).randbytes(SIDE * SIDE * 2)
        self.sent[image.SOPInstanceUID] = (image.StudyInstanceUID, encode(image))
        return str(image.SOPInstanceUID)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Doors]:
    """The web's door, on a database that keeps what it says it keeps."""
    server = Postgres(folder=tmp_path / "pg")
    with psycopg.connect(server.start(), autocommit=True) as connection:
        connection.execute("create database template_plateau")
    try:
        migrate(server.url("template_plateau"))
        with doors.opened(server, tmp_path, ("web",)) as opened:
            yield opened
    finally:
        server.stop()


def test_kill_9_while_storing_50_times(opened: Doors) -> None:
    stop = threading.Event()
    with ExitStack() as stack, ThreadPoolExecutor(HUBS * (MACHINES + 1)) as threads:
        stack.callback(stop.set)
        hubs = [Hub(doors=opened, stack=stack, machines=[]) for _ in range(HUBS)]
        running: list[Future[None]] = []
        for hub in hubs:
            hub.start()
            hub.machines += [Machine(port=hub.port, stop=stop) for _ in range(MACHINES)]
            running += [threads.submit(machine.run) for machine in hub.machines]
        for suffering in [threads.submit(hub.suffer, KILLS // HUBS) for hub in hubs]:
            suffering.result()
        stop.set()
        for one in running:
            one.result()

    machines = [machine for hub in hubs for machine in hub.machines]
    assert [machine.refusals for machine in machines] == [[]] * len(machines)
    assert acknowledged(machines) >= KILLS
    for machine in machines:
        check(View(opened), machine)


def acknowledged(machines: list[Machine]) -> int:
    return sum(len(machine.acknowledged) for machine in machines)


def check(view: View, machine: Machine) -> None:
    """What was acknowledged is there byte for byte; what is visible was sent, whole, and once."""
    visible: dict[str, str] = {}
    for study_uid in machine.studies:
        found = view.uids(study_uid)
        assert len(found) == len(set(found))
        visible.update(dict.fromkeys(found, study_uid))
    assert machine.acknowledged <= visible.keys() <= machine.sent.keys()
    for uid, study_uid in visible.items():
        content = machine.sent[uid][1]
        assert view.data_set(study_uid, f"{study_uid[:60]}.1", uid) == content

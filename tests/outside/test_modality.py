"""Machines against a small hub that is not ours: worklist, steps, storage, and a hub that dies."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pynetdicom import evt
from pynetdicom.ae import ApplicationEntity
from pynetdicom.dimse_primitives import C_STORE, N_CREATE, N_SET
from pynetdicom.events import Event
from pynetdicom.transport import ThreadedAssociationServer

from outside import link, modality, spool
from outside.exams import Machine, scheduled
from outside.link import PERFORMED_STEP, VERIFICATION, WORKLIST
from outside.modality import Options, Room

FOR_THE_WORKLIST = {VERIFICATION, WORKLIST, PERFORMED_STEP}
Items = Callable[..., Dataset]


@dataclass(slots=True)
class Hub:
    """What a hub keeps on disk, and the faults asked for: `faults` maps a request to its faults.

    A fault "lose" acts, then dies before answering; "die" dies before acting; a number is a status.
    """

    port: int
    items: list[Dataset]
    faults: dict[str, list[str | int]] = field(default_factory=dict)
    error_ids: list[int] = field(default_factory=list)
    queries: list[Dataset] = field(default_factory=list)
    callers: list[str] = field(default_factory=list)
    images: dict[str, bytes] = field(default_factory=dict)
    stores: int = 0
    steps: dict[str, list[Dataset]] = field(default_factory=dict)
    server: ThreadedAssociationServer | None = None
    deaths: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        entity = ApplicationEntity(ae_title="PLATEAU")
        for sop_class in link.SOP_CLASSES:
            entity.add_supported_context(sop_class)
        handlers: list[evt.EventHandlerType] = [
            (evt.EVT_C_ECHO, self.on_echo),
            (evt.EVT_C_FIND, self.on_find),
            (evt.EVT_C_STORE, self.on_store),
            (evt.EVT_N_CREATE, self.on_create),
            (evt.EVT_N_SET, self.on_set),
        ]
        server = entity.start_server(("127.0.0.1", self.port), block=False, evt_handlers=handlers)
        assert isinstance(server, ThreadedAssociationServer)
        self.server = server

    def fault(self, request: str) -> str | int | None:
        waiting = self.faults.get(request, [])
        return waiting.pop(0) if waiting else None

    def die(self, event: Event) -> None:
        """As after kill -9: no answer, no listener for a while, then back with what it kept."""
        self.deaths += 1
        assert self.server is not None
        server, self.server = self.server, None
        threading.Thread(target=self.come_back, args=(server,), daemon=True).start()
        event.assoc.abort()

    def come_back(self, server: ThreadedAssociationServer) -> None:
        server.shutdown()
        time.sleep(0.2)
        self.start()

    def on_echo(self, event: Event) -> int:
        self.callers.append(event.assoc.requestor.ae_title)
        return 0

    def on_find(self, event: Event) -> Iterator[tuple[int, Dataset | None]]:
        self.queries.append(event.identifier)
        wanted = scheduled(event.identifier).ScheduledStationAETitle
        done = {
            step.StudyInstanceUID for steps in self.steps.values() for step in scheduling(steps)
        }
        for item in self.items:
            mine = scheduled(item).ScheduledStationAETitle == wanted
            if mine and item.StudyInstanceUID not in done:
                yield 0xFF00, item

    def act(self, event: Event, request: str, keep: Callable[[], int]) -> int:
        """What the request does, and its fault if one waits."""
        with self.lock:
            fault = self.fault(request)
            if isinstance(fault, int):
                return fault
            status = 0x0110 if fault == "die" else keep()
            if fault:
                self.die(event)
            return status

    def on_store(self, event: Event) -> int:
        self.stores += 1
        assert isinstance(event.request, C_STORE)
        uid = str(event.request.AffectedSOPInstanceUID)
        content = event.encoded_dataset()

        def keep() -> int:
            known = self.images.setdefault(uid, content)
            return 0 if known == content else 0xC001

        return self.act(event, "store", keep)

    def on_create(self, event: Event) -> tuple[int, Dataset | None]:
        assert isinstance(event.request, N_CREATE)
        uid = str(event.request.AffectedSOPInstanceUID)

        def keep() -> int:
            if uid in self.steps:
                return 0x0111
            self.steps[uid] = [event.attribute_list]
            return 0

        return self.act(event, "create", keep), event.attribute_list

    def on_set(self, event: Event) -> tuple[Dataset, Dataset | None]:
        assert isinstance(event.request, N_SET)
        uid = str(event.request.RequestedSOPInstanceUID)

        def keep() -> int:
            if len(self.steps[uid]) > 1:
                return 0x0110
            self.steps[uid].append(event.modification_list)
            return 0

        status = Dataset()
        status.Status = self.act(event, "set", keep)
        if status.Status == 0x0110 and self.error_ids:
            status.ErrorID = self.error_ids.pop(0)
        return status, event.modification_list

    def objects(self) -> list[Dataset]:
        return [dcmread(BytesIO(content), force=True) for content in self.images.values()]


def scheduling(steps: list[Dataset]) -> list[Dataset]:
    return list(steps[0].ScheduledStepAttributesSequence)


@pytest.fixture
def hub() -> Iterator[Hub]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    hub = Hub(port, [])
    hub.start()
    yield hub
    if hub.server is not None:
        hub.server.shutdown()


def room(hub: Hub, directory: Path, kind: str = "CT", **changes: int) -> Room:
    options = Options(
        speed=3600, poll_s=0.05, seed=changes.get("seed", 0), slices=4, once=True, max_exams=None
    )
    machine = Machine(
        ae_title="CT_EXEMPLE", modality=kind, host="127.0.0.1", port=hub.port, called="PLATEAU"
    )
    return Room(
        machine=machine,
        options=options,
        spool=spool.open_spool(directory),
        stop=threading.Event(),
    )


def assert_complete(hub: Hub, exams: int, objects: int) -> None:
    """Each exam has one closed step, which names exactly what the hub keeps for its study."""
    assert len(hub.steps) == exams
    for opening, closing in hub.steps.values():
        assert opening.PerformedProcedureStepStatus == "IN PROGRESS"
        assert closing.PerformedProcedureStepStatus == "COMPLETED"
        (study,) = scheduling([opening])
        kept = [ds for ds in hub.objects() if ds.StudyInstanceUID == study.StudyInstanceUID]
        assert {ds.SOPInstanceUID for ds in kept} == set(named(closing))
        assert len(named(closing)) == len(kept) == objects


def named(closing: Dataset) -> list[str]:
    return [
        pointer.ReferencedSOPInstanceUID
        for series in closing.PerformedSeriesSequence
        for pointer in (
            *series.ReferencedImageSequence,
            *series.ReferencedNonImageCompositeSOPInstanceSequence,
        )
    ]


def test_every_scheduled_exam_is_done_once_and_in_order(
    hub: Hub, item: Items, tmp_path: Path
) -> None:
    hub.items = [item(number=number) for number in (3, 1, 2)]
    hub.items.append(item(number=4, ae_title="OTHER"))

    modality.run(room(hub, tmp_path))

    assert_complete(hub, exams=3, objects=5)
    order = [scheduling(steps)[0].AccessionNumber for steps in hub.steps.values()]
    assert order == ["ACC1", "ACC2", "ACC3"]
    assert hub.stores == 15
    assert hub.callers == ["CT_EXEMPLE"]


def test_the_query_matches_its_own_station_and_asks_for_the_rest(
    hub: Hub, item: Items, tmp_path: Path
) -> None:
    hub.items = [item()]

    modality.run(room(hub, tmp_path))

    query = hub.queries[0]
    step = scheduled(query)
    assert step.ScheduledStationAETitle == "CT_EXEMPLE"
    keys = [element for ds in (query, step) for element in ds if element.VR != "SQ"]
    filled = {element.keyword for element in keys if not element.is_empty}
    assert filled == {"SpecificCharacterSet", "ScheduledStationAETitle"}
    assert {"PatientName", "StudyInstanceUID", "AccessionNumber"} <= set(query.dir())


@pytest.mark.parametrize("status", ["STARTED", "COMPLETED", "DISCONTINUED"])
def test_a_step_that_is_not_waiting_is_left_alone(
    hub: Hub, item: Items, tmp_path: Path, status: str
) -> None:
    hub.items = [item(number=1, status=status), item(number=2, status="ARRIVED")]

    modality.run(room(hub, tmp_path))

    assert [scheduling(s)[0].AccessionNumber for s in hub.steps.values()] == ["ACC2"]


def test_an_item_without_a_study_is_left_alone(hub: Hub, item: Items, tmp_path: Path) -> None:
    broken = item(number=1)
    broken.StudyInstanceUID = ""
    hub.items = [broken, item(number=2)]

    modality.run(room(hub, tmp_path))

    assert [scheduling(s)[0].AccessionNumber for s in hub.steps.values()] == ["ACC2"]


@pytest.mark.parametrize("fault", ["die", "lose"])
@pytest.mark.parametrize(
    "faults",
    [
        {"create": 1},
        {"store": 1},
        {"set": 1},
        {"create": 1, "store": 2, "set": 2},
    ],
)
def test_nothing_is_lost_or_doubled_when_the_hub_is_killed(
    hub: Hub, item: Items, tmp_path: Path, *, fault: str, faults: dict[str, int]
) -> None:
    hub.items = [item()]
    hub.faults = {request: [fault] * times for request, times in faults.items()}

    modality.run(room(hub, tmp_path))

    assert hub.deaths == sum(faults.values())
    assert_complete(hub, exams=1, objects=5)


@pytest.mark.parametrize("status", [0xA700, 0xC000, 0x0110, 0x0124])
def test_a_refused_object_is_sent_again_until_success(
    hub: Hub, item: Items, tmp_path: Path, status: int
) -> None:
    hub.items = [item()]
    hub.faults = {"store": [status]}

    modality.run(room(hub, tmp_path))

    assert_complete(hub, exams=1, objects=5)
    assert hub.stores == 6


def test_a_step_that_may_not_begin_is_not_scanned_until_it_may(
    hub: Hub, item: Items, tmp_path: Path
) -> None:
    hub.items = [item(number=1), item(number=2)]
    hub.faults = {"create": [0x0110]}

    modality.run(room(hub, tmp_path))

    assert_complete(hub, exams=2, objects=5)
    order = [scheduling(steps)[0].AccessionNumber for steps in hub.steps.values()]
    assert order == ["ACC2", "ACC1"]


def test_a_closing_refused_without_a_lost_answer_is_sent_again(
    hub: Hub, item: Items, tmp_path: Path
) -> None:
    hub.items = [item()]
    hub.faults = {"set": [0x0110, 0x0110]}

    modality.run(room(hub, tmp_path))

    assert_complete(hub, exams=1, objects=5)


def test_a_closing_refused_for_another_reason_is_sent_again_after_a_lost_answer(
    hub: Hub, item: Items, tmp_path: Path
) -> None:
    hub.items = [item()]
    hub.faults = {"set": ["die", 0x0110]}
    hub.error_ids = [0x0001, 0x0001]

    modality.run(room(hub, tmp_path))

    assert_complete(hub, exams=1, objects=5)


def test_a_step_closed_by_a_lost_closing_is_recognised(
    hub: Hub, item: Items, tmp_path: Path
) -> None:
    hub.items = [item()]
    hub.faults = {"set": ["lose"]}
    hub.error_ids = [link.NO_LONGER_UPDATABLE]

    modality.run(room(hub, tmp_path))

    assert_complete(hub, exams=1, objects=5)
    assert hub.error_ids == []


def test_a_machine_killed_in_the_middle_sends_the_same_objects_when_it_is_back(
    hub: Hub, item: Items, tmp_path: Path
) -> None:
    hub.items = [item()]
    first = room(hub, tmp_path)
    hub.faults = {"set": [0xC000]}
    modality.turn(first)
    assert len(hub.images) == 5

    modality.run(room(hub, tmp_path, seed=7))

    assert_complete(hub, exams=1, objects=5)
    assert hub.stores == 10


@pytest.mark.parametrize(("kind", "objects"), [("MR", 24), ("DX", 2)])
def test_other_machines(hub: Hub, item: Items, tmp_path: Path, *, kind: str, objects: int) -> None:
    hub.items = [item()]

    modality.run(room(hub, tmp_path, kind))

    assert_complete(hub, exams=1, objects=objects)


def test_several_machines_in_one_process_that_wait_for_the_hub(hub: Hub, item: Items) -> None:
    assert hub.server is not None
    hub.server.shutdown()
    hub.items = [item(number=1, ae_title="CT_A"), item(number=2, ae_title="DX_B")]
    command = [
        *(sys.executable, "-m", "outside.modality", f"--peer=127.0.0.1:{hub.port}"),
        *("--machine=CT_A:CT", "--machine=DX_B:DX", "--once"),
        *("--speed=3600", "--poll=0.05", "--slices=6"),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "line.lost" in process.stdout.readline()
        hub.start()
        said = process.stdout.read()
        assert process.wait(60) == 0

    assert len(hub.steps) == 2
    assert len(hub.images) == 6 + 1 + 1 + 1
    assert "exam.done" in said
    for secret in ("EXEMPLE", "TEST1", "ACC1", "1950"):
        assert secret not in said


def test_a_machine_stops_when_told(hub: Hub) -> None:
    command = [sys.executable, "-m", "outside.modality", "--ae=CT_A", f"--peer=:{hub.port}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "line.open" in process.stdout.readline()
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(10) == 0


@pytest.mark.parametrize("name", ["CT_A", "CT_A:XX", ":CT", "A_TITLE_FAR_TOO_LONG:CT"])
def test_a_wrong_machine_is_refused_on_the_command_line(name: str) -> None:
    with pytest.raises(SystemExit, match="not a machine"):
        modality.machines(modality.parse(["--peer=:1", f"--machine={name}"]))


def test_an_unknown_caller_waits(hub: Hub, tmp_path: Path) -> None:
    assert hub.server is not None
    hub.server.ae.require_calling_aet = ["SOMEBODY_ELSE"]

    with (
        pytest.raises(link.LostError, match="rejected"),
        link.associate(room(hub, tmp_path).machine) as line,
    ):
        link.echo(line)


def test_a_class_that_the_hub_does_not_take_is_a_refusal(
    hub: Hub, item: Items, tmp_path: Path
) -> None:
    assert hub.server is not None
    hub.items = [item()]
    stubborn = room(hub, tmp_path)
    hub.server.contexts = [c for c in hub.server.contexts if c.abstract_syntax in FOR_THE_WORKLIST]

    assert modality.turn(stubborn)

    (waiting,) = spool.pending(stubborn.spool)
    assert waiting.created
    assert hub.images == {}
    assert stubborn.not_before[waiting.step_uid] > time.monotonic()


def test_contexts_cover_what_machines_do() -> None:
    assert set(FOR_THE_WORKLIST) < set(link.SOP_CLASSES)

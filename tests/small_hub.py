"""A small hub that is not ours: worklist, steps, storage; it refuses or dies when it is told."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset
from pynetdicom import evt
from pynetdicom.ae import ApplicationEntity
from pynetdicom.dimse_primitives import C_STORE, N_CREATE, N_SET
from pynetdicom.events import Event
from pynetdicom.transport import ThreadedAssociationServer

from outside import link, spool
from outside.exams import Machine, scheduled
from outside.modality import Options, Room


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


def room(
    hub: Hub, directory: Path, kind: str = "CT", *, seed: int = 0, longest_wait_s: float = 0.25
) -> Room:
    """A fast machine; it waits little for a hub that is away, which is back after 0.2 s."""
    options = Options(
        speed=3600,
        poll_s=0.05,
        seed=seed,
        slices=4,
        once=True,
        max_exams=None,
        longest_wait_s=longest_wait_s,
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

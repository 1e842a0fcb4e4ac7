"""Machines against a small hub that is not ours: worklist, steps, storage, and a hub that dies."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from outside import link, modality, spool
from outside.exams import scheduled
from outside.link import PERFORMED_STEP, VERIFICATION, WORKLIST
from small_hub import Hub, assert_complete, room, scheduling

FOR_THE_WORKLIST = {VERIFICATION, WORKLIST, PERFORMED_STEP}
Items = Callable[..., Dataset]


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

    modality.run(room(hub, tmp_path, longest_wait_s=5))

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
    stubborn = room(hub, tmp_path, longest_wait_s=5)
    hub.server.contexts = [c for c in hub.server.contexts if c.abstract_syntax in FOR_THE_WORKLIST]

    assert modality.turn(stubborn)

    (waiting,) = spool.pending(stubborn.spool)
    assert waiting.created
    assert hub.images == {}
    assert stubborn.not_before[waiting.step_uid] > time.monotonic()


def test_contexts_cover_what_machines_do() -> None:
    assert set(FOR_THE_WORKLIST) < set(link.SOP_CLASSES)

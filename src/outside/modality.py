"""Imaging machines as separate processes: they know the hub only through DICOM.

`python -m outside.modality --ae CT_STPALAIS --modality CT --peer 127.0.0.1:11112 --called PLATEAU`
"""

import argparse
import signal
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog
from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom.association import Association

from outside import clock, dose, exams, link, objects, phantom, spool, steps, together
from outside.clock import Clock
from outside.exams import DURATIONS, Exam, Machine
from outside.link import LinkError, RefusedError
from outside.spool import Spool

log = structlog.get_logger()
_QUIET_POLLS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How machines behave; `speed` is how much faster than life they scan.

    A machine that the hub fails waits longer each time, up to `longest_wait_s`.
    """

    speed: float
    poll_s: float
    seed: int
    slices: int
    once: bool
    max_exams: int | None
    clock: Clock = field(default_factory=clock.real)
    longest_wait_s: float = 5.0


@dataclass(slots=True, kw_only=True)
class Room:
    """One machine at work: its spool, and what it remembers only while it runs."""

    machine: Machine
    options: Options
    spool: Spool
    stop: threading.Event
    stored: dict[UID, int] = field(default_factory=dict)
    not_before: dict[UID, float] = field(default_factory=dict)
    failures: int = 0
    done: int = 0
    quiet: int = 0


def run(room: Room) -> None:
    """The machine's life: check the line, then one exam after the other."""
    _until_answered(room)
    while not room.stop.is_set() and not _finished(room):
        try:
            busy = turn(room)
        except LinkError as error:
            _wait_after(room, error)
            continue
        room.failures = 0
        room.quiet = 0 if busy else room.quiet + 1
        if not busy:
            room.stop.wait(room.options.poll_s)


def _until_answered(room: Room) -> None:
    while not room.stop.is_set():
        try:
            with link.associate(room.machine) as line:
                link.echo(line)
        except LinkError as error:
            _wait_after(room, error)
            continue
        room.failures = 0
        _say(room, "line.open")
        return


def _finished(room: Room) -> bool:
    options = room.options
    if options.max_exams is not None and room.done >= options.max_exams:
        return True
    idle = room.quiet >= _QUIET_POLLS and not spool.pending(room.spool)
    return options.once and room.done >= 1 and idle


def _wait_after(room: Room, error: LinkError) -> None:
    room.failures += 1
    wait_s = min(room.options.longest_wait_s, 0.25 * 2 ** min(room.failures - 1, 6))
    _say(room, "line.lost", reason=str(error), wait_s=wait_s)
    room.stop.wait(wait_s)


def turn(room: Room) -> bool:
    """Do one exam, or carry on with one; False when there is nothing to do."""
    exam = _unfinished(room)
    with link.associate(room.machine) as line:
        exam = exam or _next(room, link.worklist(line, room.machine))
        if exam is None:
            return False
        if not exam.created:
            try:
                link.create_step(line, steps.opening(exam), exam.step_uid)
            except RefusedError as error:
                return _give_back(room, exam, error)
            exam = _keep(room, replace(exam, created=True))
            _say(room, "step.open")
    if room.stop.wait(room.options.clock.until(exam.ended_at)):
        return True
    try:
        with link.associate(room.machine) as line:
            _deliver(room, line, exam)
    except RefusedError as error:
        _put_off(room, exam.step_uid, error)
    return True


def _unfinished(room: Room) -> Exam | None:
    """The oldest exam that waits for the hub, unless it was put off."""
    now = time.monotonic()
    waiting = spool.pending(room.spool)
    return next((e for e in waiting if room.not_before.get(e.step_uid, 0) <= now), None)


def _next(room: Room, items: list[Dataset]) -> Exam | None:
    """The first scheduled step not begun here becomes an exam, on disk before anything is said."""
    now = time.monotonic()
    for item in items:
        step_uid = exams.step_uid(room.machine, item)
        if spool.knows(room.spool, step_uid) or room.not_before.get(step_uid, 0) > now:
            continue
        exam = exams.begin(
            room.machine,
            item,
            seed=room.options.seed + spool.count(room.spool),
            slices=room.options.slices,
            now=room.options.clock.now(),
            speed=room.options.speed / room.options.clock.pace(),
        )
        return _keep(room, exam)
    return None


def _keep(room: Room, exam: Exam) -> Exam:
    spool.keep(room.spool, exam)
    return exam


def _give_back(room: Room, exam: Exam, error: RefusedError) -> bool:
    """The hub does not let the exam begin: nothing was scanned, the worklist decides again."""
    spool.drop(room.spool, exam)
    _put_off(room, exam.step_uid, error)
    return True


def _put_off(room: Room, step_uid: UID, error: RefusedError) -> None:
    room.failures += 1
    wait_s = min(room.options.longest_wait_s, 0.5 * 2 ** min(room.failures - 1, 5))
    room.not_before[step_uid] = time.monotonic() + wait_s
    _say(room, "exam.refused", reason=str(error), wait_s=wait_s)


def _deliver(room: Room, line: Association, exam: Exam) -> None:
    """Send what the hub has not acknowledged yet, then close the step."""
    series = phantom.draw(exams.part_of(exam), exam.seed, exam.slices)
    todo = list(objects.instances(exam, series))
    for place in range(room.stored.get(exam.step_uid, 0), len(todo)):
        if room.stop.is_set():
            return
        link.store(line, objects.image(exam, series[todo[place].series], todo[place]))
        room.stored[exam.step_uid] = place + 1
        room.failures = 0
    _say(room, "images.stored", count=len(todo))
    if named := dose.instance(exam):
        link.store(line, dose.report(exam, series, named))
        _say(room, "dose.stored")
    _close_step(room, line, exam, steps.closing(exam, series))
    spool.close(room.spool, exam)
    room.stored.pop(exam.step_uid, None)
    room.done += 1
    _say(room, "exam.done", exams=room.done)


def _close_step(room: Room, line: Association, exam: Exam, changes: Dataset) -> None:
    """Complete the step; "already closed" is good news if an earlier answer was lost."""
    _keep(room, replace(exam, final_unanswered=True))
    try:
        link.set_step(line, changes, exam.step_uid)
    except RefusedError as error:
        closed = error.status == link.PROCESSING_FAILURE and error.error_id in _CLOSED_IDS
        if not (exam.final_unanswered and closed):
            _keep(room, exam)
            raise
    _say(room, "step.completed")


_CLOSED_IDS = {None, link.NO_LONGER_UPDATABLE}


def _say(room: Room, event: str, **facts: object) -> None:
    log.info(event, machine=room.machine.ae_title, **facts)


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="outside.modality", description=__doc__)
    parser.add_argument("--machine", action="append", default=[], metavar="AE:MODALITY")
    parser.add_argument("--ae", help="AE title of the only machine")
    parser.add_argument("--modality", default="CT", choices=sorted(DURATIONS))
    parser.add_argument("--peer", required=True, metavar="HOST:PORT")
    parser.add_argument("--called", default="PLATEAU", help="AE title of the hub")
    parser.add_argument("--speed", type=float, default=60.0)
    parser.add_argument("--clock", default="", help="REAL|SHOWN|RATE|END of a demonstration")
    parser.add_argument("--poll", type=float, default=1.0, help="seconds between two polls")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--slices", type=int, default=120)
    parser.add_argument("--max-exams", type=int)
    parser.add_argument("--once", action="store_true", help="stop when the worklist stays empty")
    parser.add_argument("--spool", type=Path, help="directory that outlives the process")
    return parser.parse_args(arguments)


def machines(arguments: argparse.Namespace) -> list[Machine]:
    """The machines that the command line names."""
    host, _, port = arguments.peer.rpartition(":")
    names = [
        *arguments.machine,
        *([f"{arguments.ae}:{arguments.modality}"] if arguments.ae else []),
    ]
    found: list[Machine] = []
    for name in names:
        ae_title, _, modality = name.partition(":")
        if modality not in DURATIONS or not 0 < len(ae_title) <= 16:
            raise SystemExit(f"not a machine: {name!r}; write AE:MODALITY, e.g. CT_STPALAIS:CT")
        found.append(
            Machine(
                ae_title=ae_title,
                modality=modality,
                host=host or "127.0.0.1",
                port=int(port),
                called=arguments.called,
            )
        )
    if not found:
        raise SystemExit("name a machine with --ae or --machine")
    return found


def rooms(arguments: argparse.Namespace, directory: Path, stop: threading.Event) -> list[Room]:
    """One room for each machine, each with its own spool and its own patients."""
    return [
        Room(
            machine=machine,
            options=Options(
                speed=arguments.speed,
                poll_s=arguments.poll,
                seed=arguments.seed + 1001 * number,
                slices=arguments.slices,
                once=arguments.once,
                max_exams=arguments.max_exams,
                clock=clock.parse(arguments.clock),
            ),
            spool=spool.open_spool(directory / machine.ae_title),
            stop=stop,
        )
        for number, machine in enumerate(machines(arguments))
    ]


def main(arguments: list[str]) -> int:
    """Run the machines until they are told to stop, or have nothing left to do."""
    options = parse(arguments)
    structlog.configure(
        processors=[
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "event", "machine"]),
        ]
    )
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with tempfile.TemporaryDirectory(prefix="spool-") as scratch:
        todo = rooms(options, options.spool or Path(scratch), stop)
        with ThreadPoolExecutor(len(todo)) as pool:
            running = [pool.submit(run, room) for room in todo]
            failed = together.until_over(running)
            if failed:
                stop.set()
        for one in failed:
            one.result()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

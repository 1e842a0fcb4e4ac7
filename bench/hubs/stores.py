"""Rows of storing: C-STORE of each kind, STOW-RS, and how much the receiving process remembers."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from uuid import uuid4

from harness import Target
from hubs import orthanc, ours, samples
from hubs.fetcher import Fetcher
from hubs.peers import CALLED, CALLING, Kind, NotMeasuredError, Peer, memory_mb
from hubs.rows import Figure, Place, Row, Scale, Work, attempt
from hubs.samples import Image
from hubs.sender import send

COPY = "copy and fsync"
_RATE = "instances/s"
_PER_REQUEST = 50
_SYSTEM_PATH = os.pathsep.join(  # the library puts commands of the same name beside our Python
    folder for folder in os.get_exec_path() if Path(folder) != Path(sys.executable).parent
)


def works(tuned: Kind, default: Kind) -> list[Work]:
    """Every work of storing."""
    copy = Kind(name=COPY, start=None)
    return [
        *(
            Work(
                rows=_rows(place),
                place=place,
                kinds=[ours.KIND, tuned, default, *([copy] if place == "disk" else [])],
                measure=partial(_stores, place),
            )
            for place in ("memory", "disk")
        ),
        Work(
            rows=[
                Row(
                    name="stow-disk",
                    title=f"STOW-RS, a study on disk, {_PER_REQUEST} a request",
                    unit=_RATE,
                    against={orthanc.TUNED: _times(2)},
                )
            ],
            place="disk",
            kinds=[ours.KIND, tuned],
            measure=_stow,
        ),
        Work(rows=_MEMORY, place="memory", kinds=[ours.KIND], measure=_memory),
    ]


def _times(bound: float) -> Target:
    return Target(bound=bound, of="ratio", better="higher")


def _rows(place: Place) -> list[Row]:
    both = {orthanc.TUNED: _times(2.5), orthanc.DEFAULT: _times(5)}
    copied = {COPY: _times(0.45)} if place == "disk" else {}
    tiny = {orthanc.TUNED: _times(2 if place == "memory" else 1)}
    half = Target(bound=0.5, of="ratio")
    where = "in memory" if place == "memory" else "on disk"
    return [
        *(
            Row(
                name=f"store-ct-{place}-{count}",
                title=f"C-STORE, CT 0.5 MB {where}, {count} associations",
                unit=_RATE,
                against={**both, **copied},
            )
            for count in (4, 8)
        ),
        Row(
            name=f"store-p99-{place}-8",
            title=f"C-STORE, CT 0.5 MB {where}, p99 under 8 associations",
            unit="ms",
            against={orthanc.TUNED: half},
        ),
        Row(
            name=f"storescu-{place}-4",
            title=f"C-STORE, CT 0.5 MB {where}, 4 storescu of Debian",
            unit=_RATE,
            against={orthanc.TUNED: _times(2.5)},
        ),
        Row(
            name=f"store-tiny-{place}-4",
            title=f"C-STORE, tiny {where}, each in a new study, 4 associations",
            unit=_RATE,
            against=tiny,
        ),
    ]


_MEMORY = [
    Row(
        name="memory-dimse",
        title="memory of `dimse` after many instances",
        unit="MB",
        target=Target(bound=300),
    ),
    Row(
        name="memory-dimse-growth",
        title="the same over that after a tenth of them",
        unit="times",
        target=Target(bound=1.1),
    ),
]


def _stores(place: Place, kind: Kind, folder: Path, scale: Scale) -> Mapping[str, Figure]:
    if kind.name == COPY:
        return {
            f"store-ct-{place}-{count}": _copied(folder, scale.images, count) for count in (4, 8)
        }
    four, eight = (f"store-ct-{place}-{count}" for count in (4, 8))
    with kind.running(folder / "server") as peer:
        send(peer.dicom_port, samples.study(scale.images // 5), associations=8)  # awake
        return {
            **attempt([four], lambda: _sent(peer, scale.images, 4)[:1]),
            **attempt([eight, f"store-p99-{place}-8"], lambda: _sent(peer, scale.images, 8)),
            **attempt([f"storescu-{place}-4"], lambda: [_by_storescu(peer, folder, scale.images)]),
            **attempt([f"store-tiny-{place}-4"], lambda: [_tiny(peer, scale.tiny)]),
        }


def _sent(peer: Peer, count: int, associations: int) -> Sequence[float]:
    """Instances a second, and the p99 of one; each association sends a study of its own."""
    os.sync()
    each = count // associations
    studies = [samples.study(each) for _ in range(associations)]
    images = [image for together in zip(*studies, strict=True) for image in together]
    sending = send(peer.dicom_port, images, associations=associations)
    return sending.rate, sending.p99_ms


def _tiny(peer: Peer, count: int) -> float:
    os.sync()
    return send(peer.dicom_port, samples.tiny_studies(count), associations=4).rate


def _by_storescu(peer: Peer, folder: Path, count: int) -> float:
    """Instances a second of four processes, their start included."""
    program = shutil.which("storescu", path=_SYSTEM_PATH)
    if not program:
        raise NotMeasuredError("storescu is missing: apt-get install dcmtk")
    sent = folder / uuid4().hex
    folders = [samples.write(samples.study(count // 4), sent / str(n)) for n in range(4)]
    os.sync()
    line = [program, "-aet", CALLING, "-aec", CALLED, "+sd", "127.0.0.1", str(peer.dicom_port)]
    started = time.perf_counter()
    clients = [subprocess.Popen([*line, one], stderr=subprocess.PIPE) for one in folders]
    said = [client.communicate()[1].decode("utf-8", "replace") for client in clients]
    elapsed_s = time.perf_counter() - started
    shutil.rmtree(sent)
    wrong = [client.returncode for client in clients if client.returncode]
    if wrong or any("E: " in text for text in said):
        raise NotMeasuredError(f"storescu ends with {wrong}: {' '.join(said)[-200:]}")
    return count // 4 * 4 / elapsed_s


def _copied(folder: Path, count: int, threads: int) -> float:
    """Files a second, of the same bytes, each written and synced by some threads."""
    os.sync()
    contents = [samples.as_file(image) for image in samples.study(count)]
    target = folder / uuid4().hex
    target.mkdir()
    started = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        written = list(pool.map(_write, [target / str(n) for n in range(count)], contents))
    return len(written) / (time.perf_counter() - started)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb", buffering=0) as file:
        file.write(content)
        os.fsync(file.fileno())


def _stow(kind: Kind, folder: Path, scale: Scale) -> Mapping[str, Figure]:
    with kind.running(folder / "server") as peer, Fetcher(peer) as client:
        first = samples.study(4)
        _post(client, _body(first), len(first))
        os.sync()
        images = samples.study(scale.slices)
        requests = [images[at : at + _PER_REQUEST] for at in range(0, len(images), _PER_REQUEST)]
        bodies = [(_body(some), len(some)) for some in requests]
        started = time.perf_counter()
        for body, count in bodies:
            _post(client, body, count)
        return {"stow-disk": len(images) / (time.perf_counter() - started)}


_BOUNDARY = "banc-9f3b7c1e5d"


def _body(images: Sequence[Image]) -> bytes:
    start = f"--{_BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n".encode()
    parts = (start + samples.as_file(image) + b"\r\n" for image in images)
    return b"".join(parts) + f"--{_BOUNDARY}--\r\n".encode()


def _post(client: Fetcher, body: bytes, count: int) -> None:
    """Store images in one request; NotMeasuredError unless each is kept."""
    kind = f'multipart/related; type="application/dicom"; boundary={_BOUNDARY}'
    more = {"Content-Type": kind, "Accept": "application/dicom+json"}
    answer = client.ask("POST", "/dicom-web/studies", more=more, content=body, keep=True)
    said = json.loads(answer.body)  # Referenced SOP Sequence: what is kept. PS3.18, table I.2-1
    if len(said.get("00081199", {}).get("Value", [])) != count:
        raise NotMeasuredError("an instance is refused")


def _memory(kind: Kind, folder: Path, scale: Scale) -> Mapping[str, Figure]:
    """What the process holds, read while it rests after each tenth."""
    held: list[float] = []
    with kind.running(folder / "server") as peer:
        for _ in range(10):
            send(peer.dicom_port, samples.study(scale.remembered // 10, tiny=True), associations=4)
            time.sleep(0.5)
            held.append(memory_mb(peer.processes["dimse"]))
    return {"memory-dimse": max(held), "memory-dimse-growth": max(held[1:]) / held[0]}

"""Rows of retrieval: metadata, whole studies, frames, the first image of a study just stored.

Warm, the server has answered the same before; cold, it was started anew and neither it nor the
system has read the study since it was stored.
"""

import statistics
import sys
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from harness import Target
from hubs import orthanc, ours, samples
from hubs.fetcher import Fetcher
from hubs.peers import (
    Kind,
    NotMeasuredError,
    Peer,
    forget,
    free_port,
    memory_mb,
    process,
    wait_for,
)
from hubs.rows import Figure, Row, Scale, Work, attempt
from hubs.samples import Image
from hubs.sender import send

FILES = "a plain file server"
_CLIENTS = 8
_AGAIN = 9  # how often a warm answer is asked for
_JUST_STORED = 5
_MB = 1e6
_FILE, _BYTES = "application/dicom", "application/octet-stream"


def works(tuned: Kind) -> list[Work]:
    """Every work of retrieval."""
    return [
        Work(
            rows=[*_metadata_rows(), *_STUDY, *_IMAGES],
            place="disk",
            kinds=[ours.KIND, tuned, Kind(name=FILES, start=_file_server)],
            measure=_retrievals,
        )
    ]


def _at_most(bound: float) -> Target:
    return Target(bound=bound, of="ratio")


def _metadata_rows() -> list[Row]:
    return [row for count in ("200", "1000") for row in _metadata_of(count)]


def _metadata_of(count: str) -> list[Row]:
    title = f"metadata of a series of {count}, gzip"
    return [
        Row(
            name=f"metadata-{count}-warm",
            title=f"{title}, warm",
            unit="ms",
            against={orthanc.TUNED: _at_most(1 / 4)},
            target=Target(bound=20) if count == "1000" else None,
        ),
        Row(
            name=f"metadata-{count}-cold",
            title=f"{title}, cold",
            unit="ms",
            against={orthanc.TUNED: _at_most(1 / 10)},
        ),
        Row(
            name=f"metadata-{count}-size",
            title=f"{title}, on the wire",
            unit="bytes",
            against={orthanc.TUNED: _at_most(1 / 50)},
        ),
    ]


_STUDY = [
    Row(
        name="study-warm",
        title="whole study of 200, warm",
        unit="MB/s",
        against={
            orthanc.TUNED: Target(bound=1, of="ratio", better="higher"),
            FILES: Target(bound=0.6, of="ratio", better="higher"),
        },
    ),
    Row(
        name="study-cold",
        title="whole study of 200, cold",
        unit="MB/s",
        against={orthanc.TUNED: Target(bound=5, of="ratio", better="higher")},
    ),
    Row(
        name="study-first-byte",
        title="whole study of 200, first byte",
        unit="ms",
        target=Target(bound=5),
    ),
    Row(
        name="study-memory",
        title="whole study of 200, memory while it is sent",
        unit="MB more",
        target=Target(bound=16),  # of 106: it does not depend on the size of the study
    ),
]
_IMAGES = [
    Row(
        name="frames-8",
        title=f"frames, {_CLIENTS} clients",
        unit="frames/s",
        against={orthanc.TUNED: Target(bound=1.5, of="ratio", better="higher")},
    ),
    Row(
        name="first-image",
        title="first image of a study just stored",
        unit="ms",
        target=Target(bound=10),
        against={orthanc.TUNED: _at_most(1 / 3)},
    ),
]


def _retrievals(kind: Kind, folder: Path, scale: Scale) -> Mapping[str, Figure]:
    place = folder / "server"
    if kind.name == FILES:
        return _plain(kind, place, scale)
    with kind.running(place) as peer:
        study, long = _stored(peer, scale.slices), _stored(peer, scale.long_series)
    figures: dict[str, Figure] = {}
    for images, label in ((study, "200"), (long, "1000")):
        with _anew(kind, place) as peer, Fetcher(peer) as client:
            names = [f"metadata-{label}-{what}" for what in ("cold", "warm", "size")]
            figures |= attempt(names, partial(_metadata, client, images))
    with _anew(kind, place) as peer:
        names = [f"study-{what}" for what in ("cold", "warm", "first-byte", "memory")]
        figures |= attempt(names, lambda: _study(peer, study))
        figures |= attempt(["frames-8"], lambda: [_frames(peer, study, scale.frames)])
        figures |= attempt(["first-image"], lambda: [_first_image(peer, scale.slices)])
    return figures


def _stored(peer: Peer, count: int) -> list[Image]:
    images = samples.study(count)
    send(peer.dicom_port, images, associations=4)
    return images


@contextmanager
def _anew(kind: Kind, place: Path) -> Generator[Peer]:
    """The server, started when its files have left the system's cache, and awake."""
    forget(place)
    with kind.running(place) as peer:
        with Fetcher(peer) as client:
            client.json("/dicom-web/studies?AccessionNumber=NONE")
        yield peer


def _metadata(client: Fetcher, images: Sequence[Image]) -> Sequence[float]:
    """Cold, warm, and how much came. Units: ms, ms, bytes."""
    path = f"{_series(images)}/metadata"
    answers = [client.json(path, compressed=True) for _ in range(1 + _AGAIN)]
    for answer in (answers[0], answers[-1]):
        if len(answer.listed()) != len(images):
            raise NotMeasuredError("metadata of another number of instances")
    warm_ms = statistics.median(answer.whole_ms for answer in answers[1:])
    return answers[0].whole_ms, warm_ms, answers[-1].size


def _study(peer: Peer, images: Sequence[Image]) -> Sequence[float]:
    """Cold, warm, first byte, memory. Units: MB/s, MB/s, ms, MB more than before."""
    path = f"/dicom-web/studies/{images[0].study_uid}"
    least = sum(image.size for image in images)
    with Fetcher(peer) as client:
        answers = [client.parts(path, _FILE) for _ in range(1 + _AGAIN)]
        with _watched(peer.processes["web"]) as held:
            client.parts(path, _FILE)
    if any(answer.size < least for answer in answers):
        raise NotMeasuredError("a study with less than was stored")
    cold, *warm = [answer.size / _MB / (answer.whole_ms / 1000) for answer in answers]
    first_byte_ms = statistics.median(answer.first_byte_ms for answer in answers[1:])
    return cold, statistics.median(warm), first_byte_ms, max(held) - held[0]


@contextmanager
def _watched(pid: int) -> Generator[list[float]]:
    """What a process holds, before the block and then all the time. Units: MB."""
    held = [memory_mb(pid)]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.005):
            held.append(memory_mb(pid))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield held
    finally:
        done.set()
        thread.join()


def _frames(peer: Peer, images: Sequence[Image], count: int) -> float:
    """Frames a second, for clients that each ask for one after the other."""
    paths = [f"{_series(images)}/instances/{image.uid}/frames/1" for image in images]
    shares = [(paths * count)[first:count:_CLIENTS] for first in range(_CLIENTS)]

    def fetch(share: Sequence[str]) -> None:
        with Fetcher(peer) as client:
            for path in share:
                if client.parts(path, _BYTES).size < len(images[0].pixels) - 12:
                    raise NotMeasuredError("a frame with less than was stored")

    fetch(paths)  # warm
    started = time.perf_counter()
    with ThreadPoolExecutor(_CLIENTS) as pool:
        list(pool.map(fetch, shares))
    return count / (time.perf_counter() - started)


def _first_image(peer: Peer, count: int) -> float:
    """Search, metadata and a frame, as soon as the last instance is acknowledged. Units: ms."""
    return statistics.median(_opened(peer, count) for _ in range(_JUST_STORED))


def _opened(peer: Peer, count: int) -> float:
    with Fetcher(peer) as client:
        client.json("/dicom-web/studies?AccessionNumber=NONE")
        images = _stored(peer, count)
        middle = images[len(images) // 2]
        started = time.perf_counter()
        found = client.json(f"/dicom-web/studies?StudyInstanceUID={middle.study_uid}")
        known = client.json(f"{_series(images)}/metadata", compressed=True)
        client.parts(f"{_series(images)}/instances/{middle.uid}/frames/1", _BYTES)
        took_s = time.perf_counter() - started
    if len(found.listed()) != 1 or len(known.listed()) != count:
        raise NotMeasuredError("a study just stored is not found whole")
    return took_s * 1000


def _series(images: Sequence[Image]) -> str:
    return f"/dicom-web/studies/{images[0].study_uid}/series/{images[0].series_uid}"


@contextmanager
def _file_server(folder: Path) -> Generator[Peer]:
    """Python's own, which copies a file into a connection and does nothing else."""
    port = free_port()
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    log = folder / "http.server.log"
    with process([*command, "--directory", folder], log=log) as running:
        wait_for([port], running, log)
        yield Peer(dicom_port=0, web_port=port, processes={"web": running.pid})


def _plain(kind: Kind, folder: Path, scale: Scale) -> Mapping[str, Figure]:
    folder.mkdir()
    with (folder / "study").open("wb") as file:
        for image in samples.study(scale.slices):
            file.write(samples.as_file(image))
    with kind.running(folder) as peer, Fetcher(peer) as client:
        answers = [client.ask("GET", "/study") for _ in range(1 + _AGAIN)]
    rates = [answer.size / _MB / (answer.whole_ms / 1000) for answer in answers[1:]]
    return {"study-warm": statistics.median(rates)}

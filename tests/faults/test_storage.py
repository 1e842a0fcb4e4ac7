"""What the hub stands on fails: the disk, the database, the object store."""

import secrets
import threading
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg
import pytest
from pydicom.dataset import Dataset

from chain import doors
from chain.doors import Doors
from faults import wire
from faults.outside_view import View
from images.instances import ct, encode
from plateau.platform.embedded import Postgres
from plateau.platform.migrate import migrate

pytestmark = [pytest.mark.xdist_group("processes"), pytest.mark.timeout(180)]

OUT_OF_RESOURCES = 0xA700
DISK_MB = 4
SIDE = 512


def picture() -> Dataset:
    image = ct()
    image.Rows = image.Columns = SIDE
    image.PixelData = secrets.token_bytes(SIDE * SIDE * 2)  # one key for each
    return image


def uids(image: Dataset) -> tuple[str, str, str]:
    return image.StudyInstanceUID, image.SeriesInstanceUID, image.SOPInstanceUID


def counted(opened: Doors) -> int:
    with opened.db.begin() as tx:
        return int(tx.value("select count(*) from images.instance"))


def on_a_small_disk(folder: Path) -> tuple[str, ...]:
    """The hub has a disk of its own, which nobody else sees; it goes when the hub does."""
    data = folder / "data"
    data.mkdir()
    script = f'mount -t tmpfs -o size={DISK_MB}m none "$0" && exec "$@"'
    return ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, str(data))


def test_a_disk_that_is_almost_full(server: Postgres, tmp_path: Path) -> None:
    with doors.opened(server, tmp_path, ("dimse",), before=on_a_small_disk(tmp_path)) as opened:
        image = ct()
        with wire.established(opened.ports["dimse"]) as peer:
            assert peer.store(encode(image), image.SOPInstanceUID) == OUT_OF_RESOURCES
            assert peer.echo() == wire.SUCCESS
        assert counted(opened) == 0


def test_a_disk_that_fills_up_in_the_middle(
    server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLATEAU_MIN_FREE_GB", "0")
    with doors.opened(server, tmp_path, ("dimse",), before=on_a_small_disk(tmp_path)) as opened:
        statuses: list[int | None] = []
        kept: list[Dataset] = []
        with wire.established(opened.ports["dimse"]) as peer:
            for _ in range(3 * DISK_MB):
                image = picture()
                statuses.append(peer.store(encode(image), image.SOPInstanceUID))
                kept += [image] if statuses[-1] == wire.SUCCESS else []
            full = statuses.index(OUT_OF_RESOURCES)
            assert 0 < full == statuses.count(wire.SUCCESS)
            assert set(statuses[full:]) == {OUT_OF_RESOURCES}
            assert peer.comment() == "the object store is full or cannot be reached"
            assert counted(opened) == len(kept)

            inside = Path(f"/proc/{opened.processes['dimse'].process.pid}/root") / (
                tmp_path / "data"
            ).relative_to("/")
            files = [path for path in inside.rglob("*") if path.is_file()]
            assert min(path.stat().st_size for path in files) > SIDE * SIDE * 2  # nothing half
            files[0].unlink()
            image = picture()
            assert peer.store(encode(image), image.SOPInstanceUID) == wire.SUCCESS
        assert counted(opened) == len(kept) + 1


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Postgres]:
    """A database that can be stopped without others' noticing."""
    server = Postgres(folder=tmp_path / "pg")
    with psycopg.connect(server.start(), autocommit=True) as connection:
        connection.execute("create database template_plateau")
    try:
        migrate(server.url("template_plateau"))
        yield server
    finally:
        server.stop()


def test_a_database_restart_in_the_middle(own_server: Postgres, tmp_path: Path) -> None:
    """What comes meanwhile is refused as "try later"; what was acknowledged is there."""
    stop = threading.Event()
    acknowledged: list[Dataset] = []
    statuses: set[int | None] = set()

    def work(port: int) -> None:
        while not stop.is_set():
            with wire.connected(port, 60) as peer:
                said = peer.associate()
                while said and said.kind == wire.ASSOCIATE_AC and not stop.is_set():
                    image = ct()
                    statuses.add(status := peer.store(encode(image), image.SOPInstanceUID))
                    acknowledged.extend([image] if status == wire.SUCCESS else [])
            stop.wait(0.1)

    with (
        doors.opened(own_server, tmp_path, ("dimse", "web")) as opened,
        ThreadPoolExecutor(2) as threads,
        ExitStack() as stack,
    ):
        stack.callback(stop.set)
        running = [threads.submit(work, opened.ports["dimse"]) for _ in range(2)]
        for _ in range(2):
            more = len(acknowledged) + 20
            doors.until(lambda more=more: len(acknowledged) > more)
            own_server.stop()
            own_server.restart()
        more = len(acknowledged) + 20
        doors.until(lambda: len(acknowledged) > more)
        stop.set()
        for one in running:
            one.result()
        assert statuses <= {wire.SUCCESS, OUT_OF_RESOURCES, None}
        view = View(opened)
        assert [view.data_set(*uids(image)) for image in acknowledged] == [
            encode(image) for image in acknowledged
        ]


class Failing(BaseHTTPRequestHandler):
    """Answers every request with the status that its server was given."""

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(int(vars(self.server)["status"]))
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_PUT = do_GET = do_HEAD = do_POST = _answer  # noqa: N815 - the library's names

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def failing_store(status: int) -> Generator[int]:
    """The port of something that speaks HTTP, and refuses everything."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Failing) as store:
        vars(store)["status"] = status
        threading.Thread(target=store.serve_forever, daemon=True).start()
        yield int(store.server_address[1])
        store.shutdown()


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_an_object_store_that_answers_errors(
    server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    with failing_store(status) as port:
        for name, value in {
            "PLATEAU_BLOB_URL": "s3://bucket/prefix",
            "AWS_ENDPOINT": f"http://127.0.0.1:{port}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "nobody",
            "AWS_SECRET_ACCESS_KEY": "nothing",
            "AWS_REGION": "nowhere",
        }.items():
            monkeypatch.setenv(name, value)
        with doors.opened(server, tmp_path, ("dimse",)) as opened:
            image = ct()
            with wire.established(opened.ports["dimse"], 25) as peer:
                assert peer.store(encode(image), image.SOPInstanceUID) == OUT_OF_RESOURCES
                assert peer.echo() == wire.SUCCESS
            assert counted(opened) == 0

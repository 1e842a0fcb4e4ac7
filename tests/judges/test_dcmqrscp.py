"""DCMTK's archive as the other side: it is searched, and studies of it are fetched."""

import re
import shutil
import subprocess
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydicom.dataset import Dataset

import make
from entry.processes import free_port, listens, until
from images.archives import a_peer
from images.instances import as_file, ct, running
from images.web import client
from plateau.images import jobs
from plateau.images.events import FetchAsked
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import UnavailableError
from plateau.platform import runtime
from plateau.platform.blobs import Blobs, key_of
from plateau.platform.db import Db
from plateau.platform.dimse import Hub

ISSUER = "CLINIQUE-INVENTEE"
CONFIG = """\
NetworkTCPPort = {port}
MaxPDUSize = 16384
MaxAssociations = 16
HostTable BEGIN
hub = (PLATEAU, 127.0.0.1, {hub})
HostTable END
VendorTable BEGIN
VendorTable END
AETable BEGIN
ARCHIVE {folder} RW (200, 1024mb) ANY
AETable END
"""


@pytest.fixture
def world(db: Db) -> make.World:
    with db.begin() as tx:
        return make.a_world(tx)


@pytest.fixture
def page(db: Db, blobs: Blobs, world: make.World) -> TestClient:
    caller: Caller = make.a_caller(world.requester_id, world.site_id, role=Role.TECHNOLOGIST)
    return client(db, blobs, replace(caller, language="en"))


@pytest.fixture
def study() -> list[Dataset]:
    """A study of five images, of a patient as another institution describes them."""
    first = ct(patient="X-1")
    images = [first, *(ct(first.StudyInstanceUID, n, "X-1") for n in range(2, 6))]
    for image in images:
        image.PatientBirthDate, image.PatientSex, image.StudyID = "19500203", "F", "1"
    return images


@contextmanager
def dcmqrscp(folder: Path, images: Sequence[Dataset], hub: int = 1) -> Generator[int]:
    """DCMTK's archive with these images; its port."""
    program, store = shutil.which("dcmqrscp"), shutil.which("storescu")
    assert program, "install dcmtk"
    assert store, "install dcmtk"
    kept, sent, port = folder / "kept", folder / "sent", free_port()
    kept.mkdir(parents=True)
    sent.mkdir()
    (folder / "cfg").write_text(CONFIG.format(port=port, hub=hub, folder=kept))
    for number, image in enumerate(images):
        (sent / f"{number}.dcm").write_bytes(as_file(image))
    with subprocess.Popen([program, "-c", str(folder / "cfg"), str(port)]) as process:
        until(lambda: listens(port))
        command = [store, "-aet", "TEST", "-aec", "ARCHIVE", "+sd", "127.0.0.1", str(port)]
        subprocess.run([*command, str(sent)], check=True, timeout=60)
        yield port
        process.kill()


def search(page: TestClient, **asked: str) -> str:
    answer = page.post("/images/fetch/search", data={"csrf": "c", "ae_title": "ARCHIVE", **asked})
    return answer.text


def choose(page: TestClient, text: str, world: make.World) -> None:
    """Compare the patient of the one study that was found with ours, and ask for it."""
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', text))
    chosen = {**form, "site": str(world.site_id), "ours": "IPP-TEST-1"}
    shown = page.post("/images/fetch/compare", data=chosen).text
    found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', shown))
    assert found["seen"] == ""
    assert page.post("/images/fetch", data=found).status_code == 200


def run_job(db: Db) -> None:
    """What the worker does."""
    with db.begin() as tx:
        fetch_id = tx.value("select fetch_id from images.fetch order by asked_at desc")
    jobs.fetch(FetchAsked(fetch_id=fetch_id))


def state(db: Db) -> str:
    with db.begin() as tx:
        return tx.value("select state from images.fetch order by asked_at desc")


def stored(db: Db) -> dict[str, str]:
    with db.begin() as tx:
        found = tx.values("select sop_instance_uid || ' ' || origin from images.instance")
    return dict(one.split(" ", 1) for one in found)


@pytest.mark.parametrize("by", ["get", "move"])
def test_a_study_of_dcmqrscp_is_found_and_fetched(
    db: Db, world: make.World, page: TestClient, study: list[Dataset], tmp_path: Path, by: str
) -> None:  # fmt: skip
    with running(Hub(db, runtime.blobs())) as hub, dcmqrscp(tmp_path / "qr", study, hub) as port:
        a_peer(db, port, by=by, issuer=ISSUER)
        text = search(page, name="TESTINVENTE")
        assert "X-1" in text
        choose(page, text, world)
        run_job(db)

    assert state(db) == "done"
    found = stored(db)
    assert set(found) == {image.SOPInstanceUID for image in study}
    expected = "fetch-get:ARCHIVE" if by == "get" else "dimse:ARCHIVE"
    assert all(origin.startswith(expected) for origin in found.values())
    with db.begin() as tx:
        assert tx.value("select patient_id from images.study") == world.patient_id
        assert tx.value("select site_id from images.study") == world.site_id
    assert "5 / 5" in page.get("/images/fetch").text or by == "get"


def test_what_nobody_has_is_not_found_and_everything_is_not_asked(
    db: Db, page: TestClient, study: list[Dataset], tmp_path: Path
) -> None:
    with dcmqrscp(tmp_path / "qr", study) as port:
        a_peer(db, port, by="get", issuer=ISSUER)
        assert "Nothing matches there." in search(page, local_id="X-2")
        assert "say what is looked for" in search(page, name="*")


def test_an_archive_that_is_away_is_tried_again_until_it_is_called_off(
    db: Db, world: make.World, page: TestClient, study: list[Dataset], tmp_path: Path
) -> None:
    with dcmqrscp(tmp_path / "qr", study) as port:
        a_peer(db, port, by="get", issuer=ISSUER)
        choose(page, search(page, local_id="X-1"), world)
    with pytest.raises(UnavailableError):
        run_job(db)
    assert state(db) == "waiting"
    with db.begin() as tx:
        fetch_id = tx.value("select fetch_id from images.fetch")
    assert "nothing answers at this address" in page.get("/images/fetch").text
    assert page.post(f"/images/fetch/{fetch_id}/cancel", data={"csrf": "c"}).status_code == 200
    assert state(db) == "cancelled"
    run_job(db)  # what is called off is not tried
    assert page.post(f"/images/fetch/{fetch_id}/cancel", data={"csrf": "c"}).status_code == 409


def test_a_fetch_that_is_called_off_ends_in_the_middle(
    db: Db, world: make.World, page: TestClient, study: list[Dataset], tmp_path: Path
) -> None:
    with dcmqrscp(tmp_path / "qr", study) as port:
        a_peer(db, port, by="get", issuer=ISSUER)
        choose(page, search(page, local_id="X-1"), world)
        with db.begin() as tx:
            tx.run(
                """
                create function called_off() returns trigger language plpgsql as $$ begin
                  update images.fetch set state = 'cancelled', done_at = now();
                  return null; end $$;
                create trigger t after insert on images.instance
                  for each statement execute function called_off();
                """
            )
        run_job(db)
    assert state(db) == "cancelled"
    assert 1 <= len(stored(db)) < len(study)


@contextmanager
def a_web_archive(images: Sequence[Dataset], *, status: int = 200) -> Generator[str]:
    """A WADO-RS of another institution."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            kind = 'multipart/related; type="application/dicom"; boundary=b'
            self.send_header("Content-Type", kind)
            self.end_headers()
            for image in images:
                head = b"--b\r\nContent-Type: application/dicom\r\n\r\n"
                self.wfile.write(head + as_file(image) + b"\r\n")
            self.wfile.write(b"--b--\r\n")

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/dicom-web"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_study_is_fetched_by_web_byte_for_byte(
    db: Db, world: make.World, page: TestClient, study: list[Dataset], tmp_path: Path
) -> None:
    with dcmqrscp(tmp_path / "qr", study) as port, a_web_archive(study) as url:
        a_peer(db, port, by="web", web=url, issuer=ISSUER)
        choose(page, search(page, local_id="X-1"), world)
        run_job(db)
    assert state(db) == "done"
    with db.begin() as tx:
        kept = tx.values("select blob_key from images.instance order by 1")
    assert kept == sorted(key_of(as_file(image)) for image in study)


def test_a_web_archive_that_refuses_is_believed_and_one_in_trouble_is_tried_again(
    db: Db, world: make.World, page: TestClient, study: list[Dataset], tmp_path: Path
) -> None:
    with dcmqrscp(tmp_path / "qr", study) as port, a_web_archive([], status=503) as url:
        a_peer(db, port, by="web", web=url, issuer=ISSUER)
        choose(page, search(page, local_id="X-1"), world)
        with pytest.raises(UnavailableError):
            run_job(db)
    assert state(db) == "waiting"
    with a_web_archive([], status=404) as url:
        with db.begin() as tx:
            tx.run("update territory.peer set web_url = %(url)s", url=url)
        run_job(db)
    assert state(db) == "refused"


def test_a_patient_who_is_described_otherwise_must_be_compared(
    db: Db, world: make.World, page: TestClient, study: list[Dataset], tmp_path: Path
) -> None:
    for image in study:
        image.PatientName = "AUTRE^Camille"
    with dcmqrscp(tmp_path / "qr", study) as port:
        a_peer(db, port, by="get", issuer=ISSUER)
        text = search(page, local_id="X-1")
        form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', text))
        chosen = {**form, "site": str(world.site_id), "ours": "IPP-TEST-1"}
        assert page.post("/images/fetch", data=chosen).status_code == 409
        assert "They differ" in page.post("/images/fetch/compare", data=chosen).text

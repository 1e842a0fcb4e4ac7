"""Machines fetch what they may see: DCMTK's own clients, and associations of ours."""

import socket
import subprocess
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import (
    CTImageStorage,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    MRImageStorage,
    RLELossless,
    generate_uid,
)
from pynetdicom import AE, build_context, build_role, evt
from pynetdicom.association import Association

import make
from images import web
from images.instances import as_file, ct, encode
from plateau.images import scp
from plateau.images.move import rules as retrieve_rules
from plateau.images.move import scp as retrieve_scp
from plateau.images.move.types import Selection, Sent
from plateau.kernel.errors import InvalidInputError
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.dimse import Hub
from plateau.platform.settings import Settings

MOVE, GET = "1.2.840.10008.5.1.4.1.2.2.2", "1.2.840.10008.5.1.4.1.2.2.3"


@pytest.fixture
def world(db: Db) -> make.World:
    with db.begin() as tx:
        return make.a_world(tx)


@pytest.fixture
def port(db: Db, blobs: Blobs, world: make.World) -> Iterator[int]:
    """A hub that answers the machines of a world."""
    hub = Hub(db, blobs)
    server = scp.dimse_server(Settings(dicom_port=0), hub, retrieve_scp.handlers(hub))
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()


@pytest.fixture
def study(db: Db, blobs: Blobs, world: make.World) -> list[Dataset]:
    """Two series of three images."""
    uid = generate_uid()
    images = [ct(uid, number) for number in range(1, 7)]
    for image in images[3:]:
        image.SeriesInstanceUID, image.SeriesNumber = f"{uid[:60]}.2", 2
    web.keep(db, blobs, *map(as_file, images))
    return images


@pytest.fixture
def archive(db: Db, world: make.World, tmp_path: Path) -> Iterator[Path]:
    """The folder of DCMTK's storescp, which the hub knows as ARCHIVE."""
    folder, port = tmp_path / "archive", free_port()
    folder.mkdir()
    a_peer(db, world, "ARCHIVE", port)
    command = ["storescp", "+B", "+xa", "-aet", "ARCHIVE", "-od", str(folder), str(port)]
    with subprocess.Popen(command) as process:
        wait_for(port)
        yield folder
        process.terminate()


def a_peer(db: Db, world: make.World, title: str, port: int) -> None:
    with db.begin() as tx:
        tx.run(
            """
            insert into territory.peer
              (ae_title, name, host, port, site_id, may_retrieve, valid_from)
            values (%(title)s, %(title)s, '127.0.0.1', %(port)s, %(site)s, true, '2020-01-01')
            """,
            title=title,
            port=port,
            site=world.site_id,
        )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(port)


def dcmtk(program: str, port: int, *arguments: str, title: str = "CT_TEST") -> str:
    """The output of one of DCMTK's clients, whether it succeeded or not."""
    command = [program, "-v", "-S", "-aet", title, "-aec", "PLATEAU", *arguments]
    command += ["127.0.0.1", str(port)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return f"{done.returncode}\n{done.stdout}{done.stderr}"


def keys(level: str, **uids: str) -> list[str]:
    given = {"QueryRetrieveLevel": level, **uids}
    return [part for name, value in given.items() for part in ("-k", f"{name}={value}")]


def received(folder: Path) -> dict[str, Dataset]:
    found = [dcmread(path) for path in folder.iterdir() if path.is_file()]
    return {str(one.SOPInstanceUID): one for one in found}


def test_movescu_has_a_study_sent_elsewhere(
    port: int, study: list[Dataset], archive: Path, db: Db
) -> None:
    asked = keys("STUDY", StudyInstanceUID=study[0].StudyInstanceUID)
    answer = dcmtk("movescu", port, "-aem", "ARCHIVE", *asked)

    assert answer.startswith("0\n"), answer
    found = received(archive)
    assert {uid: one.PixelData for uid, one in found.items()} == {
        image.SOPInstanceUID: image.PixelData for image in study
    }
    assert {encode(one) for one in found.values()} == {encode(image) for image in study}
    with db.begin() as tx:
        assert tx.values("select action from access.audit") == ["images.retrieve"]


@pytest.mark.parametrize(("level", "count"), [("SERIES", 3), ("IMAGE", 1), ("PATIENT", 6)])
def test_movescu_at_each_level(
    port: int, study: list[Dataset], archive: Path, level: str, count: int
) -> None:
    image = study[0]
    uids = {
        "StudyInstanceUID": image.StudyInstanceUID,
        "SeriesInstanceUID": image.SeriesInstanceUID,
        "SOPInstanceUID": image.SOPInstanceUID,
    }
    asked = {
        "SERIES": {name: uids[name] for name in list(uids)[:2]},
        "IMAGE": uids,
        "PATIENT": {"PatientID": "IPP-TEST-1"},
    }[level]
    root = ["-P"] if level == "PATIENT" else []
    answer = dcmtk("movescu", port, *root, "-aem", "ARCHIVE", *keys(level, **asked))
    assert answer.startswith("0\n"), answer
    assert len(received(archive)) == count


def test_an_unknown_destination_is_said(port: int, study: list[Dataset]) -> None:
    answers = moved(port, study, "NOWHERE")
    assert [status for status, _ in answers] == [0xA801]


def test_a_destination_that_is_down_is_said(
    port: int, study: list[Dataset], db: Db, world: make.World
) -> None:
    a_peer(db, world, "DOWN", free_port())
    assert [status for status, _ in moved(port, study, "DOWN")] == [0xA801]


def test_each_answer_counts_what_is_done_and_what_remains(
    port: int, study: list[Dataset], archive: Path
) -> None:
    answers = moved(port, study, "ARCHIVE")
    pending = [said for status, said in answers if status == 0xFF00]
    last_status, last = answers[-1]
    assert [said.NumberOfRemainingSuboperations for said in pending] == [5, 4, 3, 2, 1, 0]
    assert (last_status, last.NumberOfCompletedSuboperations) == (0x0000, 6)
    assert (last.NumberOfFailedSuboperations, last.NumberOfWarningSuboperations) == (0, 0)


def test_what_cannot_be_read_is_counted_and_named(
    port: int, study: list[Dataset], archive: Path, db: Db, tmp_path: Path
) -> None:
    with db.begin() as tx:
        key = tx.value(
            "select blob_key from images.instance where sop_instance_uid = %(uid)s",
            uid=study[1].SOPInstanceUID,
        )
    next((tmp_path / "blobs").rglob(key)).unlink()
    status, last = moved(port, study, "ARCHIVE")[-1]
    assert status == 0xB000
    assert (last.NumberOfCompletedSuboperations, last.NumberOfFailedSuboperations) == (5, 1)
    assert len(received(archive)) == 5


def test_a_cancelled_move_stops(port: int, study: list[Dataset], archive: Path) -> None:
    with associated(port, MOVE) as association:
        answers = association.send_c_move(identifier(study), "ARCHIVE", MOVE, msg_id=7)
        next(answers)
        association.send_c_cancel(7, query_model=MOVE)
        statuses = [int(status.Status) for status, _ in answers]
    assert statuses[-1] in {0xFE00, 0x0000}
    assert statuses[-1] == 0xFE00 or len(received(archive)) == 6


def test_getscu_receives_a_study_on_its_own_association(
    port: int, study: list[Dataset], tmp_path: Path
) -> None:
    folder = tmp_path / "got"
    folder.mkdir()
    asked = keys("STUDY", StudyInstanceUID=study[0].StudyInstanceUID)
    answer = dcmtk("getscu", port, "-od", str(folder), *asked)
    assert answer.startswith("0\n"), answer
    found = received(folder)
    assert {uid: one.PixelData for uid, one in found.items()} == {
        image.SOPInstanceUID: image.PixelData for image in study
    }


@pytest.mark.parametrize(
    ("offered", "expected"),
    [
        ([RLELossless], RLELossless),
        ([ExplicitVRLittleEndian, ImplicitVRLittleEndian], ExplicitVRLittleEndian),
        ([ImplicitVRLittleEndian], ImplicitVRLittleEndian),
    ],
)
def test_only_a_peer_that_refuses_a_syntax_gets_another(
    port: int, db: Db, blobs: Blobs, world: make.World, offered: list[str], expected: str
) -> None:
    found = web.keep_file(db, blobs, world, "MR_small_RLE.dcm")
    got: list[Dataset] = []
    with associated(port, GET, MRImageStorage, offered, got) as association:
        asked = Dataset()
        asked.QueryRetrieveLevel, asked.StudyInstanceUID = "STUDY", found.study_uid
        statuses = [int(status.Status) for status, _ in association.send_c_get(asked, GET)]
    assert statuses[-1] == 0x0000
    (one,) = got
    original = dcmread(BytesIO(web.a_file("MR_small_RLE.dcm")))
    assert one.file_meta.TransferSyntaxUID == expected
    assert (one.pixel_array == original.pixel_array).all()
    if expected == RLELossless:
        assert one.PixelData == original.PixelData


def test_a_class_that_a_peer_does_not_know_is_counted_as_failed(
    port: int, study: list[Dataset]
) -> None:
    with associated(port, GET, MRImageStorage, [ExplicitVRLittleEndian]) as association:
        answers = [status for status, _ in association.send_c_get(identifier(study), GET)]
    assert answers[-1].Status == 0xA702
    assert answers[-1].NumberOfFailedSuboperations == 6


def test_another_site_gets_nothing(port: int, study: list[Dataset], db: Db, archive: Path) -> None:
    with db.begin() as tx:
        make.a_device(tx, make.a_site(tx, "AILLEURS"), "CT_AILLEURS")
    asked = keys("STUDY", StudyInstanceUID=study[0].StudyInstanceUID)
    answer = dcmtk("movescu", port, "-aem", "ARCHIVE", *asked, title="CT_AILLEURS")
    assert answer.startswith("0\n")
    assert received(archive) == {}
    with db.begin() as tx:
        assert tx.value("select count(*) from access.audit") == 0


def test_a_machine_that_may_not_retrieve_is_refused(
    port: int, study: list[Dataset], db: Db, world: make.World
) -> None:
    a_peer(db, world, "CT_TEST", 104)
    with db.begin() as tx:
        tx.run("update territory.peer set may_retrieve = false")
    with associated(port, GET) as association:
        gets = [int(status.Status) for status, _ in association.send_c_get(identifier(study), GET)]
    assert gets == [0xA900]


def test_a_request_without_its_unique_key_is_refused_and_recorded(
    port: int, study: list[Dataset], db: Db
) -> None:
    asked = Dataset()
    asked.QueryRetrieveLevel, asked.SeriesInstanceUID = "SERIES", study[0].SeriesInstanceUID
    with associated(port, GET) as association:
        gets = [int(status.Status) for status, _ in association.send_c_get(asked, GET)]
    with associated(port, MOVE) as association:
        moves = [int(one.Status) for one, _ in association.send_c_move(asked, "ARCHIVE", MOVE)]
    assert gets == [0xA900]
    assert moves[0] >> 12 == 0xC
    with db.begin() as tx:
        reasons = tx.values("select reason from images.refusal")
    assert reasons == ["missing attributes: StudyInstanceUID"] * 2


def test_what_a_request_selects() -> None:
    study, several = {"QueryRetrieveLevel": ["STUDY"]}, ["1.2", "1.3"]
    chosen = retrieve_rules.selection({**study, "StudyInstanceUID": several})
    assert chosen == Selection(study_uids=("1.2", "1.3"))
    for keys_ in ({}, study, {"QueryRetrieveLevel": ["ROOM"]}, {"QueryRetrieveLevel": ["PATIENT"]}):
        with pytest.raises(InvalidInputError):
            retrieve_rules.selection(keys_)


def test_an_association_proposes_no_more_than_it_can() -> None:
    many = [Sent(str(n), f"1.2.{n}", RLELossless, "k") for n in range(200)]
    assert len(retrieve_rules.proposals(many)) == 128


def identifier(study: list[Dataset]) -> Dataset:
    asked = Dataset()
    asked.QueryRetrieveLevel, asked.StudyInstanceUID = "STUDY", study[0].StudyInstanceUID
    return asked


def moved(port: int, study: list[Dataset], destination: str) -> list[tuple[int, Dataset]]:
    with associated(port, MOVE) as association:
        answers = association.send_c_move(identifier(study), destination, MOVE)
        return [(int(status.Status), status) for status, _ in answers]


@contextmanager
def associated(
    port: int,
    model: str,
    sop_class_uid: str = CTImageStorage,
    syntaxes: Sequence[str] = (ExplicitVRLittleEndian,),
    got: list[Dataset] | None = None,
) -> Generator[Association]:
    """An association that asks by C-MOVE or C-GET, and keeps in `got` what it is sent."""

    def keep(event: evt.Event) -> int:
        data_set = event.dataset
        data_set.file_meta = event.file_meta
        if got is not None:
            got.append(data_set)
        return 0x0000

    client = AE("CT_TEST")
    contexts = [build_context(model), build_context(sop_class_uid, list(syntaxes))]
    association = client.associate(
        "127.0.0.1",
        port,
        contexts,
        ae_title="PLATEAU",
        ext_neg=[build_role(sop_class_uid, scp_role=True)],
        evt_handlers=[(evt.EVT_C_STORE, keep)],
    )
    assert association.is_established
    try:
        yield association
    finally:
        association.release()

"""The hub as machines see it: real associations, and DCMTK's own clients."""

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

import make
from images.instances import (
    MPPS,
    associated,
    ct,
    running,
    step_begins,
    step_ends,
    store,
)
from plateau.images import service
from plateau.images.formats import header
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.dimse import Hub


@pytest.fixture
def world(db: Db) -> make.World:
    with db.begin() as tx:
        return make.a_world(tx)


@pytest.fixture
def port(db: Db, blobs: Blobs, world: make.World) -> Iterator[int]:
    """A hub that answers the machines of a world."""
    with running(Hub(db, blobs)) as port:
        yield port


def refusals(db: Db) -> list[str]:
    with db.begin() as tx:
        return tx.values("select code || ': ' || reason from images.refusal order by refusal_id")


def client(program: str, port: int, *arguments: str, title: str = "CT_TEST") -> str:
    """The output of one of DCMTK's clients, whether it succeeded or not."""
    command = [program, "-v", "-aet", title, "-aec", "PLATEAU", "127.0.0.1", str(port), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return f"{done.returncode}\n{done.stdout}{done.stderr}"


def test_echoscu_is_answered(port: int) -> None:
    assert client("echoscu", port).startswith("0\n")


def test_echoscu_with_an_unknown_ae_title_is_rejected(port: int, db: Db) -> None:
    answer = client("echoscu", port, title="STRANGER")

    assert "Calling AE Title Not Recognized" in answer
    assert refusals(db) == ["not_found: calling AE title not recognised"]


def test_echoscu_for_another_ae_title_is_rejected(port: int) -> None:
    with associated(port, called="ELSEWHERE") as association:
        assert association.is_rejected


def test_storescu_stores_a_file_of_pydicom(
    port: int, db: Db, blobs: Blobs, world: make.World
) -> None:
    path = str(get_testdata_file("CT_small.dcm"))
    with db.begin() as tx:
        tx.run(
            "insert into patients.identifier values (%(site)s, '1CT1', %(patient)s)",
            site=world.site_id,
            patient=world.patient_id,
        )

    assert client("storescu", port, path).startswith("0\n")

    content = Path(path).read_bytes()
    pixels_at = header.read(content).pixel_offset or 0
    with db.begin() as tx:
        received = blobs.get(tx.value("select blob_key from images.instance"))
    assert content[pixels_at : pixels_at + 32768] in received


def test_success_means_that_bytes_and_row_are_there(
    port: int, db: Db, blobs: Blobs, world: make.World
) -> None:
    image = ct()
    with associated(port) as association:
        assert store(association, image).Status == 0x0000
        with db.begin() as tx:
            key = tx.value("select blob_key from images.instance")
            assert blobs.get(key).endswith(image.PixelData)
        assert store(association, image).Status == 0x0000  # again: kept once
        image.PixelData = bytes(32)
        assert store(association, image).Status == 0x0110  # other content: refused
    assert refusals(db) == ["conflict: this SOP Instance UID is stored with other content"]


def test_an_unknown_patient_is_refused_with_a_comment(port: int, db: Db) -> None:
    with associated(port) as association:
        answer = store(association, ct(patient="NOBODY"))
    assert answer.Status == 0x0124
    assert answer.ErrorComment == "this PatientID is not known at the machine's site"
    assert refusals(db) == ["not_found: this PatientID is not known at the machine's site"]


def test_an_object_without_uids_is_refused(port: int, db: Db) -> None:
    image = ct()
    del image.StudyInstanceUID
    with associated(port) as association:
        assert store(association, image).Status == 0xC000
    assert refusals(db) == ["invalid_input: missing or malformed: Study Instance UID"]


def test_a_full_disk_is_refused_as_out_of_resources(
    db: Db, blobs: Blobs, world: make.World, tmp_path: Path
) -> None:
    (tmp_path / "blobs").mkdir(exist_ok=True)
    for prefix in range(256):  # no file fits under a name that is itself a file
        (tmp_path / "blobs" / f"{prefix:02x}").write_bytes(b"")
    with running(Hub(db, blobs)) as port, associated(port) as association:
        assert store(association, ct()).Status == 0xA700
    assert refusals(db)[0].startswith("unavailable: ")


def test_a_machine_opens_and_closes_a_step(port: int, db: Db, world: make.World) -> None:
    image = ct()
    step_uid, study_uid = generate_uid(), image.StudyInstanceUID
    with associated(port) as association:
        begin = step_begins(study_uid)
        assert status(association.send_n_create(begin, MPPS, step_uid)) == 0x0000
        assert store(association, image).Status == 0x0000
        end = step_ends(image)
        assert status(association.send_n_set(end, MPPS, step_uid)) == 0x0000
    with db.begin() as tx:
        study = service.study_of(tx, study_uid)
    assert study
    assert study.state == "complete"


def test_a_step_that_cannot_be_is_refused_with_its_own_status(
    port: int, db: Db, world: make.World
) -> None:
    step_uid = generate_uid()
    incomplete, wrong = step_begins("1.2.3"), step_begins("1.2.3")
    del incomplete.Modality
    wrong.PerformedProcedureStepStatus = "DISCONTINUED"
    with associated(port) as association:
        assert status(association.send_n_create(incomplete, MPPS, step_uid)) == 0x0120
        assert status(association.send_n_create(wrong, MPPS, step_uid)) == 0x0106
        assert status(association.send_n_create(step_begins("1.2.3"), MPPS, step_uid)) == 0
        assert status(association.send_n_create(step_begins("1.2.3"), MPPS, step_uid)) == 0x0111
        assert status(association.send_n_set(step_ends(), MPPS, generate_uid())) == 0x0112
        assert status(association.send_n_set(step_ends(), MPPS, step_uid)) == 0
        again, _ = association.send_n_set(step_ends(), MPPS, step_uid)
        assert (again.Status, again.ErrorID) == (0x0110, 0xA710)
    assert len(refusals(db)) == 5


def test_four_machines_send_twenty_images_each_at_once(
    port: int, db: Db, world: make.World
) -> None:
    def send(_: int) -> set[int]:
        study_uid = generate_uid()
        with associated(port) as association:
            return {store(association, ct(study_uid, 1 + n)).Status for n in range(20)}

    with ThreadPoolExecutor(4) as threads:
        assert set().union(*threads.map(send, range(4))) == {0x0000}
    with db.begin() as tx:
        counts = tx.values("select instances from images.study order by study_id")
        assert counts == [20] * 4
        assert tx.value("select count(*) from images.instance") == 80


def test_four_associations_send_one_study_at_once(port: int, db: Db, world: make.World) -> None:
    study_uid = generate_uid()

    def send(part: int) -> set[int]:
        with associated(port) as association:
            return {store(association, ct(study_uid, 1 + part * 10 + n)).Status for n in range(10)}

    with ThreadPoolExecutor(4) as threads:
        assert set().union(*threads.map(send, range(4))) == {0x0000}
    with db.begin() as tx:
        study = service.study_of(tx, study_uid)
    assert study
    assert (study.instances, study.series) == (40, 1)


def status(answer: tuple[Dataset, Dataset | None]) -> int:
    return int(answer[0].Status)

"""Metadata, pictures and archives of what is stored, as viewers and people ask for them."""

import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.fileset import FileSet
from pydicom.uid import generate_uid

import make
from images import web
from images.instances import as_file, ct
from images.web import of, parts, path_of, run, study_path
from plateau.images.types import Header
from plateau.kernel.caller import Caller
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db

EXPLICIT = "1.2.840.10008.1.2.1"


@pytest.fixture
def world(db: Db) -> make.World:
    with db.begin() as tx:
        return make.a_world(tx)


@pytest.fixture
def reader(world: make.World) -> Caller:
    return make.a_caller(world.reader_id, world.site_id)


@pytest.fixture
def client(db: Db, blobs: Blobs, reader: Caller) -> TestClient:
    return web.client(db, blobs, reader)


@pytest.fixture
def keep_file(db: Db, blobs: Blobs, world: make.World) -> Callable[[str], Header]:
    return lambda name: web.keep_file(db, blobs, world, name)


@pytest.fixture
def study(db: Db, blobs: Blobs, world: make.World) -> list[Dataset]:
    """Two series of three images."""
    uid = generate_uid()
    images = [ct(uid, number) for number in range(1, 7)]
    for image in images[3:]:
        image.SeriesInstanceUID, image.SeriesNumber = f"{uid[:60]}.2", 2
    for image in images:
        image.StudyID = "1"  # which DCMTK wants
    web.keep(db, blobs, *map(as_file, images))
    return images


def test_metadata_of_a_series_is_compressed_once(
    db: Db, blobs: Blobs, client: TestClient, study: list[Dataset], world: make.World
) -> None:
    path = f"{of(study)}/series/{study[0].SeriesInstanceUID}/metadata"

    first, second = client.get(path), client.get(path)
    with db.begin() as tx:
        assert tx.value("select count(*) from images.series_metadata") == 1
    web.keep(db, blobs, as_file(ct(study[0].StudyInstanceUID, 8)))
    third = client.get(path)

    assert first.json() == second.json()
    assert [one["00200013"]["Value"][0] for one in third.json()] == [1, 2, 3, 8]
    assert {one["00100020"]["Value"][0] for one in third.json()} == {str(world.patient_id)}
    assert first.headers["ETag"] == second.headers["ETag"] != third.headers["ETag"]


def test_metadata_of_a_study_is_one_compressed_member(
    client: TestClient, study: list[Dataset]
) -> None:
    answer = client.get(f"{of(study)}/metadata")
    plain = client.get(f"{of(study)}/metadata", headers={"Accept-Encoding": "identity"})
    assert [one["00200013"]["Value"][0] for one in answer.json()] == [1, 2, 3, 4, 5, 6]
    assert plain.json() == answer.json()
    assert answer.headers["Content-Encoding"] == "gzip"


def test_metadata_names_our_patient_beside_identifiers_of_others(
    db: Db, blobs: Blobs, client: TestClient, world: make.World
) -> None:
    other, before = Dataset(), Dataset()
    other.PatientID = before.PatientID = "AUTRE"
    images = [ct(number=1), ct(number=2), ct(number=3)]
    images[0].OtherPatientIDsSequence = [other]
    images[1].ReferencedStudySequence = [before]  # sorts before the identifier of the patient
    images[2].PatientComments = '{"00100020": {{'
    images[2].AvailableTransferSyntaxUID = "1.2.3"
    web.keep(db, blobs, *map(as_file, images))
    said = [client.get(f"{of([image])}/metadata").json()[0] for image in images]
    for one in said:
        assert one["00100020"]["Value"] == [str(world.patient_id)]
        assert one["00083002"]["Value"] == [EXPLICIT]
    assert said[2]["00104000"]["Value"] == ['{"00100020": {{']
    assert said[0]["00101002"]["Value"][0]["00100020"]["Value"] == ["AUTRE"]


def test_metadata_follows_the_patient_that_a_study_is_given_to(
    db: Db, client: TestClient, study: list[Dataset], world: make.World
) -> None:
    path = f"{of(study)}/metadata"
    client.get(path)
    with db.begin() as tx:
        other = make.a_patient(tx, world.site_id, "IPP-TEST-2")
        tx.run("update images.study set patient_id = %(other)s", other=other)
    assert {one["00100020"]["Value"][0] for one in client.get(path).json()} == {str(other)}


def test_a_picture_is_shown_as_asked(
    client: TestClient, keep_file: Callable[[str], Header]
) -> None:
    path = f"{path_of(keep_file('CT_small.dcm'))}/rendered"

    def shown(query: str, accept: str = "image/png") -> Image.Image:
        answer = client.get(f"{path}?{query}", headers={"Accept": accept})
        assert answer.status_code == 200
        return Image.open(BytesIO(answer.content))

    whole = np.asarray(shown(""))
    assert whole.shape == (128, 128)
    assert shown("viewport=64,32").size == (32, 32)
    assert shown("viewport=64,64,0,0,64,64").size == (64, 64)
    assert np.array_equal(np.asarray(shown("viewport=128,128,,,-128,128")), whole[:, ::-1])
    assert np.array_equal(np.asarray(shown("viewport=128,128,,,128,-128")), whole[::-1])
    assert set(np.unique(np.asarray(shown("window=1000,1,linear")))) == {0, 255}
    assert np.asarray(shown("window=1000,4000,sigmoid")).std() < whole.std()
    assert shown("window=1000,400,linear-exact", "image/gif").format == "GIF"
    rough = len(client.get(f"{path}?quality=5").content)
    assert rough < len(client.get(f"{path}?quality=95").content)


def test_a_picture_with_a_palette_is_in_colour(
    client: TestClient, keep_file: Callable[[str], Header]
) -> None:
    path = path_of(keep_file("examples_palette.dcm"))
    answer = client.get(f"{path}/rendered", headers={"Accept": "image/png"})
    shown = np.asarray(Image.open(BytesIO(answer.content)))
    assert shown.shape[2] == 3
    assert not np.array_equal(shown[..., 0], shown[..., 2])


@pytest.mark.parametrize(
    "query",
    ["viewport=0,9", "viewport=x", "viewport=9,9,1", "window=1", "window=1,0,linear", "quality=0"],
)
def test_a_picture_that_cannot_be_is_refused(
    client: TestClient, keep_file: Callable[[str], Header], query: str
) -> None:
    assert client.get(f"{path_of(keep_file('CT_small.dcm'))}/rendered?{query}").status_code == 400


def test_a_study_and_a_series_have_a_small_picture(
    client: TestClient, keep_file: Callable[[str], Header]
) -> None:
    found = keep_file("CT_small.dcm")
    for path in (study_path(found), f"{study_path(found)}/series/{found.series_uid}"):
        answer = client.get(f"{path}/thumbnail")
        assert max(Image.open(BytesIO(answer.content)).size) == 128
        again = client.get(f"{path}/thumbnail", headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304


def test_a_study_without_pictures_has_no_small_one(
    client: TestClient, keep_file: Callable[[str], Header]
) -> None:
    found = keep_file("waveform_ecg.dcm")
    assert client.get(f"{study_path(found)}/thumbnail").status_code == 404


def test_an_archive_holds_the_files_and_their_directory(
    client: TestClient, study: list[Dataset], tmp_path: Path
) -> None:
    answer = client.get(of(study), headers={"Accept": "application/zip"})

    assert answer.headers["Content-Length"] == str(len(answer.content))
    with zipfile.ZipFile(BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path)
        assert archive.namelist()[:2] == ["DICOMDIR", "DICOM/S00000/I00000"]
    found = [instance.load() for instance in FileSet(tmp_path / "DICOMDIR")]
    assert [one.SOPInstanceUID for one in found] == [one.SOPInstanceUID for one in study]
    assert str(found[0].PatientName) == "TESTINVENTE^Camille"


def test_dcmtk_reads_the_directory_of_an_archive(
    client: TestClient, study: list[Dataset], tmp_path: Path
) -> None:
    answer = client.get(of(study), headers={"Accept": "application/zip"})
    with zipfile.ZipFile(BytesIO(answer.content)) as archive:
        archive.extractall(tmp_path)
    read = run("dcmdump", "-q", str(tmp_path / "DICOMDIR"))
    assert [read.stdout.count(f"[{kind}]") for kind in ("STUDY", "SERIES", "IMAGE")] == [1, 2, 6]
    files = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("I0*"))
    appended = run("dcmmkdir", "+A", "-nb", "+D", "DICOMDIR", "+id", ".", *files, folder=tmp_path)
    assert appended.returncode == 0, appended.stderr


@pytest.mark.parametrize(
    ("sop_class_uid", "kind"),
    [
        ("1.2.840.10008.5.1.4.1.1.88.67", "SR DOCUMENT"),
        ("1.2.840.10008.5.1.4.1.1.88.59", "KEY OBJECT DOC"),
        ("1.2.840.10008.5.1.4.1.1.104.1", "ENCAP DOC"),
        ("1.2.840.10008.5.1.4.1.1.9.1.1", "WAVEFORM"),
    ],
)
def test_what_is_no_image_has_a_record_of_its_kind(
    db: Db, blobs: Blobs, client: TestClient, world: make.World, sop_class_uid: str, kind: str
) -> None:
    report = ct()
    report.SOPClassUID = sop_class_uid
    del report.PixelData
    web.keep(db, blobs, as_file(report))
    answer = client.get(of([report]), headers={"Accept": "application/zip"})
    with zipfile.ZipFile(BytesIO(answer.content)) as archive:
        listed = dcmread(BytesIO(archive.read("DICOMDIR")))
    kinds = [record.DirectoryRecordType for record in listed.DirectoryRecordSequence]
    assert kinds == ["PATIENT", "STUDY", "SERIES", kind]


@pytest.mark.parametrize("below", ["", "/series/{series}"])
def test_every_image_of_a_study_or_a_series_is_shown(
    client: TestClient, study: list[Dataset], below: str
) -> None:
    path = f"{of(study)}{below.format(series=study[0].SeriesInstanceUID)}/rendered"
    answer = client.get(path, headers={"Accept": 'multipart/related; type="image/png"'})
    found = parts(answer.content, answer.headers["Content-Type"])
    assert len(found) == (3 if below else 6)
    for kind, body in found:
        assert kind == "image/png"
        with Image.open(BytesIO(body)) as picture:
            assert picture.size == (4, 4)
    assert client.get(f"{path}?quality=0").status_code == 400
    assert client.get(path, headers={"Accept": "text/html"}).status_code == 406


def test_twelve_bit_lossy_jpeg_is_shown_and_given_decoded(
    client: TestClient, keep_file: Callable[[str], Header]
) -> None:
    found = keep_file("JPGExtended.dcm")
    shown = client.get(f"{path_of(found)}/rendered", headers={"Accept": "image/png"})
    assert Image.open(BytesIO(shown.content)).size == (found.columns, found.rows)
    kind = f'multipart/related; type="application/octet-stream"; transfer-syntax={EXPLICIT}'
    answer = client.get(f"{path_of(found)}/frames/1", headers={"Accept": kind})
    ((_, frame),) = parts(answer.content, answer.headers["Content-Type"])
    pixels = np.frombuffer(frame, "<u2")
    assert (pixels.size, pixels.max()) == (1024 * 256, 264)  # as DCMTK decodes it

"""QIDO-RS at every level, by keyword or tag, and what it says of what it cannot do."""

import pytest
from fastapi.testclient import TestClient
from pydicom.dataset import Dataset

import make
from images import web
from images.instances import as_file, ct
from plateau.kernel.ids import PersonId
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db


@pytest.fixture
def image(db: Db, blobs: Blobs) -> Dataset:
    with db.begin() as tx:
        make.a_world(tx)
    images = [ct()]
    images += [ct(images[0].StudyInstanceUID, number) for number in (2, 3)]
    web.keep(db, blobs, *map(as_file, images))
    return images[0]


@pytest.fixture
def client(db: Db, blobs: Blobs, image: Dataset) -> TestClient:
    with db.begin() as tx:
        site_id = tx.value("select site_id from territory.device")
    return web.client(db, blobs, make.a_caller(PersonId(make.uuid4()), site_id))


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("studies", 1),
        ("series", 1),
        ("instances", 3),
        ("studies/{study}/series", 1),
        ("studies/{study}/instances", 3),
        ("studies/{study}/series/{series}/instances", 3),
        ("studies?00100010=TEST*", 1),
        ("studies?PatientName=cam%20test&fuzzymatching=true", 1),
        ("studies?StudyInstanceUID=1.2,{study}", 1),
        ("studies?StudyDate=20261124&StudyTime=0100-0300", 1),
        ("studies?PatientID=IPP-TEST-1&IssuerOfPatientID=TEST", 1),
        ("series?RequestAttributesSequence.RequestedProcedureID=ACC1", 1),
        ("series?00400275.00401001=ACC2", 0),
        ("studies?PatientName=NOBODY", 0),
    ],
)
def test_each_level_is_searched(client: TestClient, image: Dataset, path: str, count: int) -> None:
    place = path.format(study=image.StudyInstanceUID, series=image.SeriesInstanceUID)
    answer = client.get(f"/dicom-web/{place}")
    assert (answer.status_code, len(answer.json())) == (200, count)


def test_fields_are_added_when_they_are_asked_for(client: TestClient) -> None:
    plain = client.get("/dicom-web/studies").json()[0]
    more = client.get("/dicom-web/studies?includefield=00080080").json()[0]
    every = client.get("/dicom-web/instances?includefield=all").json()[0]
    assert "00080080" not in plain
    assert more["00080080"]["Value"] == ["Hôpital TEST"]
    assert {"00280100", "00101002"} <= every.keys()


def test_what_is_not_supported_and_what_is_left_are_said(client: TestClient) -> None:
    assert "Warning" not in client.get("/dicom-web/studies").headers
    warned = client.get("/dicom-web/studies?PatientWeight=70&includefield=PatientAge")
    assert "PatientWeight" in warned.headers["Warning"]
    assert "PatientAge" in warned.headers["Warning"]
    assert client.get("/dicom-web/studies", params={'é"\n': "x"}).status_code == 200
    assert "offset" in client.get("/dicom-web/instances?limit=2").headers["Warning"]


def test_a_value_without_sense_is_refused(client: TestClient) -> None:
    assert client.get("/dicom-web/studies?StudyDate=yesterday").status_code == 400
    assert client.get("/dicom-web/studies?limit=0").status_code in {400, 422}


def test_a_whole_study_comes_without_asking_for_more(
    client: TestClient, db: Db, blobs: Blobs, image: Dataset
) -> None:
    study_uid = str(image.StudyInstanceUID)
    web.keep(db, blobs, *(as_file(ct(study_uid, number)) for number in range(4, 105)))
    answer = client.get(f"/dicom-web/studies/{study_uid}/instances")
    assert len(answer.json()) == 104
    assert "Warning" not in answer.headers

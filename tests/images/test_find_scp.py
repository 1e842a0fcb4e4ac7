"""Machines ask what there is: DCMTK's findscu against the real hub."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pynetdicom import AE, build_context

import make
from images import web
from images.instances import as_file, ct
from plateau.images import scp
from plateau.images.search import scp as find_scp
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.dimse import Hub
from plateau.platform.resting import rested
from plateau.platform.settings import Settings

PATIENT_ROOT, STUDY_ROOT = find_scp.FINDS


@pytest.fixture
def image(db: Db, blobs: Blobs) -> Dataset:
    """The one image stored in a world whose patient has an accent."""
    with db.begin() as tx:
        make.a_world(tx)
        tx.run("update patients.patient set surname = 'TÉSTINVENTÉ'")
    image = ct()
    web.keep(db, blobs, as_file(image))
    return image


@pytest.fixture
def port(db: Db, blobs: Blobs, image: Dataset) -> Iterator[int]:
    hub = Hub(db, blobs)
    server = scp.dimse_server(Settings(dicom_port=0), hub, find_scp.handlers(hub))
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()


def find(port: int, folder: Path, *keys: str, model: str = "-S") -> list[Dataset]:
    """What findscu is answered."""
    command = ["findscu", "-aet", "CT_TEST", "-aec", "PLATEAU", model, "-X", "-od", str(folder)]
    asked = [part for key in keys for part in ("-k", key)]
    subprocess.run([*command, *asked, "127.0.0.1", str(port)], check=True, capture_output=True)
    return [dcmread(path) for path in sorted(folder.glob("rsp*.dcm"))]


def statuses(port: int, model: str, **keys: str) -> list[int]:
    """The statuses of the answers to a query of ours."""
    wanted = Dataset()
    for keyword, value in keys.items():
        setattr(wanted, keyword, value)
    ae = AE(ae_title="CT_TEST")
    association = ae.associate(
        "127.0.0.1", port, contexts=[build_context(model)], ae_title="PLATEAU"
    )
    try:
        return [status.Status for status, _ in rested(association).send_c_find(wanted, model)]
    finally:
        association.release()


@pytest.mark.parametrize(
    ("charset", "name"),
    [("ISO_IR 192", "*éstin*"), ("ISO_IR 100", "téstinventé"), ("ISO_IR 6", "TESTINV*")],
)
def test_findscu_finds_a_study_by_name_in_any_character_set(
    port: int, tmp_path: Path, image: Dataset, charset: str, name: str
) -> None:
    encoding = "latin-1" if charset.endswith("100") else "utf-8"
    query = tmp_path / "query.dcm"
    wanted = Dataset()
    wanted.SpecificCharacterSet, wanted.QueryRetrieveLevel = charset, "STUDY"
    wanted.PatientName, wanted.PatientID, wanted.StudyInstanceUID = name, "", ""
    wanted.save_as(query, implicit_vr=True, little_endian=True)
    assert name.encode(encoding) in query.read_bytes()
    folder = tmp_path / "found"
    folder.mkdir()
    command = ["findscu", "-aet", "CT_TEST", "-aec", "PLATEAU", "-S", "-X", "-od", str(folder)]
    subprocess.run([*command, "127.0.0.1", str(port), str(query)], check=True, capture_output=True)

    (found,) = [dcmread(path) for path in folder.glob("rsp*.dcm")]
    assert found.StudyInstanceUID == image.StudyInstanceUID
    assert str(found.PatientName) == "TÉSTINVENTÉ^Camille"
    assert (found.PatientID, found.SpecificCharacterSet) == ("IPP-TEST-1", "ISO_IR 192")


@pytest.mark.parametrize("level", ["PATIENT", "STUDY", "SERIES", "IMAGE"])
def test_each_level_of_patient_root_is_answered(
    port: int, tmp_path: Path, image: Dataset, level: str
) -> None:
    above = {
        "SERIES": [f"StudyInstanceUID={image.StudyInstanceUID}"],
        "IMAGE": [
            f"StudyInstanceUID={image.StudyInstanceUID}",
            f"SeriesInstanceUID={image.SeriesInstanceUID}",
        ],
    }
    keys = [f"QueryRetrieveLevel={level}", "PatientID=IPP-TEST-1", *above.get(level, [])]
    (found,) = find(port, tmp_path, *keys, "SOPInstanceUID", model="-P")
    assert found.QueryRetrieveLevel == level
    assert found.SOPInstanceUID == (image.SOPInstanceUID if level == "IMAGE" else "")


@pytest.mark.parametrize(
    ("model", "keys"),
    [
        (STUDY_ROOT, {"PatientID": ""}),
        (STUDY_ROOT, {"QueryRetrieveLevel": "PATIENT"}),
        (STUDY_ROOT, {"QueryRetrieveLevel": "SERIES"}),
        (STUDY_ROOT, {"QueryRetrieveLevel": "IMAGE", "StudyInstanceUID": "1.2"}),
        (PATIENT_ROOT, {"QueryRetrieveLevel": "STUDY"}),
        (STUDY_ROOT, {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": "1.x"}),
    ],
)
def test_an_identifier_that_is_not_of_its_level_is_refused(
    port: int, model: str, keys: dict[str, str]
) -> None:
    assert statuses(port, model, **keys) == [0xA900]


def test_a_peer_that_may_not_query_is_refused(port: int, db: Db) -> None:
    with db.begin() as tx:
        tx.run(
            """
            insert into territory.peer (ae_title, name, host, port, valid_from)
            values ('CT_TEST', 'x', '127.0.0.1', 104, '2020-01-01')
            """
        )
    assert statuses(port, STUDY_ROOT, QueryRetrieveLevel="STUDY") == [0x0124]


def many(db: Db, image: Dataset, first: int, last: int) -> None:
    """The stored image, many times more under other UIDs."""
    with db.begin() as tx:
        tx.run(
            """
            insert into images.instance
            select (jsonb_populate_record(n, jsonb_build_object(
                     'sop_instance_uid', n.sop_instance_uid || '.' || i, 'number', i))).*
            from images.instance n, generate_series(%(first)s::integer, %(last)s) i
            where sop_instance_uid = %(uid)s
            """,
            first=first,
            last=last,
            uid=image.SOPInstanceUID,
        )


def test_more_than_can_be_answered_is_said(port: int, db: Db, image: Dataset) -> None:
    query = {"QueryRetrieveLevel": "IMAGE", "SOPInstanceUID": ""}
    above = {key: str(image[key].value) for key in ("StudyInstanceUID", "SeriesInstanceUID")}
    many(db, image, 1, 999)
    assert statuses(port, STUDY_ROOT, **query, **above) == [0xFF00] * 1000 + [0x0000]
    many(db, image, 1000, 1000)
    assert statuses(port, STUDY_ROOT, **query, **above) == [0xFF00] * 1000 + [0xB000]


def test_a_query_is_cancelled(port: int, db: Db, image: Dataset) -> None:
    many(db, image, 1, 900)
    wanted = Dataset()
    wanted.QueryRetrieveLevel, wanted.SOPInstanceUID = "IMAGE", ""
    wanted.StudyInstanceUID = image.StudyInstanceUID
    wanted.SeriesInstanceUID = image.SeriesInstanceUID
    ae = AE(ae_title="CT_TEST")
    contexts = [build_context(STUDY_ROOT)]
    association = rested(ae.associate("127.0.0.1", port, contexts=contexts, ae_title="PLATEAU"))
    said: list[int] = []
    for status, _ in association.send_c_find(wanted, STUDY_ROOT, msg_id=7):
        if not said:
            association.send_c_cancel(7, query_model=STUDY_ROOT)
        said.append(status.Status)
    association.release()
    assert said[-1] == 0xFE00
    assert len(said) < 900

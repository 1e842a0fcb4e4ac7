"""DICOMweb as the viewer asks for it, and who may."""

import re
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

import make
from images.instances import CT, as_file, ct
from plateau.entry import http
from plateau.images import service
from plateau.images.formats import header
from plateau.kernel.caller import Caller, Role
from plateau.kernel.ids import SiteId
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.runtime import Runtime
from plateau.platform.settings import Settings

Ask = Callable[[Caller], TestClient]


@pytest.fixture
def world(db: Db) -> make.World:
    with db.begin() as tx:
        return make.a_world(tx)


@pytest.fixture
def image(db: Db, blobs: Blobs, world: make.World) -> Dataset:
    """One of two stored images of a series."""
    images = [ct(number=1), ct(number=2)]
    images[1].StudyInstanceUID = images[0].StudyInstanceUID
    images[1].SeriesInstanceUID = images[0].SeriesInstanceUID
    keep(db, blobs, *map(as_file, images))
    return images[0]


@pytest.fixture
def ask(db: Db, blobs: Blobs) -> Ask:
    """The application as a given person uses it."""

    def as_somebody(caller: Caller) -> TestClient:
        runtime = Runtime(db, blobs, Settings())
        return TestClient(http.build(runtime, identify=lambda request: caller))

    return as_somebody


@pytest.fixture
def reader(world: make.World) -> Caller:
    return make.a_caller(world.reader_id, world.site_id)


def keep(db: Db, blobs: Blobs, *contents: bytes) -> None:
    with db.begin() as tx:
        for content in contents:
            service.receive(tx, blobs, content=content, origin=CT, now=make.NIGHT)


@pytest.fixture
def keep_file(db: Db, blobs: Blobs, world: make.World) -> Callable[[str], str]:
    """Stores one of pydicom's files as if its patient were ours; its address."""

    def store(name: str) -> str:
        content = Path(str(get_testdata_file(name))).read_bytes()
        found = header.read(content)
        with db.begin() as tx:
            tx.run(
                "insert into patients.identifier values (%(site)s, %(value)s, %(patient)s)",
                site=world.site_id,
                value=found.local_id,
                patient=world.patient_id,
            )
        keep(db, blobs, content)
        return (
            f"/dicom-web/studies/{found.study_uid}/series/{found.series_uid}"
            f"/instances/{found.sop_instance_uid}"
        )

    return store


@pytest.fixture
def client(ask: Ask, reader: Caller) -> TestClient:
    """The application as the reader uses it."""
    return ask(reader)


def address(image: Dataset) -> str:
    return (
        f"/dicom-web/studies/{image.StudyInstanceUID}/series/{image.SeriesInstanceUID}"
        f"/instances/{image.SOPInstanceUID}"
    )


def part(content: bytes, media_type: str) -> bytes:
    """The only part of a multipart body."""
    boundary = re.search(r"boundary=(\w+)", media_type)
    assert boundary
    _, body, end = content.split(f"--{boundary[1]}".encode())
    assert end == b"--\r\n"
    return body.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")


def audited(db: Db) -> list[str]:
    with db.begin() as tx:
        return tx.values("select subject from access.audit where action = 'images.view'")


def test_a_search_gives_the_platform_s_patient(
    ask: Ask, reader: Caller, image: Dataset, world: make.World
) -> None:
    (found,) = (
        ask(reader)
        .get("/dicom-web/studies", params={"StudyInstanceUID": image.StudyInstanceUID})
        .json()
    )

    assert found["0020000D"]["Value"] == [image.StudyInstanceUID]
    assert found["00100020"]["Value"] == [str(world.patient_id)]
    assert found["00080061"]["Value"] == ["CT"]
    assert found["00080020"]["Value"] == ["20261124"]
    assert found["00080030"]["Value"] == ["020000"]
    assert found["00201208"]["Value"] == [2]


def test_priors_are_found_by_the_platform_s_patient(
    ask: Ask, reader: Caller, image: Dataset, world: make.World, db: Db, blobs: Blobs
) -> None:
    earlier = ct()
    earlier.StudyDate = "20250101"
    keep(db, blobs, as_file(earlier))
    client = ask(reader)

    def uids(patient: str) -> list[str]:
        found = client.get("/dicom-web/studies", params={"00100020": patient}).json()
        return [study["0020000D"]["Value"][0] for study in found]

    assert uids(str(world.patient_id)) == [image.StudyInstanceUID, earlier.StudyInstanceUID]
    assert uids(str(make.uuid4())) == []
    assert uids("IPP-TEST-1") == []


def test_series_and_instances_are_listed(ask: Ask, reader: Caller, image: Dataset) -> None:
    client = ask(reader)
    study = f"/dicom-web/studies/{image.StudyInstanceUID}"

    (series,) = client.get(f"{study}/series").json()
    instances = client.get(f"{study}/series/{image.SeriesInstanceUID}/instances").json()

    assert series["0020000E"]["Value"] == [image.SeriesInstanceUID]
    assert series["00201209"]["Value"] == [2]
    assert [one["00200013"]["Value"] for one in instances] == [[1], [2]]
    assert client.get(f"{study}/instances").json() == instances


def test_metadata_is_answered_at_every_level_with_our_patient(
    ask: Ask, reader: Caller, image: Dataset, world: make.World
) -> None:
    client = ask(reader)
    study = f"/dicom-web/studies/{image.StudyInstanceUID}"

    whole = client.get(f"{study}/metadata").json()

    assert whole == client.get(f"{study}/series/{image.SeriesInstanceUID}/metadata").json()
    assert whole[:1] == client.get(f"{address(image)}/metadata").json()
    assert [one["00200013"]["Value"] for one in whole] == [[1], [2]]
    assert whole[0]["00100020"]["Value"] == [str(world.patient_id)]
    assert "Value" not in whole[0]["7FE00010"]


def test_metadata_is_compressed_and_asked_again_cheaply(
    ask: Ask, reader: Caller, image: Dataset
) -> None:
    client = ask(reader)
    path = f"/dicom-web/studies/{image.StudyInstanceUID}/metadata"

    answer = client.get(path)
    again = client.get(path, headers={"If-None-Match": answer.headers["ETag"]})

    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert again.status_code == 304
    assert "Content-Encoding" not in client.get(path, headers={"Accept-Encoding": ""}).headers


def test_a_frame_is_the_pixels(ask: Ask, reader: Caller, image: Dataset) -> None:
    answer = ask(reader).get(f"{address(image)}/frames/1")

    media_type = answer.headers["Content-Type"]
    assert media_type.startswith('multipart/related; type="application/octet-stream"; ')
    assert "transfer-syntax=1.2.840.10008.1.2.1" in media_type
    assert b"transfer-syntax=1.2.840.10008.1.2.1\r\n" in answer.content
    assert part(answer.content, media_type) == image.PixelData


@pytest.mark.parametrize("frames", ["0", "2", "1,x", ""])
def test_a_frame_that_is_not_there_is_refused(
    ask: Ask, reader: Caller, image: Dataset, frames: str
) -> None:
    assert ask(reader).get(f"{address(image)}/frames/{frames}").status_code in {400, 404}


def test_a_file_is_given_back_as_received(
    client: TestClient, keep_file: Callable[[str], str]
) -> None:
    answer = client.get(keep_file("CT_small.dcm"))
    sent = Path(str(get_testdata_file("CT_small.dcm"))).read_bytes()
    assert part(answer.content, answer.headers["Content-Type"]) == sent


def test_compressed_frames_are_given_as_they_are(
    client: TestClient, keep_file: Callable[[str], str]
) -> None:
    path = keep_file("SC_rgb_rle_2frame.dcm")
    frames = [client.get(f"{path}/frames/{number}") for number in (1, 2)]
    assert "transfer-syntax=1.2.840.10008.1.2.5" in frames[0].headers["Content-Type"]
    bodies = [part(one.content, one.headers["Content-Type"]) for one in frames]
    assert bodies[0] != bodies[1]
    assert client.get(f"{path}/frames/3").status_code == 404


def test_bulk_data_is_found_where_metadata_says(ask: Ask, reader: Caller, image: Dataset) -> None:
    client = ask(reader)
    metadata = client.get(f"{address(image)}/metadata").json()
    answer = client.get(metadata[0]["7FE00010"]["BulkDataURI"])
    assert part(answer.content, answer.headers["Content-Type"]) == image.PixelData
    assert client.get(f"{address(image)}/bulkdata/00100020").status_code == 404


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("CT_small.dcm", (128, 128)),
        ("JPEG2000.dcm", (256, 1024)),
        ("SC_rgb_small_odd.dcm", (3, 3)),
        ("MR_small_RLE.dcm", (64, 64)),
    ],
)
def test_a_picture_is_rendered(
    client: TestClient, keep_file: Callable[[str], str], name: str, size: tuple[int, int]
) -> None:
    path = keep_file(name)

    picture = Image.open(BytesIO(client.get(f"{path}/rendered").content))
    exact = client.get(f"{path}/rendered", headers={"Accept": "image/png"})
    small = Image.open(BytesIO(client.get(f"{path}/thumbnail").content))

    assert (picture.format, picture.size) == ("JPEG", size)
    assert exact.headers["Content-Type"] == "image/png"
    assert len(set(Image.open(BytesIO(exact.content)).convert("L").tobytes())) > 1
    assert max(small.size) <= 128


def test_what_is_no_picture_cannot_be_rendered(
    client: TestClient, keep_file: Callable[[str], str]
) -> None:
    path = keep_file("waveform_ecg.dcm")
    assert client.get(f"{path}/rendered").status_code == 422
    assert client.get(f"{path}/frames/1").status_code == 404


@pytest.mark.parametrize("role", [Role.READER, Role.TECHNOLOGIST, Role.COORDINATOR, Role.REQUESTER])
def test_those_who_work_at_the_site_see_its_studies(
    ask: Ask, world: make.World, image: Dataset, role: Role
) -> None:
    caller = make.a_caller(world.reader_id, world.site_id, role=role)
    assert len(ask(caller).get("/dicom-web/studies").json()) == 1


@pytest.mark.parametrize("path", ["series", "instances", "metadata"])
def test_a_study_out_of_reach_is_absent(
    ask: Ask, world: make.World, image: Dataset, path: str, db: Db
) -> None:
    with db.begin() as tx:
        elsewhere = make.a_site(tx, "AILLEURS")
    strangers = [
        make.a_caller(world.reader_id, elsewhere),
        make.a_caller(world.reader_id, world.site_id, role=Role.MANAGER),
    ]
    for caller in strangers:
        client = ask(caller)
        assert client.get("/dicom-web/studies").json() == []
        study = f"/dicom-web/studies/{image.StudyInstanceUID}"
        assert client.get(f"{study}/{path}").status_code == 404
        for suffix in ("", "/frames/1", "/rendered", "/thumbnail", "/bulkdata/7FE00010"):
            assert client.get(address(image) + suffix).status_code == 404
    assert audited(db) == []


def test_a_patient_s_studies_elsewhere_are_within_reach_as_priors(
    ask: Ask, world: make.World, image: Dataset, db: Db, blobs: Blobs
) -> None:
    with db.begin() as tx:
        elsewhere = make.a_site(tx, "AILLEURS")
        make.a_device(tx, elsewhere, "CT_AILLEURS")
        tx.run(
            "insert into patients.identifier values (%(site)s, 'AUTRE-1', %(patient)s)",
            site=elsewhere,
            patient=world.patient_id,
        )
    caller = make.a_caller(world.reader_id, elsewhere)
    path = f"/dicom-web/studies/{image.StudyInstanceUID}/metadata"
    assert ask(caller).get(path).status_code == 404

    with db.begin() as tx:
        service.receive(
            tx,
            blobs,
            content=as_file(ct(patient="AUTRE-1")),
            origin=replace(CT, ae_title="CT_AILLEURS"),
            now=make.NIGHT,
        )

    assert ask(caller).get(path).status_code == 200


def test_a_look_at_a_study_is_audited_once(
    ask: Ask, reader: Caller, image: Dataset, db: Db
) -> None:
    client = ask(reader)
    client.get("/dicom-web/studies")
    assert audited(db) == []
    for _ in range(3):
        client.get(f"/dicom-web/studies/{image.StudyInstanceUID}/metadata")
        client.get(f"{address(image)}/frames/1")
    with db.begin() as tx:
        study = service.study_of(tx, image.StudyInstanceUID)
    assert study
    assert audited(db) == [f"study:{study.study_id}"]
    assert reader.sites == {SiteId(study.site_id)}

"""Retrieval as viewers, archives and people ask for it, and who may."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import httpx
import numpy as np
import pytest
from fastapi.testclient import TestClient
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import DeflatedExplicitVRLittleEndian, generate_uid

import make
from images import web
from images.instances import as_file, ct
from images.web import of, parts, path_of, run
from plateau.images.formats import header, transcode
from plateau.images.types import Header
from plateau.kernel.caller import Caller
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db

EXPLICIT, IMPLICIT, DEFLATED = (f"1.2.840.10008.1.2{end}" for end in (".1", "", ".1.99"))
DICOM = 'multipart/related; type="application/dicom"'
OCTETS = 'multipart/related; type="application/octet-stream"'
# pydicom's own files, and what their pixels are stored in
COMPRESSED = [
    "MR_small_RLE.dcm",
    "MR_small_jp2klossless.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "JPEG2000.dcm",
    "SC_rgb_rle_2frame.dcm",
    "SC_rgb_jpeg_dcmtk.dcm",
]


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


def test_a_whole_study_comes_in_order_with_its_exact_length(
    client: TestClient, study: list[Dataset]
) -> None:
    answer = client.get(of(study))

    found = parts(answer.content, answer.headers["Content-Type"])
    assert [body for _, body in found] == [as_file(image) for image in study]
    assert {kind for kind, _ in found} == {f"application/dicom; transfer-syntax={EXPLICIT}"}
    assert answer.headers["Content-Length"] == str(len(answer.content))


def test_a_series_comes_alone(client: TestClient, study: list[Dataset]) -> None:
    answer = client.get(f"{of(study)}/series/{study[5].SeriesInstanceUID}")
    found = parts(answer.content, answer.headers["Content-Type"])
    assert [body for _, body in found] == [as_file(image) for image in study[3:]]


def test_an_instance_comes_without_envelope_for_whoever_wants_it_so(
    client: TestClient, study: list[Dataset]
) -> None:
    path = f"{of(study)}/series/{study[0].SeriesInstanceUID}/instances/{study[0].SOPInstanceUID}"
    answer = client.get(path, headers={"Accept": "application/dicom; transfer-syntax=*"})
    again = client.get(path, headers={"Accept": DICOM, "If-None-Match": answer.headers["ETag"]})
    assert answer.content == as_file(study[0])
    assert again.status_code == 200  # the same instance in another form is not the same answer


def test_a_real_server_streams_a_study_and_survives_who_leaves(
    db: Db, blobs: Blobs, reader: Caller, study: list[Dataset]
) -> None:
    with web.served(web.application(db, blobs, reader)) as address:
        with httpx.stream("GET", address + of(study)) as leaving:
            next(leaving.iter_raw(64))
        whole = httpx.get(address + of(study))
    assert len(parts(whole.content, whole.headers["Content-Type"])) == 6


def test_an_answer_that_breaks_off_is_never_taken_for_a_whole_one(
    db: Db, blobs: Blobs, reader: Caller, study: list[Dataset], tmp_path: Path
) -> None:
    with db.begin() as tx:
        key = tx.value("select blob_key from images.instance order by number desc limit 1")
    next((tmp_path / "blobs").rglob(key)).unlink()
    with (
        web.served(web.application(db, blobs, reader)) as address,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        httpx.get(address + of(study))


@pytest.mark.parametrize("name", COMPRESSED)
def test_an_instance_is_transcoded_for_whoever_asks(
    client: TestClient, keep_file: Callable[[str], Header], name: str
) -> None:
    found = keep_file(name)

    answer = client.get(path_of(found), headers={"Accept": DICOM})
    as_stored = client.get(path_of(found), headers={"Accept": f"{DICOM}; transfer-syntax=*"})

    ((kind, body),) = parts(answer.content, answer.headers["Content-Type"])
    assert kind == f"application/dicom; transfer-syntax={EXPLICIT}"
    native, original = dcmread(BytesIO(body)), dcmread(BytesIO(web.a_file(name)))
    assert native.file_meta.TransferSyntaxUID == EXPLICIT
    assert native.SOPInstanceUID == original.SOPInstanceUID
    assert np.array_equal(native.pixel_array, original.pixel_array)
    assert parts(as_stored.content, as_stored.headers["Content-Type"])[0][1] == web.a_file(name)


DCMTK = {
    "1.2.840.10008.1.2.4.70": ["dcmcjpeg", "+e1"],
    "1.2.840.10008.1.2.4.57": ["dcmcjpeg", "+el"],
    "1.2.840.10008.1.2.4.80": ["dcmcjpls", "+el"],
    "1.2.840.10008.1.2.5": ["dcmcrle"],
}


@pytest.mark.parametrize("syntax", DCMTK)
@pytest.mark.usefixtures("world")
def test_what_dcmtk_compresses_is_decoded_or_refused_in_words(
    db: Db, blobs: Blobs, client: TestClient, tmp_path: Path, syntax: str
) -> None:
    plain, compressed = tmp_path / "plain.dcm", tmp_path / "compressed.dcm"
    plain.write_bytes(as_file(ct()))
    assert run(*DCMTK[syntax], str(plain), str(compressed)).returncode == 0
    web.keep(db, blobs, compressed.read_bytes())
    found = header.read(compressed.read_bytes())
    assert found.transfer_syntax_uid == syntax

    answer = client.get(path_of(found), headers={"Accept": DICOM})

    if transcode.can_decode(syntax):
        ((_, body),) = parts(answer.content, answer.headers["Content-Type"])
        assert dcmread(BytesIO(body)).PixelData == ct().PixelData
    else:
        assert answer.status_code == 406


@pytest.mark.parametrize("syntax", [IMPLICIT, DEFLATED])
def test_other_native_syntaxes_are_made_too(
    client: TestClient, keep_file: Callable[[str], Header], syntax: str
) -> None:
    found = keep_file("CT_small.dcm")
    accept = {"Accept": f"{DICOM}; transfer-syntax={syntax}"}
    answer = client.get(path_of(found), headers=accept)
    ((_, body),) = parts(answer.content, answer.headers["Content-Type"])
    made = dcmread(BytesIO(body))
    assert made.file_meta.TransferSyntaxUID == syntax
    assert made.PixelData == dcmread(BytesIO(web.a_file("CT_small.dcm"))).PixelData


def test_a_study_in_two_syntaxes_is_transcoded_as_one(
    db: Db, blobs: Blobs, client: TestClient, study: list[Dataset]
) -> None:
    more = ct(study[0].StudyInstanceUID, 9)
    web.keep(db, blobs, as_file(more, implicit=True))

    made = client.get(of(study), headers={"Accept": DICOM})
    stored = client.get(of(study), headers={"Accept": f"{DICOM}; transfer-syntax=*"})

    kinds = [kind for kind, _ in parts(made.content, made.headers["Content-Type"])]
    assert kinds == [f"application/dicom; transfer-syntax={EXPLICIT}"] * 7
    assert "Content-Length" not in made.headers
    found = parts(stored.content, stored.headers["Content-Type"])
    assert found[3] == (
        f"application/dicom; transfer-syntax={IMPLICIT}",
        as_file(more, implicit=True),
    )


@pytest.mark.parametrize("name", ["MR_small_RLE.dcm", "SC_rgb_rle_2frame.dcm", "JPEG2000.dcm"])
def test_frames_are_decoded_for_whoever_asks(
    client: TestClient, keep_file: Callable[[str], Header], name: str
) -> None:
    found = keep_file(name)
    answer = client.get(f"{path_of(found)}/frames/1", headers={"Accept": OCTETS})
    ((kind, body),) = parts(answer.content, answer.headers["Content-Type"])
    original = dcmread(BytesIO(web.a_file(name)))
    assert kind == f"application/octet-stream; transfer-syntax={EXPLICIT}"
    pixels = original.pixel_array.reshape(found.frames, -1)[0]
    size = original.Rows * original.Columns * original.SamplesPerPixel
    assert len(body) == size * original.BitsAllocated // 8
    if original.SamplesPerPixel == 1:
        assert body == pixels.tobytes()


def test_compressed_frames_are_given_under_their_own_name(
    client: TestClient, keep_file: Callable[[str], Header]
) -> None:
    found = keep_file("JPEG2000.dcm")
    accept = {"Accept": 'multipart/related; type="image/jp2"; transfer-syntax=*'}
    answer = client.get(f"{path_of(found)}/frames/1", headers=accept)
    ((kind, body),) = parts(answer.content, answer.headers["Content-Type"])
    assert kind == f"image/jp2; transfer-syntax={found.transfer_syntax_uid}"
    assert body[:4] == b"\xff\x4f\xff\x51"


def test_several_frames_come_in_the_order_asked(
    client: TestClient, keep_file: Callable[[str], Header]
) -> None:
    path = f"{path_of(keep_file('SC_rgb_rle_2frame.dcm'))}/frames"
    both = client.get(f"{path}/2,1")
    single = [client.get(f"{path}/{number}") for number in (2, 1)]
    found = [parts(one.content, one.headers["Content-Type"])[0] for one in single]
    assert parts(both.content, both.headers["Content-Type"]) == found
    bare = client.get(
        f"{path}/1", headers={"Accept": "application/octet-stream; transfer-syntax=*"}
    )
    assert bare.content == found[1][1]


@pytest.mark.parametrize(
    ("end", "accept"),
    [
        ("", "text/html"),
        ("", f"{DICOM}; transfer-syntax=1.2.840.10008.1.2.4.90"),
        ("/frames/1", 'multipart/related; type="image/jpeg"'),
        ("/frames/1", "image/png"),
        ("/bulkdata/7FE00010", "application/dicom"),
        ("/rendered", "video/mp4"),
        ("/metadata", 'multipart/related; type="application/dicom+xml"'),
        ("/thumbnail", "application/dicom"),
    ],
)
def test_what_cannot_be_answered_so_is_406(
    client: TestClient, keep_file: Callable[[str], Header], end: str, accept: str
) -> None:
    path = path_of(keep_file("CT_small.dcm"))
    answer = client.get(path + end, headers={"Accept": accept})
    assert answer.status_code == 406
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_damaged_pixels_are_refused_in_words(
    db: Db, blobs: Blobs, world: make.World, client: TestClient
) -> None:
    image = dcmread(BytesIO(web.a_file("MR_small_RLE.dcm")))
    image.PixelData = encapsulate([b"\1" * 64])
    buffer = BytesIO()
    image.save_as(buffer)
    found = header.read(buffer.getvalue())
    web.know(db, world, found.local_id)
    web.keep(db, blobs, buffer.getvalue())

    accept = {"Accept": DICOM}
    assert client.get(path_of(found), headers=accept).status_code == 422
    assert client.get(f"{path_of(found)}/rendered").status_code == 422
    assert client.get(f"{path_of(found)}/frames/1", headers={"Accept": OCTETS}).status_code == 422


def test_a_deflated_instance_is_inflated_for_whoever_asks(
    db: Db, blobs: Blobs, client: TestClient, world: make.World
) -> None:
    image = ct()
    image.ensure_file_meta()
    image.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    buffer = BytesIO()
    image.save_as(buffer, enforce_file_format=True)
    web.keep(db, blobs, buffer.getvalue())

    path = path_of(header.read(buffer.getvalue()))
    answer = client.get(path, headers={"Accept": DICOM})
    frame = client.get(f"{path}/frames/1")

    ((_, body),) = parts(answer.content, answer.headers["Content-Type"])
    assert dcmread(BytesIO(body)).PixelData == image.PixelData
    assert parts(frame.content, frame.headers["Content-Type"])[0][1] == image.PixelData


def test_a_study_out_of_reach_is_absent_in_every_form(
    db: Db, blobs: Blobs, world: make.World, study: list[Dataset]
) -> None:
    with db.begin() as tx:
        elsewhere = make.a_site(tx, "AILLEURS")
    stranger = web.client(db, blobs, make.a_caller(world.reader_id, elsewhere))
    series = f"{of(study)}/series/{study[0].SeriesInstanceUID}"
    for path in (of(study), series, f"{series}/instances/{study[0].SOPInstanceUID}"):
        for end in ("", "/metadata", "/thumbnail"):
            assert stranger.get(path + end).status_code == 404
        assert stranger.get(path, headers={"Accept": "application/zip"}).status_code == 404


def test_capabilities_name_every_route_and_what_can_be_decoded(client: TestClient) -> None:
    said = client.get(f"{web.ROOT}/", headers={"Accept": "application/json"}).json()
    described = client.options(f"{web.ROOT}/")

    frames = "/studies/{study_uid}/series/{series_uid}/instances/{uid}/frames/{numbers}"
    assert said["resources"]["/studies"].keys() == {"GET", "POST"}
    assert 'multipart/related; type="image/jp2"' in said["resources"][frames]["GET"]
    assert "1.2.840.10008.1.2.4.90" in said["transferSyntaxes"]["decoded"]
    assert EXPLICIT in said["transferSyntaxes"]["encoded"]
    assert described.headers["Content-Type"] == "application/vnd.sun.wadl+xml"
    assert len(ElementTree.fromstring(described.text)[0]) == len(said["resources"])  # noqa: S314
    assert client.get(f"{web.ROOT}/", headers={"Accept": "text/html"}).status_code == 406

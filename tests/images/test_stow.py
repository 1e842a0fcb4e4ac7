"""Instances sent by web: by whom, what is kept, what is answered."""

import socket
import tracemalloc
from collections.abc import Iterator, Sequence
from io import BytesIO
from urllib.parse import urlsplit

import httpx
import orjson
import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from hypothesis import given
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import get_frame
from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless, generate_uid

import make
from images import web
from images.instances import as_file, ct
from plateau.images.stow import api as stow
from plateau.images.stow.parts import Parts
from plateau.images.stow.types import Part
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import InvalidInputError
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db

STUDIES = f"{web.ROOT}/studies"
RELATED = 'multipart/related; type="application/dicom"; boundary=here'
TOKEN = {"X-CSRF-Token": "c", "Content-Type": RELATED}
FAILED, KEPT, OTHER, REASON = "00081198", "00081199", "0008119A", "00081197"


@pytest.fixture
def world(db: Db) -> make.World:
    with db.begin() as tx:
        return make.a_world(tx)


@pytest.fixture
def technologist(world: make.World) -> Caller:
    return make.a_caller(world.reader_id, world.site_id, role=Role.TECHNOLOGIST)


@pytest.fixture
def client(db: Db, blobs: Blobs, technologist: Caller) -> TestClient:
    return web.client(db, blobs, technologist)


def body(contents: Sequence[bytes], kind: bytes = b"application/dicom") -> bytes:
    head = b"--here\r\nContent-Type: " + kind + b"\r\n\r\n"
    return b"".join(head + content + b"\r\n" for content in contents) + b"--here--\r\n"


def send(client: TestClient, *images: Dataset, path: str = STUDIES) -> Response:
    return client.post(path, content=body([as_file(image) for image in images]), headers=TOKEN)


def reasons(answer: Response, tag: str = FAILED) -> list[int]:
    return [item[REASON]["Value"][0] for item in answer.json().get(tag, {}).get("Value", [])]


def stored(db: Db) -> list[str]:
    with db.begin() as tx:
        return tx.values("select sop_instance_uid from images.instance order by number")


def test_a_study_is_kept_and_every_instance_named(client: TestClient, db: Db, blobs: Blobs) -> None:
    uid = generate_uid()
    images = [ct(uid, number) for number in range(1, 12)]

    answer = send(client, *images)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/dicom+json"
    said = answer.json()
    kept = [item["00081155"]["Value"][0] for item in said[KEPT]["Value"]]
    assert kept == [image.SOPInstanceUID for image in images] == stored(db)
    assert said["00081190"]["Value"] == [f"http://testserver{STUDIES}/{uid}"]
    assert FAILED not in said
    with db.begin() as tx:
        keys = tx.values("select blob_key from images.instance order by number")
        subject = tx.value("select action || ' ' || subject from access.audit")
        study_id = tx.value("select study_id from images.study")
    assert [blobs.get(key) for key in keys] == [as_file(image) for image in images]
    assert subject == f"images.store study:{study_id}"


def test_the_origin_keeps_protocol_machine_address_and_account(
    client: TestClient, db: Db, technologist: Caller
) -> None:
    send(client, ct())
    with db.begin() as tx:
        origin = tx.value("select origin from images.instance")
    assert origin == f"stow:CT_TEST@testclient by {technologist.person_id}"


def test_what_is_sent_twice_is_kept_once(client: TestClient, db: Db) -> None:
    image = ct()
    assert [send(client, image).status_code, send(client, image, image).status_code] == [200, 200]
    assert stored(db) == [image.SOPInstanceUID]


def test_some_are_kept_and_the_others_are_named_with_the_reason(client: TestClient, db: Db) -> None:
    good, nobody = ct(), ct(patient="NOBODY")
    answer = send(client, good, nobody)
    assert answer.status_code == 202
    (item,) = answer.json()[FAILED]["Value"]
    assert item["00081155"]["Value"] == [nobody.SOPInstanceUID]
    assert item["00081150"]["Value"] == [nobody.SOPClassUID]
    assert reasons(answer) == [0x0124]
    assert stored(db) == [good.SOPInstanceUID]


def test_other_content_under_a_known_uid_is_refused(client: TestClient) -> None:
    image = ct()
    send(client, image)
    image.PixelData = bytes(32)
    answer = send(client, image)
    assert (answer.status_code, reasons(answer)) == (409, [0x0110])


def test_an_instance_of_another_study_than_the_address_is_refused(
    client: TestClient, db: Db
) -> None:
    mine, other = ct(), ct()
    answer = send(client, mine, other, path=f"{STUDIES}/{mine.StudyInstanceUID}")
    assert (answer.status_code, reasons(answer)) == (202, [0xA901])
    assert stored(db) == [mine.SOPInstanceUID]


@pytest.mark.parametrize("content", [b"", b"no DICOM", as_file(ct())[:-4], bytes(132)])
def test_what_is_no_instance_is_refused_among_others(
    client: TestClient, db: Db, content: bytes
) -> None:
    image = ct()
    sent = body([content, as_file(image)])
    answer = client.post(STUDIES, content=sent, headers=TOKEN)
    assert (answer.status_code, reasons(answer, OTHER)) == (202, [0xC000])
    assert stored(db) == [image.SOPInstanceUID]
    with db.begin() as tx:
        assert tx.value("select count(*) from images.refusal") == 1


def test_an_instance_larger_than_accepted_is_refused_alone(
    client: TestClient, db: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = ct()
    monkeypatch.setattr(stow, "_LARGEST", len(as_file(image)))
    answer = client.post(
        STUDIES, content=body([as_file(image) + bytes(9), as_file(image)]), headers=TOKEN
    )
    assert (answer.status_code, reasons(answer, OTHER)) == (202, [0xA700])
    assert stored(db) == [image.SOPInstanceUID]


def described(image: Dataset, *, pixels: bytes, syntax: str, at: str = "bulk/1") -> bytes:
    """An instance as metadata, and its pixels apart."""
    said = image.to_json_dict(bulk_data_threshold=0, bulk_data_element_handler=lambda _: at)
    head = b"--here\r\nContent-Type: application/dicom+json\r\n\r\n"
    kind = f"Content-Type: application/octet-stream; transfer-syntax={syntax}\r\n"
    second = f"\r\n--here\r\n{kind}Content-Location: bulk/1\r\n\r\n".encode()
    return head + orjson.dumps([said]) + second + pixels + b"\r\n--here--\r\n"


METADATA = {**TOKEN, "Content-Type": RELATED.replace("dicom", "dicom+json", 1)}


def test_metadata_and_bulk_data_make_an_instance(client: TestClient, db: Db, blobs: Blobs) -> None:
    image = ct()
    sent = described(image, pixels=image.PixelData, syntax=ExplicitVRLittleEndian)
    answer = client.post(STUDIES, content=sent, headers=METADATA)
    assert answer.status_code == 200, answer.text
    with db.begin() as tx:
        made = dcmread(BytesIO(blobs.get(tx.value("select blob_key from images.instance"))))
    assert made.PixelData == image.PixelData
    del made.PixelData, image.PixelData  # written without a type of its own in the test
    assert made.to_json_dict() == image.to_json_dict()


def test_compressed_bulk_data_is_put_into_fragments(
    client: TestClient, db: Db, blobs: Blobs
) -> None:
    image, compressed = ct(), b"\xff\x4f\xff\x51 compressed"
    sent = described(image, pixels=compressed, syntax=JPEG2000Lossless)
    assert client.post(STUDIES, content=sent, headers=METADATA).status_code == 200
    with db.begin() as tx:
        made = dcmread(BytesIO(blobs.get(tx.value("select blob_key from images.instance"))))
    assert made.file_meta.TransferSyntaxUID == JPEG2000Lossless
    assert get_frame(made.PixelData, 0, number_of_frames=1).rstrip(b"\0") == compressed


@pytest.mark.parametrize(
    "sent",
    [
        described(ct(), pixels=b"", syntax="1.2.3"),
        described(ct(), pixels=b"", syntax=ExplicitVRLittleEndian, at="elsewhere"),
        body([b"{}"], b"application/dicom+json"),
        body([b"no JSON"], b"application/dicom+json"),
        body([b'[{"00080018": 7}]'], b"application/dicom+json"),
        body([b"[]"], b"application/dicom+json"),
        body([b"x"], b"application/octet-stream"),
    ],
)
def test_metadata_that_makes_no_instance_is_refused(
    client: TestClient, db: Db, sent: bytes
) -> None:
    assert client.post(STUDIES, content=sent, headers=METADATA).status_code == 400
    assert stored(db) == []


@pytest.mark.parametrize(
    "content", [b"", b"nothing", body([]), body([b"x"])[:-6], b"--here\r\nbroken", b"--hers--"]
)
def test_a_malformed_body_is_refused(client: TestClient, db: Db, content: bytes) -> None:
    answer = client.post(STUDIES, content=content, headers=TOKEN)
    assert answer.status_code == 400
    assert stored(db) == []


@pytest.mark.parametrize(
    "kind",
    [
        "application/dicom",
        "multipart/form-data; boundary=here",
        'multipart/related; type="application/pdf"; boundary=here',
        "",
    ],
)
def test_another_media_type_is_refused(client: TestClient, kind: str) -> None:
    headers = {**TOKEN, "Content-Type": kind}
    assert client.post(STUDIES, content=body([b"x"]), headers=headers).status_code == 415


def test_a_boundary_that_cannot_be_is_refused(client: TestClient) -> None:
    for boundary in ("", "x" * 300):
        kind = f'multipart/related; type="application/dicom"; boundary={boundary}'
        answer = client.post(STUDIES, content=b"x", headers={**TOKEN, "Content-Type": kind})
        assert answer.status_code == 400


def test_without_the_session_s_token_nothing_is_kept(client: TestClient, db: Db) -> None:
    headers = {"Content-Type": RELATED}
    answer = client.post(STUDIES, content=body([as_file(ct())]), headers=headers)
    assert answer.status_code == 403
    assert stored(db) == []


@pytest.mark.parametrize("role", [Role.READER, Role.REQUESTER, Role.COORDINATOR, Role.MANAGER])
def test_who_is_no_technologist_sends_nothing(
    db: Db, blobs: Blobs, world: make.World, role: Role
) -> None:
    caller = make.a_caller(world.reader_id, world.site_id, role=role)
    assert send(web.client(db, blobs, caller), ct()).status_code == 404


def test_the_machine_is_said_where_a_site_has_several(
    client: TestClient, db: Db, blobs: Blobs, world: make.World
) -> None:
    with db.begin() as tx:
        make.a_device(tx, world.site_id, "CT_DEUX")
        make.a_device(tx, make.a_site(tx, "AILLEURS"), "CT_AILLEURS")
    image = ct()
    assert send(client, image).status_code == 400
    assert send(client, image, path=f"{STUDIES}?ae_title=CT_AILLEURS").status_code == 404
    assert send(client, image, path=f"{STUDIES}?ae_title=CT_DEUX").status_code == 200


def test_a_sender_that_leaves_in_the_middle_leaves_nothing_half(
    db: Db, blobs: Blobs, technologist: Caller
) -> None:
    image = ct()
    content = body([as_file(image)])
    with web.served(web.application(db, blobs, technologist)) as address:
        where = urlsplit(address)
        with socket.create_connection((str(where.hostname), where.port or 0)) as connection:
            head = (
                f"POST {STUDIES} HTTP/1.1\r\nHost: x\r\nX-CSRF-Token: c\r\n"
                f"Content-Type: {RELATED}\r\nContent-Length: {len(content)}\r\n\r\n"
            )
            connection.sendall(head.encode() + content[:-40])
        assert stored(db) == []
        answer = httpx.post(address + STUDIES, content=content, headers=TOKEN)
    assert answer.status_code == 200
    assert stored(db) == [image.SOPInstanceUID]


def test_a_body_of_any_size_passes_through_little_memory(
    db: Db, blobs: Blobs, technologist: Caller
) -> None:
    uid, slices = generate_uid(), 40

    def chunks() -> Iterator[bytes]:
        for number in range(slices):
            image = ct(uid, 1 + number)
            image.PixelData = bytes([number]) * (1 << 20)
            yield b"--here\r\nContent-Type: application/dicom\r\n\r\n" + as_file(image) + b"\r\n"
        yield b"--here--\r\n"

    with web.served(web.application(db, blobs, technologist)) as address:
        tracemalloc.start()
        try:
            answer = httpx.post(address + STUDIES, content=chunks(), headers=TOKEN, timeout=60)
            _, peak_bytes = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert answer.status_code == 200
    assert len(stored(db)) == slices
    assert peak_bytes < slices << 19


contents = st.lists(st.binary(max_size=60), min_size=1, max_size=5)


@given(contents, st.integers(1, 40))
def test_parts_are_the_same_however_a_body_is_cut(values: list[bytes], size: int) -> None:
    values = [value for value in values if b"\r\n--here" not in value]
    sent, parts, found = body(values), Parts(b"here", largest=1000), list[Part]()
    for start in range(0, len(sent), size):
        found += parts.feed(sent[start : start + size])
    parts.finish()
    assert [bytes(part.content) for part in found] == values
    assert all(part.headers == {"content-type": "application/dicom"} for part in found)


@given(st.binary(max_size=200))
def test_any_bytes_are_parts_or_refused(content: bytes) -> None:
    parts = Parts(b"here", largest=10)
    try:
        parts.feed(b"--here" + content)
        parts.finish()
    except InvalidInputError:
        return
    assert b"--here--" in b"--here" + content

"""Data sets that are no DICOM, or too much of it."""

import struct
import time
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from faults import wire
from faults.outside_view import View
from faults.wire import EXPLICIT, IMPLICIT
from images.instances import as_file, ct, encode
from images.test_scp import client

pytestmark = [pytest.mark.xdist_group("processes"), pytest.mark.timeout(120)]

NOT_UNDERSTOOD = 0xC000
LEVELS = 10_000
SOON_S = 5.0
_SEQUENCE = 0x0040, 0x0275  # request attributes
_UNDEFINED = 0xFFFFFFFF
_ITEM = struct.pack("<HHI", 0xFFFE, 0xE000, _UNDEFINED)
_ITEM_END = struct.pack("<HHI", 0xFFFE, 0xE00D, 0)
_SEQUENCE_END = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)


def explicit(tag: tuple[int, int], vr: bytes, value: bytes, length: int | None = None) -> bytes:
    """An element with a length of four bytes, which may be a lie. Source: PS3.5, table 7.1-1."""
    said = len(value) if length is None else length
    return struct.pack("<HH2sHI", *tag, vr, 0, said) + value


def before(image: Dataset, tail: bytes) -> bytes:
    """The data set of an image with `tail` in the place of its pixels."""
    content = encode(image)
    return content[: content.rindex(struct.pack("<HH2s", 0x7FE0, 0x0010, b"OW"))] + tail


def send(hub: View, content: bytes, uid: str, context: int = EXPLICIT) -> tuple[int | None, str]:
    """The status and the comment of a C-STORE."""
    with wire.established(hub.port) as peer:
        status = peer.store(content, uid, context)
        return status, peer.comment() if status is not None else ""


PIXELS = (0x7FE0, 0x0010)
TAILS: dict[str, bytes] = {
    "longer than what is left": explicit(PIXELS, b"OW", bytes(32), length=33),
    "2 GB": explicit(PIXELS, b"OW", bytes(32), length=0x7FFFFFFE),
    "4 GB less one": explicit(PIXELS, b"OW", bytes(32), length=0xFFFFFFFE),
    "shorter than its value": explicit(PIXELS, b"OW", b"\xff" * 32, length=10),
    "undefined, without items": explicit(PIXELS, b"OW", bytes(32), length=_UNDEFINED),
    "undefined, of a text": explicit((0x0040, 0xA160), b"UT", b"text" * 8, length=_UNDEFINED),
    "undefined, without an end": explicit(_SEQUENCE, b"SQ", _ITEM + _ITEM_END, length=_UNDEFINED),
    "half a header": explicit(PIXELS, b"OW", b"")[:-2],
    "half a tag": struct.pack("<H", 0x7FE0),
    "a fragment longer than what is left": explicit(
        PIXELS, b"OB", struct.pack("<HHI", 0xFFFE, 0xE000, 500), length=_UNDEFINED
    ),
}


@pytest.mark.parametrize("tail", TAILS.values(), ids=TAILS)
def test_wrong_lengths_of_elements(hub: View, tail: bytes) -> None:
    image = ct()
    with hub.unchanged():
        status, comment = send(hub, before(image, tail), image.SOPInstanceUID)
    assert status == NOT_UNDERSTOOD
    assert "DICOM object" in comment


ODD: dict[str, bytes] = {
    "an item longer than its sequence": explicit(
        _SEQUENCE, b"SQ", struct.pack("<HHI", 0xFFFE, 0xE000, 500) + bytes(8)
    ),
    "a sequence of noise": explicit(_SEQUENCE, b"SQ", b"noise, not items"),
    "an odd length": explicit((0x0040, 0xA160), b"UT", b"odd"),
    "the same element twice": explicit(PIXELS, b"OW", bytes(32)) * 2,
    "elements out of order": explicit((0x0042, 0x0011), b"OB", bytes(4))
    + explicit((0x0040, 0xA160), b"UT", b"late"),
}


@pytest.mark.parametrize("tail", ODD.values(), ids=ODD)
def test_wrong_contents_are_refused_or_kept_as_they_are(hub: View, tail: bytes) -> None:
    image = ct()
    content = before(image, tail)
    status, _ = send(hub, content, image.SOPInstanceUID)
    if status == wire.SUCCESS:
        assert hub.data_set(*uids(image)) == content
        assert len(hub.metadata(image.StudyInstanceUID)) == 1
    else:
        assert status == NOT_UNDERSTOOD
        assert hub.uids(image.StudyInstanceUID) == []
    hub.check_well()


def nest(kind: str) -> bytes:
    """Sequences in sequences, `LEVELS` deep."""
    if kind == "defined":
        value = b""
        for _ in range(LEVELS):
            value = explicit(
                _SEQUENCE, b"SQ", struct.pack("<HHI", 0xFFFE, 0xE000, len(value)) + value
            )
        return value
    begin = {
        "explicit": explicit(_SEQUENCE, b"SQ", b"", length=_UNDEFINED),
        "unknown": explicit((0x0041, 0x1001), b"UN", b"", length=_UNDEFINED),
        "implicit": struct.pack("<HHI", *_SEQUENCE, _UNDEFINED),
    }[kind]
    inner = struct.pack("<HHI", 0x0041, 0x1001, _UNDEFINED) if kind == "unknown" else begin
    return begin + _ITEM + (inner + _ITEM) * (LEVELS - 1) + (_ITEM_END + _SEQUENCE_END) * LEVELS


@pytest.mark.parametrize("kind", ["explicit", "unknown", "implicit"])
def test_undefined_length_nests_of_10_000_levels(hub: View, kind: str) -> None:
    image = ct()
    content = before(image, nest(kind))
    if kind == "implicit":
        content = encode(image, implicit=True) + nest(kind)
    started = time.monotonic()
    with hub.unchanged():
        context = IMPLICIT if kind == "implicit" else EXPLICIT
        status, comment = send(hub, content, image.SOPInstanceUID, context)
        assert time.monotonic() - started < SOON_S
    assert (status, comment) == (NOT_UNDERSTOOD, "too many nested sequences")


def test_defined_length_nests_of_10_000_levels(hub: View) -> None:
    """Nobody needs to look inside: they may be kept as they are."""
    image = ct()
    content = before(image, nest("defined"))
    started = time.monotonic()
    status, _ = send(hub, content, image.SOPInstanceUID)
    assert time.monotonic() - started < SOON_S
    if status == wire.SUCCESS:
        assert hub.data_set(*uids(image)) == content
        assert len(hub.metadata(image.StudyInstanceUID)) == 1
    else:
        assert status == NOT_UNDERSTOOD
    hub.check_well()


@pytest.mark.parametrize("kind", ["explicit", "defined"])
def test_nests_in_a_procedure_step(hub: View, kind: str) -> None:
    with hub.unchanged(), wire.established(hub.port) as peer:
        assert peer.create_step(nest(kind), generate_uid()) != wire.SUCCESS


def test_undefined_length_nests_in_a_query(hub: View) -> None:
    with hub.unchanged(), wire.established(hub.port) as peer:
        assert peer.find(nest("explicit")) != 0xFF00


POLYGLOTS: dict[str, bytes] = {
    "PDF": b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n",
    "TIFF": b"II*\0\x08\0\0\0",
    "a program": b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0",
    "a page": b"<html><script>alert(1)</script>",
    "an archive": b"PK\x03\x04\x14\0",
    "a shell": b"#!/bin/sh\nexit 1\n",
}


@pytest.mark.parametrize("preamble", POLYGLOTS.values(), ids=POLYGLOTS)
def test_preamble_polyglots(hub: View, tmp_path: Path, preamble: bytes) -> None:
    """What a file pretends to be before its DICOM is not kept, nor ever served."""
    image = ct()
    path = tmp_path / "image.dcm"
    path.write_bytes(preamble.ljust(128, b"\0") + as_file(image)[128:])
    assert client("storescu", hub.port, str(path)).startswith("0\n")
    assert preamble[:8] not in hub.file(*uids(image))[:132]
    assert hub.file(*uids(image))[:132] == bytes(128) + b"DICM"


@pytest.mark.parametrize("preamble", POLYGLOTS.values(), ids=POLYGLOTS)
def test_a_whole_file_in_the_place_of_a_data_set(hub: View, preamble: bytes) -> None:
    image = ct()
    content = preamble.ljust(128, b"\0") + as_file(image)[128:]
    with hub.unchanged():
        status, comment = send(hub, content, image.SOPInstanceUID)
    assert status == NOT_UNDERSTOOD
    assert "DICOM object" in comment


UIDS = {
    "SOPInstanceUID": "SOP Instance UID",
    "SOPClassUID": "SOP Class UID",
    "StudyInstanceUID": "Study Instance UID",
    "SeriesInstanceUID": "Series Instance UID",
}


@pytest.mark.parametrize("keyword", UIDS)
def test_missing_uids(hub: View, keyword: str) -> None:
    for empty in (False, True):
        image = ct()
        uid = image.SOPInstanceUID
        if empty:
            setattr(image, keyword, "")
        else:
            delattr(image, keyword)
        with hub.unchanged():
            answer = send(hub, encode(image), uid)
        assert answer == (NOT_UNDERSTOOD, f"missing or malformed: {UIDS[keyword]}")


INVALID = ("1.2.x.4", "1." + "2" * 63, "../../etc/passwd", "1.2\\1.3", "1 2", "1.2.3'--", "\u00e9")


@pytest.mark.parametrize("uid", INVALID)
@pytest.mark.parametrize("keyword", UIDS)
@pytest.mark.filterwarnings("ignore:Invalid value for VR UI:UserWarning")
def test_invalid_uids(hub: View, keyword: str, uid: str) -> None:
    image = ct()
    content = encode(image)
    tag = {"SOPInstanceUID": (8, 0x18), "SOPClassUID": (8, 0x16), "StudyInstanceUID": (0x20, 0xD)}
    head = struct.pack("<HH2s", *tag.get(keyword, (0x20, 0xE)), b"UI")
    at = content.index(head)
    (length,) = struct.unpack_from("<H", content, at + 6)
    value = uid.encode("latin-1") + b"\0" * (len(uid) % 2)
    wrong = content[: at + 6] + struct.pack("<H", len(value)) + value + content[at + 8 + length :]
    with hub.unchanged():
        answer = send(hub, wrong, image.SOPInstanceUID)
    assert answer == (NOT_UNDERSTOOD, f"missing or malformed: {UIDS[keyword]}")


def uids(image: Dataset) -> tuple[str, str, str]:
    return image.StudyInstanceUID, image.SeriesInstanceUID, image.SOPInstanceUID

"""Reading files of every kind, whole or not."""

import struct
import zlib
from contextlib import suppress
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.uid import DeflatedExplicitVRLittleEndian

from images.instances import as_file, ct, encode
from plateau.images.formats import header, part10
from plateau.kernel.errors import InvalidInputError


def test_what_we_wrap_others_read(tmp_path: Path) -> None:
    image = ct()
    path = tmp_path / "image.dcm"
    path.write_bytes(as_file(image))

    read = dcmread(path)

    assert read.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    assert read.file_meta.MediaStorageSOPInstanceUID == image.SOPInstanceUID
    assert read == image


def test_an_implicit_file_says_the_same_as_an_explicit_one() -> None:
    image = ct()
    explicit, implicit = header.read(as_file(image)), header.read(as_file(image, implicit=True))
    assert implicit.metadata == explicit.metadata
    assert implicit.pixel_offset


def deflated(data_set: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return part10.wrap(
        deflater.compress(data_set) + deflater.flush(),
        sop_class_uid="1.2",
        sop_instance_uid="1.3",
        transfer_syntax_uid=DeflatedExplicitVRLittleEndian,
    )


def test_a_deflated_file_is_read_and_has_no_place_for_its_pixels() -> None:
    image = ct()
    found = header.read(deflated(encode(image)))
    assert found.sop_instance_uid == image.SOPInstanceUID
    assert found.pixel_offset is None
    assert found.frame_bytes is None


def test_a_deflated_file_cut_short_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="truncated"):
        header.read(deflated(encode(ct()))[:-10])


def test_compressed_pixels_are_walked_to_their_end() -> None:
    content = Path(str(get_testdata_file("JPEG2000.dcm"))).read_bytes()
    assert header.read(content).pixel_offset is None
    for cut in (1, 8, 300):
        with pytest.raises(InvalidInputError):
            header.read(content[:-cut])


def test_a_big_endian_file_is_refused() -> None:
    content = Path(str(get_testdata_file("MR_small_bigendian.dcm"))).read_bytes()
    with pytest.raises(InvalidInputError, match="not supported"):
        header.read(content)


def test_values_that_break_the_standard_are_kept_out_of_the_way() -> None:
    image = ct()
    image.add_new(0x00180050, "LO", "thin")  # slice thickness: a number, said as text
    image.add_new(0x00081060, "PN", "A\0B")
    content = as_file(image).replace(b"\x18\x00\x50\x00LO", b"\x18\x00\x50\x00DS")
    found = header.read(content)
    metadata = orjson.loads(found.metadata)
    assert "Value" not in metadata["00180050"]
    assert metadata["00081060"]["Value"] == [{"Alphabetic": "AB"}]


def test_what_is_large_is_an_address() -> None:
    image = ct()
    image.add_new(0x00420011, "OB", bytes(5000))
    metadata = orjson.loads(header.read(as_file(image)).metadata)
    assert metadata["00420011"]["BulkDataURI"].endswith("/bulkdata/00420011")


@pytest.mark.filterwarnings("ignore::UserWarning")  # how pydicom says what it makes of it
@given(st.binary(max_size=300), st.integers(0, 400))
def test_garbage_is_refused_never_worse(garbage: bytes, at: int) -> None:
    content = bytearray(as_file(ct("1.2.3")))
    content[132 + at : 132 + at + len(garbage)] = garbage
    for spoiled in (bytes(content), garbage):
        with suppress(InvalidInputError):
            header.read(spoiled)


def test_a_length_beyond_the_end_is_refused() -> None:
    content = as_file(ct())
    pixels = content.rindex(struct.pack("<HH2s", 0x7FE0, 0x0010, b"OW"))
    spoiled = content[: pixels + 8] + struct.pack("<I", 0x7FFFFFFF) + content[pixels + 12 :]
    with pytest.raises(InvalidInputError, match="truncated"):
        header.read(spoiled)


@pytest.mark.parametrize("uid", ["..", "1..2", "1.", ".1", "1.a", "1" * 65])
def test_a_uid_that_is_none_is_refused(uid: str) -> None:
    image = ct("1.2.3")
    image.SeriesInstanceUID = uid
    with pytest.raises(InvalidInputError):
        header.read(as_file(image))

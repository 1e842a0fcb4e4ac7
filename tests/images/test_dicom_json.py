"""The JSON of data sets, made here or by the library."""

from io import BytesIO
from pathlib import Path

import orjson
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset

from images.instances import encode
from plateau.images.formats import dicom_json, part10
from plateau.kernel.errors import InvalidInputError

DATA = Path(pydicom.__file__).parent / "data"
FILES = sorted(
    path
    for folder in ("test_files", "charset_files")
    for path in (DATA / folder).rglob("*")
    if path.is_file()
)


def both(data: bytes) -> tuple[object, object]:
    """What we say of a data set, and what the library says of it."""
    elements = part10.elements(data, implicit=False)
    ours = dicom_json.explicit(data, elements, "/place")
    read = read_dataset(BytesIO(data), is_implicit_VR=False, is_little_endian=True)
    return orjson.loads(ours), orjson.loads(dicom_json.whole(read, "/place"))


@pytest.mark.filterwarnings("ignore::UserWarning")  # how pydicom says what it makes of it
def test_we_say_what_the_library_says_of_its_own_files() -> None:
    compared = 0
    for path in FILES:
        try:
            opened = part10.open_file(path.read_bytes())
            elements = part10.elements(opened.data_set, implicit=opened.is_implicit)
        except InvalidInputError:
            continue
        if opened.is_implicit:
            continue
        pixels = next(filter(part10.is_pixel_data, elements), None)
        end = pixels.starts_at if pixels else len(opened.data_set)
        ours, theirs = both(bytes(opened.data_set[:end]))
        assert ours == theirs, path.name
        compared += 1
    assert compared > 100


texts = st.text(st.characters(min_codepoint=32, max_codepoint=0x17F), max_size=20)


@given(texts, st.lists(st.floats(-1e6, 1e6), max_size=4), st.integers(0, 65535))
def test_plain_values_say_what_the_library_says(
    text: str, numbers: list[float], count: int
) -> None:
    data_set = Dataset()
    data_set.SpecificCharacterSet = "ISO_IR 192"
    data_set.add_new(0x00081030, "LO", text)
    data_set.add_new(0x00200032, "DS", [f"{number:.4f}" for number in numbers])
    data_set.Rows = count
    data_set.StudyDate = ""

    ours, theirs = both(encode(data_set))

    assert ours == theirs


def test_a_value_cannot_pass_for_an_address() -> None:
    data_set = Dataset()
    data_set.StudyDescription = '","BulkDataURI":"~/bulkdata/00000000'

    ours, theirs = both(encode(data_set))

    assert ours == theirs
    assert "BulkDataURI" not in ours["00081030"]  # type: ignore[index]

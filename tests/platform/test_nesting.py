"""How deep a data set nests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from plateau.platform.nesting import is_shallow


def nested(levels: int, *, undefined: bool) -> Dataset:
    """A data set with sequences inside each other, of defined or undefined length."""
    data_set = Dataset()
    data_set.PatientID = "IPP-TEST"
    for _ in range(levels):
        outer = Dataset()
        outer.PatientID = "IPP-TEST"
        data_set.is_undefined_length_sequence_item = undefined
        outer.ReferencedStudySequence = [data_set]
        outer["ReferencedStudySequence"].is_undefined_length = undefined
        data_set = outer
    return data_set


def encoded(data_set: Dataset, *, implicit: bool) -> bytes:
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = True, implicit
    write_dataset(buffer, data_set)
    return buffer.getvalue()


@pytest.mark.parametrize("implicit", [True, False])
@pytest.mark.parametrize("undefined", [True, False])
@given(levels=st.integers(0, 12))
def test_each_sequence_and_item_counts(levels: int, *, implicit: bool, undefined: bool) -> None:
    data = encoded(nested(levels, undefined=undefined), implicit=implicit)
    assert is_shallow(data, implicit=implicit, depth=2 * levels)
    assert levels == 0 or not is_shallow(data, implicit=implicit, depth=2 * levels - 1)


@given(st.binary(max_size=200), st.booleans())
def test_garbage_has_an_answer(data: bytes, implicit: bool) -> None:
    assert is_shallow(data, implicit=implicit) in {True, False}


def test_ten_thousand_levels_are_seen_at_once() -> None:
    content = b""
    for _ in range(10_000):
        item = b"\xfe\xff\x00\xe0" + len(content).to_bytes(4, "little") + content
        content = b"\x08\x00\x10\x11" + len(item).to_bytes(4, "little") + item
    assert not is_shallow(content, implicit=True)

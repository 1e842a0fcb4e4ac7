"""Reading what the hub indexes of an instance; the pixels are never decoded."""

import hashlib
import re
import struct
from datetime import datetime
from io import BytesIO
from typing import Any

import orjson
from pydicom import DataElement, config
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset

from plateau.images import part10
from plateau.images.part10 import Part10
from plateau.images.types import Header
from plateau.kernel.errors import InvalidInputError

# Machines write values that break the standard: they are kept as they are, and what we index is
# checked here.
config.settings.reading_validation_mode = config.IGNORE

_UIDS = {
    "SOP Instance UID": "SOPInstanceUID",
    "SOP Class UID": "SOPClassUID",
    "Study Instance UID": "StudyInstanceUID",
    "Series Instance UID": "SeriesInstanceUID",
}
_UID = re.compile(r"[0-9.]{1,64}")
_DIGITS = re.compile(r"(\d{8})\|(\d{2,6})?")
_INLINE = 1024
# What the library raises on bytes that are no values of what they claim to be.
_TROUBLES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NotImplementedError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)
_PIXEL_VR = {0x7FE00008: "OF", 0x7FE00009: "OD", 0x7FE00010: "OW"}


def read(content: bytes) -> Header:
    """The header of a DICOM file, after checking that the file is whole."""
    opened = part10.open_file(content)
    pixels = _pixels(opened)
    known = opened.data_set[: pixels.starts_at] if pixels else opened.data_set
    try:
        data_set = read_dataset(BytesIO(known), opened.is_implicit, is_little_endian=True)
        return _header(data_set, opened, pixels)
    except _TROUBLES as error:
        raise InvalidInputError("not a usable DICOM object") from error


def _pixels(opened: Part10) -> part10.Element | None:
    """The pixel data, having walked every element to its end."""
    walked = part10.elements(opened.data_set, implicit=opened.is_implicit)
    found = [element for element in walked if part10.is_pixel_data(element)]
    return found[0] if found else None


def _header(data_set: Dataset, opened: Part10, pixels: part10.Element | None) -> Header:
    uids = _checked_uids(data_set)
    frames = max(_number(data_set, "NumberOfFrames") or 1, 1)
    offset, length = _native(opened, pixels)
    return Header(
        sop_instance_uid=uids["SOPInstanceUID"],
        sop_class_uid=uids["SOPClassUID"],
        transfer_syntax_uid=opened.transfer_syntax_uid,
        study_uid=uids["StudyInstanceUID"],
        series_uid=uids["SeriesInstanceUID"],
        local_id=_text(data_set, "PatientID"),
        accession_number=_text(data_set, "AccessionNumber"),
        study_description=_text(data_set, "StudyDescription"),
        series_description=_text(data_set, "SeriesDescription"),
        modality=_text(data_set, "Modality") or "OT",
        series_number=_number(data_set, "SeriesNumber"),
        instance_number=_number(data_set, "InstanceNumber"),
        frames=frames,
        rows=_number(data_set, "Rows"),
        columns=_number(data_set, "Columns"),
        started=_started(data_set),
        pixel_offset=offset,
        frame_bytes=length // frames if length else None,
        digest=hashlib.blake2b(opened.received, digest_size=20).hexdigest(),
        metadata=_metadata(data_set, pixels, _address(uids)),
    )


def _checked_uids(data_set: Dataset) -> dict[str, str]:
    values = {keyword: _text(data_set, keyword) for keyword in _UIDS.values()}
    wrong = [name for name, keyword in _UIDS.items() if not _UID.fullmatch(values[keyword])]
    if wrong:
        raise InvalidInputError("missing or malformed: {names}", names=", ".join(wrong))
    return values


def _native(opened: Part10, pixels: part10.Element | None) -> tuple[int, int] | tuple[None, None]:
    """Where pixels start in the file and their length, when frames lie there one after another."""
    if pixels is None or pixels.is_undefined or opened.starts_at is None:
        return None, None
    return opened.starts_at + pixels.value_at, pixels.end - pixels.value_at


def _started(data_set: Dataset) -> datetime | None:
    for kind in ("Study", "Acquisition", "Series", "Content"):
        day, clock = _text(data_set, f"{kind}Date"), _text(data_set, f"{kind}Time")
        digits = _DIGITS.match(f"{day}|{clock}")
        if digits:
            text = digits[1] + (digits[2] or "").ljust(6, "0")
            try:
                return datetime.strptime(text, "%Y%m%d%H%M%S")  # noqa: DTZ007 - see Header.started
            except ValueError:
                continue
    return None


def _metadata(data_set: Dataset, pixels: part10.Element | None, address: str) -> str:
    """The data set in DICOM JSON; what is large is an address under which it can be had."""
    metadata = {f"{element.tag:08X}": _as_json(element, address) for element in data_set}
    if pixels:
        metadata[f"{pixels.tag:08X}"] = {
            "vr": _PIXEL_VR[pixels.tag],
            "BulkDataURI": f"{address}/bulkdata/{pixels.tag:08X}",
        }
    text = orjson.dumps(metadata)
    if b"\\u0000" in text:  # which PostgreSQL cannot keep
        text = orjson.dumps(_without_nulls(metadata))
    return text.decode()


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_nulls(inner) for inner in value]
    return value.replace("\0", "") if isinstance(value, str) else value


def _as_json(element: DataElement, address: str) -> dict[str, Any]:
    def place(large: DataElement) -> str:
        return f"{address}/bulkdata/{large.tag:08X}"

    try:  # what is large inside a sequence has no address of its own, and stays inside
        return element.to_json_dict(None if element.VR == "SQ" else place, _INLINE)
    except _TROUBLES:
        return {"vr": element.VR}  # a value that its VR does not allow


def _address(uids: dict[str, str]) -> str:
    return (
        f"/dicom-web/studies/{uids['StudyInstanceUID']}/series/{uids['SeriesInstanceUID']}"
        f"/instances/{uids['SOPInstanceUID']}"
    )


def _text(data_set: Dataset, keyword: str) -> str:
    value = data_set.get(keyword)
    return "" if value is None else str(value).strip().replace("\0", "")


def _number(data_set: Dataset, keyword: str) -> int | None:
    text = _text(data_set, keyword)
    return int(text) if re.fullmatch(r"-?\d{1,9}", text) else None

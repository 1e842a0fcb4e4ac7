"""Reading what the hub indexes of an instance; the pixels are never decoded."""

import re
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO

from pydicom import config
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset

from plateau.images import dicom_json, part10
from plateau.images.part10 import Element, Part10
from plateau.images.types import Header
from plateau.kernel.errors import InvalidInputError
from plateau.platform.blobs import Buffer

# Machines write values that break the standard: they are kept as they are, and what we index is
# checked here.
config.settings.reading_validation_mode = config.IGNORE

_UIDS = {
    "SOP Instance UID": "SOPInstanceUID",
    "SOP Class UID": "SOPClassUID",
    "Study Instance UID": "StudyInstanceUID",
    "Series Instance UID": "SeriesInstanceUID",
}
_KINDS = ("Study", "Acquisition", "Series", "Content")
_UID = re.compile(r"[0-9.]{1,64}")
_DIGITS = re.compile(r"(\d{8})\|(\d{2,6})?")
_INDEXED = frozenset(
    tag_for_keyword(keyword)
    for keyword in (
        "SpecificCharacterSet",
        *_UIDS.values(),
        *("PatientID", "AccessionNumber", "Modality"),
        *("StudyDescription", "SeriesDescription"),
        *("SeriesNumber", "InstanceNumber", "NumberOfFrames", "Rows", "Columns"),
        *(f"{kind}{what}" for kind in _KINDS for what in ("Date", "Time")),
    )
)


def read(content: Buffer) -> Header:
    """The header of a DICOM file, after checking that the file is whole."""
    return describe(part10.open_file(content))


def describe(opened: Part10) -> Header:
    """The header of a data set, after walking every element to its end."""
    elements = part10.elements(opened.data_set, implicit=opened.is_implicit)
    pixels = next(filter(part10.is_pixel_data, elements), None)
    known = elements[: elements.index(pixels)] if pixels else elements
    try:
        data_set = _read(opened, known)
        return _header(data_set, opened, known, pixels)
    except dicom_json.TROUBLES as error:
        raise InvalidInputError("not a usable DICOM object") from error


def _read(opened: Part10, known: Sequence[Element]) -> Dataset:
    """What we index, read by the library; everything, where elements do not say their VR."""
    wanted = known if opened.is_implicit else [one for one in known if one.tag in _INDEXED]
    data = opened.data_set
    raw = b"".join([bytes(data[one.starts_at : one.end]) for one in wanted])
    return read_dataset(BytesIO(raw), opened.is_implicit, is_little_endian=True)


def _header(
    data_set: Dataset, opened: Part10, known: Sequence[Element], pixels: Element | None
) -> Header:
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
        metadata=_metadata(data_set, opened, known, pixels),
    )


def _metadata(
    data_set: Dataset, opened: Part10, known: Sequence[Element], pixels: Element | None
) -> str:
    """The data set in DICOM JSON; what is large is an address under which it can be had."""
    address = _address({keyword: _text(data_set, keyword) for keyword in _UIDS.values()})
    if opened.is_implicit:
        text = dicom_json.whole(data_set, address)
    else:
        text = dicom_json.explicit(opened.data_set, known, address)
    return dicom_json.with_pixels(text, pixels.tag, address) if pixels else text


def _checked_uids(data_set: Dataset) -> dict[str, str]:
    values = {keyword: _text(data_set, keyword) for keyword in _UIDS.values()}
    wrong = [name for name, keyword in _UIDS.items() if not _UID.fullmatch(values[keyword])]
    if wrong:
        raise InvalidInputError("missing or malformed: {names}", names=", ".join(wrong))
    return values


def _native(opened: Part10, pixels: Element | None) -> tuple[int, int] | tuple[None, None]:
    """Where pixels start in the file and their length, when frames lie there one after another."""
    if pixels is None or pixels.is_undefined or opened.starts_at is None:
        return None, None
    return opened.starts_at + pixels.value_at, pixels.end - pixels.value_at


def _started(data_set: Dataset) -> datetime | None:
    for kind in _KINDS:
        day, clock = _text(data_set, f"{kind}Date"), _text(data_set, f"{kind}Time")
        digits = _DIGITS.match(f"{day}|{clock}")
        if digits:
            text = digits[1] + (digits[2] or "").ljust(6, "0")
            try:
                return datetime.strptime(text, "%Y%m%d%H%M%S")  # noqa: DTZ007 - see Header.started
            except ValueError:
                continue
    return None


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

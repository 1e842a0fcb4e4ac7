"""Reading what the hub indexes of an instance; the pixels are never decoded."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from io import BytesIO

from pydicom import charset, config
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset

from plateau.images.formats import dicom_json, part10
from plateau.images.formats.coercion import coerced
from plateau.images.formats.part10 import Element, Part10
from plateau.images.types import AS_SENT, Coercion, Header
from plateau.kernel.errors import InvalidInputError
from plateau.platform.blobs import Buffer
from plateau.platform.dimse import TROUBLES

# Machines write values that break the standard: they are kept as they are, and what we index is
# checked here.
config.settings.reading_validation_mode = config.IGNORE
# Latin alphabet No. 9, which the library does not know yet. Source: PS3.3, table C.12-2.
charset.python_encoding |= {"ISO_IR 203": "iso8859_15", "ISO 2022 IR 203": "iso8859_15"}

_UIDS = {
    "SOP Instance UID": "SOPInstanceUID",
    "SOP Class UID": "SOPClassUID",
    "Study Instance UID": "StudyInstanceUID",
    "Series Instance UID": "SeriesInstanceUID",
}
_KINDS = ("Study", "Acquisition", "Series", "Content")
_UID = re.compile(r"(?=.{1,64}$)\d+(\.\d+)*", re.ASCII)  # PS3.5, 9.1
_DIGITS = re.compile(r"(\d{8})\|(\d{2,6})?")
_WORDS = frozenset([b"CS", b"UI", b"SH", b"LO", b"DA", b"TM", b"IS"])
_INDEXED = {
    tag_for_keyword(keyword) or 0: keyword
    for keyword in (
        "SpecificCharacterSet",
        *_UIDS.values(),
        *("PatientID", "AccessionNumber", "Modality"),
        *("StudyDescription", "SeriesDescription"),
        *("SeriesNumber", "InstanceNumber", "NumberOfFrames", "Rows", "Columns"),
        *(f"{kind}{what}" for kind in _KINDS for what in ("Date", "Time")),
    )
}
Said = Mapping[str, str]  # texts by keyword


def read(content: Buffer, meant: Coercion = AS_SENT) -> Header:
    """The header of a DICOM file, after checking that the file is whole."""
    return describe(part10.open_file(content), meant)


def describe(opened: Part10, meant: Coercion = AS_SENT) -> Header:
    """The header of a data set as it is meant, after walking every element to its end."""
    elements = part10.elements(opened.data_set, implicit=opened.is_implicit)
    pixels = next(filter(part10.is_pixel_data, elements), None)
    known = elements[: elements.index(pixels)] if pixels else elements
    try:
        text, known = coerced(opened, known, meant)
        said = _said(text, known)
        described = _header(said, opened, pixels, _metadata(said, text, known, pixels))
        return replace(described, issuer=meant.issuer) if meant.issuer else described
    except TROUBLES as error:
        raise InvalidInputError("not a usable DICOM object") from error


def _said(opened: Part10, known: Sequence[Element]) -> Said:
    """What we index, as text, by keyword; the library reads whatever is not plain."""
    wanted = {one.tag: one for one in known if one.tag in _INDEXED}
    plain = {tag: _plain(opened.data_set, one) for tag, one in wanted.items()}
    if None not in plain.values():
        return {_INDEXED[tag]: text or "" for tag, text in plain.items()}
    raw = b"".join([bytes(opened.data_set[one.starts_at : one.end]) for one in wanted.values()])
    data_set = read_dataset(BytesIO(raw), opened.is_implicit, is_little_endian=True)
    return {keyword: _text(data_set, keyword) for keyword in _INDEXED.values()}


def _plain(data: Buffer, element: Element) -> str | None:
    """A value that reads the same in every character set."""
    value = bytes(data[element.value_at : element.end])
    if element.vr == b"US" and len(value) == 2:
        return str(int.from_bytes(value, "little"))
    if element.vr not in _WORDS or not value.isascii() or b"\x1b" in value or b"\\" in value:
        return None
    return value.decode("ascii").strip(" \0").replace("\0", "")


def _header(said: Said, opened: Part10, pixels: Element | None, metadata: str) -> Header:
    uids = _checked_uids(said)
    frames = max(_number(said, "NumberOfFrames") or 1, 1)
    offset, length = _native(opened, pixels)
    return Header(
        sop_instance_uid=uids["SOPInstanceUID"],
        sop_class_uid=uids["SOPClassUID"],
        transfer_syntax_uid=opened.transfer_syntax_uid,
        study_uid=uids["StudyInstanceUID"],
        series_uid=uids["SeriesInstanceUID"],
        local_id=said.get("PatientID", ""),
        issuer="",
        accession_number=said.get("AccessionNumber", ""),
        study_description=said.get("StudyDescription", ""),
        series_description=said.get("SeriesDescription", ""),
        modality=said.get("Modality", "") or "OT",
        series_number=_number(said, "SeriesNumber"),
        instance_number=_number(said, "InstanceNumber"),
        frames=frames,
        rows=_number(said, "Rows"),
        columns=_number(said, "Columns"),
        started=_started(said),
        pixel_offset=offset,
        frame_bytes=length // frames if length else None,
        metadata=metadata,
    )


def _metadata(said: Said, opened: Part10, known: Sequence[Element], pixels: Element | None) -> str:
    """The data set in DICOM JSON; what is large is an address under which it can be had."""
    address = _address(said)
    if opened.is_implicit:
        raw = BytesIO(opened.data_set[: known[-1].end if known else 0])
        text = dicom_json.whole(read_dataset(raw, True, is_little_endian=True), address)
    else:
        text = dicom_json.explicit(opened.data_set, known, address)
    return dicom_json.with_pixels(text, pixels.tag, address) if pixels else text


def _checked_uids(said: Said) -> dict[str, str]:
    values = {keyword: said.get(keyword, "") for keyword in _UIDS.values()}
    wrong = [name for name, keyword in _UIDS.items() if not _UID.fullmatch(values[keyword])]
    if wrong:
        raise InvalidInputError("missing or malformed: {names}", names=", ".join(wrong))
    return values


def _native(opened: Part10, pixels: Element | None) -> tuple[int, int] | tuple[None, None]:
    """Where pixels start in the file and their length, when frames lie there one after another."""
    if pixels is None or pixels.is_undefined or opened.starts_at is None:
        return None, None
    return opened.starts_at + pixels.value_at, pixels.end - pixels.value_at


def _started(said: Said) -> datetime | None:
    for kind in _KINDS:
        digits = _DIGITS.match(f"{said.get(f'{kind}Date', '')}|{said.get(f'{kind}Time', '')}")
        if digits:
            day, clock = digits[1], (digits[2] or "").ljust(6, "0")
            try:
                return datetime.fromisoformat(f"{day}T{clock}")  # no zone: see Header.started
            except ValueError:
                continue
    return None


def _address(uids: Said) -> str:
    return (
        f"/dicom-web/studies/{uids['StudyInstanceUID']}/series/{uids['SeriesInstanceUID']}"
        f"/instances/{uids['SOPInstanceUID']}"
    )


def _text(data_set: Dataset, keyword: str) -> str:
    value = data_set.get(keyword)
    return "" if value is None else str(value).strip().replace("\0", "")


def _number(said: Said, keyword: str) -> int | None:
    text = said.get(keyword, "")
    return int(text) if re.fullmatch(r"-?\d{1,9}", text) else None

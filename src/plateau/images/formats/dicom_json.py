"""A data set in the DICOM JSON model (PS3.18, annex F), without what is large.

Elements repeat from one image of a series to the next: the text of each is made once per value.
"""

import struct
from collections.abc import Callable, Sequence
from functools import lru_cache
from io import BytesIO
from typing import Any

import orjson
from pydicom import DataElement
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset

from plateau.images.formats.part10 import Element
from plateau.platform.blobs import Buffer
from plateau.platform.dimse import TROUBLES

_INLINE = 1024
_REMEMBERED = 4096  # elements
_LONGEST = 2048  # of an element that is remembered
_CHARACTER_SET = 0x00080005
_HERE = '"BulkDataURI":"~'  # no value can say this: it would be escaped
_PIXEL_VR = {0x7FE00008: "OF", 0x7FE00009: "OD", 0x7FE00010: "OW"}
_NUMBERS = {b"US": "H", b"SS": "h", b"UL": "I", b"SL": "i"}
_WORDS: dict[bytes, Callable[[str], object]] = {
    **dict.fromkeys([b"CS", b"UI", b"SH", b"LO", b"DA", b"TM"], str),
    b"IS": int,
    b"DS": float,
}


def explicit(data: Buffer, elements: Sequence[Element], address: str) -> str:
    """The JSON of a data set whose elements say their VR."""
    charset, creators, texts = b"", {}, []
    for element in elements:
        raw = bytes(data[element.starts_at : element.end])
        if element.tag == _CHARACTER_SET:
            charset = raw
        group, number = element.tag >> 16, element.tag & 0xFFFF
        if not number:
            continue  # a group length
        context = charset
        if group % 2:
            if number <= 0xFF:
                creators[group, number] = raw
            else:
                context += creators.get((group, number >> 8), b"")
        make = _remembered if len(raw) <= _LONGEST else _text
        texts.append(make(raw, element.vr, context))
    return _placed("{" + ",".join(texts) + "}", address)


def whole(data_set: Dataset, address: str) -> str:
    """The JSON of a data set that the library has read."""
    texts = [_of(element) for element in data_set if element.tag & 0xFFFF]
    return _placed("{" + ",".join(texts) + "}", address)


def with_pixels(text: str, tag: int, address: str) -> str:
    """The JSON of a data set to which pixels are added, as an address."""
    pixels = _member(tag, {"vr": _PIXEL_VR[tag], "BulkDataURI": _place(tag)})
    separator = "," if len(text) > len("{}") else ""
    return text[:-1] + separator + _placed(pixels, address) + "}"


def _text(raw: bytes, vr: bytes, context: bytes) -> str:
    """One element as a member of a JSON object."""
    simple = _simple(raw, vr)
    if simple is not None:
        return simple
    (group, number) = struct.unpack_from("<HH", raw)
    tag = group << 16 | number
    try:
        known = read_dataset(BytesIO(context + raw), is_implicit_VR=False, is_little_endian=True)
        return _of(known[tag])
    except TROUBLES:
        return _member(tag, {"vr": vr.decode("ascii")})


_remembered: Callable[[bytes, bytes, bytes], str] = lru_cache(_REMEMBERED)(_text)


def _simple(raw: bytes, vr: bytes) -> str | None:
    """The member of a plain value; None for whatever the library should look at."""
    (group, number) = struct.unpack_from("<HH", raw)
    values = _binary(raw[8:], vr) if vr in _NUMBERS else _written(raw[8:], vr)
    if values is None:
        return None
    made: dict[str, Any] = {"vr": vr.decode("ascii")}
    return _member(group << 16 | number, {**made, "Value": values} if values else made)


def _binary(value: bytes, vr: bytes) -> Sequence[object] | None:
    form = _NUMBERS[vr]
    return struct.unpack(f"<{form}", value) if len(value) == struct.calcsize(form) else None


def _written(value: bytes, vr: bytes) -> Sequence[object] | None:
    read = _WORDS.get(vr)
    text = value.rstrip(b"\0 " if vr == b"UI" else b" ")
    if read is None or not text.isascii():
        return None
    plain = text.decode("ascii")
    if not plain.isprintable() or plain[:1] == " " or (read is str and "\\" in plain):
        return None
    try:
        return [read(part) for part in plain.split("\\")] if plain else []
    except ValueError:
        return None


def _of(element: DataElement) -> str:
    def place(large: DataElement) -> str:
        return _place(large.tag)

    try:  # what is large inside a sequence has no address of its own, and stays inside
        made = element.to_json_dict(None if element.VR == "SQ" else place, _INLINE)
        return _member(element.tag, made)
    except TROUBLES:
        return _member(element.tag, {"vr": element.VR})  # a value that its VR does not allow


def _place(tag: int) -> str:
    return f"~/bulkdata/{tag:08X}"


def _placed(text: str, address: str) -> str:
    return text.replace(_HERE, f'"BulkDataURI":"{address}')


def _member(tag: int, made: dict[str, Any]) -> str:
    text = orjson.dumps(made)
    if b"\\u0000" in text:  # which PostgreSQL cannot keep
        text = orjson.dumps(_without_nulls(made))
    return f'"{tag:08X}":{text.decode()}'


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_nulls(inner) for inner in value]
    return value.replace("\0", "") if isinstance(value, str) else value

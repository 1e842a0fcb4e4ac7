"""DICOM files (PS3.10) and the layout of their elements, read without decoding values."""

import struct
import zlib
from dataclasses import dataclass
from typing import NamedTuple

from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
)

from plateau.kernel.errors import InvalidInputError
from plateau.platform import runtime
from plateau.platform.blobs import Buffer

_PREAMBLE = b"\0" * 128 + b"DICM"
_IMPLEMENTATION_UID = "2.25.276416120519487391370871461127371652347"
_LONG = frozenset(
    [b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"]
)
_SHORT = frozenset(
    b"AE:AS:AT:CS:DA:DS:DT:FD:FL:IS:LO:LT:PN:SH:SL:SS:ST:TM:UI:UL:US".split(b":"),
)
_SHORT_HEADER = struct.Struct("<HH2sH").unpack_from
_UNDEFINED = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_PIXEL_DATA = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
_PIECE = 1 << 20
_DEPTH = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Part10:
    """A DICOM file, opened; `data_set` starts at `starts_at` unless it was deflated."""

    transfer_syntax_uid: str
    data_set: Buffer
    starts_at: int | None

    @property
    def is_implicit(self) -> bool:
        """Whether elements do not say their VR."""
        return self.transfer_syntax_uid == ImplicitVRLittleEndian


class Element(NamedTuple):
    """Where one element lies; `end` is where the next one starts."""

    tag: int
    vr: bytes
    starts_at: int
    value_at: int
    end: int
    is_undefined: bool  # its length was not said: a sequence, or encapsulated pixel data


def wrap(
    data_set: bytes, *, sop_class_uid: str, sop_instance_uid: str, transfer_syntax_uid: str
) -> bytes:
    """A DICOM file around a data set, whose bytes are left as they are. Source: PS3.10, 7.1."""
    return meta(sop_class_uid, sop_instance_uid, transfer_syntax_uid) + data_set


def meta(sop_class_uid: str, sop_instance_uid: str, transfer_syntax_uid: str) -> bytes:
    """What a DICOM file says before its data set. Source: PS3.10, 7.1."""
    elements = b"".join(
        (
            struct.pack("<HH2sHI", 2, 1, b"OB", 0, 2) + b"\0\1",
            _uid(2, sop_class_uid),
            _uid(3, sop_instance_uid),
            _uid(0x10, transfer_syntax_uid),
            _uid(0x12, _IMPLEMENTATION_UID),
        )
    )
    length = struct.pack("<HH2sHI", 2, 0, b"UL", 4, len(elements))
    return b"".join((_PREAMBLE, length, elements))


def open_file(content: Buffer) -> Part10:
    """The transfer syntax and data set of a DICOM file."""
    if content[128:132] != b"DICM":
        raise InvalidInputError("not a DICOM object")
    syntax, start = "", len(_PREAMBLE)
    while content[start : start + 2] == b"\2\0":  # the file meta information is group 2
        element = _element(content, start, implicit=False, depth=0)
        start = element.end
        if element.tag == 0x00020010:
            syntax = _text(bytes(content[element.value_at : element.end]))
    return open_data_set(memoryview(content)[start:], syntax=syntax, starts_at=start)


def open_data_set(received: memoryview, *, syntax: str, starts_at: int) -> Part10:
    """A data set as it came, to be kept `starts_at` bytes into a file."""
    if not syntax or syntax == ExplicitVRBigEndian:
        raise InvalidInputError("transfer syntax missing or not supported")
    if syntax == DeflatedExplicitVRLittleEndian:
        return Part10(transfer_syntax_uid=syntax, data_set=_inflate(received), starts_at=None)
    return Part10(transfer_syntax_uid=syntax, data_set=received, starts_at=starts_at)


def same_data_set(one: bytes, other: bytes) -> bool:
    """Whether two DICOM files hold the same data set, whatever is said before it."""
    first, second = open_file(one), open_file(other)
    return (first.transfer_syntax_uid, first.data_set) == (
        second.transfer_syntax_uid,
        second.data_set,
    )


def elements(data: Buffer, *, implicit: bool) -> list[Element]:
    """Every element of a data set, in order; InvalidInputError when it ends too early."""
    found: list[Element] = []
    at, total = 0, len(data)
    while at < total:
        element = _plain(data, at, total) if not implicit else None
        if element is None:
            element = _element(data, at, implicit=implicit, depth=0)
        found.append(element)
        at = element.end
    return found


def _plain(data: Buffer, at: int, total: int) -> Element | None:
    """An element whose VR and length stand in eight bytes, as most do; None for any other."""
    if at + 8 > total:
        return None
    group, number, vr, length = _SHORT_HEADER(data, at)
    end = at + 8 + length
    if vr not in _SHORT or end > total:
        return None
    return Element(group << 16 | number, vr, at, at + 8, end, False)


def is_pixel_data(element: Element) -> bool:
    """Whether an element holds the pixels, of whichever type."""
    return element.tag in _PIXEL_DATA


def _element(data: Buffer, at: int, *, implicit: bool, depth: int) -> Element:
    try:
        tag, vr, value_at, length = _header(data, at, implicit=implicit)
        if length == _UNDEFINED:
            end = _end_of_items(data, value_at, vr, depth=depth)
        else:
            end = value_at + length
    except struct.error as error:
        raise InvalidInputError("truncated DICOM object") from error
    if end > len(data):
        raise InvalidInputError("truncated DICOM object")
    return Element(tag, vr, at, value_at, end, length == _UNDEFINED)


def _header(data: Buffer, at: int, *, implicit: bool) -> tuple[int, bytes, int, int]:
    """Tag, VR, where the value starts, its length. Source: PS3.5, 7.1."""
    if implicit or data[at : at + 2] == b"\xfe\xff":
        group, number, length = struct.unpack_from("<HHI", data, at)
        return group << 16 | number, b"", at + 8, length
    group, number, vr, length = struct.unpack_from("<HH2sH", data, at)
    if vr in _SHORT:
        return group << 16 | number, vr, at + 8, length
    if vr not in _LONG:
        raise InvalidInputError("not a DICOM object")
    (length,) = struct.unpack_from("<I", data, at + 8)
    return group << 16 | number, vr, at + 12, length


def _end_of_items(data: Buffer, at: int, vr: bytes, *, depth: int) -> int:
    """Where a value of undefined length ends: items, or fragments of pixels, then a delimiter."""
    if depth > _DEPTH:
        raise InvalidInputError("too many nested sequences")
    while True:
        tag, _, value_at, length = _header(data, at, implicit=True)
        if tag == _SEQUENCE_END:
            return value_at
        if tag != _ITEM:
            raise InvalidInputError("not a DICOM object")
        if length == _UNDEFINED:
            at = _end_of_item(data, value_at, implicit=vr in {b"", b"UN"}, depth=depth)
        else:
            at = value_at + length


def _end_of_item(data: Buffer, at: int, *, implicit: bool, depth: int) -> int:
    while struct.unpack_from("<HH", data, at) != (_ITEM_END >> 16, _ITEM_END & 0xFFFF):
        at = _element(data, at, implicit=implicit, depth=depth + 1).end
    return at + 8


def _inflate(received: Buffer) -> bytearray:
    """What was deflated, in pieces: no more than the largest object is ever in memory."""
    largest = runtime.settings_in_use().max_object_mb << 20
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    data_set, rest = bytearray(), received
    try:
        while not inflater.eof and len(data_set) <= largest:
            piece = inflater.decompress(rest, _PIECE)
            rest = inflater.unconsumed_tail
            if not piece and not rest and not inflater.eof:
                break  # nothing comes any more, and its end never came
            data_set += piece
    except zlib.error as error:
        raise InvalidInputError("truncated DICOM object") from error
    if len(data_set) > largest:
        raise InvalidInputError("larger than this archive accepts")
    if not inflater.eof:
        raise InvalidInputError("truncated DICOM object")
    return data_set


def _uid(number: int, uid: str) -> bytes:
    value = uid.encode("ascii")
    value += b"\0" * (len(value) % 2)
    return struct.pack("<HH2sH", 2, number, b"UI", len(value)) + value


def _text(value: bytes) -> str:
    return value.rstrip(b"\0 ").decode("ascii", "replace")

"""What a system sends, read as its territory says it is meant; the bytes that came never change.

Only what is indexed and answered differs: the issuer of the patient's identifier, the character set
when none that can be is said, a prefix of the accession number.
"""

import struct
from collections.abc import Sequence
from dataclasses import replace

from pydicom import charset

from plateau.images.formats import part10
from plateau.images.formats.part10 import Element, Part10
from plateau.images.types import Coercion

_CHARACTER_SET, _ACCESSION, _ISSUER = 0x00080005, 0x00080050, 0x00100021
_VRS = {_CHARACTER_SET: b"CS", _ACCESSION: b"SH", _ISSUER: b"LO"}
_TEXTS = frozenset(  # of institutions, people and descriptions: where accents are
    [0x00080080, 0x00080081, 0x00080090, 0x00081030, 0x0008103E, 0x00081070, 0x00100010, 0x00181030]
)


def coerced(
    opened: Part10, known: Sequence[Element], coercion: Coercion
) -> tuple[Part10, Sequence[Element]]:
    """A data set whose elements are `known`, as it is to be understood, and its elements then."""
    values = _values(opened, {one.tag: one for one in known}, coercion)
    if not values:
        return opened, known
    pieces = {one.tag: bytes(opened.data_set[one.starts_at : one.end]) for one in known}
    pieces |= {tag: _element(tag, value, opened) for tag, value in values.items()}
    data_set = b"".join(pieces[tag] for tag in sorted(pieces))
    meant = replace(opened, data_set=data_set, starts_at=None)
    return meant, part10.elements(data_set, implicit=opened.is_implicit)


def _values(opened: Part10, known: dict[int, Element], coercion: Coercion) -> dict[int, bytes]:
    values: dict[int, bytes] = {}
    if coercion.character_set and not _is_readable(opened, known):
        values[_CHARACTER_SET] = coercion.character_set.encode("ascii")
    if coercion.issuer:
        values[_ISSUER] = coercion.issuer.encode()
    accession, prefix = _value(opened, known.get(_ACCESSION)), coercion.accession_prefix.encode()
    if prefix and accession and not accession.startswith(prefix):
        values[_ACCESSION] = prefix + accession
    return values


def _is_readable(opened: Part10, known: dict[int, Element]) -> bool:
    """Whether the character set that is said exists, and texts are of it."""
    said = _value(opened, known.get(_CHARACTER_SET)).decode("ascii", "replace").split("\\")
    terms = [term.strip() for term in said]
    if not all(term in charset.python_encoding for term in terms[1:] or terms):
        return False
    if terms not in (["ISO_IR 192"], ["ISO_IR 6"], [""]):
        return True
    encoding = "utf-8" if terms == ["ISO_IR 192"] else "ascii"
    return all(_is_of(encoding, _value(opened, known.get(tag))) for tag in _TEXTS)


def _is_of(encoding: str, value: bytes) -> bool:
    try:
        value.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _value(opened: Part10, element: Element | None) -> bytes:
    if element is None:
        return b""
    return bytes(opened.data_set[element.value_at : element.end]).strip(b" \0")


def _element(tag: int, value: bytes, opened: Part10) -> bytes:
    value += b" " * (len(value) % 2)
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF)
    if opened.is_implicit:
        return head + struct.pack("<I", len(value)) + value
    return head + _VRS[tag] + struct.pack("<H", len(value)) + value

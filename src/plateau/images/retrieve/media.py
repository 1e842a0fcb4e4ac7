"""Agreeing on the form of an answer (PS3.18, 8.7): pure decisions on `Accept`."""

import re
from collections.abc import Sequence

from plateau.images.retrieve.types import Form, Offer, Wanted
from plateau.images.types import NotAcceptableError

ANY = "*"
EXPLICIT = "1.2.840.10008.1.2.1"
DICOM = "application/dicom"
OCTETS = "application/octet-stream"
ZIP = "application/zip"
_BETWEEN_COMMAS = re.compile(r'(?:[^,"]|"(?:\\.|[^"\\])*")+')
_BETWEEN_SEMICOLONS = re.compile(r'(?:[^;"]|"(?:\\.|[^"\\])*")+')
_MOST = 50  # ranges looked at
# The media types of compressed frames. Source: PS3.18, table 8.7.3-5
KINDS = {
    "1.2.840.10008.1.2.5": "image/dicom-rle",
    "1.2.840.10008.1.2.4.50": "image/jpeg",
    "1.2.840.10008.1.2.4.51": "image/jpeg",
    "1.2.840.10008.1.2.4.57": "image/jpeg",
    "1.2.840.10008.1.2.4.70": "image/jpeg",
    "1.2.840.10008.1.2.4.80": "image/jls",
    "1.2.840.10008.1.2.4.81": "image/jls",
    "1.2.840.10008.1.2.4.90": "image/jp2",
    "1.2.840.10008.1.2.4.91": "image/jp2",
    "1.2.840.10008.1.2.4.201": "image/jphc",
    "1.2.840.10008.1.2.4.202": "image/jphc",
    "1.2.840.10008.1.2.4.203": "image/jphc",
}


def kind_of_frames(syntax: str) -> str:
    """The media type of frames stored in a transfer syntax."""
    return KINDS.get(syntax, OCTETS)


def wanted(header: str) -> list[Wanted]:
    """The forms of an `Accept` header, the preferred ones first; a star when it says nothing."""
    ranges = [_range(text) for text in _BETWEEN_COMMAS.findall(header)[:_MOST] if text.strip()]
    asked = [one for one in ranges if one.quality > 0]
    if not ranges:
        asked = [Wanted(kind="*/*")]
    return sorted(asked, key=lambda one: -one.quality)


def agree(asked: Sequence[Wanted], offers: Sequence[Offer]) -> Form:
    """The first wanted form that is offered; NotAcceptableError when there is none."""
    for one in asked:
        for offer in offers:
            if _matches(one, offer):
                is_free = one.kind == "*/*" and not one.syntax
                syntax = ANY if is_free else one.syntax or EXPLICIT
                return Form(kind=offer.kind, is_multipart=offer.is_multipart, syntax=syntax)
    raise NotAcceptableError("this cannot be answered in any of the accepted forms")


def _matches(asked: Wanted, offer: Offer) -> bool:
    if asked.is_multipart is not None and asked.is_multipart != offer.is_multipart:
        return False
    group, _, _ = offer.kind.partition("/")
    return asked.kind in {"*/*", f"{group}/*", offer.kind}


def _range(text: str) -> Wanted:
    """One range. Source: RFC 9110, 12.5.1, and PS3.18, 8.7.5."""
    kind, *rest = [part.strip() for part in _BETWEEN_SEMICOLONS.findall(text)] or [""]
    given = dict(_parameter(part) for part in rest)
    syntax, quality = given.get("transfer-syntax", ""), _quality(given.get("q", "1"))
    kind = kind.lower()
    if kind in {"multipart/related", "multipart/*"}:
        inner = given.get("type", "*/*").lower()
        return Wanted(kind=inner, is_multipart=True, syntax=syntax, quality=quality)
    is_multipart = None if kind == "*/*" else False
    return Wanted(kind=kind, is_multipart=is_multipart, syntax=syntax, quality=quality)


def _parameter(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip().lower(), value.strip().strip('"')


def _quality(text: str) -> float:
    return float(text) if re.fullmatch(r"[01](\.\d{0,3})?", text) else 0.0

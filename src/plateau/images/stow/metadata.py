"""Instances sent as metadata and bulk data (PS3.18, 10.5.1.1): made into DICOM files again."""

from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any

import orjson
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, ExplicitVRLittleEndian

from plateau.images.formats.transcode import TROUBLES
from plateau.images.stow.parts import media_type
from plateau.images.stow.types import Part
from plateau.kernel.errors import InvalidInputError

JSON = "application/dicom+json"
_PIXELS = 0x7FE00010
_UTF_8 = "ISO_IR 192"  # as JSON is


def files(parts: Sequence[Part]) -> Iterator[bytes]:
    """A DICOM file of each data set; InvalidInputError when its bulk data is missing."""
    kinds = [media_type(part.headers.get("content-type", ""))[0] for part in parts]
    bulk = {part.headers.get("content-location", ""): part for part in parts}
    for part, kind in zip(parts, kinds, strict=True):
        if kind == JSON:
            for data_set in _data_sets(part):
                yield _file(data_set, bulk)


def _data_sets(part: Part) -> list[dict[str, Any]]:
    try:
        said = orjson.loads(part.content)
    except orjson.JSONDecodeError as error:
        raise InvalidInputError("the metadata is not a JSON array of data sets") from error
    if not isinstance(said, list) or not all(isinstance(one, dict) for one in said):
        raise InvalidInputError("the metadata is not a JSON array of data sets")
    return said


def _file(said: Mapping[str, Any], bulk: Mapping[str, Part]) -> bytes:
    syntax = _syntax(said, bulk)

    def value(tag: str, vr: str, uri: str) -> bytes:
        part = bulk.get(uri)
        if part is None:
            raise InvalidInputError("bulk data is missing")
        content = bytes(part.content)
        is_compressed = int(tag, 16) == _PIXELS and syntax.is_encapsulated
        return encapsulate([content]) if is_compressed else content

    try:
        data_set = Dataset.from_json(dict(said), value)
        data_set.SpecificCharacterSet = _UTF_8
        data_set.file_meta = FileMetaDataset()
        data_set.file_meta.TransferSyntaxUID = syntax
        if "PixelData" in data_set:
            data_set["PixelData"].is_undefined_length = syntax.is_encapsulated
        buffer = BytesIO()
        data_set.save_as(buffer, enforce_file_format=True)
    except TROUBLES as error:
        raise InvalidInputError("the metadata is not that of an instance") from error
    return buffer.getvalue()


def _syntax(said: Mapping[str, Any], bulk: Mapping[str, Part]) -> UID:
    """The transfer syntax that the pixels are sent in."""
    uri = said.get(f"{_PIXELS:08X}", {}).get("BulkDataURI", "")
    headers = bulk[uri].headers if uri in bulk else {}
    _, options = media_type(headers.get("content-type", ""))
    named = UID(options.get("transfer-syntax", "") or ExplicitVRLittleEndian)
    if not named.is_transfer_syntax or not named.is_little_endian:
        raise InvalidInputError("transfer syntax missing or not supported")
    return named

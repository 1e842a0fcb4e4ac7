"""Files in another transfer syntax than the one they were received in."""

from io import BytesIO

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.pixels import get_decoder, pixel_array
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from plateau.images.types import NotAcceptableError
from plateau.kernel.errors import RuleBrokenError

TARGETS = frozenset(
    map(str, (ExplicitVRLittleEndian, ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian))
)
_ALREADY_NATIVE = TARGETS
# What the library and its decoders raise on pixels that are not what they claim to be.
_TROUBLES = (ArithmeticError, AttributeError, LookupError, NotImplementedError, OSError)
TROUBLES = (*_TROUBLES, RuntimeError, TypeError, ValueError)


def target(asked: str, stored: str) -> str:
    """The transfer syntax to answer in; NotAcceptableError when we cannot make it."""
    if asked in {"*", stored}:
        return stored
    if asked not in TARGETS or not can_decode(stored):
        raise NotAcceptableError("this cannot be answered in that transfer syntax")
    return asked


def can_decode(stored: str) -> bool:
    """Whether pixels in a transfer syntax can be taken out of it here."""
    if stored in _ALREADY_NATIVE:
        return True
    try:
        return get_decoder(UID(stored)).is_available
    except NotImplementedError:
        return False


def to_syntax(content: bytes, syntax: str) -> bytes:
    """A file in another transfer syntax, with the same UID: no pixel changes."""
    try:
        data_set = dcmread(BytesIO(content))
        if data_set.file_meta.TransferSyntaxUID.is_compressed and "PixelData" in data_set:
            data_set.decompress(generate_instance_uid=False)
        data_set.file_meta.TransferSyntaxUID = UID(syntax)
        buffer = BytesIO()
        data_set.save_as(
            buffer,
            implicit_vr=syntax == ImplicitVRLittleEndian,
            little_endian=True,
            enforce_file_format=True,
        )
    except TROUBLES as error:
        raise RuleBrokenError("this instance cannot be decoded") from error
    return buffer.getvalue()


def native_frame(content: bytes, number: int) -> bytes:
    """One frame, decoded, laid out as its own header says; the first is 1."""
    try:
        data_set = dcmread(BytesIO(content))
        decoded = pixel_array(data_set, index=number - 1, raw=True)
    except TROUBLES as error:
        raise RuleBrokenError("this instance cannot be decoded") from error
    return _laid_out(data_set, decoded)


def _laid_out(data_set: Dataset, decoded: np.ndarray) -> bytes:
    """Pixels in the order of Planar Configuration, which the metadata still says."""
    if decoded.ndim == 3 and data_set.get("PlanarConfiguration") == 1:
        decoded = np.moveaxis(decoded, 2, 0)
    return np.ascontiguousarray(decoded).astype(decoded.dtype.newbyteorder("<")).tobytes()

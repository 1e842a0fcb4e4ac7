"""Files in another transfer syntax than the one they were received in."""

from io import BytesIO

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset
from pydicom.encaps import encapsulate, get_frame
from pydicom.pixels import get_decoder, pixel_array
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from plateau.images.formats import decoder
from plateau.images.types import NotAcceptableError
from plateau.kernel.errors import RuleBrokenError
from plateau.platform.aside import Aside, FailedError

TARGETS = frozenset(
    map(str, (ExplicitVRLittleEndian, ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian))
)
_ALREADY_NATIVE = TARGETS
TROUBLES = decoder.TROUBLES
_DECODERS = 2
_PATIENCE_S = 60.0
_aside = Aside(decoder.__name__, most=_DECODERS, patience_s=_PATIENCE_S)


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
            content = _aside.ask(decoder.AS_RGB + content)
            if syntax == ExplicitVRLittleEndian:
                return content
            data_set = dcmread(BytesIO(content))
        data_set.file_meta.TransferSyntaxUID = UID(syntax)
        buffer = BytesIO()
        data_set.save_as(
            buffer,
            implicit_vr=syntax == ImplicitVRLittleEndian,
            little_endian=True,
            enforce_file_format=True,
        )
    except (FailedError, *TROUBLES) as error:
        raise RuleBrokenError("this instance cannot be decoded") from error
    return buffer.getvalue()


def native_frame(content: bytes, number: int) -> bytes:
    """One frame, decoded, laid out as its own header says; the first is 1."""
    try:
        data_set = dcmread(BytesIO(content))
        decoded = frame_array(data_set, number, is_raw=True)
    except TROUBLES as error:
        raise RuleBrokenError("this instance cannot be decoded") from error
    return _laid_out(data_set, decoded)


def frame_array(data_set: FileDataset, number: int, *, is_raw: bool = False) -> np.ndarray:
    """The pixels of one frame, the first being 1; in colours as kept if `is_raw`, else in RGB.

    Shape: (rows, columns), or (rows, columns, 3) in colour.
    """
    if not data_set.file_meta.TransferSyntaxUID.is_compressed:
        return pixel_array(data_set, index=number - 1, raw=is_raw)
    colours = decoder.AS_KEPT if is_raw else decoder.AS_RGB
    try:
        native = _aside.ask(colours + _alone(data_set, number))
    except FailedError as error:
        raise RuleBrokenError("this instance cannot be decoded") from error
    return pixel_array(dcmread(BytesIO(native)), index=0, raw=True)


def _alone(data_set: FileDataset, number: int) -> bytes:
    """A file of one compressed frame and what says how to decode it."""
    total = int(data_set.get("NumberOfFrames") or 1)
    alone = data_set.group_dataset(0x0028)
    decoder.have_types(alone)
    alone.NumberOfFrames = 1
    frame = get_frame(data_set.PixelData, number - 1, number_of_frames=total)
    alone.add_new("PixelData", "OB", encapsulate([frame]))
    alone["PixelData"].is_undefined_length = True
    alone.file_meta, alone.preamble = data_set.file_meta, bytes(128)
    buffer = BytesIO()
    alone.save_as(buffer, implicit_vr=False, little_endian=True)
    return buffer.getvalue()


def _laid_out(data_set: Dataset, decoded: np.ndarray) -> bytes:
    """Pixels in the order of Planar Configuration, which the metadata still says.

    Where it says that two pixels share their colour, they do.
    """
    if decoded.ndim == 3 and data_set.PhotometricInterpretation == decoder.HALVED:
        decoded = _halved(decoded)
    elif decoded.ndim == 3 and data_set.get("PlanarConfiguration") == 1:
        decoded = np.moveaxis(decoded, 2, 0)
    return np.ascontiguousarray(decoded).astype(decoded.dtype.newbyteorder("<")).tobytes()


def _halved(decoded: np.ndarray) -> np.ndarray:
    """Two brightnesses, then the colour of both. Shape: (rows, columns / 2, 4)."""
    rows, columns, _ = decoded.shape
    pairs = decoded[:, : columns & ~1].reshape(rows, columns // 2, 2, 3)
    colour = (pairs[:, :, :, 1:].astype(np.uint32).sum(axis=2) + 1) // 2
    return np.concatenate([pairs[:, :, :, 0], colour.astype(decoded.dtype)], axis=2)

"""Taking frames and pictures out of stored files."""

from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import get_frame
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi_lut
from pydicom.uid import ExplicitVRLittleEndian

from plateau.images.formats import transcode
from plateau.images.formats.transcode import TROUBLES
from plateau.images.retrieve.types import Look, Stored
from plateau.kernel.errors import NotFoundError, RuleBrokenError
from plateau.platform.blobs import Blobs

_COLOUR = 3  # dimensions of a frame
_FLIPS = (Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.FLIP_TOP_BOTTOM)


def frame(blobs: Blobs, instance: Stored, number: int) -> bytes:
    """One frame as it is stored, the first being 1; when native, one ranged read."""
    checked(instance, number)
    if instance.pixel_offset is not None and instance.frame_bytes:
        start = instance.pixel_offset + (number - 1) * instance.frame_bytes
        return blobs.get_range(instance.blob_key, start, instance.frame_bytes)
    data_set = dcmread(BytesIO(blobs.get(instance.blob_key)))
    if "PixelData" not in data_set:
        raise NotFoundError("this instance has no pixels")
    if is_compressed(instance):
        return get_frame(data_set.PixelData, number - 1, number_of_frames=instance.frames)
    size = len(data_set.PixelData) // instance.frames
    return data_set.PixelData[(number - 1) * size : number * size]


def checked(instance: Stored, number: int) -> int:
    """The number of a frame; NotFoundError when there is no such frame."""
    if not 1 <= number <= instance.frames:
        raise NotFoundError("this instance has no frame {number}", number=number)
    return number


def frame_in(blobs: Blobs, instance: Stored, number: int, *, syntax: str) -> bytes:
    """One frame in a transfer syntax that `transcode.target` allows."""
    if syntax == instance.transfer_syntax_uid or not is_compressed(instance):
        return frame(blobs, instance, number)
    return transcode.native_frame(blobs.get(instance.blob_key), number)


def is_compressed(instance: Stored) -> bool:
    """Whether each frame is a compressed image of its own."""
    return instance.transfer_syntax_uid.startswith("1.2.840.10008.1.2.4") or (
        instance.transfer_syntax_uid == "1.2.840.10008.1.2.5"
    )


def frame_syntax(instance: Stored) -> str:
    """The transfer syntax of `frame`: native pixels are the same whatever the file's own."""
    return instance.transfer_syntax_uid if is_compressed(instance) else ExplicitVRLittleEndian


def bulk(content: bytes, tag: str) -> bytes:
    """The value of one element of a file, as it is stored."""
    data_set = dcmread(BytesIO(content))
    number = int(tag, 16)
    value = data_set[number].value if number in data_set else None
    if not isinstance(value, bytes):
        raise NotFoundError("this instance has no such bulk data")
    return value


def picture(content: bytes, number: int, *, form: str, look: Look) -> bytes:
    """One frame as people see it, with the window asked or else the one its machine chose.

    `form` is JPEG, PNG or GIF.
    """
    data_set = dcmread(BytesIO(content))
    try:
        decoded = _in_colour(data_set, transcode.frame_array(data_set, number))
        image = Image.fromarray(_shown(data_set, decoded, look))
    except TROUBLES as error:
        raise RuleBrokenError("this instance cannot be shown as a picture") from error
    buffer = BytesIO()
    _placed(image, look).save(buffer, form, quality=look.quality)
    return buffer.getvalue()


def _placed(image: Image.Image, look: Look) -> Image.Image:
    """The region asked, turned as asked, as large as the viewport allows."""
    if look.region:
        left, top, width, height = look.region
        image = image.crop((left, top, left + width, top + height))
    for is_asked, turn in zip(look.flips, _FLIPS, strict=True):
        image = image.transpose(turn) if is_asked else image
    if look.viewport:
        width, height = look.viewport
        scale = min(width / image.width, height / image.height)
        size = max(round(image.width * scale), 1), max(round(image.height * scale), 1)
        image = image.resize(size, Image.Resampling.BILINEAR)
    return image


def _shown(data_set: Dataset, decoded: np.ndarray[Any, Any], look: Look) -> np.ndarray[Any, Any]:
    """Eight-bit pixels. Shape: (rows, columns), or (rows, columns, 3) in colour."""
    if decoded.ndim == _COLOUR:
        deep = max(int(data_set.BitsStored) - 8, 0) if decoded.dtype.itemsize > 1 else 0
        return (decoded >> deep).astype(np.uint8)
    values = apply_modality_lut(decoded, data_set)
    if look.window:
        grey = _windowed(values.astype(np.float32), *look.window)
    else:
        grey = _spread(apply_voi_lut(values, data_set).astype(np.float32))
    if data_set.get("PhotometricInterpretation") == "MONOCHROME1":
        grey = 255 - grey
    return grey.astype(np.uint8)


def _in_colour(data_set: Dataset, decoded: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Colours where the pixels are places in a palette."""
    if data_set.get("PhotometricInterpretation") != "PALETTE COLOR":
        return decoded
    coloured = apply_color_lut(decoded, data_set)
    return (coloured >> 8 if coloured.dtype.itemsize == 2 else coloured).astype(np.uint8)


def _spread(grey: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """From the darkest to the brightest value."""
    low, high = float(grey.min()), float(grey.max())
    return (grey - low) * (255 / max(high - low, 1e-6))


def _windowed(
    values: np.ndarray[Any, Any], centre: float, width: float, function: str
) -> np.ndarray[Any, Any]:
    """Values from 0 to 255 through a window. Source: PS3.3, C.11.2.1.2 and C.11.2.1.3."""
    if function == "sigmoid":
        return 255 / (1 + np.exp(-4 * (values - centre) / width))
    if function == "linear-exact":
        return np.clip((values - centre) / width + 0.5, 0, 1) * 255
    return np.clip((values - (centre - 0.5)) / max(width - 1, 1e-6) + 0.5, 0, 1) * 255

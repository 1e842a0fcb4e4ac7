"""Taking frames and pictures out of stored files."""

from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import get_frame
from pydicom.pixels import apply_modality_lut, apply_voi_lut, pixel_array
from pydicom.uid import ExplicitVRLittleEndian

from plateau.images.types import Instance
from plateau.kernel.errors import NotFoundError, RuleBrokenError
from plateau.platform.blobs import Blobs

_THUMBNAIL = 128
_GREY, _COLOUR = 2, 3  # dimensions of a frame


def frame(blobs: Blobs, instance: Instance, number: int) -> bytes:
    """One frame as it is stored, the first being 1; when native, one ranged read."""
    if not 1 <= number <= instance.frames:
        raise NotFoundError("this instance has no frame {number}", number=number)
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


def is_compressed(instance: Instance) -> bool:
    """Whether each frame is a compressed image of its own."""
    return instance.transfer_syntax_uid.startswith("1.2.840.10008.1.2.4") or (
        instance.transfer_syntax_uid == "1.2.840.10008.1.2.5"
    )


def frame_syntax(instance: Instance) -> str:
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


def picture(content: bytes, number: int, *, form: str, small: bool = False) -> bytes:
    """One frame as people see it, with the window its machine chose; `form` is JPEG or PNG."""
    data_set = dcmread(BytesIO(content))
    try:
        decoded = pixel_array(data_set, index=number - 1)
    except (AttributeError, ValueError, RuntimeError, NotImplementedError) as error:
        raise RuleBrokenError("this instance cannot be shown as a picture") from error
    image = Image.fromarray(_shown(data_set, decoded))
    if small:
        image.thumbnail((_THUMBNAIL, _THUMBNAIL))
    buffer = BytesIO()
    image.save(buffer, form, quality=90)
    return buffer.getvalue()


def _shown(data_set: Dataset, decoded: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Eight-bit pixels. Shape: (rows, columns), or (rows, columns, 3) in colour."""
    if decoded.ndim == _COLOUR:
        return decoded.astype(np.uint8)
    grey = apply_voi_lut(apply_modality_lut(decoded, data_set), data_set).astype(np.float32)
    low, high = float(grey.min()), float(grey.max())
    scaled = (grey - low) * (255 / max(high - low, 1e-6))
    if data_set.get("PhotometricInterpretation") == "MONOCHROME1":
        scaled = 255 - scaled
    return scaled.astype(np.uint8)

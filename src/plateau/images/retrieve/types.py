"""What is retrieved from the hub, and in which form."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Stored:
    """Where an instance and its pixels lie."""

    sop_instance_uid: str
    sop_class_uid: str
    series_uid: str
    transfer_syntax_uid: str
    frames: int
    blob_key: str
    bytes: int
    pixel_offset: int | None
    frame_bytes: int | None  # when frames lie one after the other


@dataclass(frozen=True, slots=True)
class DescribedSeries:
    """The metadata of a series as it was last compressed; `body` is None when it must be made."""

    series_id: UUID
    instances: int
    revision: int  # more each time that some were hidden or shown again
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Told:
    """The metadata of an instance as it was received, JSON text."""

    transfer_syntax_uid: str
    metadata: str


@dataclass(frozen=True, slots=True)
class Listed:
    """What the directory of a file-set says of an instance: elements in DICOM JSON."""

    sop_instance_uid: str
    elements: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A form that the caller accepts; `kind` and `syntax` may be stars, `syntax` may be empty."""

    kind: str
    is_multipart: bool | None = None  # None: either
    syntax: str = ""
    quality: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A form in which something can be answered."""

    kind: str
    is_multipart: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The form agreed on; `syntax` is a star where the caller takes whatever is stored."""

    kind: str
    is_multipart: bool
    syntax: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a picture is shown. Source: PS3.18, 8.3.5.

    Units: pixels, of the answer for the viewport and of the image for its region.
    """

    viewport: tuple[int, int] | None = None
    region: tuple[int, int, int, int] | None = None  # left, top, width, height
    flips: tuple[bool, bool] = (False, False)  # left to right, top to bottom
    window: tuple[float, float, str] | None = None  # centre, width, function
    quality: int = 90

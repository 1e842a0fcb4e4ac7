"""What is sent to be kept by web, and what becomes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from plateau.images.types import Header
from plateau.kernel.errors import InvalidInputError, PlateauError


class UnsupportedError(PlateauError):
    """What was sent is of a media type that is not taken here."""

    code: ClassVar[str] = "unsupported"


class OtherStudyError(InvalidInputError):
    """An instance was sent to the address of another study than its own."""


class TooLargeError(InvalidInputError):
    """An instance is larger than is taken here; the others of the same request are not."""


@dataclass(slots=True)
class Part:
    """One part of a multipart body; what is beyond the limit was read and forgotten."""

    headers: dict[str, str] = field(default_factory=dict[str, str])
    content: bytearray = field(default_factory=bytearray)
    is_too_large: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one instance; nothing is known of one that cannot be read."""

    found: Header | None
    error: PlateauError | None = None


Elements = Mapping[str, object]  # of a data set in the DICOM JSON model

"""Parameters of rendered pictures (PS3.18, 8.3.5)."""

import re
from collections.abc import Mapping

from plateau.images.retrieve.types import Look
from plateau.kernel.errors import InvalidInputError

_LARGEST = 8192
_SMALL = (128, 128)
_NUMBER = r"-?\d{1,9}(?:\.\d{1,6})?"
_WINDOW = re.compile(rf"({_NUMBER}),({_NUMBER})(?:,(linear|linear-exact|sigmoid))?")
_SIZE = re.compile(r"(\d{1,5}),(\d{1,5})")
_REGION = re.compile(r"(\d{0,5}),(\d{0,5}),(-?\d{0,5}),(-?\d{0,5})")


def asked(parameters: Mapping[str, str]) -> Look:
    """How somebody wants to see a picture; InvalidInputError when it cannot be."""
    size, region, flips = _viewport(parameters.get("viewport", ""))
    return Look(
        viewport=size,
        region=region,
        flips=flips,
        window=_window(parameters.get("window", "")),
        quality=_quality(parameters.get("quality", "")),
    )


def thumbnail(parameters: Mapping[str, str]) -> Look:
    """A small look, of the size asked if one is."""
    size, _, _ = _viewport(parameters.get("viewport", ""))
    return Look(viewport=size or _SMALL)


def _window(text: str) -> tuple[float, float, str] | None:
    if not text:
        return None
    given = _WINDOW.fullmatch(text)
    if not given or float(given[2]) <= 0:
        raise InvalidInputError("a window is its centre, its width and its function")
    return float(given[1]), float(given[2]), given[3] or "linear"


def _quality(text: str) -> int:
    if not text:
        return Look().quality
    if not re.fullmatch(r"\d{1,3}", text) or not 1 <= int(text) <= 100:
        raise InvalidInputError("a quality is a number from 1 to 100")
    return int(text)


def _viewport(
    text: str,
) -> tuple[tuple[int, int] | None, tuple[int, int, int, int] | None, tuple[bool, bool]]:
    """Width and height of the answer; then, if said, the region of the image to show."""
    if not text:
        return None, None, (False, False)
    size, _, region = _split(text)
    given = _SIZE.fullmatch(size)
    if not given or not all(1 <= int(side) <= _LARGEST for side in given.groups()):
        raise InvalidInputError("a viewport is a width and a height in pixels")
    shown, flips = _region(region)
    return (int(given[1]), int(given[2])), shown, flips


def _split(text: str) -> tuple[str, str, str]:
    sides = text.split(",", 2)
    return ",".join(sides[:2]), ",", sides[2] if len(sides) > 2 else ""


def _region(text: str) -> tuple[tuple[int, int, int, int] | None, tuple[bool, bool]]:
    """The region, and whether a negative side asks to turn it over."""
    if not text:
        return None, (False, False)
    given = _REGION.fullmatch(text)
    if not given or not int(given[3] or 0) or not int(given[4] or 0):
        raise InvalidInputError("a viewport is a width and a height in pixels")
    left, top, width, height = (int(part or 0) for part in given.groups())
    return (left, top, abs(width), abs(height)), (width < 0, height < 0)

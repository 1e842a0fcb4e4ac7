"""Compare a picture of a page with its reference, tolerant to how a letter's edge is drawn."""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageChops, ImageFilter

LARGEST_SHARE = 0.002
LARGEST_STEP = 24  # grey levels out of 255, after a blur of one pixel


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How far a picture is from its reference, and where the differences are drawn."""

    share: float
    picture: Path | None

    @property
    def is_same(self) -> bool:
        """Whether a person would call them the same page."""
        return self.share <= LARGEST_SHARE


def compare(shot: Path, reference: Path) -> Comparison:
    """The share of pixels that differ; a picture of them beside `shot` if there are too many."""
    with Image.open(shot) as new, Image.open(reference) as old:
        if new.size != old.size:
            return Comparison(share=1.0, picture=None)
        differences = _differences(new, old)
    share = differences.histogram()[255] / (differences.width * differences.height)
    if share <= LARGEST_SHARE:
        return Comparison(share=share, picture=None)
    picture = shot.with_suffix(".diff.png")
    differences.save(picture)
    return Comparison(share=share, picture=picture)


def _differences(new: Image.Image, old: Image.Image) -> Image.Image:
    """White where two pictures of one size differ, black elsewhere."""
    blur = ImageFilter.BoxBlur(1)
    pair = (picture.convert("RGB").filter(blur) for picture in (new, old))
    red, green, blue = ImageChops.difference(*pair).split()
    return ImageChops.lighter(ImageChops.lighter(red, green), blue).point(_black_or_white)


def _black_or_white(level: int) -> int:
    return 255 if level > LARGEST_STEP else 0

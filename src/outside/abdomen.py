"""An abdomen, cut by axial planes, from the pelvis to the bases of the lungs."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from outside.shapes import (
    Blob,
    Field,
    Grid,
    Palette,
    Texture,
    Tissue,
    blend,
    both,
    depth_in,
    draw,
    make_texture,
    soft,
    texture_at,
)

HEIGHT_MM = 400.0
_BODY = Blob(Tissue.MUSCLE, (0, 0, 200), (168, 116, 900))
_CAVITY = Blob(Tissue.FAT, (0, -14, 200), (128, 76, 700))
_SPINE_Y = 48.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Abdomen:
    """One person's abdomen; `girth` stretches the wall fat."""

    girth_mm: float
    organs: tuple[Blob, ...]
    loops: tuple[Blob, ...]
    grain: Texture


_ORGANS = (
    *both(Blob(Tissue.MUSCLE, (33, 46, 90), (19, 23, 150))),
    *both(Blob(Tissue.MUSCLE, (36, 88, 190), (27, 16, 400))),
    Blob(Tissue.LIVER, (-66, -6, 300), (70, 68, 88)),
    Blob(Tissue.LIVER, (-10, -36, 310), (72, 34, 55), 8),
    Blob(Tissue.LIVER, (-84, 10, 230), (34, 44, 70)),
    Blob(Tissue.FLUID, (-48, -38, 228), (15, 20, 30)),
    Blob(Tissue.SPLEEN, (98, 34, 305), (23, 46, 52), 14),
    Blob(Tissue.BOWEL, (58, -30, 302), (42, 36, 52), -24),
    Blob(Tissue.AIR, (54, -48, 305), (28, 15, 34), -10),
    Blob(Tissue.SPLEEN, (6, -12, 250), (46, 11, 13), -14),
    *both(Blob(Tissue.KIDNEY, (68, 42, 226), (27, 31, 56), -24)),
    *both(Blob(Tissue.FAT, (58, 38, 226), (10, 13, 24), -24)),
    *both(Blob(Tissue.FLUID, (55, 38, 224), (5, 8, 12), -24)),
    Blob(Tissue.BLOOD, (9, 16, 250), (10.5, 10.5, 190)),
    Blob(Tissue.CALCIUM, (14, 23, 180), (1.8, 3.0, 24), 30),
    Blob(Tissue.BLOOD, (-20, 14, 250), (12, 9, 200)),
)
_PELVIS = (
    *both(Blob(Tissue.BONE, (92, 34, 26), (12, 58, 66), -34)),
    *both(Blob(Tissue.MARROW, (92, 34, 26), (8, 54, 62), -34)),
    Blob(Tissue.BONE, (0, 66, 10), (52, 22, 44)),
    Blob(Tissue.MARROW, (0, 66, 10), (49, 19, 42)),
    Blob(Tissue.FLUID, (0, -26, 0), (40, 30, 38)),
)
_CHEST = (
    *both(Blob(Tissue.LUNG, (70, 18, 425), (50, 54, 100))),
    *both(Blob(Tissue.LUNG, (66, -26, 440), (50, 46, 80))),
    Blob(Tissue.BLOOD, (16, -22, 430), (58, 46, 62), 30),
)


def make_abdomen(rng: np.random.Generator, grid: Grid) -> Abdomen:
    """A person drawn at random: wall fat, place of the bowel loops and of their gas."""
    return Abdomen(
        girth_mm=float(rng.uniform(10, 30)),
        organs=_ORGANS,
        loops=tuple(_bowel(rng)),
        grain=make_texture(rng, grid, 7.0, HEIGHT_MM),
    )


def _bowel(rng: np.random.Generator) -> Iterator[Blob]:
    for side, low, high in ((-1, 30, 220), (1, 20, 270)):
        for z in range(low, high, 34):
            x, y = side * rng.uniform(96, 108), rng.uniform(-14, 12)
            yield Blob(Tissue.BOWEL, (x, y, z), (21, 23, 27))
            yield Blob(Tissue.AIR, (x, y - 5, z + 4), (14, 14, rng.uniform(12, 22)))
    for _ in range(78):
        x, y, z = rng.uniform(-78, 78), rng.uniform(-66, 4), rng.uniform(10, 215)
        turn, length = rng.uniform(-90, 90), rng.uniform(18, 34)
        yield Blob(Tissue.BOWEL, (x, y, z), (length, 13, 14), turn)
        if rng.random() < 0.35:
            yield Blob(Tissue.AIR, (x, y - 4, z), (length * 0.6, 6, 8), turn)
    for x in range(-84, 85, 28):
        z = 236 - 0.005 * x * x
        yield Blob(Tissue.BOWEL, (x, -66, z), (22, 17, 20))
        yield Blob(Tissue.AIR, (x, -71, z), (16, 9, 14))


def abdomen_at(body: Abdomen, grid: Grid, z: float, palette: Palette) -> Field:
    """The cut at `z` mm above the lowest plane (0 to 400)."""
    image = np.full_like(grid.x, palette[Tissue.AIR])
    grain = texture_at(body.grain, z)
    wall = depth_in(grid.x, grid.y, z, _BODY)
    blend(image, soft(wall, grid.pitch_mm), palette[Tissue.FAT])
    blend(image, soft(wall - body.girth_mm, 2), palette[Tissue.MUSCLE])
    strands = palette[Tissue.FAT] + np.clip(np.float32(9) * grain, -5, 30)
    cavity = soft(depth_in(grid.x, grid.y, z, _CAVITY), 2)
    blend(image, cavity, strands)
    inside = image.copy()
    draw(inside, grid, z, (*body.loops, *body.organs, *_CHEST), palette)
    blend(image, np.maximum(cavity, soft(grid.y - 20, 4)), inside)
    draw(image, grid, z, (*_PELVIS, *_vertebra(z), *_ribs(z)), palette)
    image += np.float32(3.0) * grain * (image > palette[Tissue.FAT] / 2)
    return image


def _vertebra(z: float) -> Iterator[Blob]:
    """The vertebra or the disc at this height, with its arch."""
    phase = (z % 36.0) / 36.0
    body = Tissue.BONE if phase > 0.24 else Tissue.GREY
    edge = 23.0 + 3.0 * abs(2 * phase - 1.24)
    yield Blob(body, (0, _SPINE_Y, z), (edge, 17.5, 10))
    if body is Tissue.BONE:
        yield Blob(Tissue.MARROW, (0, _SPINE_Y - 1, z), (edge - 2.4, 15, 10))
    yield Blob(Tissue.BONE, (0, _SPINE_Y + 25, z), (15, 11, 10))
    yield Blob(Tissue.FLUID, (0, _SPINE_Y + 22, z), (10.5, 7.5, 10))
    yield Blob(Tissue.GREY, (0, _SPINE_Y + 22, z), (6, 4.5, 10))
    if phase > 0.45:
        yield Blob(Tissue.BONE, (0, _SPINE_Y + 44, z), (3, 16, 10))
        yield from both(Blob(Tissue.BONE, (29, _SPINE_Y + 26, z), (18, 4, 10), 12))


def _ribs(z: float) -> Iterator[Blob]:
    """Ribs slope down to the front, so that a plane cuts each one once on each side."""
    if z < 205:
        return
    for number in range(9):
        angle = np.deg2rad(62 - number * 26 + (z - 205) * 0.42)
        if not np.deg2rad(-52) < angle < np.deg2rad(70):
            continue
        x, y = 140 * np.cos(angle), 90 * np.sin(angle) - 6
        turn = float(np.rad2deg(np.arctan2(90 * np.cos(angle), -140 * np.sin(angle))))
        for blob in both(Blob(Tissue.BONE, (float(x), float(y), z), (12, 4.6, 10), turn)):
            yield blob
            yield Blob(Tissue.MARROW, blob.centre, (9.5, 2.2, 10), blob.turn_deg)

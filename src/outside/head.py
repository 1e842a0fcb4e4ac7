"""A head, cut by axial planes: drawn once, painted as CT or MR."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum, auto

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

HEIGHT_MM = 138.0  # to the inner vertex: the first image a viewer opens shows bone, not air
_VAULT = Blob(Tissue.WHITE, (0, 0, 62), (66, 83, 75))
_TENT = Blob(Tissue.CEREBELLUM, (0, 50, 12), (60, 46, 44))
_SKIN = Blob(Tissue.FAT, (0, -2, 62), (77, 95, 87))


class Lesion(StrEnum):
    """What one head in three has."""

    EXTRADURAL = auto()
    SUBDURAL = auto()
    INTRACEREBRAL = auto()
    INFARCT = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """One person's head; `side` is the side of the lesion, 1 for the left."""

    lesion: Lesion | None
    side: int
    inner: tuple[Blob, ...]
    folds: Texture
    cells: Texture


def _sides(*blobs: Blob) -> tuple[Blob, ...]:
    return tuple(mirrored for blob in blobs for mirrored in both(blob))


_FACE = (
    Blob(Tissue.MUSCLE, (0, -92, 6), (15, 15, 24)),
    *_sides(
        Blob(Tissue.MUSCLE, (77, 18, 14), (5, 13, 26), -14),
        Blob(Tissue.MUSCLE, (60, -22, 26), (12, 28, 34), -8),
        Blob(Tissue.BONE, (62, -38, 12), (3, 22, 7), 14),
        Blob(Tissue.BONE, (50, -60, 24), (5, 9, 24), 35),
        Blob(Tissue.BONE, (27, -52, 0), (21, 25, 18)),
        Blob(Tissue.AIR, (28, -51, 0), (18, 22, 15)),
    ),
    Blob(Tissue.BONE, (0, -56, 14), (15, 37, 34)),
    Blob(Tissue.AIR, (0, -56, 4), (12, 34, 19)),
    *_sides(
        Blob(Tissue.MUSCLE, (7, -54, 0), (3.6, 22, 12)),
        Blob(Tissue.BONE, (31, -58, 32), (22, 28, 20), -20),
        Blob(Tissue.FAT, (31, -60, 32), (19.5, 27, 17), -20),
        Blob(Tissue.MUSCLE, (47, -58, 32), (2.2, 20, 5), 26),
        Blob(Tissue.MUSCLE, (17, -56, 32), (2.2, 20, 5), -4),
        Blob(Tissue.MUSCLE, (23, -46, 33), (1.9, 20, 2.4), 24),
        Blob(Tissue.MUSCLE, (32, -70, 32), (12.6, 12.4, 12.6)),
        Blob(Tissue.FLUID, (32, -70, 32), (11.3, 11.2, 11.3)),
        Blob(Tissue.LENS, (32, -78.5, 32), (4.8, 2.2, 4.8)),
    ),
    Blob(Tissue.MARROW, (0, -4, 20), (24, 22, 22)),
)
_SINUSES = (
    Blob(Tissue.AIR, (9, -16, 24), (9, 13, 11), 6),
    Blob(Tissue.AIR, (-10, -15, 23), (8.4, 12, 9), -10),
    Blob(Tissue.AIR, (11, -86, 60), (11, 4.2, 10), 14),
    Blob(Tissue.AIR, (-9, -87, 58), (8, 3.6, 8), -12),
)
_EAR = _sides(
    Blob(Tissue.BONE, (34, 14, 24), (31, 9.5, 13), -38),
    Blob(Tissue.BONE, (57, 30, 14), (13, 19, 26), 8),
    Blob(Tissue.AIR, (66, 14, 16), (15, 3.4, 3.4), 6),
    Blob(Tissue.AIR, (47, 15, 20), (4, 5, 4)),
    Blob(Tissue.FLUID, (25, 12, 22), (6, 2, 2.2), -14),
)
_DEEP = (
    *_sides(
        Blob(Tissue.GREY, (37, -2, 68), (3.4, 23, 15), -6),
        Blob(Tissue.FLUID, (41, -3, 66), (1.7, 22, 13), -8),
        Blob(Tissue.FLUID, (50, -12, 60), (12, 1.9, 9), 22),
        Blob(Tissue.GREY, (25, -3, 68), (7.5, 17, 11), -14),
        Blob(Tissue.GREY, (11, -24, 73), (7, 9, 12), -22),
        Blob(Tissue.GREY, (15, -4, 84), (4, 18, 7), -10),
        Blob(Tissue.GREY, (11, 14, 69), (9, 14, 11), -24),
        Blob(Tissue.FLUID, (8, -26, 75), (4.2, 14, 9), -14),
        Blob(Tissue.FLUID, (9, 2, 84), (5, 25, 7.5), -6),
        Blob(Tissue.FLUID, (21, 32, 77), (6.5, 13, 12), -30),
        Blob(Tissue.FLUID, (24, 48, 72), (3.6, 13, 6), 4),
        Blob(Tissue.FLUID, (33, 8, 48), (1.8, 9, 4), -20),
        Blob(Tissue.CALCIUM, (21, 33, 76), (2.6, 5, 4), -30),
    ),
    Blob(Tissue.FLUID, (0, 5, 66), (2.1, 14, 9)),
    Blob(Tissue.FLUID, (0, 29, 60), (12, 5.5, 7)),
    Blob(Tissue.CALCIUM, (0, 28, 65), (2.2, 2.6, 2.4)),
)
_BASE = (
    Blob(Tissue.FLUID, (0, -6, 44), (15, 13, 8)),
    *_sides(Blob(Tissue.FLUID, (24, -12, 46), (18, 3.4, 6), 14)),
    Blob(Tissue.FLUID, (0, 14, 48), (19, 16, 9)),
    Blob(Tissue.CEREBELLUM, (0, 13, 48), (16, 13, 12)),
    Blob(Tissue.FLUID, (0, 8, 24), (21, 7, 18)),
    Blob(Tissue.CEREBELLUM, (0, 19, 26), (17, 13, 20)),
    Blob(Tissue.FLUID, (0, 18, -2), (15, 14, 14)),
    Blob(Tissue.CEREBELLUM, (0, 18, 0), (9, 8, 22)),
    Blob(Tissue.FLUID, (0, 35, 24), (7.5, 4.6, 10)),
    Blob(Tissue.FLUID, (0, 64, 4), (12, 12, 10)),
)


def make_head(rng: np.random.Generator, grid: Grid, *, lesion: Lesion | None) -> Head:
    """A person drawn at random: ventricles, folds of the brain, air cells, side of the lesion."""
    side = 1 if rng.random() < 0.5 else -1
    swollen = 0.85 + 0.45 * float(rng.random())
    push_mm = 4.0 * side if lesion and lesion is not Lesion.INFARCT else 0.0
    return Head(
        lesion=lesion,
        side=side,
        inner=tuple(_personal(blob, swollen, push_mm) for blob in _DEEP),
        folds=make_texture(rng, grid, 9.5, HEIGHT_MM),
        cells=make_texture(rng, grid, 4.0, HEIGHT_MM),
    )


def _personal(blob: Blob, swollen: float, push_mm: float) -> Blob:
    x, y, z = blob.centre
    a, b, c = blob.axes
    if blob.tissue is Tissue.FLUID:
        a, b = a * swollen, b * (1 + (swollen - 1) / 3)
    return replace(blob, centre=(x - push_mm, y, z), axes=(a, b, c))


def head_at(head: Head, grid: Grid, z: float, palette: Palette) -> Field:
    """The cut at `z` mm above the lowest plane (0 to HEIGHT_MM), in the brightness of `palette`."""
    image = np.full_like(grid.x, palette[Tissue.AIR])
    vault, above = _vault_depth(grid, z), np.float32(z) - _floor(grid)
    depth = np.minimum(vault, above)
    folds, cells = texture_at(head.folds, z), texture_at(head.cells, z)
    _draw_outside(image, grid, z, palette)
    wall = np.minimum(vault + 6.8 + np.float32(0.2) * folds, above + 3.2)
    blend(image, soft(wall, 1), palette[Tissue.BONE])
    diploe = soft(depth + 5.0, 0.8) * (1 - soft(depth + 2.0, 0.8))
    blend(image, np.float32(0.8) * diploe, palette[Tissue.MARROW])
    blend(image, soft(depth, grid.pitch_mm), _brain(grid, z, depth, folds, palette))
    draw(image, grid, z, head.inner, palette)
    draw(image, grid, z, _BASE, palette)
    _draw_falx(image, grid, z, depth, palette)
    for tissue, mask in _lesion(head, grid, z, depth, folds):
        blend(image, mask, palette[tissue])
    draw(image, grid, z, _EAR, palette)
    draw(image, grid, z, _SINUSES, palette)
    _draw_cells(image, grid, z, cells, palette)
    return image


def _vault_depth(grid: Grid, z: float) -> Field:
    lean = np.float32(0.24 * max(0.0, _VAULT.centre[2] - z))
    return depth_in(_blunt(grid), grid.y - lean, z, _VAULT)


def _blunt(grid: Grid) -> Field:
    """Across, as if the head were an ellipse: foreheads are blunt, and wider behind."""
    y = np.clip(grid.y, -95, 95) * np.float32(1 / 83)
    return grid.x * (1 - np.float32(0.09) * y * y - np.float32(0.05) * y)


def _floor(grid: Grid) -> Field:
    """Height of the skull base: frontal high, temporal lower, behind the ears lowest."""
    lateral = soft(np.abs(grid.x) - 24, 16)
    middle = 40 - 22 * lateral
    front = soft(-26 - grid.y + 8 * (1 - lateral), 10)
    back = soft(grid.y - 10 - np.float32(0.35) * np.abs(grid.x), 14)
    roof = 43 + 8 * soft(18 - np.abs(np.abs(grid.x) - 30), 16)
    return (middle + (roof - middle) * front) * (1 - back) - 12 * back


def _draw_outside(image: Field, grid: Grid, z: float, palette: Palette) -> None:
    height = max(z, _SKIN.centre[2] - 0.35 * (_SKIN.centre[2] - z))
    skin = depth_in(_blunt(grid), grid.y, height, _SKIN)
    blend(image, soft(skin, grid.pitch_mm), palette[Tissue.MUSCLE])
    fat = soft(skin - 1.6, 1) * (1 - soft(skin - 4.8, 1.2))
    blend(image, fat, palette[Tissue.FAT])
    draw(image, grid, z, _FACE, palette)


def _brain(grid: Grid, z: float, depth: Field, folds: Field, palette: Palette) -> Field:
    """Cortex over white matter, folded along the level lines of a smooth field."""
    grey, white, fluid = (palette[t] for t in (Tissue.GREY, Tissue.WHITE, Tissue.FLUID))
    reach = np.minimum(depth, np.abs(grid.x) + np.float32(max(0.0, 88 - z) * 0.9))
    furrow = np.float32(6.2) * np.abs(folds) + np.float32(0.45) * np.clip(reach - 11, 0, None)
    cortex = np.minimum(np.clip(reach, 0, None), furrow)
    tissue = np.full_like(depth, white)
    blend(tissue, 1 - soft(cortex - 4.0, 2.0), grey)
    blend(tissue, np.float32(0.75) * (1 - soft(furrow - 0.75, 1.1)), fluid)
    blend(tissue, np.float32(0.8) * (1 - soft(depth - 1.0, 1.4)), fluid)
    folia = palette[Tissue.CEREBELLUM] + 0 * depth
    blend(folia, np.float32(0.30) * (1 - soft(np.abs(folds) * 5 - 0.5, 0.8)), fluid)
    blend(folia, np.float32(0.7) * (1 - soft(depth - 1.0, 1.4)), fluid)
    tent = depth_in(grid.x, grid.y, z, _TENT)
    blend(tissue, soft(tent, 1.5), folia)
    blend(tissue, np.float32(0.25) * soft(0.8 - np.abs(tent), 1), palette[Tissue.CLOT])
    return tissue


def _draw_falx(image: Field, grid: Grid, z: float, depth: Field, palette: Palette) -> None:
    if z < 52:
        return
    opening = np.float32(max(0.0, 98 - z))
    where = soft(np.abs(grid.y - 4) - opening * np.float32(1.05), 4) * soft(depth, 1)
    blend(image, np.float32(0.7) * where * soft(1.7 - np.abs(grid.x), 1.4), palette[Tissue.FLUID])
    blend(image, where * soft(0.7 - np.abs(grid.x), 1.0), palette[Tissue.BLOOD])
    sinus = soft(4.5 - np.abs(grid.x) - np.float32(0.55) * depth, 1.5) * soft(grid.y - 20, 4)
    blend(image, sinus * soft(depth, 1), palette[Tissue.BLOOD])


def _draw_cells(image: Field, grid: Grid, z: float, cells: Field, palette: Palette) -> None:
    """Air cells of the mastoids and of the ethmoid, with their thin walls."""
    if z > 48:
        return
    mastoids = _sides(Blob(Tissue.AIR, (57, 31, 14), (11, 17, 22), 8))
    ethmoid = Blob(Tissue.AIR, (0, -54, 28), (13, 30, 14))
    air = soft(np.float32(3.0) * np.abs(cells) - 0.8, 0.8)
    for blob in (*mastoids, ethmoid):
        blend(image, soft(depth_in(grid.x, grid.y, z, blob), 1) * air, palette[Tissue.AIR])
    if abs(z - 8) < 30:
        septum = soft(0.8 - np.abs(grid.x + 1), 0.8) * soft(31 - np.abs(grid.y + 55), 1)
        blend(image, septum, palette[Tissue.MARROW])


def _lesion(
    head: Head, grid: Grid, z: float, depth: Field, folds: Field
) -> Iterator[tuple[Tissue, Field]]:
    inside = soft(depth - 0.3, 1)
    x = np.float32(head.side) * grid.x
    match head.lesion:
        case Lesion.EXTRADURAL:
            lens = Blob(Tissue.CLOT, (64, -4, 84), (18, 33, 27))
            yield Tissue.CLOT, inside * soft(depth_in(x, grid.y, z, lens), 1)
        case Lesion.SUBDURAL:
            sheet = Blob(Tissue.CLOT, (66, 2, 90), (62, 74, 42))
            thick = np.clip(depth_in(x, grid.y, z, sheet) * np.float32(0.35), 0, 8.5)
            yield Tissue.CLOT, inside * soft(thick - depth, 1) * soft(x - 4, 1) * (thick > 0)
        case Lesion.INTRACEREBRAL:
            clot = depth_in(x, grid.y, z, Blob(Tissue.CLOT, (29, 2, 70), (15, 21, 15), -12))
            ragged = clot + np.float32(1.8) * folds
            yield Tissue.OEDEMA, inside * soft(ragged + 5.5, 4) * np.float32(0.9)
            yield Tissue.CLOT, inside * soft(ragged, 1.2)
        case Lesion.INFARCT:
            wedge = depth_in(x, grid.y, z, Blob(Tissue.OEDEMA, (56, 4, 80), (36, 36, 30)))
            ragged = np.minimum(wedge + np.float32(2.0) * folds, depth - 0.5)
            yield Tissue.OEDEMA, np.float32(0.85) * soft(ragged, 5)
        case None:
            pass

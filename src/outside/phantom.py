"""What the machines see: series of planes of an invented person, the same for the same seed."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum, auto
from functools import partial
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from outside import abdomen, chest, head, mr, shapes
from outside.head import Lesion
from outside.shapes import Field, Grid, Palette, Tissue

Pixels: TypeAlias = NDArray[np.uint16]
HU_OFFSET = 1024
TOP = 4095  # 12 bits
T = Tissue

_HOUNSFIELD: Palette = {
    T.AIR: -1000, T.FOAM: -920, T.COUCH: -180, T.LUNG: -830, T.FAT: -90, T.MUSCLE: 54,
    T.BONE: 1150, T.MARROW: 420, T.FLUID: 7, T.GREY: 38, T.WHITE: 27, T.CEREBELLUM: 35,
    T.LENS: 85, T.CALCIUM: 190, T.CLOT: 66, T.OEDEMA: 17, T.BLOOD: 50, T.LIVER: 62,
    T.SPLEEN: 54, T.KIDNEY: 36, T.BOWEL: 33,
}  # fmt: skip
_SPONGY: Palette = {**_HOUNSFIELD, T.BONE: 520, T.MARROW: 190, T.GREY: 82}


class Part(StrEnum):
    """What is examined, and how."""

    HEAD_CT = auto()
    ABDOMEN_CT = auto()
    CHEST_DX = auto()
    HEAD_MR = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Planes from the feet to the head; `plane(i)` draws the i-th, always the same."""

    name: str
    count: int
    rows: int
    columns: int
    pitch_mm: float
    step_mm: float
    window: tuple[float, float]
    weighting: mr.Weighting | None = None
    plane: Callable[[int], Pixels]


def lesion_of(seed: int) -> Lesion | None:
    """One head in three has a lesion, each kind in turn."""
    kinds = list(Lesion)
    return kinds[seed // 3 % len(kinds)] if seed % 3 == 0 else None


def draw(part: Part, seed: int, slices: int) -> tuple[Series, ...]:
    """The series of one exam; `slices` is how many planes a CT of the head has."""
    match part:
        case Part.HEAD_CT:
            return (_head_ct(seed, slices),)
        case Part.ABDOMEN_CT:
            return (_abdomen_ct(seed, max(8, slices * 2 // 3)),)
        case Part.CHEST_DX:
            return (_chest_dx(seed),)
        case Part.HEAD_MR:
            return _head_mr(seed, max(8, slices // 5))


def _head_ct(seed: int, slices: int) -> Series:
    rng = np.random.default_rng(seed)
    pitch_mm = float(rng.uniform(0.43, 0.46))
    coarse, turn = 2 * pitch_mm, float(rng.uniform(-5, 5))
    shift_mm = (float(rng.uniform(-5, 5)), float(rng.uniform(-3, 4)))
    grid = shapes.make_grid(256, coarse, turn_deg=turn, shift_mm=shift_mm)
    person = head.make_head(rng, grid, lesion=lesion_of(seed))
    noise = shapes.make_noise(rng, 512, 4.2)
    rest = _head_rest(shapes.make_grid(256, coarse))
    step_mm = head.HEIGHT_MM / slices

    def cut(index: int) -> Field:
        image = head.head_at(person, grid, (index + 0.5) * step_mm, _HOUNSFIELD)
        return np.maximum(image, rest)

    return Series(
        name="HEAD",
        count=slices,
        rows=512,
        columns=512,
        pitch_mm=pitch_mm,
        step_mm=step_mm,
        window=(40, 80),
        plane=partial(_ct_plane, cut, noise, seed),
    )


def _head_rest(grid: Grid) -> Field:
    """The carbon shell that holds the head, with its foam."""
    radius = np.hypot(grid.x, grid.y + 6)
    reach = shapes.soft(grid.y - np.float32(0.42) * np.abs(grid.x) - 18, 3)
    image = np.full_like(grid.x, _HOUNSFIELD[T.AIR])
    shapes.blend(image, reach * shapes.soft(radius - 98, 1) * shapes.soft(109 - radius, 1), -930)
    shapes.blend(image, reach * shapes.soft(1.3 - np.abs(radius - 109), 1), _HOUNSFIELD[T.COUCH])
    return image


def _abdomen_ct(seed: int, slices: int) -> Series:
    rng = np.random.default_rng(seed)
    pitch_mm = 0.74
    shift_mm = (float(rng.uniform(-6, 6)), float(rng.uniform(-12, -4)))
    grid = shapes.make_grid(256, 2 * pitch_mm, shift_mm=shift_mm)
    body = abdomen.make_abdomen(rng, grid)
    noise = shapes.make_noise(rng, 512, 11.0)
    flat = shapes.make_grid(256, 2 * pitch_mm)
    table = shapes.soft(2.2 - np.abs(flat.y - 132 + np.float32(0.0016) * flat.x**2), 1)
    step_mm = abdomen.HEIGHT_MM / slices

    def cut(index: int) -> Field:
        image = abdomen.abdomen_at(body, grid, (index + 0.5) * step_mm, _SPONGY)
        return np.maximum(image, _HOUNSFIELD[T.AIR] + table * 850)

    return Series(
        name="ABDOMEN",
        count=slices,
        rows=512,
        columns=512,
        pitch_mm=pitch_mm,
        step_mm=step_mm,
        window=(50, 350),
        plane=partial(_ct_plane, cut, noise, seed),
    )


def _ct_plane(cut: Callable[[int], Field], noise: Field, seed: int, index: int) -> Pixels:
    rng = np.random.default_rng((seed, index))
    fine = shapes.double(cut(index))
    fine += shapes.cut_noise(rng, noise, len(fine))
    fine += np.float32(HU_OFFSET + 0.5)
    return np.clip(fine, 0, TOP).astype(np.uint16)


def _chest_dx(seed: int) -> Series:
    return Series(
        name="CHEST PA",
        count=1,
        rows=2400,
        columns=2000,
        pitch_mm=0.18,
        step_mm=0.0,
        window=(2048, 4096),
        plane=partial(_film, seed),
    )


def _film(seed: int, _index: int) -> Pixels:
    rng = np.random.default_rng(seed)
    square = shapes.make_grid(600, 0.72, shift_mm=(float(rng.uniform(-4, 4)), 0))
    grain = shapes.texture_at(shapes.make_texture(rng, square, 6.0, 20.0), 5.0)
    middle = np.s_[:, 50:550]
    grid = Grid(
        x=square.x[middle], y=square.y[middle], pitch_mm=0.72, turn_rad=0.0, shift_mm=(0.0, 0.0)
    )
    lengths = chest.chest_lengths(rng, grid, grain[middle])
    density = np.clip((lengths - 1) / np.float32(24), 0, 1) ** np.float32(0.75)
    image = shapes.double(shapes.double(density * np.float32(3950)))
    tile = shapes.make_noise(rng, 600, 26.0)
    for row in range(0, 2400, 600):
        for column in range(0, 2000, 500):
            piece = shapes.cut_noise(rng, tile, 600)[:, :500]
            image[row : row + 600, column : column + 500] += piece
    return np.clip(image + 40, 0, TOP).astype(np.uint16)


def _head_mr(seed: int, slices: int) -> tuple[Series, ...]:
    rng = np.random.default_rng(seed)
    pitch_mm = 0.88
    grid = shapes.make_grid(256, pitch_mm, turn_deg=float(rng.uniform(-4, 4)))
    person = head.make_head(rng, grid, lesion=lesion_of(seed))
    shading = shapes.make_texture(rng, grid, 90.0, head.HEIGHT_MM)
    step_mm = head.HEIGHT_MM / slices

    def plane(weighting: mr.Weighting, index: int) -> Pixels:
        z = (index + 0.5) * step_mm
        signal = head.head_at(person, grid, z, weighting.palette)
        noisy = np.random.default_rng((seed, index, int(weighting.echo_ms)))
        uneven = np.float32(0.07) * shapes.texture_at(shading, z)
        return np.clip(mr.receive(noisy, signal, uneven, 16.0), 0, TOP).astype(np.uint16)

    return tuple(
        Series(
            name=f"AX {weighting.name}",
            count=slices,
            rows=256,
            columns=256,
            pitch_mm=pitch_mm,
            step_mm=step_mm,
            window=(400, 800) if weighting.name != "T2" else (550, 1100),
            weighting=weighting,
            plane=partial(plane, weighting),
        )
        for weighting in mr.WEIGHTINGS
    )

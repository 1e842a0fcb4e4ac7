"""Drawing tools of the phantoms: soft-edged solids cut by a plane, smooth random fields, noise.

Units: millimetres; x to the patient's left, y to the back, z to the head.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum, auto
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Field: TypeAlias = NDArray[np.floating]  # float32 in fact: numpy's types lose it
Point: TypeAlias = tuple[float, float, float]
Window: TypeAlias = tuple[slice, slice]


class Tissue(StrEnum):
    """What a solid is made of; each kind of image gives it its own brightness."""

    AIR = auto()
    FOAM = auto()
    COUCH = auto()
    LUNG = auto()
    FAT = auto()
    MUSCLE = auto()
    BONE = auto()
    MARROW = auto()
    FLUID = auto()
    GREY = auto()
    WHITE = auto()
    CEREBELLUM = auto()
    LENS = auto()
    CALCIUM = auto()
    CLOT = auto()
    OEDEMA = auto()
    BLOOD = auto()
    LIVER = auto()
    SPLEEN = auto()
    KIDNEY = auto()
    BOWEL = auto()


Palette: TypeAlias = Mapping[Tissue, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """An axial plane of pixels, with where each one lies in the patient.

    Shape: x and y are (rows, columns).
    """

    x: Field
    y: Field
    pitch_mm: float
    turn_rad: float
    shift_mm: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Blob:
    """An ellipsoid of one tissue, turned about the long axis of the body."""

    tissue: Tissue
    centre: Point
    axes: Point
    turn_deg: float = 0.0


def make_grid(
    size: int, pitch_mm: float, *, turn_deg: float = 0.0, shift_mm: tuple[float, float] = (0.0, 0.0)
) -> Grid:
    """A square plane centred on the scanner's axis, the patient turned and shifted in it."""
    along = ((np.arange(size) - (size - 1) / 2) * pitch_mm).astype(np.float32)
    across, down = np.meshgrid(along - shift_mm[0], along - shift_mm[1])
    turn = np.deg2rad(turn_deg)
    cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    return Grid(
        x=cos * across + sin * down,
        y=cos * down - sin * across,
        pitch_mm=pitch_mm,
        turn_rad=float(turn),
        shift_mm=shift_mm,
    )


def both(blob: Blob) -> Iterator[Blob]:
    """The same solid on the left and on the right."""
    x, y, z = blob.centre
    yield blob
    yield replace(blob, centre=(-x, y, z), turn_deg=-blob.turn_deg)


def soft(depth_mm: Field, width_mm: float) -> Field:
    """How much of each pixel is inside, given its depth below the surface."""
    return np.clip(depth_mm / np.float32(width_mm) + np.float32(0.5), 0, 1)


def blend(image: Field, mask: Field, value: float | Field) -> None:
    """Replace the share `mask` of each pixel by `value`."""
    image += mask * (value - image)


def _window(grid: Grid, blob: Blob) -> Window:
    x, y, _ = blob.centre
    cos, sin = np.cos(grid.turn_rad), np.sin(grid.turn_rad)
    column = (cos * x - sin * y + grid.shift_mm[0]) / grid.pitch_mm + (grid.x.shape[1] - 1) / 2
    row = (sin * x + cos * y + grid.shift_mm[1]) / grid.pitch_mm + (grid.x.shape[0] - 1) / 2
    reach = max(blob.axes[:2]) / grid.pitch_mm + 2
    return (
        slice(max(0, int(row - reach)), max(0, int(row + reach) + 2)),
        slice(max(0, int(column - reach)), max(0, int(column + reach) + 2)),
    )


def depth_in(x: Field, y: Field, z: float, blob: Blob) -> Field:
    """Depth below the surface of an ellipsoid, to first order; negative outside."""
    turn = np.deg2rad(blob.turn_deg)
    cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    across, down = x - np.float32(blob.centre[0]), y - np.float32(blob.centre[1])
    u = (cos * across + sin * down) / np.float32(blob.axes[0])
    v = (cos * down - sin * across) / np.float32(blob.axes[1])
    w = (z - blob.centre[2]) / blob.axes[2]
    radius_sq = u * u + v * v + np.float32(w * w)
    slope = np.sqrt(
        (u / np.float32(blob.axes[0])) ** 2
        + (v / np.float32(blob.axes[1])) ** 2
        + np.float32((w / blob.axes[2]) ** 2 + 1e-9)
    )
    return (1 - radius_sq) / (2 * slope)


def draw(image: Field, grid: Grid, z: float, blobs: Sequence[Blob], palette: Palette) -> None:
    """Paint the cut of each solid at height `z`, in order."""
    for blob in blobs:
        if abs(z - blob.centre[2]) >= blob.axes[2]:
            continue
        window = _window(grid, blob)
        depth = depth_in(grid.x[window], grid.y[window], z, blob)
        blend(image[window], soft(depth, grid.pitch_mm), palette[blob.tissue])


@dataclass(frozen=True, slots=True, kw_only=True)
class Texture:
    """A smooth random field in three dimensions, known at nodes `step_mm` apart.

    Shape: nodes is (z, rows, columns); weights is (size, rows).
    """

    nodes: Field
    weights: Field
    step_mm: float


def make_texture(rng: np.random.Generator, grid: Grid, step_mm: float, height_mm: float) -> Texture:
    """A field of unit variance whose grains are about `step_mm` wide."""
    size = grid.x.shape[0]
    count = int(size * grid.pitch_mm / step_mm) + 3
    layers = int(height_mm / step_mm) + 3
    nodes = rng.standard_normal((layers, count, count), dtype=np.float32)
    weights = _spline(np.arange(size) * grid.pitch_mm / step_mm + 0.5, count)
    return Texture(nodes=nodes, weights=weights, step_mm=step_mm)


def _spline(position: NDArray[np.float64], count: int) -> Field:
    far = np.abs(position[:, None] - np.arange(count)[None, :])
    near = np.where(far < 1, (4 - 6 * far**2 + 3 * far**3) / 6, 0)
    weights = np.where((far >= 1) & (far < 2), (2 - far) ** 3 / 6, near)
    return weights.astype(np.float32)


def texture_at(texture: Texture, z: float) -> Field:
    """The field on the plane at height `z`, counted from 0."""
    layer = _spline(np.array([z / texture.step_mm + 0.5]), len(texture.nodes))[0]
    plane = np.tensordot(layer, texture.nodes, axes=1)
    return (texture.weights @ plane @ texture.weights.T) * np.float32(2.6)


def double(image: Field) -> Field:
    """The same picture with twice the rows and columns, interpolated between pixel centres."""
    for axis in (0, 1):
        image = _double_axis(image, axis)
    return image


def _double_axis(image: Field, axis: int) -> Field:
    lines = np.moveaxis(image, axis, 0)
    wide = np.empty((2 * lines.shape[0], lines.shape[1]), np.float32)
    before = np.concatenate([lines[:1], lines[:-1]])
    after = np.concatenate([lines[1:], lines[-1:]])
    wide[0::2] = np.float32(0.75) * lines + np.float32(0.25) * before
    wide[1::2] = np.float32(0.75) * lines + np.float32(0.25) * after
    return np.moveaxis(wide, 0, axis)


def make_noise(rng: np.random.Generator, size: int, deviation: float) -> Field:
    """A tile of slightly correlated Gaussian noise, larger than a picture, to cut pieces from."""
    raw = rng.standard_normal((size + 97, size + 97), dtype=np.float32)
    raw[1:] += np.float32(0.55) * raw[:-1]
    raw[:, 1:] += np.float32(0.55) * raw[:, :-1]
    return raw * np.float32(deviation / (1 + 0.55**2))


def cut_noise(rng: np.random.Generator, tile: Field, size: int) -> Field:
    """A piece of the tile, another one at each call."""
    row, column = rng.integers(0, len(tile) - size, 2)
    return tile[row : row + size, column : column + size]

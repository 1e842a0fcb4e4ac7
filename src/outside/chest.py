"""A frontal chest radiograph: lengths of tissue crossed by each ray, then a film-like response.

Units: millimetres; x to the patient's left, y to the feet.
"""

from collections.abc import Iterator

import numpy as np

from outside import shapes
from outside.shapes import Blob, Field, Grid, Tissue, blend, depth_in, soft

_HILA = ((-34.0, -8.0), (38.0, -14.0))


def chest_lengths(rng: np.random.Generator, grid: Grid, texture: Field) -> Field:
    """Centimetres of water that each ray crosses."""
    x, y = grid.x, grid.y
    lungs = _lungs(x, y) * (1 - _heart(x, y, float(rng.uniform(54, 66))))
    image = _torso(x, y)
    vessels = shapes.double(_vessels(rng, x[::2, ::2], y[::2, ::2])) + np.float32(0.12) * texture
    image -= lungs * (np.float32(0.74) * _torso(x, y) - vessels)
    image += np.float32(1.6) * _spine(x, y) + np.float32(1.3) * _middle(x, y)
    blend(image, np.float32(0.22) * _trachea(x, y), 2.0)
    for bone, mask in _bones(x, y):
        image += np.float32(bone) * mask
    bubble = depth_in(x, y, 0, Blob(Tissue.AIR, (76, 128, 0), (26, 14, 1)))
    return image - np.float32(5.0) * soft(bubble, 6)


def _ellipse(x: Field, y: Field, centre: tuple[float, float], axes: tuple[float, float]) -> Field:
    return depth_in(x, y, 0, Blob(Tissue.MUSCLE, (*centre, 0), (*axes, 1)))


def _torso(x: Field, y: Field) -> Field:
    """Shoulders and arms wide, neck narrow, thickest in the middle."""
    far = np.abs(x)
    trunk = np.clip(1 - (x / 172) ** 2, 0, 1) ** np.float32(0.42) * soft(y + 120, 40)
    shoulder = (
        np.clip(1 - (x / 205) ** 2, 0, 1) ** np.float32(0.5)
        * soft(y + 148 - np.float32(0.0016) * (far - 30).clip(0) ** 2, 26)
        * soft(-20 - y, 90)
    )
    neck = np.clip(1 - (x / 62) ** 2, 0, 1) ** np.float32(0.5)
    thick = 17 + np.float32(0.022) * (y + 60)
    return np.maximum(np.maximum(trunk * thick, np.float32(14) * shoulder), np.float32(12) * neck)


def _lungs(x: Field, y: Field) -> Field:
    masks: list[Field] = []
    for side, dome, reach in ((-1, 92.0, 124.0), (1, 102.0, 120.0)):
        across = np.float32(side) * x
        bell = reach - 92 * (np.clip(30 - y, 0, None) / np.float32(180)) ** np.float32(3.4)
        outer = bell - across
        inner = across - 14 - np.float32(0.0006) * np.clip(y + 40, 0, None) ** 2
        floor = dome + np.float32(0.0068) * (across - 56) ** 2 - y
        apex = y + 152
        depth = np.minimum(np.minimum(outer, inner * 2), np.minimum(floor * 3, apex))
        masks.append(np.clip(depth / 44, 0, 1) ** np.float32(0.42) * soft(depth - 1, 2))
    return np.maximum(*masks)


def _heart(x: Field, y: Field, width_mm: float) -> Field:
    left = _ellipse(x - np.float32(0.25) * (y - 50), y, (20, 55), (width_mm, 62))
    arch = _ellipse(x, y, (26, -38), (17, 17))
    trunk = _ellipse(x, y, (30, -8), (14, 26))
    right = _ellipse(x, y, (-16, 58), (27, 44))
    edge = np.maximum(np.maximum(left, right), np.maximum(arch, trunk))
    return np.float32(0.88) * soft(edge, 3.5)


def _middle(x: Field, y: Field) -> Field:
    return soft(24 - np.abs(x - 3), 14) * soft(y + 150, 40)


def _trachea(x: Field, y: Field) -> Field:
    tube = soft(8.5 - np.abs(x + 2), 4) * soft(-22 - y, 8)
    bronchi = soft(5 - np.abs(np.abs(x + 2) - np.float32(0.8) * (y + 22)), 4)
    return np.maximum(tube, bronchi * soft(14 - np.abs(y + 8), 4))


def _spine(x: Field, y: Field) -> Field:
    period = np.float32(0.5) + np.float32(0.5) * np.cos(y * np.float32(2 * np.pi / 24))
    waist = 17 + 2 * period
    body = soft(waist - np.abs(x), 3) * (
        np.float32(0.55) + np.float32(0.45) * soft(period - 0.12, 0.2)
    )
    spine = soft(3 - np.abs(x), 2) * soft(8 - np.abs((y + 6) % 24 - 12), 2)
    return body + np.float32(0.5) * spine


def _bones(x: Field, y: Field) -> Iterator[tuple[float, Field]]:
    far = np.abs(x)
    for number in range(10):
        yield 1.5, _back_rib(far, y, -128 + 24.0 * number, number)
    for number in range(7):
        yield 1.1, _front_rib(far, y, -92 + 27.0 * number, number)
    collar = y + 112 + np.float32(0.20) * (far - 20) - 7 * np.sin((far - 20) / 28)
    yield 1.5, soft(6.2 - np.abs(collar), 2.5) * soft(far - 16, 5) * soft(142 - far, 6)
    blade = np.minimum(far - 108 - np.float32(0.16) * (y + 60), 172 - far)
    blade = np.minimum(blade, np.minimum(y + 120, 10 - y + np.float32(0.3) * (far - 120)))
    yield 0.7, soft(blade, 3) * (np.float32(0.6) + np.float32(0.4) * soft(4 - np.abs(blade - 3), 3))
    yield 3.0, soft(_ellipse(far, y, (172, -98), (21, 23)), 3)
    yield 2.4, soft(12 - np.abs(far - 178 - np.float32(0.06) * (y + 90)), 3) * soft(y + 92, 10)


def _back_rib(far: Field, y: Field, top: float, number: int) -> Field:
    """The rib behind: rises from the spine, then falls to the side of the chest."""
    reach = 72.0 + 58.0 * np.sin(np.pi * min(number + 1, 8) / 16)
    u = np.clip((far - 14) / np.float32(reach - 14), 0, 1)
    line = np.float32(top) + (7 + 2.3 * number) * (u**2) * 2.2 - 7 * np.sin(np.pi * u)
    return _tube(y - line, 5.6) * soft(far - 12, 4) * soft(reach - far, 3)


def _front_rib(far: Field, y: Field, side: float, number: int) -> Field:
    """The rib in front: falls from the side towards the breastbone, cartilage unseen."""
    reach = 84.0 + 44.0 * np.sin(np.pi * min(number + 1, 7) / 14)
    u = np.clip((reach - far) / np.float32(reach - 40), 0, 1)
    line = np.float32(side) + (32 + 4 * number) * np.sin(u * np.float32(1.45))
    return _tube(y - line, 6.4) * soft(reach - far, 3) * soft(far - 44 - 3 * number, 16)


def _tube(offset: Field, half_mm: float) -> Field:
    """A hollow bone seen from the side: its edges are brighter than its middle."""
    edge = np.float32(half_mm) - np.abs(offset)
    return soft(edge, 2) * (np.float32(0.62) + np.float32(0.38) * soft(2.0 - edge, 2))


def _vessels(rng: np.random.Generator, x: Field, y: Field) -> Field:
    image = np.zeros_like(x)
    for side, hilum in zip((-1, 1), _HILA, strict=True):
        image += np.float32(1.1) * np.exp(
            -(((x - hilum[0]) / 15) ** 2) - ((y - hilum[1]) / 24) ** 2, dtype=np.float32
        )
        for _ in range(15):
            heading = float(rng.uniform(-1.35, 1.45))
            step = (side * np.cos(heading), np.sin(heading))
            _branch(rng, image, (x, y), (hilum, step), float(rng.uniform(2.2, 3.6)))
    return np.minimum(image, 2.4 + np.float32(0.25) * image)


def _branch(
    rng: np.random.Generator,
    image: Field,
    place: tuple[Field, Field],
    line: tuple[tuple[float, float], tuple[float, float]],
    width_mm: float,
) -> None:
    """A vessel that thins out, and two more from its end."""
    (x0, y0), (dx, dy) = line
    length = 11 * width_mm
    u, v = place[0] - np.float32(x0), place[1] - np.float32(y0)
    along = np.clip(u * np.float32(dx) + v * np.float32(dy), 0, length)
    gap_sq = (u - along * np.float32(dx)) ** 2 + (v - along * np.float32(dy)) ** 2
    image += np.float32(0.42 * width_mm**0.7) * np.exp(-gap_sq / np.float32((0.8 * width_mm) ** 2))
    if width_mm < 1.5:
        return
    end = (x0 + length * dx, y0 + length * dy)
    for turn in rng.uniform(0.1, 0.55, 2) * (1, -1):
        cos, sin = float(np.cos(turn)), float(np.sin(turn))
        _branch(
            rng, image, place, (end, (cos * dx - sin * dy, sin * dx + cos * dy)), width_mm * 0.68
        )

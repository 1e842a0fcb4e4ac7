"""A head seen by magnetic resonance: the same anatomy under three weightings."""

from dataclasses import dataclass

import numpy as np

from outside.shapes import Field, Palette, Tissue

T = Tissue


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighting:
    """One sequence: what it is called, its times, and how bright each tissue is."""

    name: str
    scanning: str
    repetition_ms: float
    echo_ms: float
    inversion_ms: float | None
    palette: Palette


def _palette(brightness: str) -> Palette:
    """Brightness of the tissues a head is made of, in the order below."""
    tissues = (T.AIR, T.FAT, T.MUSCLE, T.BONE, T.MARROW, T.FLUID, T.GREY, T.WHITE, T.CEREBELLUM)
    rest = (T.LENS, T.CALCIUM, T.CLOT, T.OEDEMA, T.BLOOD)
    return dict(zip((*tissues, *rest), map(float, brightness.split()), strict=True))


WEIGHTINGS = (
    Weighting(
        name="T1",
        scanning="SE",
        repetition_ms=550.0,
        echo_ms=12.0,
        inversion_ms=None,
        palette=_palette("4 980 380 40 420 120 430 580 480 500 130 640 330 110"),
    ),
    Weighting(
        name="T2",
        scanning="SE",
        repetition_ms=4800.0,
        echo_ms=98.0,
        inversion_ms=None,
        palette=_palette("4 620 220 30 260 1150 560 400 500 240 90 260 900 60"),
    ),
    Weighting(
        name="FLAIR",
        scanning="IR",
        repetition_ms=9000.0,
        echo_ms=110.0,
        inversion_ms=2500.0,
        palette=_palette("4 540 240 30 230 70 580 460 530 300 90 420 980 90"),
    ),
)


def receive(rng: np.random.Generator, signal: Field, shading: Field, deviation: float) -> Field:
    """What the coil measures: uneven reception and Rician noise."""
    noise = rng.standard_normal((2, *signal.shape), dtype=np.float32) * np.float32(deviation)
    return np.hypot(signal * (1 + shading) + noise[0], noise[1])

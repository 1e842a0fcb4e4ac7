"""What the machines see is plausible, bounded and the same for the same seed."""

from itertools import pairwise

import numpy as np
import pytest

from outside import head, phantom
from outside.head import Lesion
from outside.phantom import HU_OFFSET, TOP, Part

PARTS = list(Part)


@pytest.mark.parametrize("part", PARTS)
def test_pixels_fit_in_twelve_bits_and_fill_the_plane(part: Part) -> None:
    for series in phantom.draw(part, seed=5, slices=24):
        for index in {0, series.count // 2, series.count - 1}:
            plane = series.plane(index)
            assert plane.dtype == np.uint16
            assert plane.shape == (series.rows, series.columns)
            assert plane.max() <= TOP


@pytest.mark.parametrize("part", PARTS)
def test_the_same_seed_gives_the_same_pixels_in_any_order(part: Part) -> None:
    first, again = (phantom.draw(part, seed=8, slices=24)[0] for _ in range(2))
    last = first.count - 1

    early = first.plane(last)
    again.plane(0)

    assert np.array_equal(early, again.plane(last))
    assert not np.array_equal(early, phantom.draw(part, seed=9, slices=24)[0].plane(last))


def test_a_head_has_as_many_slices_as_asked_over_the_same_height() -> None:
    heights = set[float]()
    for slices in (120, 160):
        (series,) = phantom.draw(Part.HEAD_CT, seed=1, slices=slices)
        assert series.count == slices
        heights.add(round(series.count * series.step_mm, 3))

    assert heights == {head.HEIGHT_MM}


def test_one_head_in_three_has_a_lesion_and_every_kind_occurs() -> None:
    lesions = [phantom.lesion_of(seed) for seed in range(300)]

    assert sum(lesion is not None for lesion in lesions) == 100
    assert set(lesions) == {None, *Lesion}


def test_a_head_holds_air_brain_and_bone() -> None:
    (series,) = phantom.draw(Part.HEAD_CT, seed=1, slices=30)
    plane = series.plane(15).astype(int) - HU_OFFSET

    brain = plane[200:300, 200:300]
    assert 15 < np.median(brain) < 45
    assert np.median(plane[:20, :20]) < -950
    assert (plane > 700).sum() > 4000


@pytest.mark.parametrize("seed", [0, 3, 6, 9])
def test_a_lesion_changes_one_side_of_the_head(seed: int) -> None:
    assert phantom.lesion_of(seed) is not None
    (series,) = phantom.draw(Part.HEAD_CT, seed=seed, slices=30)

    plane = series.plane(15).astype(int) - HU_OFFSET
    soft = np.where((plane > -20) & (plane < 110), plane, 28)
    left, right = soft[100:420, 256:], soft[100:420, :256][:, ::-1]
    assert abs(int(left.sum()) - int(right.sum())) > 20_000


def test_noise_changes_from_one_slice_to_the_next() -> None:
    (series,) = phantom.draw(Part.HEAD_CT, seed=1, slices=30)
    corners = [series.plane(index)[240:272, 240:272] for index in range(14, 18)]

    assert all(not np.array_equal(one, other) for one, other in pairwise(corners))

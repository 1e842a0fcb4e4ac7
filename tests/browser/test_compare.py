from pathlib import Path

import pytest
from PIL import Image

from browser.compare import compare


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A grey page of 200 by 200 pixels."""
    path = tmp_path / "page.png"
    Image.new("RGB", (200, 200), (90, 90, 90)).save(path)
    return path


def changed(page: Path, *, size: int, colour: tuple[int, int, int]) -> Path:
    """The same page with a square of another colour."""
    path = page.with_name("changed.png")
    with Image.open(page) as image:
        image.paste(colour, (10, 10, 10 + size, 10 + size))
        image.save(path)
    return path


def test_the_same_page_is_the_same(page: Path) -> None:
    assert compare(page, page).is_same


def test_a_shade_nobody_sees_is_the_same(page: Path) -> None:
    assert compare(changed(page, size=100, colour=(100, 100, 100)), page).is_same


def test_a_few_pixels_are_the_same(page: Path) -> None:
    assert compare(changed(page, size=3, colour=(255, 255, 255)), page).is_same


@pytest.mark.parametrize("colour", [(255, 255, 255), (90, 90, 160)])
def test_a_changed_word_is_drawn_beside_the_picture(
    page: Path, colour: tuple[int, int, int]
) -> None:
    comparison = compare(changed(page, size=30, colour=colour), page)
    assert not comparison.is_same
    assert comparison.picture == page.with_name("changed.diff.png")
    assert page.with_name("changed.diff.png").exists()


def test_another_size_is_another_page(page: Path, tmp_path: Path) -> None:
    Image.new("RGB", (200, 201)).save(tmp_path / "long.png")
    assert not compare(tmp_path / "long.png", page).is_same

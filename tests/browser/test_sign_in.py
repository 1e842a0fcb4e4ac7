from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

Open = Callable[..., Page]

THEMES = pytest.mark.parametrize("theme", ["light", "dark"])


@THEMES
def test_sign_in_reads_well(open_page: Open, axe: Callable[[Page], list[str]], theme: str) -> None:
    page = open_page("", "/login", theme=theme)
    expect(page.get_by_role("heading", name="Plateau")).to_be_visible()
    assert axe(page) == []

"""Pages look as they did; `PLATEAU_PICTURES=1` accepts how they look now.

What changes from one night to the next (clocks, numbers, images) is held still or masked.
"""

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from browser import readme
from browser.compare import compare
from browser.conftest import ROOT, set_theme
from browser.hands import SOON_MS, expect_live, row_of
from browser.scene import Scene

Open = Callable[..., Page]
Agree = Callable[..., None]
REFERENCES = Path(__file__).parent / "references"
IS_ACCEPTED = os.environ.get("PLATEAU_PICTURES") == "1"
_LOOKS = 3  # a live change may come between the holding still and the shot
_HOLD = "(all, text) => all.forEach(one => { one.textContent = text; })"


@pytest.fixture
def agree(tmp_path: Path) -> Agree:
    """The page looks like its references in both themes, or becomes them."""

    def check(
        page: Page, name: str, *, hold: Sequence[str] = (), mask: Sequence[Locator] = ()
    ) -> None:
        for theme in ("light", "dark"):
            set_theme(page, theme)
            file = f"{name}_{theme}.png"
            for left in reversed(range(_LOOKS)):
                for selector in hold:
                    page.locator(selector).evaluate_all(_HOLD, "00:00")
                shot = tmp_path / file
                page.screenshot(
                    path=shot, mask=list(mask), mask_color="#808080", animations="disabled"
                )
                if _agrees(shot, REFERENCES / file, is_last=not left):
                    break

    return check


def _agrees(shot: Path, reference: Path, *, is_last: bool) -> bool:
    if IS_ACCEPTED:
        REFERENCES.mkdir(exist_ok=True)
        shutil.copy(shot, reference)
        return True
    found = compare(shot, reference)
    assert found.is_same or not is_last, f"{reference.name}: {found.share:.2%}, {found.picture}"
    return found.is_same


def test_sign_in(open_page: Open, agree: Agree) -> None:
    agree(open_page("", "/login"), "sign_in")


def test_request_form(open_page: Open, agree: Agree) -> None:
    page = open_page("urgences.stpalais", "/requests/new")
    agree(page, "request")
    page.get_by_role("button", name="Envoyer la demande").click()
    expect(page.locator("#problems")).to_be_focused()
    agree(page, "request_with_errors")


def test_preferences_and_help(open_page: Open, agree: Agree) -> None:
    page = open_page("lecteur2", "/me")
    agree(page, "preferences")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    agree(page, "help")


def test_on_call(open_page: Open, agree: Agree) -> None:
    page = open_page("regulation", "/oncall")
    expect_live(page)
    agree(page, "on_call", hold=["#oncall p time"])


def test_worklist_and_reading_page(open_page: Open, scene: Scene, agree: Agree) -> None:
    exam = scene.image(
        "GABARIT",
        by="urgences.mdm",
        urgency="U3",
        exam_code="IRM-ENCEPHALE",
        allergy="yes",
        local_id="TEST-0001",
    )
    page = open_page("lecteur2", "/worklist?urgency=U3&modality=MR")
    expect_live(page)
    expect(row_of(page, "GABARIT")).to_be_visible(timeout=SOON_MS)
    agree(page, "worklist", hold=["#rows td:nth-child(2)", "#rows time"])
    page.goto(f"/read/{exam}")
    page.keyboard.press("t")
    page.locator("#report").wait_for()
    clock = ["#clock > b", "#clock > span.muted"]
    agree(page, "reading", hold=clock, mask=[page.locator("#viewer")])
    page.get_by_role("button", name="Rendre").click()
    page.wait_for_url("**/worklist*")


def test_readme_pictures(open_page: Open, scene: Scene) -> None:
    if IS_ACCEPTED:
        readme.draw(open_page, scene, ROOT / "docs" / "pictures")
    for name in ("worklist", "reading"):
        with Image.open(ROOT / "docs" / "pictures" / f"{name}.png") as picture:
            assert picture.size == (1600, 900)

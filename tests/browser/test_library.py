"""A reader keeps templates and macros, and writes a report with them by keyboard."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from browser.scene import Scene

Open = Callable[..., Page]
ReadsWell = Callable[[Page], None]
READER = "lecteur1"
FILE = Path(__file__).parents[1] / "reading" / "template.html"


def test_a_report_is_written_from_a_template_and_macros(
    open_page: Open, scene: Scene, reads_well: ReadsWell
) -> None:
    page = open_page(READER, "/library")
    keep_macro(page)
    bring_in(page)
    reads_well(page)
    exam = scene.image("GABARIT")
    scene.take(exam, by=READER)
    page.goto(f"/read/{exam}")
    technique, result = page.locator("#technique"), page.locator("#result")
    expect(technique).to_have_value(re.compile("PDL"))
    choose_template(page)
    expect(result).to_have_value(re.compile("Rein droit : \\[normal \\| petit\\]"))
    expect(technique).to_have_value(re.compile("Dose : IDSV .*PDL"))
    assert selected(page) == "[normal | petit]"
    page.keyboard.insert_text("normal")
    page.keyboard.press("Alt+j")
    assert selected(page) == "[présent | absent]"
    page.keyboard.insert_text(".uterus")
    page.keyboard.press("Tab")
    expect(result).to_have_value(re.compile("Utérus : Sans particularité à "))
    reads_well(page)
    withdraw_all(page)


def keep_macro(page: Page) -> None:
    page.get_by_label("Mot court").fill("uterus")
    page.locator("#macro-text").fill("Sans particularité à {âge}.")
    page.get_by_role("button", name="Garder cette macro").click()
    expect(page.get_by_role("cell", name=".uterus")).to_be_visible()


def bring_in(page: Page) -> None:
    """The file is refused without an exam, and kept with one."""
    form = page.locator("form[action='/library/import']")
    form.get_by_label("Fichier").set_input_files(FILE)
    form.get_by_role("button", name="Importer").click()
    expect(page.locator(".n-bad")).to_contain_text("pour quels examens")
    form.get_by_label("Fichier").set_input_files(FILE)
    form.get_by_label("Scanner cérébral").check()
    form.get_by_role("button", name="Importer").click()
    expect(page.get_by_role("heading", name="Scanner de l'abdomen")).to_be_visible()
    expect(page.locator("#result")).to_have_value(re.compile("Pelvis :"))


def choose_template(page: Page) -> None:
    page.keyboard.press("Alt+l")
    expect(page.locator("#offer")).to_be_focused()
    page.keyboard.type("Scanner de l")
    page.keyboard.press("Enter")


def withdraw_all(page: Page) -> None:
    """What this reader kept is withdrawn, and could be put back."""
    page.goto("/library")
    for _ in range(2):
        page.get_by_role("button", name="Retirer").first.click()
        page.wait_for_url("**/library")
    expect(page.get_by_text("Aucun modèle")).to_be_visible()
    expect(page.get_by_text("Retirés ou remplacés")).to_be_visible()


def selected(page: Page) -> str:
    return page.evaluate(
        "(({value, selectionStart: a, selectionEnd: b}) => value.slice(a, b))"
        "(document.activeElement)"
    )

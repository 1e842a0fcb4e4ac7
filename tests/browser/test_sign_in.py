from collections.abc import Callable

from playwright.sync_api import Page, expect

Open = Callable[..., Page]
Axe = Callable[[Page], list[str]]


def test_sign_in_reads_well_and_a_wrong_password_is_said(open_page: Open, axe: Axe) -> None:
    page = open_page("", "/login")
    expect(page.get_by_role("heading", name="Plateau")).to_be_visible()
    assert axe(page) == []
    page.fill("#login", "lecteur1")
    page.fill("#password", "wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("incorrect")
    assert axe(page) == []


def test_every_page_is_there_in_english_too(open_page: Open, axe: Axe) -> None:
    page = open_page("admin", "/me")
    page.select_option("#language", "en")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("heading", name="Preferences")).to_be_visible()
    for path, heading in [("/admin/audit", "Audit trail"), ("/oncall", "Who is on call")]:
        page.goto(path)
        expect(page.get_by_role("heading", name=heading)).to_have_count(1)
        assert axe(page) == []
    page.goto("/me")
    page.select_option("#language", "fr")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")

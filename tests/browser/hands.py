"""What every journey does with a page: wait for a live row, choose it, tell a reload."""

from playwright.sync_api import Locator, Page, expect

SOON_MS = 20_000  # for whatever crosses processes; most of it takes a second


def row_of(page: Page, surname: str) -> Locator:
    """The row of a patient in a list."""
    return page.locator("tr[id]", has_text=surname)


def choose(page: Page, surname: str) -> Locator:
    """The row of a patient, chosen with the keyboard alone."""
    row = row_of(page, surname)
    expect(row).to_be_visible(timeout=SOON_MS)
    for _ in range(page.locator("tr[id]").count() + 1):
        page.keyboard.press("j")
        if row.get_attribute("aria-selected") == "true":
            break
    expect(row).to_be_focused()
    return row


def mark(page: Page) -> None:
    """Leave a mark that a reload would wipe out."""
    page.evaluate("window.stayed = true")


def expect_no_reload(page: Page) -> None:
    """The page is still the one that was marked."""
    assert page.evaluate("window.stayed === true"), "the page was loaded again"


def expect_live(page: Page) -> None:
    """The page hears what changes."""
    expect(page.locator("#live-state")).to_have_text("En direct", timeout=SOON_MS)

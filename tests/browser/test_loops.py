"""What has to happen after a report: a critical result is heard, a finding is followed."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from browser.hands import SOON_MS, expect_live, row_of
from browser.scene import Scene

Open = Callable[..., Page]
ReadsWell = Callable[[Page], None]
READER, COORDINATOR, REQUESTER = "lecteur1", "regulation", "urgences.stpalais"
FINDING = "Hématome extradural avec effet de masse"


def test_a_critical_result_is_found_in_one_key_called_about_and_acknowledged(
    open_page: Open, scene: Scene, reads_well: ReadsWell
) -> None:
    exam = scene.image("CRITIQUE")
    scene.take(exam)
    watching = open_page(COORDINATOR, "/critical")
    expect_live(watching)
    reader = open_page(READER, f"/read/{exam}")
    reader.locator("#critical-beside summary").wait_for()
    reader.keyboard.press("Alt+x")
    expect(reader.locator("#critical-finding")).to_be_visible()
    reader.fill("#critical-finding", FINDING)
    reader.press("#critical-finding", "Enter")
    reader.wait_for_url("**/critical/*")
    reads_well(reader)
    expect(row_of(watching, "CRITIQUE")).to_contain_text(FINDING, timeout=SOON_MS)
    reads_well(watching)

    reader.fill("#called", "Standard des urgences")
    reader.locator("button[name=reached][value=false]").click()
    expect(reader.locator("#calls + ol")).to_contain_text("Standard des urgences")
    expect(reader.locator("#rung")).to_have_value("ward")
    reads_well(reader)

    acknowledge(open_page(REQUESTER, "/notifications"), reads_well)
    reader.reload()
    expect(reader.locator("form[action$='/call']")).to_have_count(0)
    reader.goto(f"/read/{exam}")
    expect(reader.locator("#critical-beside li")).to_contain_text(FINDING)
    scene.release(exam)


def acknowledge(page: Page, reads_well: ReadsWell) -> None:
    """Whoever asked for the exam was told, reads it and says so."""
    page.locator("a[href^='/critical/']").first.click()
    page.wait_for_url("**/critical/*")
    expect(page.get_by_text(FINDING)).to_be_visible()
    reads_well(page)
    page.keyboard.press("a")
    expect(page.locator("form[action$='/acknowledge']")).to_have_count(0)


def test_what_is_found_by_the_way_is_planned_and_done_by_whoever_asked(
    open_page: Open, scene: Scene, reads_well: ReadsWell
) -> None:
    exam = scene.image("FORTUITE")
    scene.sign(exam)
    reader = open_page(READER, f"/exams/{exam}")
    reader.locator("#followups summary").click()
    reader.fill("#followup-finding", "Méningiome calcifié de 9 mm")
    reader.fill("#followup-recommendation", "IRM de contrôle")
    later = reader.evaluate("new Date(Date.now() + 15e9).toISOString().slice(0, 10)")
    reader.fill("#followup-due", later)
    reader.locator(f"form[action='/read/{exam}/followups'] button").click()
    reader.wait_for_url("**/followup/*")
    reads_well(reader)

    asking = open_page(REQUESTER, "/loops?kind=followup")
    expect(asking.locator("tr[id]")).to_have_count(1)
    reads_well(asking)
    asking.keyboard.press("j")
    asking.keyboard.press("Enter")
    asking.wait_for_url("**/loops/*")
    reads_well(asking)
    asking.keyboard.press("o")
    asking.wait_for_url("**/followup/*")
    asking.locator("form[action$='/plan'] button").click()
    expect(asking.locator("form[action$='/plan']")).to_be_visible()
    reads_well(asking)
    asking.fill("#proof", "IRM faite : stable.")
    asking.locator("form[action$='/close'] button").first.click()
    asking.wait_for_url("**/loops/*")
    expect(asking.get_by_text("IRM faite : stable.").first).to_be_visible()
    reader.goto(f"/read/{exam}/loops")
    expect(reader.locator("section.beside li")).to_have_count(1)

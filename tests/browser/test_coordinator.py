"""The coordinator: sees the whole night, and what does not reach a member."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from browser.hands import SOON_MS, expect_live, expect_no_reload, mark, row_of
from browser.scene import Scene

Open = Callable[..., Page]
ReadsWell = Callable[[Page], None]
COORDINATOR = "regulation"
FACILITY = "CHDAX"
TROUBLE = "RIS-DAX (CH Dax) n’accuse pas réception"


def test_the_night_is_in_view(open_page: Open, scene: Scene, reads_well: ReadsWell) -> None:
    asked = scene.ask("UTOPIE", by="urgences.bayonne", urgency="U2")
    page = open_page(COORDINATOR, "/control")
    expect_live(page)
    mark(page)
    row = row_of(page, "UTOPIE")
    expect(row).to_contain_text("À justifier")
    duty = page.locator("section", has_text="Radiologues de garde").get_by_role("row")
    expect(duty.filter(has_text="CH Saint-Palais")).to_contain_text("Dr Maialen FACTICE")
    expect(duty.filter(has_text="Saint-Jean-Pied-de-Port")).to_contain_text("Non couvert")
    reads_well(page)
    scene.accept(asked)
    expect(row).to_have_count(0, timeout=SOON_MS)  # its images are here: it waits on the worklist
    expect_no_reload(page)

    page.goto("/worklist")
    expect(row_of(page, "UTOPIE")).to_contain_text("À lire", timeout=SOON_MS)
    expect(page.get_by_role("button", name="Prendre le suivant")).to_be_disabled()
    reads_well(page)
    page.goto("/oncall")
    expect(page.get_by_role("row", name="CH Dax")).to_contain_text("Garde commune de nuit")
    reads_well(page)
    page.goto("/acquisition")
    expect(row_of(page, "UTOPIE")).to_contain_text("13 / 13")


PRESS_AS_SEEN = """seen => new MutationObserver((_, watch) => {
  const button = document.querySelector(seen);
  if (!button) return;
  watch.disconnect();
  button.click();
  document.body.id = "pressed";
}).observe(document.body, {childList: true, subtree: true})"""


def test_a_button_works_from_the_moment_it_is_seen(open_page: Open, scene: Scene) -> None:
    exam = scene.image("INSTANT")
    page = open_page(COORDINATOR, "/control/share")
    expect_live(page)
    mark(page)
    page.evaluate(PRESS_AS_SEEN, f"#exam-{exam} button[data-key=r]")
    page.locator(f"#exam-{exam}").get_by_role("button", name="Donner").click()
    expect(page.locator("body#pressed")).to_have_count(1, timeout=SOON_MS)
    expect(page.locator(f"#exam-{exam} td").nth(4)).to_have_text("—", timeout=SOON_MS)
    expect_no_reload(page)


def test_exams_are_shared_by_key_and_by_hand(
    open_page: Open, scene: Scene, reads_well: ReadsWell
) -> None:
    first, second = scene.image("PARTAGE"), scene.image("RÉPARTI")
    page = open_page(COORDINATOR, "/control")
    expect(page.get_by_role("link", name="Répartir les examens")).to_be_visible()
    page.keyboard.press("g")
    page.wait_for_url("**/control/share")
    expect_live(page)
    mark(page)
    reads_well(page)
    row, other = page.locator(f"#exam-{first}"), page.locator(f"#exam-{second}")
    for _ in range(page.locator("tr[id]").count()):
        page.keyboard.press("j")
        if row.get_attribute("aria-selected") == "true":
            break
    page.keyboard.press("g")
    expect(row.locator("td").nth(4)).to_contain_text("Dr ", timeout=SOON_MS)
    page.keyboard.press("r")
    expect(row.locator("td").nth(4)).to_have_text("—", timeout=SOON_MS)
    able = other.locator("option").first.get_attribute("value")
    reader = page.locator(f"[data-reader='{able}']")
    other.drag_to(reader)
    expect(other.locator("td").nth(4)).to_contain_text("Dr ", timeout=SOON_MS)
    other.get_by_role("button", name="Retirer").click()
    expect(other.locator("td").nth(4)).to_have_text("—", timeout=SOON_MS)
    expect_no_reload(page)
    reads_well(page)


def test_a_report_that_a_member_refuses_is_said_until_it_arrives(
    open_page: Open, scene: Scene, reads_well: ReadsWell
) -> None:
    exam = scene.image("FABULE", by="urgences.dax", urgency="U1")
    control = open_page(COORDINATOR, "/control")
    activity = open_page(COORDINATOR, "/activity")
    expect_live(control)
    expect_live(activity)
    mark(control)
    answer(scene, "AE")
    scene.sign(exam)

    expect(control.locator("#troubles")).to_contain_text(TROUBLE, timeout=SOON_MS)
    expect_no_reload(control)
    reads_well(control)
    entry = activity.locator("section", has_text="Dernières écritures").locator("tr[id]")
    expect(entry.filter(has=activity.locator(f"a[href='/exams/{exam}']"))).to_contain_text("CHDAX")
    reads_well(activity)

    control.goto("/deliveries")
    expect(control.get_by_role("alert")).to_contain_text(TROUBLE)
    expect_live(control)
    reads_well(control)
    answer(scene, "AA")
    again = control.get_by_role("button", name="Réessayer maintenant")
    again.click()
    expect(control.get_by_role("alert")).to_have_count(0, timeout=SOON_MS)
    row = control.locator("tr[id]", has_text="RIS-DAX").first
    expect(row).to_contain_text("Remise")
    reads_well(control)


def answer(scene: Scene, mode: str) -> None:
    """What the RIS of the member says from now on."""
    path: Path = scene.pool.folder / "inbox" / FACILITY / "mode"
    path.write_text(mode, "ascii")

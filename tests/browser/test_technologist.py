"""The technologist of Saint-Palais: acquires what is accepted, or what cannot wait for it."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from browser.hands import SOON_MS, expect_live, expect_no_reload, mark, row_of
from browser.scene import Scene

Open = Callable[..., Page]
ReadsWell = Callable[[Page], None]
TECHNOLOGIST = "manip.stpalais"
WHY = "Engagement cérébral débutant, anisocorie : chaque minute compte."


def test_an_accepted_exam_is_followed_until_all_its_images_are_here(
    open_page: Open, scene: Scene, reads_well: ReadsWell
) -> None:
    page = open_page(TECHNOLOGIST, "/acquisition")
    expect_live(page)
    mark(page)
    asked = scene.ask("MIRAGE", urgency="U2")
    waiting = page.locator("tr", has_text="MIRAGE")
    expect(waiting).to_contain_text("À justifier", timeout=SOON_MS)
    reads_well(page)

    scene.accept(asked)
    row = row_of(page, "MIRAGE")
    expect(row).to_contain_text("Images complètes", timeout=SOON_MS)
    expect(row).to_contain_text("13 / 13")
    expect_no_reload(page)
    reads_well(page)


def test_a_life_at_stake_is_acquired_before_acceptance_with_a_reason(
    open_page: Open, scene: Scene, reads_well: ReadsWell
) -> None:
    asked = scene.ask("CHIMÈRE", urgency="U1")
    page = open_page(TECHNOLOGIST, "/acquisition")
    page.locator("tr", has_text="CHIMÈRE").get_by_role("link", name="Déclarer").click()
    page.wait_for_url(f"**{asked.path}")
    page.get_by_text("Risque vital : réaliser avant acceptation").click()
    reads_well(page)
    page.get_by_role("button", name="Planifier l’examen maintenant").click()
    reason = page.get_by_label("Pourquoi attendre met la vie du patient en danger")
    assert reason.evaluate("field => field.matches(':invalid')")  # not without a reason
    reason.fill(WHY)
    page.get_by_role("button", name="Planifier l’examen maintenant").click()
    standing = page.locator("#standing")
    expect(standing).to_contain_text("Risque vital")
    expect(standing).to_contain_text(WHY)
    expect(standing).to_contain_text("À justifier")  # the reader still has to accept
    reads_well(page)

    page.keyboard.press("Alt+1")
    page.wait_for_url("**/acquisition")
    row = row_of(page, "CHIMÈRE")
    expect(row).to_contain_text("Risque vital")
    expect(row).to_contain_text("Images complètes", timeout=SOON_MS)
    reads_well(page)
    scene.accept(asked)

"""An exam that nobody takes climbs its ladder until a coordinator says who sees to it."""

from collections.abc import Callable
from functools import partial

from playwright.sync_api import Page, expect

from browser.hands import SOON_MS, expect_live
from browser.scene import Scene

Open = Callable[..., Page]
ReadsWell = Callable[[Page], None]
COORDINATOR = "regulation"


def moved(scene: Scene, exam: str, calls: int) -> bool:
    """Whether somebody was called after so many calls; whoever is waited for is late at once."""
    with scene.pool.db.begin() as tx:
        tx.run(
            "update reading.escalation set due_at = '2000-01-01'"
            " where exam_id = %(exam)s and due_at is not null and %(calls)s ="
            " (select count(*) from reading.escalation_call where exam_id = %(exam)s)",
            exam=exam,
            calls=calls,
        )
    return len(called(scene, exam)) > calls


def called(scene: Scene, exam: str) -> list[str]:
    """Whom the exam has called so far."""
    with scene.pool.db.begin() as tx:
        return tx.values(
            "select target from reading.escalation_call where exam_id = %(exam)s order by call_id",
            exam=exam,
        )


def climb(scene: Scene, exam: str, target: str) -> None:
    """Nobody answers until this step is reached."""
    scene.wait_for(lambda: scheduled(scene, exam), "the climb begins")
    while target not in (found := called(scene, exam)):
        scene.wait_for(partial(moved, scene, exam, len(found)), "the next step")


def scheduled(scene: Scene, exam: str) -> bool:
    with scene.pool.db.begin() as tx:
        return tx.value(
            "select exists (select from reading.escalation where exam_id = %(exam)s)", exam=exam
        )


def test_an_exam_nobody_takes_reaches_a_coordinator_who_answers_by_keyboard(
    open_page: Open, scene: Scene, reads_well: ReadsWell
) -> None:
    page = open_page(COORDINATOR, "/account/notifications")
    page.fill("#email", "regulation@example.test")
    page.locator("main form .btn-primary").click()
    expect(page.locator(".n-ok")).to_be_visible()
    reads_well(page)

    page.goto("/notifications")
    expect_live(page)
    exam = scene.image("PATIENTE", by="urgences.stpalais", urgency="U0")
    climb(scene, exam, "coordinator")
    expect(page.locator(".bell b")).to_be_visible(timeout=SOON_MS)  # live, without a reload
    row = page.locator("tr[id]", has=page.locator(f"a[href*='{exam}']"))
    expect(row).to_contain_text("U0 CT", timeout=SOON_MS)
    reads_well(page)

    page.keyboard.press("j")
    expect(row).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/exams/{exam}#escalation")
    ladder = page.locator("#escalation")
    expect(ladder.locator("li").first).to_contain_text("FACTICE")
    expect(ladder.locator(".s-bad").first).to_be_visible()  # the readers did not answer
    reads_well(page)
    page.keyboard.press("y")
    expect(ladder.locator(".s-done")).to_be_visible(timeout=SOON_MS)
    with scene.pool.db.begin() as tx:
        held = tx.value("select held from reading.escalation where exam_id = %(id)s", id=exam)
    assert held

    page.goto("/notifications")
    page.keyboard.press("a")
    expect(page.locator(".bell b")).to_have_count(0, timeout=SOON_MS)
    scene.sign(exam)

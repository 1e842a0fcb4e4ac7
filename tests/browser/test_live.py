"""A page that hears nothing any more says so, and catches up by itself."""

import os
import signal
from collections.abc import Callable

from playwright.sync_api import Page, expect

from browser.hands import SOON_MS, choose, expect_live, expect_no_reload, mark, row_of
from browser.scene import Scene

Open = Callable[..., Page]


def test_a_killed_web_process_is_said_and_what_was_missed_is_caught_up(
    open_page: Open, scene: Scene
) -> None:
    scene.image("PROTOTYPE", by="urgences.mdm", urgency="U3", exam_code="RX-THORAX")
    coming = scene.ask("MAQUETTE", by="urgences.mdm", urgency="U2", exam_code="RX-THORAX")
    page = open_page("lecteur2", "/worklist")
    expect_live(page)
    mark(page)
    chosen = choose(page, "PROTOTYPE")
    page.select_option("#modality", "DX")

    (web,) = (child for child in scene.pool.fleet.children if child.kind == "web")
    assert web.process
    os.kill(web.process.pid, signal.SIGKILL)
    state = page.locator("#live-state")
    expect(state).to_contain_text("Connexion perdue depuis")
    scene.wait_for(scene.is_up, "the pages are back", seconds=60)
    scene.accept(coming)
    expect_live(page)
    expect(row_of(page, "MAQUETTE")).to_be_visible(timeout=2 * SOON_MS)
    expect(chosen).to_have_attribute("aria-selected", "true")
    expect(page.locator("#modality")).to_have_value("DX")
    expect_no_reload(page)


def test_a_refresh_keeps_what_is_being_typed(open_page: Open) -> None:
    page = open_page("regulation", "/roster/swaps")
    expect_live(page)
    page.fill("#first", "2027-03-01")
    with page.expect_response("**/roster/swaps"):
        page.evaluate(
            "document.getElementById('refetch').dispatchEvent(new Event('plateau:refetch'))"
        )
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)
    expect(page.locator("#first")).to_have_value("2027-03-01")

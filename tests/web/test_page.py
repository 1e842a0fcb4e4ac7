"""What every page does in a real browser: live state, keys, selection, preferences."""

from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from make import World
from make_after import a_task
from plateau.entry.web import Server
from plateau.platform.db import Db

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.timeout(300)]
AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SELECTED = "tr[aria-selected=true]"


@pytest.fixture
def page(
    context: BrowserContext,
    db: Db,
    world: World,
    served: tuple[str, Server],
    cookies: dict[str, str],
) -> Page:
    """The reader in front of a worklist of forty exams."""
    with db.begin() as tx:
        for _ in range(40):
            a_task(tx, world, urgency="U2")
    context.add_cookies([{"name": k, "value": v, "url": served[0]} for k, v in cookies.items()])
    page = context.new_page()
    page.goto(f"{served[0]}/worklist")
    expect(page.locator("#live-dot.on")).to_be_visible()
    return page


def test_a_change_moves_neither_the_selection_nor_the_scroll(
    page: Page, db: Db, world: World
) -> None:
    page.keyboard.press("j")
    page.keyboard.press("j")
    chosen = page.locator(SELECTED).get_attribute("id")
    page.evaluate("document.getElementById('grid').scrollTop = 300")
    looked_at = page.locator("tr[id]").nth(20)
    looked_at = page.locator(f"#{looked_at.get_attribute('id')}")
    before = looked_at.bounding_box()
    with db.begin() as tx:
        added = a_task(tx, world, urgency="U0")  # comes above every other
        tx.touch("worklist")
    expect(page.locator(f"#exam-{added}")).to_be_attached()
    assert page.locator(SELECTED).get_attribute("id") == chosen
    assert page.evaluate("document.activeElement.id") == chosen
    after = looked_at.bounding_box()
    assert before
    assert after
    assert after["y"] == pytest.approx(before["y"], abs=1)  # pyright: ignore[reportUnknownMemberType]


def test_the_list_is_walked_by_keys(page: Page) -> None:
    rows = page.locator("tr[id]")
    page.keyboard.press("End")
    expect(page.locator(SELECTED)).to_have_id(rows.last.get_attribute("id") or "")
    expect(page.locator(SELECTED)).to_be_in_viewport()
    page.keyboard.press("k")
    page.keyboard.press("Home")
    expect(page.locator(SELECTED)).to_have_id(rows.first.get_attribute("id") or "")
    page.keyboard.press("Enter")
    page.wait_for_url("**/read/*")


def test_help_lists_the_keys(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    page.bring_to_front()  # a window behind another one has no focus to give
    page.keyboard.press("/")
    expect(page.locator("#find-text")).to_be_focused()


def test_single_keys_can_be_switched_off(page: Page, served: tuple[str, Server]) -> None:
    page.goto(f"{served[0]}/me")
    page.uncheck("#single-keys")
    page.goto(f"{served[0]}/worklist")
    expect(page.locator("#live-dot.on")).to_be_visible()
    page.keyboard.press("?")
    page.keyboard.press("j")
    expect(page.locator("#help")).to_be_hidden()
    expect(page.locator(SELECTED)).to_have_count(0)
    page.keyboard.press("ArrowDown")
    expect(page.locator(SELECTED)).to_have_count(1)


def test_a_lost_database_shows_and_is_caught_up(
    page: Page, db: Db, world: World, database: str
) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            """
            select pg_terminate_backend(pid) from pg_stat_activity
            where application_name = 'plateau-live' and query like 'listen%'
              and datname = current_database()
            """
        )
    with db.begin() as tx:
        missed = a_task(tx, world)  # told to nobody
    expect(page.locator("#live-dot.off")).to_be_visible()
    expect(page.locator("#live-dot.on")).to_be_visible(timeout=15_000)
    expect(page.locator(f"#exam-{missed}")).to_be_attached()


def test_a_page_without_server_turns_grey_after_half_a_minute(
    page: Page, served: tuple[str, Server]
) -> None:
    page.clock.install()
    page.reload()
    expect(page.locator("#live-dot.on")).to_be_visible()
    served[1].handle_exit(15, None)
    expect(page.locator("#live-dot.off")).to_be_visible()
    page.clock.fast_forward(29_000)
    expect(page.locator("body.stale")).to_have_count(0)
    page.clock.fast_forward(2_000)
    expect(page.locator("body.stale")).to_have_count(1)


def test_an_ended_session_leads_to_the_sign_in_page_and_back(
    context: BrowserContext, page: Page, db: Db
) -> None:
    context.clear_cookies()
    with db.begin() as tx:
        tx.touch("worklist")
    page.wait_for_url("**/login?next=%2Fworklist")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/me", "/admin/audit", "/nowhere"])
def test_our_own_pages_can_be_read_by_everybody(
    page: Page, served: tuple[str, Server], path: str, theme: str
) -> None:
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.goto(served[0] + path)
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("tags => axe.run({runOnly: tags, resultTypes: ['violations']})", TAGS)
    assert [one["id"] for one in found["violations"]] == []


def test_pages_work_without_scripts(
    db: Db, world: World, served: tuple[str, Server], context: BrowserContext
) -> None:
    assert context.browser
    plain = context.browser.new_context(java_script_enabled=False)
    page = plain.new_page()
    page.goto(f"{served[0]}/me")
    page.fill("#login", "lecteur")
    page.fill("#password", "a long enough secret")
    page.click("form button")
    page.wait_for_url("**/me")
    page.select_option("#theme", "dark")
    page.click("form[action='/me'] button")
    page.wait_for_url("**/me?saved=1")
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    page.click("form[action='/logout'] button")
    page.wait_for_url("**/login")
    plain.close()

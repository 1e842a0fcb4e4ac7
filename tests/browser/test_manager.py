"""Two managers of a shared department: from a figure to its entries, to a closed statement."""

import io
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from browser.conftest import sign_in
from plateau.access import service as access
from plateau.entry import http, territory_file
from plateau.entry.demo import stage
from plateau.entry.simulate import run
from plateau.entry.web import Server
from plateau.kernel.time import local
from plateau.platform import clock, runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.settings import Settings

ReadsWell = Callable[[Page], None]
FILE = Path(__file__).parents[2] / "territories" / "sarthe.toml"


def then() -> datetime:
    """A day of a quarter that is over."""
    return clock.now() - timedelta(days=92)


def quarter() -> date:
    day = local(then()).date()
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


@pytest.fixture
def office(db: Db, blobs: Blobs, database: str, tmp_path: Path) -> Iterator[str]:
    """The Sarthe, some months of it: every quarter but that of `then` is closed; its address."""
    since = f"valid_from = {quarter().year - 1}-01-01"
    path = tmp_path / "sarthe.toml"
    path.write_text(FILE.read_text("utf-8").replace("valid_from = 2026-01-01", since), "utf-8")
    file = territory_file.read(path)
    territory_file.loaded(db, file, at=then())
    run.simulated(db, file, months=2, seed=3, now=then())
    with db.begin() as tx:
        access.set_password_of_all(tx, password=stage.PASSWORD)
    app = http.build(runtime.Runtime(db, blobs, Settings()), http.identify)
    config = uvicorn.Config(app, port=0, log_level="error", timeout_graceful_shutdown=5)
    server = Server(config, http.serve_live(app, database))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.handle_exit(15, None)
    thread.join()


def opened(browser: Browser, base: str, login: str, *, scripts: bool = True) -> Page:
    page = browser.new_context(
        base_url=base, locale="fr-FR", java_script_enabled=scripts,
        viewport={"width": 1600, "height": 900}, reduced_motion="reduce",
    ).new_page()  # fmt: skip
    sign_in(page, login)
    return page


def statement_of(page: Page, base: str, member: str) -> str:
    """The words of the PDF that the page offers for a member."""
    href = page.locator(f"#member-{member} h2 a").get_attribute("href")
    pdf = page.request.get(f"{base}{href}").body()
    return "".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(pdf)).pages)


def test_from_a_figure_to_its_entries_to_a_closed_statement(
    browser: Browser, office: str, reads_well: ReadsWell
) -> None:
    on = quarter().isoformat()
    chm = opened(browser, office, "direction.chm")
    chm.goto("/counters")
    reads_well(chm)
    chm.locator('a[href="/counters/MN-50-50"]').click()
    chm.goto(f"/counters/MN-50-50?on={on}")
    reads_well(chm)
    figure = chm.locator("#unit-session tbody a").first
    done = int("".join(sign for sign in figure.inner_text() if sign.isdecimal()))
    figure.click()
    rows = chm.locator("tr[id^=e]")
    assert rows.count() == min(done, 200)
    reads_well(chm)
    chm.goto(f"/statements/MN-50-50?on={on}")
    chm.locator('form[action$="/check"] button').focus()
    chm.keyboard.press("Enter")
    chm.locator('form[action$="/sign"] button').click()
    expect(chm.locator("#statement .s-done")).to_have_count(1)
    reads_well(chm)

    cjb = opened(browser, office, "direction.cjb", scripts=False)
    cjb.goto(f"/statements/MN-50-50?on={on}")
    cjb.locator('form[action$="/sign"] button').click()
    cjb.locator('form[action$="/close"] button').click()
    expect(cjb.locator('form[action$="/close"]')).to_have_count(0)
    for member in ("CHM", "CJB"):
        assert member in statement_of(cjb, office, member)
    chm.goto("/statements")
    expect(chm.locator("tr", has_text=on[:4]).locator(".s-done").first).to_be_visible()
    reads_well(chm)


def test_a_cost_is_entered_and_taken_back_by_keyboard_and_the_year_is_reported(
    browser: Browser, office: str, reads_well: ReadsWell
) -> None:
    chm = opened(browser, office, "direction.chm")
    chm.goto("/counters/MN-50-50")
    chm.get_by_role("link", name="Saisir une vacation").click()
    reads_well(chm)
    chm.locator("#euros").fill("1 234,50")
    chm.locator("#reference").fill("F-EXEMPLE-9")
    chm.keyboard.press("Enter")
    row = chm.locator("tr", has_text="F-EXEMPLE-9")
    expect(row).to_contain_text("1 234,50")
    row.locator("summary").focus()
    chm.keyboard.press("Enter")
    row.get_by_role("textbox").fill("saisie en double")
    chm.keyboard.press("Enter")
    expect(chm.locator("tr", has_text="F-EXEMPLE-9")).to_contain_text("retirée")

    chm.get_by_role("link", name="Rapports dus").click()
    reads_well(chm)
    expect(chm.locator(".notice")).to_contain_text("vérifiés")
    chm.get_by_role("link", name="Assemblée générale").click()
    expect(chm.locator("#report")).to_contain_text("MN-50-50")
    href = chm.get_by_role("link", name="PDF").get_attribute("href")
    paper = PdfReader(io.BytesIO(chm.request.get(f"{office}{href}").body()))
    assert "Assemblée générale" in paper.pages[0].extract_text()
    reads_well(chm)

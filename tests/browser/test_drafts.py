"""A program's draft, from the administrator who lets it in to the figures of what readers did."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browser.hands import SOON_MS
from browser.scene import Scene
from plateau.entry.demo import stage

Open = Callable[..., Page]
ReadsWell = Callable[[Page], None]
NAME, VERSION = "Esquisse simulée", "1.0"
EXAM = "TDM-CRANE"


@pytest.fixture
def start() -> Iterator[Callable[[str, str, Path], None]]:
    """Start the program, as a process of the other side."""
    running: list[subprocess.Popen[bytes]] = []

    def run(base: str, token: str, folder: Path) -> None:
        (folder / "token").write_text(token)
        running.append(
            subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "outside.drafter",
                    "--base",
                    base,
                    "--name",
                    NAME,
                    "--version",
                    VERSION,
                    "--token-file",
                    str(folder / "token"),
                ],
                env=dict(os.environ),
            )
        )

    yield run
    for process in running:
        process.terminate()
        process.wait(20)


def test_a_draft_is_let_in_accepted_by_key_signed_and_counted(
    open_page: Open,
    scene: Scene,
    reads_well: ReadsWell,
    start: Callable[[str, str, Path], None],
    tmp_path: Path,
) -> None:
    admin = open_page("admin", "/assistant")
    start(scene.pool.base, let_in(admin), tmp_path)
    switch_on(admin, scene)
    reads_well(admin)

    exam = scene.image("CHIMERE")
    wait_for_draft(scene, exam)
    scene.take(exam)
    page = open_page("lecteur1", f"/read/{exam}")
    draft = page.locator("#assistant-draft")
    expect(draft).to_contain_text(NAME, timeout=SOON_MS)
    expect(draft).to_contain_text("Projet simulé")
    reads_well(page)
    conclusion = draft.locator("b").last.inner_text()
    with page.expect_navigation():
        page.keyboard.press("Alt+a")
    expect(page.locator("#conclusion")).to_have_value(conclusion)
    expect(page.locator("#technique")).to_have_value(contains("L. 4001-3"))
    expect(draft).to_be_visible()
    page.fill("#password", stage.PASSWORD)
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile("signed="))
    scene.wait_for(lambda: outcomes(scene, exam) == ["accepted"], "it is in the ledger", seconds=60)

    admin.goto("/assistant")
    cells = admin.locator("#programs tbody tr").first.locator("td")
    expect(cells.nth(5)).to_have_text("1")


def outcomes(scene: Scene, exam: str) -> list[str]:
    with scene.pool.db.begin() as tx:
        return tx.values(
            "select outcome from reading.proposal_outcome join reading.proposal using (proposal_id)"
            " where exam_id = %(id)s",
            id=exam,
        )


def contains(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text))


def let_in(page: Page) -> str:
    """The program is known; its token is shown once."""
    page.fill("#name", NAME)
    page.fill("#version", VERSION)
    page.locator("form[action='/assistant/models'] button").click()
    token = page.locator("#token").inner_text()
    page.goto("/assistant")
    expect(page.locator("#token")).to_have_count(0)
    return token


def switch_on(page: Page, scene: Scene) -> None:
    with scene.pool.db.begin() as tx:
        site = tx.value("select site_id::text from territory.site where code = 'STPALAIS'")
    page.select_option("#site_id", site)
    page.select_option("#exam_code", EXAM)
    page.fill("#blind_percent", "0")
    page.locator("form[action='/assistant/switches'] button").click()
    expect(page.locator("#programs tbody tr")).to_have_count(1)


def wait_for_draft(scene: Scene, exam: str) -> None:
    def look() -> bool:
        with scene.pool.db.begin() as tx:
            return bool(
                tx.value("select count(*) from reading.proposal where exam_id = %(id)s", id=exam)
            )

    scene.wait_for(look, "the program has sent its draft", seconds=60)

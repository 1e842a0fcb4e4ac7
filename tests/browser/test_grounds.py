"""A coordinator changes what rosters are made from, and takes it back."""

import re
from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import Page, expect

from plateau.kernel.time import local
from plateau.platform import clock

Open = Callable[..., Page]
ReadsWell = Callable[[Page], None]


def test_a_coordinator_ends_a_right_adds_a_session_and_takes_both_back(
    open_page: Open, reads_well: ReadsWell
) -> None:
    page = open_page("regulation", "/roster/grounds")
    reads_well(page)
    rights, changes = page.locator("#rights"), page.locator("#changes")
    site = rights.locator("select[name=what]").first.locator("option").last
    name, site_id = site.inner_text(), site.get_attribute("value") or ""
    form = rights.locator("form").first
    form.locator("select[name=what]").select_option(site_id)
    form.locator("[name=first]").fill(str(local(clock.now()).date() + timedelta(days=9)))
    form.locator("[name=reason]").fill("Départ d'essai.")
    form.get_by_role("button", name="Ne peut plus").press("Enter")
    page.wait_for_url(re.compile("#rights"))
    expect(changes).to_contain_text(name)
    expect(page.locator("main")).to_contain_text("Droits qui se terminent bientôt")
    page.locator("#sessions summary", has_text="Une nouvelle vacation").press("Enter")
    form = page.locator("#sessions form").first
    form.locator("[name=code]").fill("essai-1")
    form.locator("[name=name]").fill("Vacation d'essai")
    form.locator("[name=weekdays][value=tue]").check()
    form.locator("[name=reason]").fill("Ouverture d'essai.")
    reads_well(page)
    form.get_by_role("button", name="Ajouter la vacation").press("Enter")
    page.wait_for_url(re.compile("#sessions"))
    expect(page.locator("#sessions tbody")).to_contain_text("Vacation d'essai")
    for _ in range(2):
        back = changes.get_by_role("button", name="Retirer").first
        with page.expect_navigation():
            back.press("Enter")
    expect(changes).to_contain_text("Tout est comme le dit le fichier")

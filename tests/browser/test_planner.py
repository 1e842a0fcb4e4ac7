"""The planner: a coordinator from the search to a sick call, a reader on a telephone."""

import re
from collections.abc import Callable
from datetime import date, time, timedelta

from playwright.sync_api import Locator, Page, expect

from browser import rosters
from browser.hands import SOON_MS, expect_live
from browser.scene import Scene
from plateau.entry.demo import stage
from plateau.kernel.time import instant
from plateau.planning.roster.types import Post

Open = Callable[..., Page]
ReadsWell = Callable[[Page], None]
NOW = instant(stage.NIGHT_OF, time(20)) + timedelta(hours=6, minutes=1)
BUILD = ("2027-03-01", "2027-03-03")
# what a finger could miss: buttons and fields lower than 44 px, the cells of the table left out
TOO_SMALL = """() => [...document.querySelectorAll(
    'main .btn, main .form-control, main .form-select, main summary.chip')]
    .filter(one => one.checkVisibility() && one.getBoundingClientRect().height < 43.5)
    .map(one => one.innerText || one.name)"""


def test_a_coordinator_builds_relaxes_publishes_and_replaces(
    open_page: Open, scene: Scene, reads_well: ReadsWell
) -> None:
    rosters.publish_week(scene, now=NOW)
    rosters.nobody_on(scene, date(2027, 3, 2))
    page = open_page("regulation", "/roster/build")
    page.fill("#first", BUILD[0])
    page.fill("#last", BUILD[1])
    page.fill("#seconds", "5")
    page.get_by_role("button", name="Lire seulement les demandes").click()
    page.goto("/roster/build")
    page.fill("#first", BUILD[0])
    page.fill("#last", BUILD[1])
    page.fill("#seconds", "5")
    page.get_by_role("button", name="Lancer").click()
    never = page.locator("section", has_text="Ce qu’aucun planning ne peut tenir")
    expect(never).to_be_visible()
    reads_well(page)
    never.get_by_role("link", name="Voir qui peut").first.click()
    expect(page.locator("main")).to_contain_text("est en absence ce jour-là")
    reads_well(page)
    draft = page.locator("#build").get_by_role("button", name="En faire un brouillon").first
    page.goto("/roster/build")
    expect(draft).to_be_visible(timeout=6 * SOON_MS)
    while never.count():
        with page.expect_navigation():
            never.get_by_role("button", name="Laisser ce poste vide").first.click()
    draft.click()
    expect(page.locator("#roster-head")).to_contain_text("brouillon")
    reads_well(page)
    page.get_by_role("button", name="Publier").click()
    expect(page.locator("#roster-head")).to_contain_text("publiée")


def test_a_sick_call_in_the_night_reaches_the_worklist(
    open_page: Open, scene: Scene, reads_well: ReadsWell
) -> None:
    rosters.publish_week(scene, now=NOW)
    with rosters.duties_kept(scene):
        page = open_page("regulation", "/roster/swaps")
        on_call = rosters.on_call_now(scene, now=NOW)
        page.select_option("#person", str(on_call.person_id))
        page.fill("#first", "2026-11-23")
        page.fill("#last", "2026-11-24")
        page.get_by_role("button", name="Chercher des remplaçants").click()
        going_on = page.locator("section", has_text="en cours")
        expect(going_on).to_contain_text("aucune règle impérative enfreinte")
        reads_well(page)
        name = going_on.locator("li b").first.inner_text()
        with page.expect_navigation():
            going_on.get_by_role("button", name=f"{name} remplace").click()
        expect(going_on).to_have_count(0)
        page.goto("/oncall")
        expect(page.locator("#oncall")).to_contain_text(name)
        replacing = next(one for one in rosters.logins(scene).values() if one.name == name)
        reader = open_page(replacing.login, "/my/roster")
        expect(reader.locator("main")).to_contain_text("Vous avez")
        reader.goto("/worklist")
        expect(reader.get_by_role("button", name="Prendre le suivant")).to_be_visible()
        expect(reader.locator("main")).not_to_contain_text("pas de garde")


def test_an_absence_is_mended_with_the_fewest_changes_and_published(
    open_page: Open, scene: Scene, reads_well: ReadsWell
) -> None:
    rosters.publish_week(scene, now=NOW)
    with rosters.duties_kept(scene):
        giver = rosters.busiest_ahead(scene, now=NOW)
        page = open_page("regulation", "/roster/swaps")
        page.select_option("#person", str(giver.person_id))
        page.fill("#first", "2026-11-25")
        page.fill("#last", "2026-11-29")
        page.get_by_role("button", name="Chercher des remplaçants").click()
        page.locator("form[action$='/mend'] button").click()
        proven = page.locator("#mend .chip.s-done", has_text="✓")
        expect(proven).to_be_visible(timeout=12 * SOON_MS)
        reads_well(page)
        changes = page.locator("#mend tbody tr")
        expect(changes.filter(has_text=giver.name).first).to_be_visible()
        address = page.url
        page.get_by_role("button", name="Publier").click()
        expect(page.locator("#roster-head")).to_contain_text("publiée")
        page.goto(address)
        expect(page.locator("#mend")).to_contain_text("publiée")


def test_the_rules_and_the_days_are_read_and_changed(
    open_page: Open, scene: Scene, reads_well: ReadsWell
) -> None:
    rosters.publish_week(scene, now=NOW)
    page = open_page("regulation", "/roster/rules")
    reads_well(page)
    rule = page.locator("#weekly_rest")
    rule.locator("summary").click()
    rule.locator("input[name='source']").fill("réunion du pool")
    rule.locator("details button").click()
    expect(page.locator("#weekly_rest")).to_contain_text("réunion du pool")
    page.locator("#weekly_rest form[action$='/withdraw'] button").click()
    expect(page.locator("#weekly_rest")).not_to_contain_text("réunion du pool")
    page.goto("/roster/terms")
    reads_well(page)
    night = page.locator("#closed form").nth(1)
    night.locator("input[name='first']").fill("2027-05-01")
    night.locator("input[name='reason']").fill("travaux aux urgences")
    night.locator("button").click()
    closed = page.locator("#closed li", has_text="travaux aux urgences")
    expect(closed).to_contain_text("01/05/2027")
    closed.locator("button").click()
    expect(closed).to_have_count(0)


def test_a_draft_is_changed_with_the_keyboard_alone(open_page: Open, scene: Scene) -> None:
    rosters.publish_week(scene, now=NOW)
    _, post, other = rosters.somebody_ahead(scene, now=NOW)
    page = open_page("regulation", "/roster?on=2026-11-23")
    begin_draft(page)
    chip, start, target = places(page, post, other)
    down = start.evaluate("one => one.parentElement.rowIndex") - target.evaluate(
        "one => one.parentElement.rowIndex"
    )
    start.focus()
    page.keyboard.press("Enter")
    expect(chip).to_have_class(re.compile("held"))
    page.keyboard.press("Escape")
    expect(chip).not_to_have_class(re.compile("held"))
    page.keyboard.press("Enter")
    expect(chip).to_have_class(re.compile("held"))
    for _ in range(abs(down)):
        page.keyboard.press("ArrowUp" if down > 0 else "ArrowDown")
    page.keyboard.press("Enter")
    expect(target.locator(f"[data-post='{post.post_id}']")).to_be_visible(timeout=SOON_MS)
    page.keyboard.press("Control+z")
    expect(start.locator(f"[data-post='{post.post_id}']")).to_be_visible(timeout=SOON_MS)
    start.focus()
    page.keyboard.press("Delete")
    expect(page.locator("#roster-head")).to_contain_text("non pourvu", timeout=SOON_MS)
    expect(start).to_be_focused()
    page.keyboard.press("Control+z")
    expect(start.locator(f"[data-post='{post.post_id}']")).to_be_visible(timeout=SOON_MS)
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile(f"/roster/posts/{post.post_id}"))
    page.go_back()
    give_up(page)


def test_a_post_is_dragged_with_the_pointer_and_the_drag_undone(
    open_page: Open, scene: Scene
) -> None:
    rosters.publish_week(scene, now=NOW)
    _, post, other = rosters.somebody_ahead(scene, now=NOW)
    page = open_page("regulation", "/roster?on=2026-11-23")
    begin_draft(page)
    chip, start, target = places(page, post, other)
    chip.drag_to(target)
    moved = target.locator(f"[data-post='{post.post_id}']")
    expect(moved).to_have_class(re.compile("differs"), timeout=SOON_MS)
    expect(start.locator(f"[data-post='{post.post_id}']")).to_have_count(0)
    page.get_by_role("button", name="Annuler").click()
    expect(start.locator(f"[data-post='{post.post_id}']")).to_be_visible(timeout=SOON_MS)
    expect(moved).to_have_count(0)
    give_up(page)


def test_every_page_of_the_planner_fits_a_telephone(open_page: Open, scene: Scene) -> None:
    rosters.publish_week(scene, now=NOW)
    giver, post, _ = rosters.somebody_ahead(scene, now=NOW)
    at_a_desk = ("/roster?on=2026-11-23", f"/roster/posts/{post.post_id}", "/roster/swaps",
                 "/roster/build", "/roster/versions", "/roster/terms", "/roster/rules")  # fmt: skip
    in_a_pocket = ("/roster?on=2026-11-23&view=month", "/my/roster", "/roster/swaps", "/equity",
                   "/oncall")  # fmt: skip
    for login, paths in (("regulation", at_a_desk), (giver.login, in_a_pocket)):
        page = open_page(login, paths[0])
        page.set_viewport_size({"width": 390, "height": 844})
        for path in paths:
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
            assert page.evaluate(TOO_SMALL) == [], path


def begin_draft(page: Page) -> None:
    """The coordinator changes the week that is shown, which stays the one shown."""
    page.get_by_role("button", name="Modifier dans un brouillon").click()
    expect(page.locator("#roster-head")).to_contain_text("brouillon")
    expect(page).to_have_url(re.compile("on=2026-11-23"))
    expect_live(page)


def give_up(page: Page) -> None:
    """The draft goes, and what is published is shown again."""
    page.get_by_role("button", name="Abandonner le brouillon").click()
    expect(page.locator("#roster-head")).to_contain_text("publiée")


def places(page: Page, post: Post, other: rosters.Login) -> tuple[Locator, Locator, Locator]:
    """The chip of a post, the cell it is in, and the cell of who could take it."""
    chip = page.locator(f"table.ro .ev[data-post='{post.post_id}']")
    place = chip.locator("xpath=ancestor::td").get_attribute("id")
    at = f"{post.on}.{post.half.value}"
    target = page.locator(f"td[data-person='{other.person_id}'][data-at='{at}']")
    return chip, page.locator(f"#{place}"), target  # the cell itself: the post leaves it


def test_a_reader_wishes_swaps_and_subscribes_on_a_telephone(
    open_page: Open, scene: Scene, reads_well: ReadsWell
) -> None:
    rosters.publish_week(scene, now=NOW)
    giver, post, taker = rosters.somebody_ahead(scene, now=NOW)
    with rosters.duties_kept(scene):
        page = open_page(giver.login, "/my/roster")
        page.set_viewport_size({"width": 390, "height": 844})
        reads_well(page)
        page.fill("#day", "2027-12-24")
        page.select_option("#half", "N")
        page.fill("#points", "8")
        page.get_by_role("button", name="Souhaiter").click()
        expect(page.locator("#wishes")).to_contain_text("24/12/2027 · Nuit")
        page.get_by_role("button", name="Créer une adresse privée").click()
        address = page.locator("#address").input_value()
        answer = page.request.get(address, headers={"Cookie": ""})
        assert answer.text().startswith("BEGIN:VCALENDAR\r\n")
        page.goto("/roster/swaps")
        page.select_option("#post", str(post.post_id))
        page.select_option("#to", str(taker.person_id))
        page.get_by_role("button", name="Proposer", exact=True).click()
        reads_well(page)
        other = open_page(taker.login, "/roster/swaps")
        other.set_viewport_size({"width": 390, "height": 844})
        offer = other.locator("li", has_text=giver.name).first
        offer.get_by_role("button", name="Accepter").click()
        expect(other.locator("li", has_text="acceptée").first).to_contain_text(taker.name)
        page.goto("/my/roster")
        expect(page.locator("main")).to_contain_text("Vous n’avez plus")

"""The radiologist on duty in Bayonne: justifies, reads, signs, with the keyboard alone."""

import re
from collections.abc import Callable
from io import BytesIO

from PIL import Image
from playwright.sync_api import Page, expect

from browser.hands import SOON_MS, choose, expect_live, expect_no_reload, mark, row_of
from browser.scene import Scene
from plateau.entry.demo import stage

Open = Callable[..., Page]
ReadsWell = Callable[[Page], None]
READER, COLLEAGUE = "lecteur1", "lecteur2"
GREYS = 20  # levels that noise and letters of a broken viewer do not reach in the middle of a frame
CONCLUSION = "Hématome sous-dural aigu droit de 9 mm, effet de masse débutant."


def test_a_request_is_justified_read_and_signed(
    open_page: Open, scene: Scene, reads_well: ReadsWell
) -> None:
    scene.sign_all(by=READER)
    page = open_page(READER, "/requests/inbox")
    expect_live(page)
    mark(page)
    asked = scene.ask("LÉGENDE")
    row = choose(page, "LÉGENDE")
    expect(row).to_contain_text("Hémorragie intracrânienne ?")
    expect_no_reload(page)
    reads_well(page)
    with page.expect_navigation():
        page.keyboard.press("a")
    expect_live(page)
    expect(row_of(page, "LÉGENDE")).to_have_count(0)

    page.keyboard.press("Alt+1")
    page.wait_for_url("**/worklist")
    row = row_of(page, "LÉGENDE")
    expect(row).to_contain_text("À lire", timeout=SOON_MS)
    expect(row.locator("td").nth(11)).to_have_text("13")  # 12 slices and the dose report
    expect(page).to_have_title("(1) Lectures — Plateau")
    reads_well(page)
    exam = scene.complete(asked)
    page.keyboard.press("n")
    page.wait_for_url(f"**/read/{exam}")

    expect(page.get_by_label("Compte rendu", exact=True)).to_contain_text("LÉGENDE")
    expect_images(page)
    reads_well(page)
    colleague_sees_the_lock(open_page, exam, reads_well)
    write_and_measure(page)
    sign(page, exam)
    reads_well(page)


def expect_images(page: Page) -> None:
    """The viewer shows a head: its middle holds far more greys than black and white."""
    canvas = page.frame_locator("#viewer").locator("canvas").first
    canvas.wait_for(timeout=60_000)
    Scene.wait_for(lambda: greys(page) > GREYS, "the images are drawn", seconds=60)


def measure(page: Page) -> None:
    """A length drawn on the images is a line of the result, once."""
    viewer, result = page.frame_locator("#viewer"), page.locator("#result")
    page.keyboard.press("Alt+m")
    expect(page.locator("#put")).to_contain_text("Rien n’est mesuré")
    box = viewer.locator("canvas").first.bounding_box()
    assert box
    page.evaluate("""() => document.getElementById('viewer').contentWindow.commandsManager
        .runCommand('setToolActive', {toolName: 'Length'})""")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 40, y)
    page.mouse.down()
    page.mouse.move(x + 40, y, steps=8)
    page.mouse.up()
    expect(viewer.get_by_text(" mm").first).to_be_visible(timeout=SOON_MS)
    page.keyboard.press("Alt+m")
    expect(result).to_have_value(re.compile(r"\n- .*\d mm"))
    page.keyboard.press("Alt+m")
    assert result.input_value().count(" mm") == 1


def greys(page: Page) -> int:
    """How many levels the middle of the viewer holds, away from its words."""
    with Image.open(BytesIO(page.locator("#viewer").screenshot())) as shot:
        width, height = shot.size
        middle = shot.convert("L").crop(
            (width * 2 // 5, height * 2 // 5, width * 3 // 5, height * 3 // 5)
        )
        return sum(1 for count in middle.histogram() if count)


def colleague_sees_the_lock(open_page: Open, exam: str, reads_well: ReadsWell) -> None:
    """Whoever else looks sees who reads, since when, and cannot take it."""
    page = open_page(COLLEAGUE, "/worklist")
    expect(row_of(page, "LÉGENDE")).to_contain_text("En lecture")
    expect(row_of(page, "LÉGENDE")).to_contain_text("Dr Aitor EXEMPLE")
    page.goto(f"/read/{exam}")
    expect(page.get_by_text("En lecture par Dr Aitor EXEMPLE")).to_be_visible()
    expect(page.get_by_role("button", name="Prendre cet examen")).to_be_disabled()
    expect(page.locator("#report")).to_have_count(0)
    reads_well(page)
    page.context.close()


def write_and_measure(page: Page) -> None:
    """What is typed is kept by itself, and is still there after a reload."""
    page.keyboard.press("Alt+r")
    expect(page.locator("#result")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("Collection hyperdense en croissant, convexité droite.")
    page.keyboard.press("Alt+c")
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(CONCLUSION)
    expect(page.locator("#saved")).to_have_text("Pas encore enregistré")
    expect(page.locator("#saved")).to_contain_text("Brouillon enregistré à", timeout=SOON_MS)
    page.reload()
    expect(page.locator("#conclusion")).to_have_value(CONCLUSION)
    measure(page)


def sign(page: Page, exam: str) -> None:
    """A wrong password signs nothing and loses nothing; the right one signs."""
    page.keyboard.press("Alt+c")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#password")).to_be_focused()
    page.keyboard.insert_text("ce-n-est-pas-le-bon")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#refusal")).to_contain_text("e mot de passe est incorrect")
    expect(page.locator("#conclusion")).to_have_value(CONCLUSION)
    page.locator("#password").fill(stage.PASSWORD)
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**?signed=*")
    assert f"/read/{exam}" not in page.url
    address = page.get_by_role("link", name="Ouvrir le PDF").get_attribute("href") or ""
    pdf = page.request.get(address)
    assert (pdf.status, pdf.headers["content-type"]) == (200, "application/pdf")


def test_a_request_is_questioned_then_refused_with_a_reason(
    open_page: Open, scene: Scene, reads_well: ReadsWell
) -> None:
    asked = scene.ask("QUIDAM", urgency="U3")
    page = open_page(READER, asked.path)
    reads_well(page)
    page.get_by_text("Poser une question").click()
    page.get_by_label("Question au demandeur").fill("Le blessé est-il sous anticoagulant ?")
    page.get_by_role("button", name="Poser la question").click()
    page.wait_for_url("**/requests/inbox")
    page.goto(asked.path)
    expect(page.locator("#standing")).to_contain_text("Le blessé est-il sous anticoagulant ?")
    page.locator("summary", has_text="Refuser").click()
    page.get_by_label("Motif, tel que le demandeur le lira").fill("Peut attendre le jour.")
    page.get_by_role("button", name="Refuser la demande").click()
    page.wait_for_url("**/requests/inbox")
    page.goto(asked.path)
    expect(page.locator("#standing")).to_contain_text("Refusée")
    expect(page.locator("#standing")).to_contain_text("Peut attendre le jour.")
    reads_well(page)

"""What is looked at twice: read again blindly, asked of a colleague, compared with pathology."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from browser.hands import SOON_MS, expect_live, row_of
from browser.scene import Scene
from plateau.entry.demo import stage

Open = Callable[..., Page]
ReadsWell = Callable[[Page], None]
READER, COLLEAGUE, COORDINATOR = "lecteur1", "lecteur2", "regulation"
REQUESTER = "urgences.stpalais"
SITE = "CH Saint-Palais"
FIRST = "Pas de lésion hémorragique."


def test_an_exam_is_read_again_blindly_and_the_first_reader_hears(
    open_page: Open, scene: Scene, reads_well: ReadsWell
) -> None:
    rules = open_page(COORDINATOR, "/reviews/rules")
    rules.select_option("#site_id", label=SITE)
    rules.fill("#percent", "100")
    rules.locator("form[action='/reviews/rules'] button").click()
    rule = rules.get_by_role("row", name=SITE)
    expect(rule).to_contain_text("100")
    reads_well(rules)
    exam = scene.image("RELECTURE")
    second = open_page(COLLEAGUE, "/reviews")
    expect_live(second)
    scene.sign(exam, conclusion=FIRST)
    expect(row_of(second, "RELECTURE")).to_be_visible(timeout=SOON_MS)
    rule.get_by_role("button").click()  # the exams of other tests are read once
    reads_well(second)
    read_blindly(second, exam, reads_well)

    first = open_page(READER, "/reviews")
    first.get_by_role("link", name="RELECTURE").click()
    expect(first.get_by_text("Fracture temporale non vue.")).to_be_visible()
    reads_well(first)
    with first.expect_navigation():
        first.keyboard.press("v")
    first.goto(f"/exams/{exam}")
    looked = first.locator(f"a[href='/reviews/{exam}']")
    expect(looked).to_be_visible()
    reads_well(first)
    requester_contacts_the_patient(open_page(REQUESTER, f"/exams/{exam}"), reads_well)
    figures = open_page(COORDINATOR, "/reviews/figures")
    expect(figures.locator("#figures table")).to_be_visible()
    expect(figures.locator("#figures")).not_to_contain_text("Dr ")
    reads_well(figures)


def requester_contacts_the_patient(page: Page, reads_well: ReadsWell) -> None:
    """Whoever asked for the exam reads what differs, and says how the patient was reached."""
    told = page.locator(".notice", has_text="Fracture temporale non vue.")
    reads_well(page)
    told.get_by_role("link").click()
    page.wait_for_url("**/loops/*")
    reads_well(page)


def read_blindly(page: Page, exam: str, reads_well: ReadsWell) -> None:
    """The first report is nowhere until the second one is signed."""
    page.keyboard.press("n")
    page.wait_for_url(f"**/reviews/{exam}")
    expect(page.get_by_text(FIRST)).to_have_count(0)
    reads_well(page)
    page.fill("#result", "Trait de fracture temporal droit.")
    page.fill("#conclusion", "Fracture du rocher.")
    page.fill("#password", stage.PASSWORD)
    page.press("#password", "Enter")
    expect(page.locator("#first")).to_contain_text(FIRST)
    reads_well(page)
    page.check("input[name=score][value='3']")
    page.fill("#comment", "Fracture temporale non vue.")
    page.locator("form[action$='/score'] button").click()
    page.wait_for_url("**/reviews?done=scored")


def test_a_colleague_is_asked_and_the_answer_is_signed_into_the_report(
    open_page: Open, scene: Scene, reads_well: ReadsWell
) -> None:
    exam = scene.image("AVISEE")
    scene.sign(exam)
    asking = open_page(READER, f"/read/{exam}")
    asking.locator("#opinions summary").click()
    asking.fill("#opinion-text", "Vaisseau ou hémorragie ?")
    name = asking.locator("#opinion-person option", has_text="FACTICE").first.inner_text()
    asking.select_option("#opinion-person", label=name)
    asking.locator(f"form[action='/read/{exam}/opinions'] button").click()
    asking.wait_for_url("**/opinions/*")
    reads_well(asking)

    answering = open_page(COLLEAGUE, "/opinions")
    row = row_of(answering, "AVISEE")
    expect(row).to_contain_text("Vaisseau ou hémorragie ?")
    reads_well(answering)
    answering.keyboard.press("j")
    answering.keyboard.press("Enter")
    answering.wait_for_url("**/opinions/*")
    answering.fill("#text", "Un vaisseau : veine corticale.")
    answering.locator("form[action$='/answer'] button").click()
    answering.wait_for_url("**/opinions?done=answered")

    asking.reload()
    expect(asking.get_by_text("veine corticale").first).to_be_visible()
    reads_well(asking)
    asking.fill("#password", stage.PASSWORD)
    asking.press("#password", "Enter")
    asking.wait_for_url(f"**/exams/{exam}")
    expect(asking.locator("article.version", has_text="veine corticale").first).to_be_visible()


def test_an_exam_waits_for_a_meeting(open_page: Open, scene: Scene, reads_well: ReadsWell) -> None:
    exam = scene.image("CONCERTEE")
    scene.sign(exam)
    page = open_page(READER, "/meetings")
    later = page.evaluate("new Date(Date.now() + 9e9).toISOString().slice(0, 16)")
    page.fill("#title", "RCP neurologie")
    page.fill("#held_at", later)
    page.select_option("#site_id", label=SITE)
    page.locator("form[action='/meetings'] button").click()
    page.wait_for_url("**/meetings/*")
    page.goto(f"/read/{exam}/opinions")
    page.locator("#opinions summary").click()
    page.fill("#meeting-question", "Faut-il opérer ?")
    page.locator(f"form[action='/read/{exam}/meetings'] button").click()
    page.wait_for_url("**/meetings/*")
    expect(page.get_by_text("Faut-il opérer ?")).to_be_visible()
    expect(page.locator(f"#exam-{exam}")).to_contain_text("CONCERTEE")
    reads_well(page)
    page.goto("/meetings")
    reads_well(page)


def test_a_biopsy_is_followed_from_the_needle_to_what_is_done(
    open_page: Open, scene: Scene, reads_well: ReadsWell
) -> None:
    exam = scene.image("BIOPSIEE")
    scene.sign(exam)
    reader = open_page(READER, f"/exams/{exam}")
    reader.locator("#biopsies summary").click()
    reader.fill("#biopsy-lesion", "Lésion frontale droite de 12 mm")
    reader.select_option("#biopsy-suspicion", "highly_suspicious")
    reader.locator(f"form[action='/read/{exam}/biopsies'] button").click()
    expect(reader.locator("#biopsies")).to_contain_text("Lésion frontale droite")
    reads_well(reader)

    requester = open_page(REQUESTER, "/biopsies")
    row_of(requester, "BIOPSIEE").get_by_role("link").first.click()
    requester.check("input[name=pathology][value=benign]")
    requester.fill("#finding", "Gliose réactionnelle, sans cellule tumorale.")
    reads_well(requester)
    requester.locator("form[action$='/finding'] button").click()
    expect(requester.get_by_text("Gliose réactionnelle")).to_be_visible()
    expect(requester.locator("input[name=explains]")).to_have_count(0)

    reader.goto("/biopsies")
    reads_well(reader)
    row_of(reader, "BIOPSIEE").get_by_role("link").first.click()
    reader.check("input[name=explains][value=no]")
    reader.locator("form[action$='/correlation'] button").click()
    expect(reader.locator("dl.facts").first).to_contain_text("Nouvelle biopsie ou exérèse")
    reads_well(reader)

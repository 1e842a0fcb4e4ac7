"""The emergency doctor of Saint-Palais: asks for a head CT at 02:00 and receives the report."""

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from browser.hands import SOON_MS, expect_live, expect_no_reload, mark, row_of
from browser.scene import ASKED, Asked, Scene

Open = Callable[..., Page]
ReadsWell = Callable[[Page], None]
DOCTOR = "urgences.stpalais"


def test_an_empty_form_names_all_nine_items_and_loses_nothing(
    open_page: Open, reads_well: ReadsWell
) -> None:
    page = open_page(DOCTOR, "/requests/new")
    reads_well(page)
    page.fill("#surname", "ALLÉGORIE")
    page.get_by_role("button", name="Envoyer la demande").click()
    problems = page.locator("#problems")
    expect(problems).to_be_focused()
    assert items_of(page, problems) == set(range(1, 10))
    expect(page.locator("#surname")).to_have_value("ALLÉGORIE")
    reads_well(page)

    link = problems.get_by_role("link", name="Décrivez le contexte clinique.")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#context")).to_be_focused()
    expect(page.locator("#context")).to_have_attribute("aria-invalid", "true")


def items_of(page: Page, problems: Locator) -> set[int]:
    """The numbers of the items that the links of the summary lead to."""
    numbers = problems.get_by_role("link").evaluate_all(
        """links => links.map(link => {
            const target = document.getElementById(link.hash.slice(1));
            return target.closest('fieldset.panel').querySelector('legend').textContent;
        })"""
    )
    return {int(legend.split("·")[0]) for legend in numbers}


def test_what_is_half_typed_survives_leaving_the_page(open_page: Open) -> None:
    page = open_page(DOCTOR, "/requests/new")
    page.fill("#context", "Chute dans l'escalier.")
    page.goto("/requests")
    expect(page.get_by_text("n’est pas parti")).to_be_visible()
    page.keyboard.press("c")
    page.wait_for_url("**/requests/new")
    expect(page.locator("#context")).to_have_value("Chute dans l'escalier.")
    page.get_by_role("button", name="Recommencer à vide").click()
    expect(page.locator("#context")).to_have_value("")


def test_a_head_ct_is_asked_for_followed_and_received(
    open_page: Open, scene: Scene, reads_well: ReadsWell
) -> None:
    page = open_page(DOCTOR, "/requests/new")
    fill(page, surname="ROMANESQUE")
    page.get_by_role("button", name="Envoyer la demande").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/requests/*-*")
    asked = Asked(
        surname="ROMANESQUE",
        path=page.url.removeprefix(scene.pool.base).partition("?")[0],
        request_id=scene.id_of(page.url),
    )
    standing = page.locator("#standing")
    expect(standing).to_contain_text("À justifier")
    expect(standing).to_contain_text("Dr Aitor EXEMPLE")  # on duty for this site
    expect_live(page)
    mark(page)
    reads_well(page)

    scene.accept(asked)
    expect(standing).to_contain_text("Acceptée", timeout=SOON_MS)
    expect(standing).to_contain_text("Images complètes", timeout=SOON_MS)
    expect_no_reload(page)
    reads_well(page)

    exam = scene.complete(asked)
    receive(page, scene, exam, reads_well)


def fill(page: Page, *, surname: str) -> None:
    """The nine items, as the doctor answers them."""
    answers = {**ASKED, "local_id": f"FORM-{surname}", "surname": surname, "first_name": "Cyprien"}
    for name, value in answers.items():
        field = page.locator(f"[name={name}]").first
        kind = field.evaluate("field => field.type")
        if kind in {"radio", "checkbox"}:
            page.locator(f"label:has([name={name}][value={value}])").click()
        elif kind == "select-one":
            field.select_option(value)
        else:
            field.fill(value)


def receive(page: Page, scene: Scene, exam: str, reads_well: ReadsWell) -> None:
    """The list of requests leads to the results; the report comes in, is read and acknowledged."""
    page.keyboard.press("Alt+1")
    page.wait_for_url("**/requests")
    expect(row_of(page, "ROMANESQUE")).to_contain_text("Images complètes")
    reads_well(page)
    page.keyboard.press("Alt+2")
    page.wait_for_url("**/results")
    expect(row_of(page, "ROMANESQUE")).to_contain_text("À lire")
    expect_live(page)
    mark(page)

    scene.sign(exam, conclusion="Hématome sous-dural aigu droit de 9 mm.")
    signed = page.locator("section", has_text="Comptes rendus signés")
    row = signed.locator("tr[id]", has_text="ROMANESQUE")
    expect(row).to_contain_text("Hématome sous-dural aigu droit de 9 mm.", timeout=SOON_MS)
    expect(row).to_contain_text("Non lu")
    expect_no_reload(page)
    reads_well(page)

    row.get_by_role("link").click()
    page.wait_for_url("**/results/*-*")
    expect(page.get_by_role("article")).to_contain_text("Hématome sous-dural")
    reads_well(page)
    pdf = page.request.get(page.get_by_role("link", name="PDF").get_attribute("href") or "")
    assert (pdf.status, pdf.headers["content-type"]) == (200, "application/pdf")
    assert pdf.body().startswith(b"%PDF-")
    page.get_by_role("button", name="J’ai pris connaissance").click()
    expect(page.get_by_text("Vous l’avez lu")).to_be_visible()
    expect(page.get_by_text("Lu par")).to_be_visible()
    reads_well(page)

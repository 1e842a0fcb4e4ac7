"""Every page in both languages: nothing of one is left in the other."""

from collections.abc import Callable, Iterator, Set
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from playwright.sync_api import Page

from browser.scene import Scene, the_form
from outside.forms import links

Open = Callable[..., Page]
CATALOGUE = Path(__file__).parents[2] / "src/plateau/locale/fr/LC_MESSAGES/messages.po"
# Somebody of each role, whom no other journey follows.
PEOPLE = ("lecteur3", "urgences.mdm", "manip.mdm", "direction.mdm", "regulation", "admin")
WORDS = """() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = new Set();
    while (walker.nextNode()) {
        const { parentElement: around, nodeValue } = walker.currentNode;
        if (!['SCRIPT', 'STYLE'].includes(around.tagName)) found.add(nodeValue.trim());
    }
    document.querySelectorAll('[placeholder], [aria-label], [title]').forEach((one) => {
        ['placeholder', 'aria-label', 'title'].forEach((name) => {
            found.add((one.getAttribute(name) ?? '').trim());
        });
    });
    return [...found].map((text) => text.replace(/\\s+/g, ' '));
}"""


@cache
def texts() -> tuple[frozenset[str], frozenset[str]]:
    """What only English pages say, what only French pages say."""
    with CATALOGUE.open("rb") as file:
        pairs = [
            (str(message.id), str(message.string))
            for message in read_po(file)
            if isinstance(message.id, str) and message.id and "%(" not in message.id
        ]
    english = {one for one, _ in pairs}
    french = {other for _, other in pairs}
    return frozenset(english - french), frozenset(french - english)


@pytest.fixture
def in_english(scene: Scene) -> Iterator[None]:
    """Those people read English meanwhile."""
    for login in PEOPLE:
        speak(scene, login, "en")
    yield
    for login in PEOPLE:
        speak(scene, login, "fr")


def speak(scene: Scene, login: str, language: str) -> None:
    person = scene.person(login)
    form = the_form(person, "/me", lambda one: one.action == "/me")
    person.send(form, language=language).raise_for_status()


@pytest.fixture(scope="session")
def below(scene: Scene) -> dict[str, list[str]]:
    """Pages that no navigation names: about one signed exam, and a request that waits."""
    waiting = scene.ask("SCÉNARIO", by="urgences.mdm", urgency="U3")
    exam = scene.image("PERSONNAGE", by="urgences.mdm", urgency="U3", exam_code="RX-THORAX")
    scene.sign(exam)
    results = links(scene.person("urgences.mdm").get("/results").text)
    report = next(one for one in results if one.startswith("/results/"))
    return {
        "urgences.mdm": ["/requests/new", waiting.path, report],
        "lecteur3": [waiting.path, f"/read/{exam}", f"/exams/{exam}"],
        "manip.mdm": [waiting.path],
    }


def walk(open_page: Open, below: dict[str, list[str]], language: str) -> Iterator[Page]:
    """Each page once, as somebody who may open it."""
    seen: set[str] = set()
    for login in PEOPLE:
        page = open_page(login, language=language)
        own = page.locator("nav a").evaluate_all("all => all.map(one => one.pathname)")
        for path in [*own, "/me", *below.get(login, [])]:
            if path not in seen:
                seen.add(path)
                page.goto(path, wait_until="domcontentloaded")
                yield page
        page.context.close()
    assert len(seen) > 15


def words(page: Page) -> set[str]:
    return set(page.evaluate(WORDS))


def test_french_pages_hold_no_english(open_page: Open, below: dict[str, list[str]]) -> None:
    english, _ = texts()
    assert not left_over(walk(open_page, below, "fr"), "fr", english)


def test_english_pages_hold_no_french(
    open_page: Open, below: dict[str, list[str]], in_english: None
) -> None:
    _, french = texts()
    assert not left_over(walk(open_page, below, "en"), "en", french)


def left_over(pages: Iterator[Page], language: str, foreign: Set[str]) -> dict[str, set[str]]:
    """What each page says in the other language."""
    left: dict[str, set[str]] = {}
    for page in pages:
        assert page.locator("html").get_attribute("lang") == language, page.url
        found = words(page) & foreign
        if found:
            left[page.url] = found
    return left


def test_the_sign_in_page_follows_the_browser(open_page: Open) -> None:
    english, french = texts()
    assert not words(open_page("", "/login")) & english
    assert not words(open_page("", "/login", language="en")) & french

"""A running Plateau at 02:00 in the demonstration's night, and chromium to look at it.

One group of tests, in one process: they share the pool and follow each other's night.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, Route

from browser.scene import Scene
from plateau.entry.demo import show, stage
from plateau.entry.demo.show import Setting, Show

ROOT = Path(__file__).parents[2]
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
Open = Callable[..., Page]


@pytest.hookimpl(tryfirst=True)  # before the groups are made
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("browser"))
            item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    chromium = shutil.which("chromium")
    assert chromium, "install chromium: apt-get install chromium"
    return {**browser_type_launch_args, "executable_path": chromium, "args": ARGS}


@pytest.fixture(scope="session")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Show]:
    """Every process of Plateau, the members' RIS, and the machines; no people but the tests."""
    setting = Setting(
        folder=tmp_path_factory.mktemp("pool"),
        territory=ROOT / "territories" / "basco-landais.toml",
        visits=(),
        pace=stage.pace(1, hours_in=6),
        anywhere=True,
    )
    with show.opened(setting) as running:
        running.cast.start_machines(running.territory.machines, speed=100_000, slices=12, seed=3)
        yield running


@pytest.fixture(scope="session")
def scene(pool: Show) -> Scene:
    """Quick hands at the pool, for what a test needs but does not look at."""
    return Scene(pool=pool)


@pytest.fixture
def open_page(browser: Browser, pool: Show) -> Iterator[Open]:
    """Open a browser as somebody; script errors, failures and outside calls fail the test."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_as(login: str, path: str = "/", theme: str = "dark", language: str = "fr") -> Page:
        context = browser.new_context(
            base_url=pool.base,
            locale="fr-FR" if language == "fr" else "en-GB",
            timezone_id="Europe/Paris",
            viewport={"width": 1600, "height": 900},
            reduced_motion="reduce",
            color_scheme="dark" if theme == "dark" else "light",
        )
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        watch(page, pool.base, faults)
        if login:
            sign_in(page, login)
        page.goto(path)
        return page

    yield open_as
    for context in contexts:
        context.close()
    assert not faults, "\n".join(faults)


def watch(page: Page, base: str, faults: list[str]) -> None:
    """Note what no page may do: break, miss a file of ours, call another host."""

    def gate(route: Route) -> None:
        if route.request.url.startswith((base, "data:", "blob:")):
            route.continue_()
        else:
            faults.append(f"outside call: {route.request.url}")
            route.abort()

    def check(answer: Response) -> None:
        if answer.status >= 500 or answer.status == 404:
            faults.append(f"{answer.status} {answer.url}")

    page.on("pageerror", lambda error: faults.append(f"script: {error}"))
    page.on("response", check)
    page.route("**/*", gate)


def sign_in(page: Page, login: str) -> None:
    page.goto("/login")
    page.fill("#login", login)
    page.fill("#password", stage.PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_url(lambda url: "/login" not in url)


@pytest.fixture(scope="session")
def axe_source() -> str:
    return (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


@pytest.fixture
def axe(axe_source: str) -> Callable[[Page], list[str]]:
    """What axe finds wrong in a page in either theme, the viewer's frame left out."""

    def in_theme(page: Page, theme: str) -> list[str]:
        page.evaluate("theme => document.documentElement.dataset.bsTheme = theme", theme)
        found = page.evaluate(
            """tags => axe.run({exclude: [['iframe']]},
                {runOnly: tags, resultTypes: ['violations']})""",
            TAGS,
        )
        return [
            f"{theme}: {one['id']} ×{len(one['nodes'])}: {one['nodes'][0]['target']}"
            for one in found["violations"]
        ]

    def run(page: Page) -> list[str]:
        page.evaluate(axe_source)  # not a script element: the page's policy stays on
        shown = page.evaluate("document.documentElement.dataset.bsTheme")
        problems = in_theme(page, "light") + in_theme(page, "dark")
        page.evaluate("theme => document.documentElement.dataset.bsTheme = theme", shown)
        return problems

    return run


@pytest.fixture
def reads_well(axe: Callable[[Page], list[str]]) -> Callable[[Page], None]:
    """In both themes axe has nothing to say about the page as it stands."""

    def check(page: Page) -> None:
        shown = set_theme(page, "light")
        wrong = {"light": axe(page)}
        set_theme(page, "dark")
        wrong["dark"] = axe(page)
        set_theme(page, shown)
        assert wrong == {"light": [], "dark": []}, page.url

    return check


def set_theme(page: Page, theme: str) -> str:
    """The page is drawn in that theme; the one it had before."""
    return page.evaluate(
        """theme => {
            const root = document.documentElement;
            const before = root.dataset.bsTheme;
            root.dataset.bsTheme = theme;
            return before;
        }""",
        theme,
    )

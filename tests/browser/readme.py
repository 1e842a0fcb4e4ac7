"""The pictures of the README: a full worklist, and a head CT beside its report."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

from browser.hands import expect_live
from browser.scene import Asked, Scene
from plateau.entry.demo import plan
from plateau.entry.demo.plan import Visit

Open = Callable[..., Page]
_EXAMS, _SEED = 22, 11
_FINDINGS = """Parenchyme : pas de lésion focale décelée.
Espaces sous-arachnoïdiens et collections : libres.
Système ventriculaire et ligne médiane : en place.
Fosse postérieure : sans particularité.
Os et sinus : pas de trait de fracture."""
_CONCLUSION = "Pas d'hémorragie décelée sur ces images fabriquées."


def draw(open_page: Open, scene: Scene, folder: Path) -> None:
    """Both pictures, of a part of the demonstration's own night."""
    folder.mkdir(parents=True, exist_ok=True)
    exams = [_imaged(scene, asked) for asked in _all_asked(scene)]
    _hold_some(scene, exams)
    page = open_page("lecteur1", "/worklist")
    expect_live(page)
    page.keyboard.press("j")
    page.screenshot(path=folder / "worklist.png", animations="disabled")
    page.goto(f"/read/{exams[0]}")
    page.keyboard.press("t")
    _write(page)
    _scroll(page)
    page.screenshot(path=folder / "reading.png", animations="disabled")


def _all_asked(scene: Scene) -> list[Asked]:
    asked = [_ask(scene, visit) for visit in plan.night(exams=_EXAMS, seed=_SEED)]
    for one in asked:
        scene.accept(one)
    return asked


def _ask(scene: Scene, visit: Visit) -> Asked:
    return scene.ask(
        visit.surname,
        by=f"urgences.{visit.site.lower()}",
        first_name=visit.first_name,
        birth_on=str(visit.birth_on),
        sex=visit.sex,
        pregnancy="not_applicable" if visit.sex == "M" else "no",
        urgency=visit.urgency,
        exam_code=visit.exam_code,
        context=visit.case.context,
        aim=visit.case.aim,
        region=visit.case.region,
        technique=visit.case.technique,
        risks="Aucun connu",
        local_id=visit.local_id,
    )


def _imaged(scene: Scene, asked: Asked) -> str:
    return scene.wait_for(lambda: scene.exam_of(asked), "the images are complete", seconds=120)


def _hold_some(scene: Scene, exams: list[str]) -> None:
    """Colleagues read two of them meanwhile."""
    scene.take(exams[3], by="lecteur2")
    scene.take(exams[5], by="lecteur3")


def _write(page: Page) -> None:
    page.fill("#result", _FINDINGS)
    page.fill("#conclusion", _CONCLUSION)
    page.keyboard.press("Control+s")
    page.locator("#saved", has_text="Brouillon enregistré").wait_for()


def _scroll(page: Page) -> None:
    """The middle of the head."""
    canvas = page.frame_locator("#viewer").locator("canvas").first
    canvas.wait_for(timeout=60_000)
    page.wait_for_timeout(3000)  # the images come in without a word
    canvas.hover()
    for _ in range(6):
        page.mouse.wheel(0, 100)
        page.wait_for_timeout(300)
    page.locator("#sections").evaluate("one => one.scrollTo(0, 0)")
    page.wait_for_timeout(1000)

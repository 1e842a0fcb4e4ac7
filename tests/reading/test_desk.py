"""The reading page in a real browser: nothing typed is lost, and the keys do what they say."""

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import BrowserContext, Page, expect

from make import NIGHT, a_duty, a_person, a_role
from make_after import a_task
from plateau.entry import http
from plateau.kernel.caller import Role
from plateau.platform import clock, runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.reading import service
from plateau.web import pages as web_pages
from reading.night import PASSWORD, Night, save, state_of

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.timeout(300)]
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    chromium = shutil.which("chromium")
    assert chromium, "install chromium: apt-get install chromium"
    return {**browser_type_launch_args, "executable_path": chromium, "args": ARGS}


@pytest.fixture
def base(db: Db, blobs: Blobs) -> Iterator[str]:
    """The real application on a free port."""
    settings = runtime.settings_in_use()
    app = http.build(runtime.Runtime(db, blobs, settings), http.identify)
    app.dependency_overrides[web_pages.now] = lambda: NIGHT
    listener = http.serve_live(app, str(settings.database_url))
    door = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
    thread.start()
    yield f"http://127.0.0.1:{door.getsockname()[1]}"
    listener.close()
    server.should_exit = True
    thread.join()
    door.close()


@pytest.fixture
def page(context: BrowserContext, base: str, night: Night) -> Page:
    """The reader of the night, signed in, on the worklist."""
    page = context.new_page()
    sign_in(page, base)
    return page


def sign_in(page: Page, base: str) -> None:
    page.goto(f"{base}/login")
    page.fill("#login", "lecteur")
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_url("**/worklist")


def take(page: Page) -> None:
    """By keyboard alone."""
    page.locator("tr[id]").first.wait_for()
    page.keyboard.press("n")
    page.wait_for_url("**/read/*")
    page.locator("#report").wait_for()


def kept(db: Db, night: Night) -> str | None:
    with db.begin() as tx:
        draft = service.draft(tx, night.exam_id)
        return draft.result if draft else None


def wait_until_kept(db: Db, night: Night, result: str) -> None:
    for _ in range(150):
        if kept(db, night) == result:
            return
        time.sleep(0.1)
    assert kept(db, night) == result


def test_a_night_reader_signs_by_keyboard_alone_and_gets_the_next(
    page: Page, db: Db, night: Night
) -> None:
    with db.begin() as tx:
        following = a_task(tx, night.world, urgency="U1")
    take(page)
    page.keyboard.press("Alt+r")
    expect(page.locator("#result")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("Hématome sous-dural aigu.")
    page.keyboard.press("Alt+c")
    page.keyboard.press("Control+a")
    page.keyboard.type("Hématome.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#password")).to_be_focused()
    page.keyboard.type("un mauvais mot de passe")
    page.keyboard.press("Enter")
    expect(page.locator("#refusal")).to_be_visible()
    expect(page.locator("#conclusion")).to_have_value("Hématome.")
    page.keyboard.press("Control+a")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**/read/{following}?signed=*")
    with db.begin() as tx:
        assert tx.value("select conclusion from reading.version") == "Hématome."


def test_a_report_is_given_before_it_is_signed_by_keyboard_alone(
    page: Page, db: Db, night: Night
) -> None:
    take(page)
    page.fill("#result", "Hématome sous-dural aigu.")
    page.fill("#conclusion", "Hématome.")
    page.keyboard.press("Alt+g")
    expect(page.locator("#told")).to_be_focused()
    page.keyboard.type("Dr Urgence")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/worklist")
    expect(page.locator(f"#exam-{night.exam_id}")).to_contain_text("Préliminaire")
    page.goto(page.url.replace("/worklist", f"/read/{night.exam_id}"))
    expect(page.locator("#sections")).to_contain_text("Dr Urgence")
    with db.begin() as tx:
        assert state_of(tx, night.exam_id) == "preliminary"


def test_a_signature_is_recalled_in_one_key(page: Page, db: Db, blobs: Blobs, night: Night) -> None:
    settings = runtime.settings_in_use().model_copy(update={"recall_s": 60})
    runtime.use(runtime.Runtime(db, blobs, settings))
    take(page)
    page.fill("#result", "Hématome.")
    page.fill("#conclusion", "Hématome du côté droit.")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/worklist?signed=*")
    expect(page.locator(".recall")).to_contain_text("Définitif dans")
    page.keyboard.press("u")
    page.wait_for_url(f"**/read/{night.exam_id}")
    expect(page.locator("#conclusion")).to_have_value("Hématome du côté droit.")
    with db.begin() as tx:
        assert tx.value("select count(*) from reading.version") == 0


def test_what_is_typed_is_saved_by_itself_and_on_demand(page: Page, db: Db, night: Night) -> None:
    take(page)
    page.fill("#result", "Un.")
    wait_until_kept(db, night, "Un.")
    expect(page.locator("#saved")).to_contain_text("Dr Lecture")
    page.fill("#result", "Deux.")
    page.keyboard.press("Control+s")
    wait_until_kept(db, night, "Deux.")


def test_keys_work_from_inside_the_viewer(page: Page, db: Db, night: Night) -> None:
    take(page)
    page.fill("#result", "Depuis la visionneuse.")
    frame = page.frame(name="viewer")
    assert frame
    frame.wait_for_load_state()
    frame.locator("body").press("Control+s")
    wait_until_kept(db, night, "Depuis la visionneuse.")
    frame.locator("body").press("Alt+c")
    expect(page.locator("#conclusion")).to_be_focused()


def test_an_exam_taken_over_shows_and_leaves_the_text_on_the_screen(
    page: Page, db: Db, night: Night
) -> None:
    take(page)
    with db.begin() as tx:
        person_id = a_person(tx, "deux", "Dr Deux", night.world.site_id)
        a_role(tx, person_id, Role.READER, night.world.site_id)
        a_duty(tx, night.world.line_id, person_id, position=2)
        tx.run("update reading.task set reader_id = %(id)s", id=person_id)
    page.fill("#result", "Mon texte.")
    expect(page.locator("#lost")).to_be_visible(timeout=10_000)
    expect(page.locator("#lost")).to_contain_text("Dr Deux")
    expect(page.locator("#result")).to_have_value("Mon texte.")
    assert kept(db, night) is None


def test_an_ended_session_keeps_the_text_and_sends_it_again(
    page: Page, base: str, db: Db, night: Night
) -> None:
    take(page)
    with db.begin() as tx:
        tx.run("delete from access.session")
    page.fill("#result", "Tapé après la fin.")
    expect(page.locator("#expired")).to_be_visible(timeout=10_000)
    page.click("#expired a")
    page.fill("#login", "lecteur")
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_url("**/read/*")
    expect(page.locator("#result")).to_have_value("Tapé après la fin.")
    wait_until_kept(db, night, "Tapé après la fin.")


def test_a_lost_connection_is_said_and_the_text_follows(
    page: Page, context: BrowserContext, db: Db, night: Night
) -> None:
    take(page)
    context.set_offline(True)
    page.fill("#result", "Hors ligne.")
    expect(page.locator("#offline")).to_be_visible(timeout=10_000)
    context.set_offline(False)
    wait_until_kept(db, night, "Hors ligne.")
    expect(page.locator("#offline")).to_be_hidden()


def test_a_text_saved_elsewhere_is_not_overwritten_unasked(
    page: Page, db: Db, night: Night
) -> None:
    take(page)
    with db.begin() as tx:
        wall = clock.wall() + timedelta(seconds=1)
        service.save_draft(tx, night.reader, save(night.exam_id), now=NIGHT, wall=wall)
    page.fill("#result", "Ici.")
    expect(page.locator("#refusal")).to_be_visible(timeout=10_000)
    expect(page.locator("#result")).to_have_value("Ici.")
    time.sleep(6)  # longer than the time between two saves
    assert kept(db, night) != "Ici."
    page.keyboard.press("Control+s")
    wait_until_kept(db, night, "Ici.")


def test_the_list_follows_by_itself_and_finds_a_name(page: Page, db: Db, night: Night) -> None:
    with db.begin() as tx:
        a_task(tx, night.world, urgency="U3")
        tx.touch("worklist")
    expect(page.locator("tr[id]")).to_have_count(2, timeout=10_000)
    page.bring_to_front()  # a window behind another one has no focus to give
    page.keyboard.press("/")
    page.keyboard.type("personne")
    expect(page.locator("tr[id]:visible")).to_have_count(0)
    with page.expect_response("**/worklist/rows*"), db.begin() as tx:
        tx.touch("worklist")
    page.wait_for_timeout(500)  # the swap follows the answer
    expect(page.locator("tr[id]:visible")).to_have_count(0)
    page.fill("#find-text", "testinventé")
    expect(page.locator("tr[id]:visible")).to_have_count(2)
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("t")
    page.wait_for_url(f"**/read/{night.exam_id}")

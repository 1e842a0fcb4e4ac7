"""The doors of reading, on the real application."""

from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from make import NIGHT, a_caller, a_duty, a_person, a_site, an_exam
from make_after import a_study, a_task
from plateau.kernel.caller import Caller, Role
from plateau.platform import clock
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.reading import service
from reading.night import PASSWORD, TEXT, Client, Night, a_colleague, signed

HX = {"HX-Request": "true"}
FORM = {
    "indication": TEXT.indication,
    "technique": TEXT.technique,
    "result": TEXT.result,
    "conclusion": TEXT.conclusion,
    "csrf": "c",
}


def a_second(db: Db, night: Night) -> Caller:
    """A colleague, on duty too."""
    with db.begin() as tx:
        colleague = a_colleague(tx, night)
        a_duty(tx, night.world.line_id, colleague.person_id, position=2)
        return colleague


def take(browser: TestClient, night: Night) -> None:
    answer = browser.post(f"/worklist/{night.exam_id}/take", data={"csrf": "c"})
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/read/{night.exam_id}"


# The worklist


def test_the_page_then_the_list_alone(night: Night, client: Client) -> None:
    browser = client(night.reader)
    page = browser.get("/worklist").text
    assert "<html" in page
    assert "TESTINVENTE" in page
    part = browser.get("/worklist/rows", headers={"HX-Target": "list"}).text
    assert "<html" not in part
    assert part.count("<tr id=") == 1
    assert f"/read/{night.exam_id}" in part


def test_another_site_sees_nothing(db: Db, night: Night, client: Client) -> None:
    with db.begin() as tx:
        stranger = a_caller(a_person(tx), a_site(tx, "AILLEURS"))
    browser = client(stranger)
    assert "TESTINVENTE" not in browser.get("/worklist").text
    for path in ("/read/{}", "/read/{}/clock", "/exams/{}"):
        assert browser.get(path.format(night.exam_id)).status_code == 404
    for path in ("/worklist/{}/take", "/worklist/{}/release", "/read/{}/heartbeat"):
        answer = browser.post(path.format(night.exam_id), data={"csrf": "c"})
        assert answer.status_code == 404, path
    for path in ("/read/{}/draft", "/read/{}/sign"):
        form = {**FORM, "password": PASSWORD}
        answer = browser.post(path.format(night.exam_id), data=form)
        assert answer.status_code in {404, 422}, path


def test_roles_without_reading_have_no_worklist(night: Night, client: Client) -> None:
    site_id = night.world.site_id
    requester = a_caller(night.world.requester_id, site_id, role=Role.REQUESTER)
    assert client(requester).get("/worklist").status_code == 404


def test_a_coordinator_sees_the_list_and_takes_nothing(night: Night, client: Client) -> None:
    coordinator = a_caller(night.world.reader_id, night.world.site_id, role=Role.COORDINATOR)
    page = client(coordinator).get("/worklist").text
    assert "TESTINVENTE" in page
    assert "/take" not in page


def test_filters_keep_what_they_say(db: Db, night: Night, client: Client) -> None:
    with db.begin() as tx:
        planned = a_task(tx, night.world, an_exam(tx, night.world, "complete", "U3"), "U3")
    browser = client(night.reader)
    assert str(planned) in browser.get("/worklist").text
    urgent = browser.get("/worklist?urgency=U0").text
    assert str(night.exam_id) in urgent
    assert str(planned) not in urgent
    assert "<tr id=" not in browser.get("/worklist?modality=MR").text
    assert "<tr id=" not in browser.get("/worklist?state=signed").text
    assert "<tr id=" not in browser.get(f"/worklist?site={uuid4()}").text
    assert str(planned) in browser.get("/worklist?urgency=x&site=y&state=z").text
    first = browser.get("/worklist?limit=1").text
    assert first.count("<tr id=") == 1
    assert "limit=201" in first


def test_whoever_is_not_on_duty_learns_who_is(db: Db, night: Night, client: Client) -> None:
    colleague = a_second(db, night)
    with db.begin() as tx:
        tx.run("delete from planning.duty where person_id = %(id)s", id=colleague.person_id)
    page = client(colleague).get("/worklist").text
    assert "Dr Lecture" in page
    assert "disabled" in page


def test_opening_the_list_leaves_a_trace_and_refetching_does_not(
    db: Db, night: Night, client: Client
) -> None:
    browser = client(night.reader)
    browser.get("/worklist")
    browser.get("/worklist/rows")
    with db.begin() as tx:
        assert tx.values("select action from access.audit") == ["worklist.view"]


# Taking


def test_take_next_opens_the_exam_and_says_when_none_waits(
    db: Db, night: Night, client: Client
) -> None:
    browser = client(night.reader)
    answer = browser.post("/worklist/next", data={"csrf": "c"})
    assert answer.headers["location"] == f"/read/{night.exam_id}"
    with db.begin() as tx:
        tx.run("update reading.task set state = 'final'")
    answer = browser.post("/worklist/next", headers={**HX, "X-CSRF-Token": "c"})
    assert answer.headers["HX-Redirect"] == "/worklist?done=nothing"


def test_the_slower_reader_is_told_who_reads(db: Db, night: Night, client: Client) -> None:
    colleague = client(a_second(db, night))
    take(client(night.reader), night)
    answer = colleague.post(f"/worklist/{night.exam_id}/take", data={"csrf": "c"})
    assert answer.status_code == 409
    assert "Dr Lecture" in answer.text
    assert "Dr Lecture" in colleague.get(f"/read/{night.exam_id}").text


def test_release_gives_it_back(night: Night, client: Client) -> None:
    browser = client(night.reader)
    take(browser, night)
    answer = browser.post(f"/worklist/{night.exam_id}/release", data={"csrf": "c"})
    assert answer.headers["location"] == "/worklist"
    assert "/take" in browser.get("/worklist").text


# The reading page


def test_the_reading_page_holds_everything_around_the_exam(night: Night, client: Client) -> None:
    browser = client(night.reader)
    take(browser, night)
    page = browser.get(f"/read/{night.exam_id}").text
    for words in (
        "TESTINVENTE",
        "IPP-TEST-1",
        "Hémorragie intracrânienne ?",
        "Chute de sa hauteur, Glasgow 14.",
        "Dr Urgence",
        "tel:0000",
        "Sans injection",
        "StudyInstanceUIDs=2.25.",
        "Acquisition hélicoïdale.",  # the template of the exam type
        'name="password"',
    ):
        assert words in page, words


def test_images_that_miss_are_said(db: Db, night: Night, client: Client) -> None:
    with db.begin() as tx:
        tx.run("update images.study set announced = 480, instances = 312")
    page = client(night.reader).get(f"/read/{night.exam_id}/clock").text
    assert "312" in page
    assert "480" in page
    with db.begin() as tx:
        tx.run("delete from images.study")
    assert "n-bad" in client(night.reader).get(f"/read/{night.exam_id}/clock").text


def test_flags_stand_out(db: Db, night: Night, client: Client) -> None:
    with db.begin() as tx:
        tx.run(
            """
            update requests.request
            set allergy = 'yes', renal = 'impaired', pregnancy = 'possible', implant = 'yes'
            """
        )
    assert client(night.reader).get(f"/read/{night.exam_id}").text.count('class="chip u0">▲') == 4


def test_earlier_exams_come_with_their_reports(
    db: Db, blobs: Blobs, night: Night, client: Client
) -> None:
    signed(db, blobs, night)
    with db.begin() as tx:
        exam_id = a_task(tx, night.world)
        a_study(tx, night.world, exam_id)
    page = client(night.reader).get(f"/read/{exam_id}").text
    assert TEXT.conclusion in page
    assert "hpCompare" in page


def test_a_heartbeat_answers_with_the_clock_until_the_exam_is_lost(
    db: Db, night: Night, client: Client
) -> None:
    browser = client(night.reader)
    take(browser, night)
    beat = f"/read/{night.exam_id}/heartbeat"
    headers = {**HX, "X-CSRF-Token": "c"}
    assert "U0" in browser.post(beat, headers=headers).text
    with db.begin() as tx:
        tx.run("update reading.task set state='unassigned', reader_id=null, lease_until=null")
    lost = browser.post(beat, headers=headers)
    assert lost.status_code == 409
    assert lost.headers["X-Plateau-Message"]


# Drafting


def test_a_draft_is_saved_by_the_page_and_by_the_form(night: Night, client: Client) -> None:
    browser = client(night.reader)
    take(browser, night)
    path = f"/read/{night.exam_id}/draft"
    part = browser.post(path, data={**FORM, "revision": "0"}, headers={**HX, "HX-Target": "state"})
    assert part.status_code == 200
    assert 'value="1"' in part.text
    assert "<html" not in part.text
    whole = browser.post(path, data={**FORM, "revision": "1", "result": "Autre."})
    assert whole.headers["location"] == f"/read/{night.exam_id}"
    assert "Autre." in browser.get(f"/read/{night.exam_id}").text


def test_a_stale_draft_loses_nothing(night: Night, client: Client) -> None:
    browser = client(night.reader)
    take(browser, night)
    path = f"/read/{night.exam_id}/draft"
    browser.post(path, data={**FORM, "revision": "0"})
    stale = {**FORM, "revision": "0", "result": "Le texte tapé ailleurs."}
    page = browser.post(path, data=stale)
    assert page.status_code == 409
    assert "Le texte tapé ailleurs." in page.text  # typed text stays on the screen
    part = browser.post(path, data=stale, headers=HX)
    assert part.status_code == 409
    assert 'data-mine="yes"' in part.text
    assert TEXT.result in browser.get(f"/read/{night.exam_id}").text  # the kept one is kept


def test_a_draft_of_a_lost_exam_is_refused_with_the_text_still_there(
    db: Db, night: Night, client: Client
) -> None:
    browser = client(night.reader)
    take(browser, night)
    with db.begin() as tx:
        colleague = a_colleague(tx, night)
        after = clock.wall().replace(year=clock.wall().year + 1)
        service.take(tx, colleague, exam_id=night.exam_id, now=NIGHT, wall=after)
    part = browser.post(f"/read/{night.exam_id}/draft", data=FORM, headers=HX)
    assert part.status_code == 409
    assert 'data-mine="no"' in part.text
    assert "Dr Deux" in part.text


def test_remarks_come_with_each_save(night: Night, client: Client) -> None:
    browser = client(night.reader)
    take(browser, night)
    odd = {**FORM, "result": "Prostate de taille normale."}
    part = browser.post(f"/read/{night.exam_id}/draft", data=odd, headers=HX)
    assert 'name="despite_warnings"' in part.text


# Signing


def test_signing_opens_the_next_exam_then_the_list(db: Db, night: Night, client: Client) -> None:
    with db.begin() as tx:
        following = a_task(tx, night.world, urgency="U1")
    browser = client(night.reader)
    take(browser, night)
    form = {**FORM, "revision": "0", "password": PASSWORD}
    answer = browser.post(f"/read/{night.exam_id}/sign", data=form)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"/read/{following}?signed=")
    last = browser.post(f"/read/{following}/sign", data=form, headers=HX)
    assert last.status_code == 204
    assert last.headers["HX-Redirect"].startswith("/worklist?signed=")
    assert f"/exams/{following}/signature" in browser.get(last.headers["HX-Redirect"]).text
    assert ".pdf" in browser.get(f"/exams/{following}/signature").text


@pytest.mark.parametrize(
    "fields", [{"password": "faux"}, {"conclusion": ""}, {"result": "Prostate normale."}]
)
def test_a_refused_signature_keeps_the_text_on_the_screen(
    db: Db, night: Night, client: Client, fields: dict[str, str]
) -> None:
    browser = client(night.reader)
    take(browser, night)
    form = {**FORM, "revision": "0", "password": PASSWORD, "technique": "Tapée ici.", **fields}
    page = browser.post(f"/read/{night.exam_id}/sign", data=form)
    assert page.status_code == 422
    assert "Tapée ici." in page.text
    assert 'id="refusal"' in page.text
    assert PASSWORD not in page.text
    part = browser.post(f"/read/{night.exam_id}/sign", data=form, headers=HX)
    assert part.status_code == 422
    assert "<html" not in part.text
    with db.begin() as tx:
        assert tx.value("select count(*) from reading.version") == 0


def test_a_report_signed_by_someone_else_is_refused(db: Db, night: Night, client: Client) -> None:
    take(client(night.reader), night)
    colleague = client(a_second(db, night))
    form = {**FORM, "revision": "0", "password": PASSWORD}
    answer = colleague.post(f"/read/{night.exam_id}/sign", data=form)
    assert answer.status_code == 409
    assert "Dr Lecture" in answer.text


def test_a_form_without_its_token_changes_nothing(db: Db, night: Night, client: Client) -> None:
    browser = client(night.reader)
    assert browser.post("/worklist/next").status_code == 403
    with db.begin() as tx:
        assert tx.value("select count(*) from reading.task where state = 'reading'") == 0


def test_an_exam_with_images_missing_is_listed_and_read_from_the_list(
    db: Db, client: Client, night: Night
) -> None:
    with db.begin() as tx:
        tx.run(
            """
            insert into territory.delay_target (urgency, minutes, source, valid_from)
            values ('U1', 60, 'invented', '2020-01-01')
            """
        )
        exam_id = an_exam(tx, night.world, "transferring", "U1")
        a_study(tx, night.world, exam_id)
    browser = client(night.reader)
    assert f"/worklist/{exam_id}/incomplete" in browser.get("/worklist").text

    form = {"csrf": night.reader.csrf, "reason": "Panne du réseau"}
    answer = browser.post(f"/worklist/{exam_id}/incomplete", data=form)

    assert (answer.status_code, answer.headers["location"]) == (303, f"/read/{exam_id}")
    assert "Panne du réseau" in browser.get(f"/read/{exam_id}").text


def test_images_asked_for_again_show_on_the_page_of_the_reader(
    db: Db, client: Client, night: Night
) -> None:
    browser = client(night.reader)
    take(browser, night)
    with db.begin() as tx:
        tx.run("update requests.exam set state = 'recalled'")
    assert "why-incomplete" in browser.get(f"/read/{night.exam_id}").text

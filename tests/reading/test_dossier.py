"""The exam page, its printed report, its addenda, and what is traced, on the real application."""

from make import a_caller, a_person, a_site
from plateau.kernel.caller import Role
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from reading.night import PASSWORD, TEXT, Client, Night, signed


def test_the_exam_page_tells_the_story_and_takes_addenda(
    db: Db, blobs: Blobs, night: Night, client: Client
) -> None:
    signed(db, blobs, night)
    browser = client(night.reader)
    page = browser.get(f"/exams/{night.exam_id}").text
    assert TEXT.conclusion in page
    added = {
        "csrf": "c",
        "text": "Déjà visible.",
        "conclusion": "Ancien.",
        "reason": "Antériorité",
        "password": PASSWORD,
    }
    path = f"/exams/{night.exam_id}/addendum"
    refused = browser.post(path, data={**added, "password": "faux"})
    assert refused.status_code == 422
    assert "Déjà visible." in refused.text
    assert browser.post(path, data=added).headers["location"] == f"/exams/{night.exam_id}"
    page = browser.get(f"/exams/{night.exam_id}").text
    assert page.index("Ancien.") < page.index(TEXT.result)


def test_the_pdf_goes_to_clinical_roles_only(
    db: Db, blobs: Blobs, night: Night, client: Client
) -> None:
    path = f"/reports/{signed(db, blobs, night)}.pdf"
    site_id = night.world.site_id
    requester = a_caller(night.world.requester_id, site_id, role=Role.REQUESTER)
    answer = client(requester).get(path)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    manager = a_caller(night.world.requester_id, site_id, role=Role.MANAGER)
    assert client(manager).get(path).status_code == 404
    with db.begin() as tx:
        stranger = a_caller(a_person(tx), a_site(tx, "AILLEURS"))
    assert client(stranger).get(path).status_code == 404


def test_a_manager_sees_the_story_without_the_patient(
    db: Db, blobs: Blobs, night: Night, client: Client
) -> None:
    signed(db, blobs, night)
    manager = a_caller(night.world.requester_id, night.world.site_id, role=Role.MANAGER)
    page = client(manager).get(f"/exams/{night.exam_id}").text
    assert "TESTINVENTE" not in page
    assert TEXT.conclusion not in page
    assert "Dr Lecture" in page


def test_seeing_a_patient_leaves_a_trace(
    db: Db, blobs: Blobs, night: Night, client: Client
) -> None:
    version = signed(db, blobs, night)
    browser = client(night.reader)
    browser.get(f"/read/{night.exam_id}")
    browser.get(f"/reports/{version}.pdf")
    with db.begin() as tx:
        actions = tx.values("select action from access.audit order by audit_id")
        assert actions[-2:] == ["exam.view", "report.print"]


def test_inline_script_and_style_stay_out(night: Night, client: Client) -> None:
    browser = client(night.reader)
    browser.post(f"/worklist/{night.exam_id}/take", data={"csrf": "c"})
    for path in ("/worklist", f"/read/{night.exam_id}", f"/exams/{night.exam_id}"):
        page = browser.get(path).text
        assert " style=" not in page
        assert " onclick=" not in page
        assert "<style" not in page
        assert "<script>" not in page

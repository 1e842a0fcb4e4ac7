"""The doors of proposed drafts: the FHIR one, and the pages."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from make import NIGHT, a_caller, study_uid_of
from plateau.entry import http
from plateau.kernel.caller import Role
from plateau.platform import runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.web import pages as web_pages
from reading.drafts import CONCLUSION, RESULT, Program, a_program, a_report, proposed, switched_on
from reading.night import Client, Night, take

HX = {"HX-Request": "true"}


@pytest.fixture
def program(db: Db, night: Night) -> Program:
    with db.begin() as tx:
        found = a_program(tx, night.world)
        switched_on(tx, night.world, found)
        return found


@pytest.fixture
def sender(db: Db, blobs: Blobs, program: Program) -> TestClient:
    """The program, over HTTP, without any session."""
    app = http.build(runtime.Runtime(db, blobs, runtime.settings_in_use()), http.identify)
    app.dependency_overrides[web_pages.now] = lambda: NIGHT
    headers = {
        "Authorization": f"Bearer {program.token}",
        "Content-Type": "application/fhir+json",
    }
    return TestClient(app, headers=headers)


def test_a_program_finds_an_exam_and_sends_its_draft_once(sender: TestClient, night: Night) -> None:
    waiting = sender.get("/api/fhir/ImagingStudy").json()
    (entry,) = waiting["entry"]
    assert entry["fullUrl"] == f"urn:oid:{study_uid_of(night.exam_id)}"
    assert "TESTINVENTE" not in str(waiting)
    first = sender.post("/api/fhir/DiagnosticReport", json=a_report(night.exam_id))
    assert first.status_code == 201
    assert first.headers["content-type"] == "application/fhir+json"
    again = sender.post("/api/fhir/DiagnosticReport", json=a_report(night.exam_id))
    assert again.status_code == 200
    assert again.headers["location"] == first.headers["location"]
    kept = sender.get(first.headers["location"]).json()
    assert kept["conclusion"] == CONCLUSION
    assert kept["status"] == "preliminary"
    assert sender.get("/api/fhir/ImagingStudy").json()["total"] == 0


def test_another_text_for_the_same_exam_is_refused(sender: TestClient, night: Night) -> None:
    sender.post("/api/fhir/DiagnosticReport", json=a_report(night.exam_id))
    other = a_report(night.exam_id, identifier=[{"system": "urn:esquisse", "value": "autre"}])
    assert sender.post("/api/fhir/DiagnosticReport", json=other).status_code == 409


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"status": "final"}, "status"),
        ({"conclusion": ""}, "conclusion"),
        ({"conclusionCode": [{"coding": []}]}, "conclusionCode"),
        ({"contained": []}, "contained"),
        ({"result": [{"reference": "#nothing"}]}, "result"),
        ({"imagingStudy": [{"reference": "ImagingStudy/1"}]}, "imagingStudy.identifier"),
        ({"basedOn": [{"identifier": {"value": "1"}}]}, "basedOn.identifier"),
        ({"identifier": []}, "identifier"),
        ({"resourceType": "Patient"}, "resourceType"),
    ],
)
def test_a_malformed_draft_is_refused_by_name(
    sender: TestClient, night: Night, changed: dict[str, Any], named: str
) -> None:
    answer = sender.post("/api/fhir/DiagnosticReport", json=a_report(night.exam_id, **changed))
    assert answer.status_code == 400
    assert named in answer.json()["detail"]


def test_a_draft_of_another_version_than_the_tokens_is_refused(
    sender: TestClient, night: Night
) -> None:
    report = a_report(night.exam_id)
    report["contained"][0]["version"] = [{"value": "2.0"}]
    answer = sender.post("/api/fhir/DiagnosticReport", json=report)
    assert answer.status_code == 400
    assert "Esquisse 1.4" in answer.json()["detail"]


def test_a_draft_of_no_exam_is_refused(sender: TestClient, night: Night) -> None:
    report = a_report(night.exam_id)
    report["imagingStudy"][0]["identifier"]["value"] = "urn:oid:2.25.1"
    assert sender.post("/api/fhir/DiagnosticReport", json=report).status_code == 404


def test_a_guessed_token_gets_nothing(sender: TestClient, night: Night) -> None:
    for value in ("Bearer guessed", "Basic eDp5", "", "Bearer "):
        answer = sender.post(
            "/api/fhir/DiagnosticReport",
            json=a_report(night.exam_id),
            headers={"Authorization": value},
        )
        assert answer.status_code == 401


def test_the_panel_then_the_text_in_the_editor(
    db: Db, night: Night, client: Client, program: Program
) -> None:
    with db.begin() as tx:
        proposed(tx, program, night.exam_id)
    take(db, night)
    browser = client(night.reader)
    assert f"/read/{night.exam_id}/assistant" in browser.get(f"/read/{night.exam_id}").text
    part = browser.get(f"/read/{night.exam_id}/assistant", headers=HX).text
    assert "<html" not in part
    assert RESULT.replace("'", "&#39;") in part
    assert 'value="accept"' in part
    whole = browser.get(f"/read/{night.exam_id}/assistant").text
    assert "<html" in whole
    sent = browser.post(
        f"/read/{night.exam_id}/assistant", data={"csrf": "c", "decision": "accept"}
    )
    assert sent.headers["location"] == f"/read/{night.exam_id}"
    assert CONCLUSION in browser.get(f"/read/{night.exam_id}").text


def test_an_unread_draft_is_on_no_page_of_others(
    db: Db, night: Night, client: Client, program: Program
) -> None:
    with db.begin() as tx:
        proposed(tx, program, night.exam_id)
    take(db, night)
    for role in (Role.REQUESTER, Role.TECHNOLOGIST, Role.COORDINATOR, Role.ADMINISTRATOR):
        other = a_caller(night.world.requester_id, night.world.site_id, role=role)
        browser = client(other)
        for path in ("/read/{}", "/exams/{}", "/read/{}/assistant"):
            assert CONCLUSION not in browser.get(path.format(night.exam_id)).text
        for path in ("/results", "/requests", "/worklist", "/assistant", "/assistant/checks"):
            assert CONCLUSION not in browser.get(path).text


def test_an_administrator_admits_switches_on_and_off(
    db: Db, night: Night, client: Client, program: Program
) -> None:
    browser = client(replace(program.administrator, language="en"))
    page = browser.post(
        "/assistant/models", data={"csrf": "c", "name": "Croquis", "version": "0.1", "maker": ""}
    )
    assert 'id="token"' in page.text
    assert "Croquis" in browser.get("/assistant").text
    assert 'id="token"' not in browser.get("/assistant").text
    with db.begin() as tx:
        (switch_id,) = tx.values("select switch_id from reading.model_switch")
    gone = browser.post(
        f"/assistant/switches/{switch_id}/end", data={"csrf": "c", "why": "Essai terminé"}
    )
    assert gone.status_code == 303
    assert "Essai terminé" in browser.get("/assistant").text
    asked = {
        "csrf": "c",
        "model_id": str(program.model.model_id),
        "site_id": str(night.world.site_id),
        "exam_code": night.world.exam_code,
        "since": "2026-11-24",
    }
    assert browser.post("/assistant/switches", data=asked).status_code == 303
    twice = browser.post("/assistant/switches", data=asked)
    assert twice.status_code == 422
    past = browser.post("/assistant/switches", data={**asked, "since": "2020-01-01"})
    assert past.status_code == 422


def test_the_programs_are_no_business_of_requesters(night: Night, client: Client) -> None:
    other = a_caller(night.world.requester_id, night.world.site_id, role=Role.REQUESTER)
    for path in ("/assistant", "/assistant/checks", f"/assistant/checks/{uuid4()}"):
        assert client(other).get(path).status_code == 404

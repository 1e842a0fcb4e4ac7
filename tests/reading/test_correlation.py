"""Biopsies on the real database: sampled, pathology entered, compared, followed."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from make import NIGHT
from plateau.kernel.caller import Role
from plateau.kernel.errors import InvalidInputError, NotFoundError, RuleBrokenError
from plateau.platform.db import Db
from plateau.reading.correlation import service
from plateau.reading.correlation.service import Verdict
from plateau.reading.correlation.types import Category, Sample, State
from reading.night import Client, Night
from reading.second_look import audited, somebody

LATER = NIGHT + timedelta(days=6)
FOUND = ("benign", "Fibroadénome sans atypie.")


def sampled(db: Db, night: Night) -> UUID:
    what = Sample(
        exam_id=night.exam_id, lesion="Nodule temporal", suspicion="suspicious", within_days=10
    )
    with db.begin() as tx:
        return service.sample(tx, night.reader, what, now=NIGHT)


def test_a_benign_finding_that_explains_nothing_means_another_biopsy(db: Db, night: Night) -> None:
    biopsy_id = sampled(db, night)
    with db.begin() as tx:
        requester = somebody(tx, night, Role.REQUESTER)
        service.enter(tx, requester, biopsy_id, said=FOUND, now=LATER)
        verdict = Verdict(explains=False, comment="Spiculé.", conduct="")
        with pytest.raises(RuleBrokenError, match="reader"):
            service.correlate(tx, requester, biopsy_id, verdict, now=LATER)
        category = service.correlate(tx, night.reader, biopsy_id, verdict, now=LATER)
        assert category == Category.DISCORDANT_BENIGN
        found = service.desk(tx, night.reader, biopsy_id, now=LATER).biopsy
        assert (found.state, found.category) == (State.CORRELATED, category)
        assert "Nouvelle biopsie" in found.conduct
        assert found.conduct_due_at == LATER + timedelta(days=14)
        assert found.conduct_loop_id
        events = tx.values("select event from reading.biopsy_event order by event_id")
        assert events == ["sampled", "found", "correlated"]
        assert audited(tx, "biopsy.correlated") == 1


def test_nothing_is_compared_before_pathology(db: Db, night: Night) -> None:
    biopsy_id = sampled(db, night)
    with db.begin() as tx:
        with pytest.raises(RuleBrokenError, match="cannot be"):
            service.correlate(
                tx, night.reader, biopsy_id, Verdict(explains=True, comment="", conduct=""),
                now=LATER,
            )  # fmt: skip
        for said in (("", "x"), ("benign", " "), ("odd", "x")):
            with pytest.raises(InvalidInputError):
                service.enter(tx, night.reader, biopsy_id, said=said, now=LATER)


def test_a_suspicion_stays_as_it_was_said_before_pathology(db: Db, night: Night) -> None:
    biopsy_id = sampled(db, night)
    with db.begin() as tx:
        service.enter(tx, night.reader, biopsy_id, said=FOUND, now=LATER)
        with pytest.raises(RuleBrokenError):
            service.enter(tx, night.reader, biopsy_id, said=("malignant", "Non."), now=LATER)
        with pytest.raises(RuleBrokenError):
            service.not_done(tx, night.reader, biopsy_id, why="Refus.", now=LATER)
        found = service.desk(tx, night.reader, biopsy_id, now=LATER).biopsy
        assert (found.suspicion, found.pathology) == ("suspicious", "benign")


def test_a_biopsy_that_was_not_done_says_why(db: Db, night: Night) -> None:
    biopsy_id = sampled(db, night)
    with db.begin() as tx:
        with pytest.raises(InvalidInputError):
            service.not_done(tx, night.reader, biopsy_id, why="", now=LATER)
        service.not_done(tx, night.reader, biopsy_id, why="Refus du patient.", now=LATER)
        found = service.desk(tx, night.reader, biopsy_id, now=LATER).biopsy
        assert (found.state, found.comment) == (State.NOT_DONE, "Refus du patient.")


def test_another_conduct_may_be_decided(db: Db, night: Night) -> None:
    biopsy_id = sampled(db, night)
    verdict = Verdict(explains=True, comment="", conduct="IRM à trois mois.")
    with db.begin() as tx:
        service.enter(tx, night.reader, biopsy_id, said=FOUND, now=LATER)
        assert (
            service.correlate(tx, night.reader, biopsy_id, verdict, now=LATER)
            == Category.CONCORDANT_BENIGN
        )
        assert (
            service.desk(tx, night.reader, biopsy_id, now=LATER).biopsy.conduct
            == "IRM à trois mois."
        )


def test_other_sites_see_nothing(db: Db, night: Night, client: Client) -> None:
    biopsy_id = sampled(db, night)
    nobody = replace(night.reader, roles={Role.READER: frozenset()})
    with db.begin() as tx, pytest.raises(NotFoundError):
        service.desk(tx, nobody, biopsy_id, now=LATER)
    for path in ("/biopsies", f"/biopsies/{biopsy_id}", f"/read/{night.exam_id}/biopsies"):
        assert client(nobody).get(path).status_code == 404


def test_the_pages_from_the_sample_to_the_conduct(db: Db, night: Night, client: Client) -> None:
    browser = client(replace(night.reader, language="en"))
    path = f"/read/{night.exam_id}/biopsies"
    form = {
        "csrf": "c",
        "lesion": "Nodule frontal",
        "suspicion": "highly_suspicious",
        "within_days": "10",
    }
    assert browser.post(path, data=form).headers["location"] == path
    page = browser.get(path).text
    assert "Nodule frontal" in page
    with db.begin() as tx:
        biopsy_id = tx.value("select biopsy_id from reading.biopsy")
    where = f"/biopsies/{biopsy_id}"
    assert "pathology awaited" in browser.get("/biopsies").text
    said = {"csrf": "c", "pathology": "malignant", "finding": "Gliome."}
    browser.post(f"{where}/finding", data=said)
    assert "explain the images" in browser.get(where).text
    browser.post(f"{where}/correlation", data={"csrf": "c", "explains": "yes"})
    page = browser.get(where).text
    assert "concordant, malignant" in page
    with db.begin() as tx:
        loop_id = tx.value("select conduct_loop_id from reading.biopsy")
    assert f'href="{path}"' in browser.get(f"/loops/{loop_id}").text
    assert "Treatment of the cancer" in page
    part = browser.get(path, headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert "concordant, malignant" in part

"""Late images and priors after signing: whoever signed looks at them, on a real database."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from make import NIGHT
from make_after import a_study
from plateau.images.events import StudyComplete, StudyGrew
from plateau.kernel.ids import ExamId, StudyId
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.reading.loops import service as loops
from plateau.reading.relook import jobs, service
from reading.night import SOON, Client, Night, signed, take

LATE = SOON + timedelta(minutes=1)


@pytest.fixture
def study_id(db: Db, night: Night) -> StudyId:
    """The study of the exam of the night."""
    with db.begin() as tx:
        return tx.value(
            "select study_id from images.study join reading.task using (study_uid)"
            " where exam_id = %(id)s",
            id=night.exam_id,
        )


def hear(db: Db, study_id: StudyId, at: timedelta = timedelta()) -> None:
    with db.begin() as tx:
        service.hear(tx, study_id, at=LATE + at, now=LATE + at)


def a_prior(db: Db, night: Night, before: timedelta) -> StudyId:
    """Another study of the patient of the night, begun so long before."""
    with db.begin() as tx:
        study_id = a_study(tx, night.world, ExamId(uuid4()))
        tx.run(
            "update images.study set started_at = %(at)s where study_id = %(id)s",
            at=NIGHT - before,
            id=study_id,
        )
    return study_id


def came(night: Night, prior: StudyId, at: datetime = LATE) -> None:
    jobs.compare_again(
        StudyComplete(
            study_id=prior,
            study_uid="2.25.1",
            patient_id=night.world.patient_id,
            site_id=night.world.site_id,
            instances=3,
            at=at,
        )
    )


def open_relooks(db: Db, night: Night) -> list[str]:
    with db.begin() as tx:
        lines = loops.lines(tx, night.reader)
    return [line.text for line in lines if line.kind == "relook"]


def test_late_images_after_signing_are_its_signers_to_look_at(
    db: Db, blobs: Blobs, night: Night, study_id: StudyId, client: Client
) -> None:
    signed(db, blobs, night)
    hear(db, study_id)
    assert len(open_relooks(db, night)) == 1
    with db.begin() as tx:
        (line,) = loops.lines(tx, night.reader)
    assert line.owner_id == night.reader.person_id
    assert line.due_at == LATE + timedelta(minutes=120)
    english = client(replace(night.reader, language="en"))
    assert "do they change it?" in english.get("/loops").text
    beside = english.get(f"/read/{night.exam_id}/loops").text
    assert "New images to look at" in beside


def test_duplicate_and_repeated_images_after_signing_ask_once(
    db: Db, blobs: Blobs, night: Night, study_id: StudyId
) -> None:
    signed(db, blobs, night)
    for minutes in (0, 0, 5):
        hear(db, study_id, timedelta(minutes=minutes))
    assert len(open_relooks(db, night)) == 1


def test_what_was_looked_at_is_not_asked_again_by_the_same_news(
    db: Db, blobs: Blobs, night: Night, study_id: StudyId
) -> None:
    signed(db, blobs, night)
    hear(db, study_id)
    with db.begin() as tx:
        (line,) = loops.lines(tx, night.reader)
        loops.close(tx, night.reader, line.loop_id, proof="Vu, rien ne change.", now=LATE)
    hear(db, study_id)
    assert open_relooks(db, night) == []
    hear(db, study_id, timedelta(minutes=30))
    assert len(open_relooks(db, night)) == 1


def test_images_before_the_signature_ask_nothing(db: Db, night: Night, study_id: StudyId) -> None:
    take(db, night)
    jobs.look_again(StudyGrew(study_id=study_id, at=LATE))
    assert open_relooks(db, night) == []


def test_missing_priors_that_come_after_signing_are_compared_once(
    db: Db, blobs: Blobs, night: Night, client: Client
) -> None:
    signed(db, blobs, night)
    prior = a_prior(db, night, timedelta(days=400))
    came(night, prior)
    came(night, prior)
    assert len(open_relooks(db, night)) == 1
    page = client(replace(night.reader, language="en")).get("/loops").text
    assert "an earlier study came after the report was signed" in page


def test_a_study_that_is_no_late_prior_asks_nothing(
    db: Db, blobs: Blobs, night: Night, study_id: StudyId
) -> None:
    signed(db, blobs, night)
    older = a_prior(db, night, timedelta(days=400))
    came(night, older, SOON - timedelta(minutes=1))  # it was there when the report was signed
    came(night, older, SOON + timedelta(days=31))  # the next exam is compared with it
    came(night, a_prior(db, night, -timedelta(minutes=30)))  # made later than the exam
    came(night, study_id)  # its own
    assert open_relooks(db, night) == []

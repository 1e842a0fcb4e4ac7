"""Late images after signing: whoever signed looks at them, on a real database."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plateau.images.events import StudyGrew
from plateau.kernel.ids import StudyId
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

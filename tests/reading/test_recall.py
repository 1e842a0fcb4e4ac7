"""The window in which whoever signed a report may take it back, on a real database."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import ValidationError

from plateau.activity import jobs as activity_jobs
from plateau.kernel.errors import NotFoundError, RuleBrokenError
from plateau.platform import clock, runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.settings import Settings
from plateau.reading import service, signature
from plateau.reading.types import Step
from reading.night import (
    PASSWORD,
    SOON,
    TEXT,
    WALL,
    Client,
    Night,
    a_colleague,
    replayed,
    signed,
    signing,
    state_of,
    steps_of,
    take,
)

WINDOW = timedelta(seconds=20)


@pytest.fixture(autouse=True)
def _window(db: Db, blobs: Blobs) -> None:
    """Reports may be recalled for 20 s here."""
    settings = runtime.settings_in_use().model_copy(update={"recall_s": 20})
    runtime.use(runtime.Runtime(db, blobs, settings))


def told(db: Db) -> list[str]:
    """The versions that those who send and count were told of."""
    assert activity_jobs  # importing it subscribes
    with db.begin() as tx:
        return tx.values(
            "select args->>'version_id' from procrastinate_jobs where args ? 'version_id'"
        )


def test_nothing_leaves_before_the_window_is_over(db: Db, blobs: Blobs, night: Night) -> None:
    version_id = signed(db, blobs, night)
    early = signature.finalise_due(db, blobs, now=SOON, wall=WALL + WINDOW / 2)
    with db.begin() as tx:
        assert state_of(tx, night.exam_id) == "signed"
        assert service.history(tx, night.reader, exam_id=night.exam_id).versions == ()
    assert (early, told(db)) == (0, [])
    assert signature.finalise_due(db, blobs, now=SOON, wall=WALL + WINDOW) == 1
    assert set(told(db)) == {str(version_id)}
    with db.begin() as tx:
        assert state_of(tx, night.exam_id) == replayed(tx, night.exam_id) == "final"
        report = service.signed(tx, version_id)
    assert (report.signed_at, report.signed_by) == (SOON, night.reader.person_id)
    assert blobs.get(report.document_key).startswith(b"%PDF")


def test_a_recalled_report_is_a_draft_again_and_was_never_sent(
    db: Db, blobs: Blobs, night: Night
) -> None:
    signed(db, blobs, night)
    with db.begin() as tx:
        signature.recall(tx, night.reader, night.exam_id, now=SOON, wall=WALL + WINDOW / 2)
        kept = service.draft(tx, night.exam_id)
        assert kept
        assert service.sections_of(kept) == TEXT
        assert state_of(tx, night.exam_id) == replayed(tx, night.exam_id) == "draft"
    assert signature.finalise_due(db, blobs, now=SOON, wall=WALL + 2 * WINDOW) == 0
    assert told(db) == []


def test_what_was_recalled_is_kept_as_it_was_signed(db: Db, blobs: Blobs, night: Night) -> None:
    signed(db, blobs, night)
    with db.begin() as tx:
        signature.recall(tx, night.reader, night.exam_id, now=SOON, wall=WALL)
    take(db, night)
    again = replace(signing(night.exam_id, replace(TEXT, conclusion="Autre.")))
    with db.begin() as tx:
        again = replace(again, save=replace(again.save, revision=1))
        last = signature.sign(tx, blobs, night.reader, again, now=SOON, wall=WALL)
    signature.finalise_due(db, blobs, now=SOON, wall=WALL + WINDOW)
    with db.begin() as tx:
        rows = tx.values("select conclusion from reading.signature order by is_recalled desc")
        versions = service.history(tx, night.reader, exam_id=night.exam_id).versions
        assert steps_of(tx, night.exam_id).count(Step.SIGNED) == 2
    assert rows == [TEXT.conclusion, "Autre."]
    assert [version.version_id for version in versions] == [last]


def test_a_final_report_is_not_recalled(db: Db, blobs: Blobs, night: Night) -> None:
    signed(db, blobs, night)
    with db.begin() as tx, pytest.raises(RuleBrokenError, match="write an addendum"):
        signature.recall(tx, night.reader, night.exam_id, now=SOON, wall=WALL + WINDOW)
    signature.finalise_due(db, blobs, now=SOON, wall=WALL + WINDOW)
    with db.begin() as tx, pytest.raises(RuleBrokenError, match="write an addendum"):
        signature.recall(tx, night.reader, night.exam_id, now=SOON, wall=WALL)


def test_only_its_signer_recalls_it(db: Db, blobs: Blobs, night: Night) -> None:
    signed(db, blobs, night)
    with db.begin() as tx:
        colleague = a_colleague(tx, night)
    with db.begin() as tx, pytest.raises(RuleBrokenError, match="only whoever reads the exam"):
        signature.recall(tx, colleague, night.exam_id, now=SOON, wall=WALL)
    stranger = replace(night.reader, roles={})
    with db.begin() as tx, pytest.raises(NotFoundError):
        signature.recall(tx, stranger, night.exam_id, now=SOON, wall=WALL)


def test_signing_the_same_text_again_waits_for_the_same_version(
    db: Db, blobs: Blobs, night: Night
) -> None:
    first = signed(db, blobs, night)
    with db.begin() as tx:
        again = signature.sign(tx, blobs, night.reader, signing(night.exam_id), now=SOON, wall=WALL)
    assert again == first
    assert signature.finalise_due(db, blobs, now=SOON, wall=WALL + WINDOW) == 1


def test_two_workers_make_a_report_final_once(db: Db, blobs: Blobs, night: Night) -> None:
    signed(db, blobs, night)
    done: list[int] = []
    start = threading.Barrier(4)

    def sweep() -> None:
        start.wait()
        done.append(signature.finalise_due(db, blobs, now=SOON, wall=WALL + WINDOW))

    threads = [threading.Thread(target=sweep) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(done) == 1


def test_a_report_is_signed_and_recalled_on_the_pages(db: Db, night: Night, client: Client) -> None:
    with db.begin() as tx:
        service.take(tx, night.reader, exam_id=night.exam_id, now=SOON, wall=clock.wall())
    page = client(night.reader)
    csrf = {"X-CSRF-Token": night.reader.csrf}
    form = {"result": "Vu.", "conclusion": "Rien.", "password": PASSWORD, "revision": "0"}
    answer = page.post(f"/read/{night.exam_id}/sign", data=form, headers=csrf)
    assert f"signed={night.exam_id}" in answer.headers["location"]
    beside = page.get(f"/exams/{night.exam_id}/signature").text
    assert f"/exams/{night.exam_id}/recall" in beside
    assert "signé" in page.get(f"/read/{night.exam_id}").text
    back = page.post(f"/exams/{night.exam_id}/recall", headers=csrf)
    assert back.headers["location"] == f"/read/{night.exam_id}"
    assert "Rien." in page.get(f"/read/{night.exam_id}").text
    late = page.post(f"/exams/{night.exam_id}/recall", headers=csrf)
    assert late.status_code == 422


@pytest.mark.parametrize("seconds", [1, 19, 121, -5])
def test_a_window_is_nothing_or_20_to_120_seconds(seconds: int) -> None:
    with pytest.raises(ValidationError):
        Settings(recall_s=seconds)
    assert Settings(recall_s=120).recall_s

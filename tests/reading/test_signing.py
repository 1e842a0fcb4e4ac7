"""Signing a report and adding to it, on a real database."""

import threading
from dataclasses import replace

import psycopg
import pytest

from make import (
    NIGHT,
    a_caller,
    a_person,
    a_site,
)
from plateau.activity import jobs as activity_jobs
from plateau.kernel.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PlateauError,
    RuleBrokenError,
)
from plateau.kernel.ids import ExamId
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.reading import service, signature
from plateau.reading.types import Addendum, Sections, Step
from reading.night import (
    LEASE,
    PASSWORD,
    SOON,
    TEXT,
    WALL,
    Night,
    a_colleague,
    replayed,
    save,
    signed,
    signing,
    state_of,
    steps_of,
    take,
)

# Signing


def test_a_signed_report_is_final_printed_and_traced(db: Db, blobs: Blobs, night: Night) -> None:
    version_id = signed(db, blobs, night)
    with db.begin() as tx:
        report = service.signed(tx, version_id)
        assert (report.number, report.kind, report.result) == (1, "final", TEXT.result)
        assert (report.signed_by, report.signed_at) == (night.reader.person_id, SOON)
        assert report.duty_id == night.world.duty_id
        assert blobs.get(report.document_key).startswith(b"%PDF")
        assert len(report.digest) == 64
        assert state_of(tx, night.exam_id) == replayed(tx, night.exam_id) == "final"
        assert steps_of(tx, night.exam_id) == [Step.TAKEN, Step.SIGNED, Step.FINALISED]
        assert service.draft(tx, night.exam_id) is None
        actions = tx.values("select action from access.audit order by audit_id")
        assert actions == ["report.take", "report.sign"]


def test_a_signature_is_announced_to_whoever_listens(db: Db, blobs: Blobs, night: Night) -> None:
    assert activity_jobs  # importing it subscribes
    version_id = signed(db, blobs, night)
    with db.begin() as tx:
        told = tx.values("select args->>'version_id' from procrastinate_jobs")
        assert str(version_id) in told


def test_a_report_signed_by_someone_else_is_refused(db: Db, blobs: Blobs, night: Night) -> None:
    take(db, night)
    with db.begin() as tx:
        colleague = a_colleague(tx, night)
        with pytest.raises(ConflictError, match="Dr Lecture has been reading"):
            signature.sign(tx, blobs, colleague, signing(night.exam_id), now=SOON, wall=WALL)
        assert state_of(tx, night.exam_id) == "reading"
        assert tx.value("select count(*) from reading.version") == 0


def test_an_exam_nobody_took_is_not_signed(db: Db, blobs: Blobs, night: Night) -> None:
    with db.begin() as tx, pytest.raises(ConflictError, match="take it again"):
        signature.sign(tx, blobs, night.reader, signing(night.exam_id), now=SOON, wall=WALL)


def test_a_wrong_password_signs_nothing(db: Db, blobs: Blobs, night: Night) -> None:
    take(db, night)
    wrong = signing(night.exam_id, password="faux")
    with pytest.raises(RuleBrokenError), db.begin() as tx:
        signature.sign(tx, blobs, night.reader, wrong, now=SOON, wall=WALL)
    with db.begin() as tx:
        assert state_of(tx, night.exam_id) == "reading"
        assert tx.value("select count(*) from reading.version") == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (replace(TEXT, result=" "), "the result is empty"),
        (replace(TEXT, conclusion=""), "the conclusion is empty"),
        (replace(TEXT, result="", conclusion=""), "the result and the conclusion are empty"),
    ],
)
def test_an_empty_report_is_not_signed(
    db: Db, blobs: Blobs, night: Night, text: Sections, said: str
) -> None:
    take(db, night)
    with db.begin() as tx, pytest.raises(RuleBrokenError, match=said):
        signature.sign(tx, blobs, night.reader, signing(night.exam_id, text), now=SOON, wall=WALL)


def test_remarks_are_shown_once_then_signed_despite_them(
    db: Db, blobs: Blobs, night: Night
) -> None:
    take(db, night)
    odd = signing(night.exam_id, replace(TEXT, result="Prostate de taille normale."))
    with db.begin() as tx:
        with pytest.raises(RuleBrokenError, match="look at the remarks"):
            signature.sign(tx, blobs, night.reader, odd, now=SOON, wall=WALL)
        sure = replace(odd, despite_warnings=True)
        assert signature.sign(tx, blobs, night.reader, sure, now=SOON, wall=WALL)


def test_a_stale_text_is_not_signed(db: Db, blobs: Blobs, night: Night) -> None:
    take(db, night)
    with db.begin() as tx:
        service.save_draft(tx, night.reader, save(night.exam_id), now=NIGHT, wall=WALL)
    with db.begin() as tx, pytest.raises(ConflictError, match="still on your screen"):
        signature.sign(tx, blobs, night.reader, signing(night.exam_id), now=SOON, wall=WALL)


def test_signing_twice_gives_one_version(db: Db, blobs: Blobs, night: Night) -> None:
    first = signed(db, blobs, night)
    with db.begin() as tx:
        again = signature.sign(tx, blobs, night.reader, signing(night.exam_id), now=SOON, wall=WALL)
        assert again == first
        other = signing(night.exam_id, replace(TEXT, result="Autre."))
        with pytest.raises(ConflictError, match="already signed"):
            signature.sign(tx, blobs, night.reader, other, now=SOON, wall=WALL)


def test_concurrent_signatures_give_one_version(db: Db, blobs: Blobs, night: Night) -> None:
    take(db, night)
    outcomes: list[object] = []
    start = threading.Barrier(4)

    def sign(result: str) -> None:
        start.wait()
        asked = signing(night.exam_id, replace(TEXT, result=result))
        try:
            with db.begin() as tx:
                outcomes.append(signature.sign(tx, blobs, night.reader, asked, now=SOON, wall=WALL))
        except PlateauError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=sign, args=[f"Texte {n}."]) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("conflict") == 3
    with db.begin() as tx:
        assert tx.value("select count(*) from reading.version") == 1
        assert steps_of(tx, night.exam_id).count(Step.SIGNED) == 1


def test_a_signed_version_never_changes(db: Db, blobs: Blobs, night: Night) -> None:
    signed(db, blobs, night)
    for change in (
        "update reading.version set result = 'x'",
        "delete from reading.version",
        "truncate reading.version cascade",
        "update reading.transition set cause = 'x'",
    ):
        with pytest.raises(psycopg.Error, match="append-only"), db.begin() as tx:
            tx.run(change)


def test_nothing_is_read_twice_once_signed(db: Db, blobs: Blobs, night: Night) -> None:
    signed(db, blobs, night)
    with db.begin() as tx:
        assert service.take_next(tx, night.reader, now=SOON, wall=WALL) is None
        with pytest.raises(ConflictError, match="already signed"):
            service.take(tx, night.reader, exam_id=night.exam_id, now=SOON, wall=WALL)
        assert service.sweep_leases(tx, wall=WALL + LEASE * 9, now=SOON) == 0


# Adding


def an_addendum(exam_id: ExamId, **changes: str) -> Addendum:
    asked = Addendum(
        exam_id=exam_id,
        text="Après comparaison, l'hématome était déjà visible.",
        conclusion="Hématome ancien.",
        reason="Antériorité reçue",
        password=PASSWORD,
    )
    return replace(asked, **changes)


def test_an_addendum_follows_and_leaves_the_first_version_as_it_was(
    db: Db, blobs: Blobs, night: Night
) -> None:
    first_id = signed(db, blobs, night)
    with db.begin() as tx:
        colleague = a_colleague(tx, night)
        before = service.signed(tx, first_id)
        addendum = an_addendum(night.exam_id)
        added_id = signature.add_addendum(tx, blobs, colleague, addendum, now=SOON)
        added = service.signed(tx, added_id)
        assert (added.number, added.kind, added.reason) == (2, "addendum", "Antériorité reçue")
        assert added.signed_by == colleague.person_id
        assert service.signed(tx, first_id) == before
        past = service.history(tx, night.reader, exam_id=night.exam_id)
        assert [version.number for version in past.versions] == [1, 2]
        assert past.transitions[-1].cause == "Antériorité reçue"
        assert replayed(tx, night.exam_id) == state_of(tx, night.exam_id) == "final"


def test_an_addendum_to_nothing_signed_is_refused(db: Db, blobs: Blobs, night: Night) -> None:
    take(db, night)
    with db.begin() as tx, pytest.raises(RuleBrokenError):
        signature.add_addendum(tx, blobs, night.reader, an_addendum(night.exam_id), now=SOON)


@pytest.mark.parametrize("field", ["text", "conclusion", "reason"])
def test_an_addendum_says_what_and_why(db: Db, blobs: Blobs, night: Night, field: str) -> None:
    signed(db, blobs, night)
    incomplete = an_addendum(night.exam_id, **{field: " "})
    with db.begin() as tx, pytest.raises(InvalidInputError):
        signature.add_addendum(tx, blobs, night.reader, incomplete, now=SOON)


def test_an_addendum_needs_the_password(db: Db, blobs: Blobs, night: Night) -> None:
    signed(db, blobs, night)
    wrong = an_addendum(night.exam_id, password="faux")
    with db.begin() as tx, pytest.raises(RuleBrokenError):
        signature.add_addendum(tx, blobs, night.reader, wrong, now=SOON)


def test_another_site_sees_no_history(db: Db, night: Night) -> None:
    with db.begin() as tx:
        stranger = a_caller(a_person(tx), a_site(tx, "AILLEURS"))
        with pytest.raises(NotFoundError):
            service.history(tx, stranger, exam_id=night.exam_id)

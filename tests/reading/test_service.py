"""Taking, leaving, drafting, signing, adding: on a real database."""

import threading
from dataclasses import replace
from datetime import date, timedelta
from typing import LiteralString

import psycopg
import pytest

from make import (
    NIGHT,
    a_caller,
    a_duty,
    a_person,
    a_role,
    a_site,
    a_task,
    an_exam,
)
from plateau.access import service as access
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PlateauError,
    RuleBrokenError,
)
from plateau.kernel.ids import ExamId, VersionId
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db, Tx
from plateau.reading import jobs, rules, service
from plateau.reading.types import Addendum, Sections, Step
from plateau.requests.events import ExamComplete
from reading.night import LEASE, PASSWORD, TEXT, WALL, Night, save, signing

SOON = NIGHT + timedelta(minutes=10)


def state_of(tx: Tx, exam_id: ExamId) -> str:
    return tx.value("select state from reading.task where exam_id = %(id)s", id=exam_id)


def steps_of(tx: Tx, exam_id: ExamId) -> list[Step]:
    return tx.values(
        "select event from reading.transition where exam_id = %(id)s order by transition_id",
        id=exam_id,
    )


def replayed(tx: Tx, exam_id: ExamId) -> str | None:
    """The state that the log says, for a task whose opening the test did not log."""
    return rules.replay([Step.OPENED, *(Step(step) for step in steps_of(tx, exam_id))])


def take(db: Db, night: Night, caller: Caller | None = None) -> None:
    with db.begin() as tx:
        service.take(tx, caller or night.reader, exam_id=night.exam_id, now=NIGHT, wall=WALL)


def signed(db: Db, blobs: Blobs, night: Night) -> VersionId:
    take(db, night)
    with db.begin() as tx:
        return service.sign(tx, blobs, night.reader, signing(night.exam_id), now=SOON)


def a_colleague(tx: Tx, night: Night, name: str = "Dr Deux") -> Caller:
    """Another reader of the same site, with the same password."""
    person_id = a_person(tx, name.lower().replace(" ", "."), name, night.world.site_id)
    a_role(tx, person_id, Role.READER, night.world.site_id)
    access.set_password(tx, person_id=person_id, password=PASSWORD)
    return replace(a_caller(person_id, night.world.site_id), name=name)


def a_target(tx: Tx, urgency: str = "U0", minutes: int = 30) -> None:
    tx.run(
        """
        insert into territory.delay_target (urgency, minutes, source, valid_from)
        values (%(urgency)s, %(minutes)s, 'invented', '2020-01-01')
        """,
        urgency=urgency,
        minutes=minutes,
    )


# Entering the worklist


def test_a_complete_exam_waits_once_and_is_due_when_its_urgency_says(db: Db, night: Night) -> None:
    with db.begin() as tx:
        a_target(tx, "U1", 60)
        exam_id = an_exam(tx, night.world, "complete", "U1")
        tx.run("update requests.exam set complete_at = %(at)s", at=NIGHT)
    jobs.put_on_worklist(ExamComplete(exam_id=exam_id))
    jobs.put_on_worklist(ExamComplete(exam_id=exam_id))

    with db.begin() as tx:
        due = tx.value("select due_at from reading.task where exam_id = %(id)s", id=exam_id)
        assert due == NIGHT + timedelta(minutes=60)
        assert steps_of(tx, exam_id) == [Step.OPENED]


# Taking


def test_take_next_gives_the_most_urgent_then_the_first_due(db: Db, night: Night) -> None:
    with db.begin() as tx:
        later = a_task(tx, night.world, urgency="U1")
        last = a_task(tx, night.world, urgency="U2")
        first = a_task(tx, night.world, urgency="U1")
        tx.run(
            "update reading.task set due_at = due_at - interval '1 min' where exam_id = %(id)s",
            id=first,
        )
    order: list[ExamId] = []
    for _ in range(4):
        with db.begin() as tx:
            exam_id = service.take_next(tx, night.reader, now=NIGHT, wall=WALL)
            assert exam_id
            order.append(exam_id)
            tx.run("update reading.task set state = 'final' where exam_id = %(id)s", id=exam_id)
    assert order == [night.exam_id, first, later, last]


def test_take_next_without_anything_left_gives_none(db: Db, night: Night) -> None:
    with db.begin() as tx:
        tx.run("update reading.task set state = 'final'")
        assert service.take_next(tx, night.reader, now=NIGHT, wall=WALL) is None


def test_asking_twice_gives_the_same_exam(db: Db, night: Night) -> None:
    with db.begin() as tx:
        a_task(tx, night.world, urgency="U3")
    for _ in range(2):
        with db.begin() as tx:
            assert service.take_next(tx, night.reader, now=NIGHT, wall=WALL) == night.exam_id
    with db.begin() as tx:
        assert steps_of(tx, night.exam_id) == [Step.TAKEN]


def test_take_next_needs_a_duty_now(db: Db, night: Night) -> None:
    with db.begin() as tx:
        after = NIGHT + timedelta(hours=10)
        assert service.take_next(tx, night.reader, now=after, wall=WALL) is None
        colleague = a_colleague(tx, night)
        assert service.take_next(tx, colleague, now=NIGHT, wall=WALL) is None
        a_duty(tx, night.world.line_id, colleague.person_id, position=2)
        assert service.take_next(tx, colleague, now=NIGHT, wall=WALL) == night.exam_id


@pytest.mark.parametrize(
    "end",
    [
        "update territory.skill set valid_to = %(on)s",
        "update territory.privilege set valid_to = %(on)s",
    ],
)
def test_take_next_needs_skill_and_privilege_on_that_day(
    db: Db, night: Night, end: LiteralString
) -> None:
    with db.begin() as tx:
        tx.run(end, on=date(2026, 11, 24))
        assert service.take_next(tx, night.reader, now=NIGHT, wall=WALL) is None
        with pytest.raises(RuleBrokenError):
            service.take(tx, night.reader, exam_id=night.exam_id, now=NIGHT, wall=WALL)


def test_another_site_reads_nothing(db: Db, night: Night) -> None:
    with db.begin() as tx:
        stranger = a_caller(a_person(tx), a_site(tx, "AILLEURS"))
        with pytest.raises(NotFoundError):
            service.take(tx, stranger, exam_id=night.exam_id, now=NIGHT, wall=WALL)
        assert service.take_next(tx, stranger, now=NIGHT, wall=WALL) is None


def test_a_role_other_than_reader_takes_nothing(db: Db, night: Night) -> None:
    coordinator = a_caller(night.world.reader_id, night.world.site_id, role=Role.COORDINATOR)
    with db.begin() as tx, pytest.raises(NotFoundError):
        service.take(tx, coordinator, exam_id=night.exam_id, now=NIGHT, wall=WALL)


def test_the_loser_learns_who_reads_since_when(db: Db, night: Night) -> None:
    take(db, night)
    with db.begin() as tx:
        colleague = a_colleague(tx, night)
        with pytest.raises(ConflictError, match=r"Dr Lecture has been reading this exam for 4 min"):
            service.take(
                tx,
                colleague,
                exam_id=night.exam_id,
                now=NIGHT + timedelta(minutes=4),
                wall=WALL,
            )


def test_two_readers_racing_never_hold_the_same_exam(db: Db, night: Night) -> None:
    with db.begin() as tx:
        for _ in range(7):
            a_task(tx, night.world)
        colleague = a_colleague(tx, night)
        a_duty(tx, night.world.line_id, colleague.person_id, position=2)
    got: dict[str, list[ExamId]] = {night.reader.name: [], colleague.name: []}
    start = threading.Barrier(2)

    def race(caller: Caller) -> None:
        start.wait()
        for _ in range(4):
            with db.begin() as tx:
                exam_id = service.take_next(tx, caller, now=NIGHT, wall=WALL)
                if exam_id:
                    got[caller.name].append(exam_id)
                    tx.run(
                        "update reading.task set state = 'final' where exam_id = %(id)s",
                        id=exam_id,
                    )

    threads = [threading.Thread(target=race, args=[who]) for who in (night.reader, colleague)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({*got[night.reader.name], *got[colleague.name]}) == 8
    assert len(got[night.reader.name]) == len(got[colleague.name]) == 4


# Holding


def test_a_heartbeat_keeps_the_exam_and_silence_loses_it(db: Db, night: Night) -> None:
    take(db, night)
    with db.begin() as tx:
        later = WALL + LEASE - timedelta(seconds=1)
        service.heartbeat(tx, night.reader, exam_id=night.exam_id, wall=later)
        assert service.sweep_leases(tx, wall=WALL + LEASE + timedelta(1 / 86400), now=SOON) == 0
        assert service.sweep_leases(tx, wall=later + LEASE + timedelta(1 / 86400), now=SOON) == 1
        assert state_of(tx, night.exam_id) == "unassigned"
        assert steps_of(tx, night.exam_id) == [Step.TAKEN, Step.LAPSED]
        with pytest.raises(ConflictError, match="no longer hold"):
            service.heartbeat(tx, night.reader, exam_id=night.exam_id, wall=later)


def test_a_lost_lease_keeps_the_draft_for_the_next_reader(db: Db, night: Night) -> None:
    take(db, night)
    with db.begin() as tx:
        service.save_draft(tx, night.reader, save(night.exam_id), now=NIGHT, wall=WALL)
        service.sweep_leases(tx, wall=WALL + LEASE * 2, now=SOON)
        assert state_of(tx, night.exam_id) == "draft"
        colleague = a_colleague(tx, night)
        service.take(tx, colleague, exam_id=night.exam_id, now=SOON, wall=WALL + LEASE * 2)
        kept = service.draft(tx, night.exam_id)
        assert kept
        assert kept.result == TEXT.result
        assert kept.saved_by == night.reader.person_id
        assert replayed(tx, night.exam_id) == state_of(tx, night.exam_id) == "reading"


def test_an_expired_lease_can_be_taken_over_with_a_trace(db: Db, night: Night) -> None:
    take(db, night)
    with db.begin() as tx:
        colleague = a_colleague(tx, night)
        after = WALL + LEASE + timedelta(seconds=1)
        service.take(tx, colleague, exam_id=night.exam_id, now=SOON, wall=after)
        assert steps_of(tx, night.exam_id) == [Step.TAKEN, Step.TAKEN_OVER]
        causes = tx.values("select cause from reading.transition order by transition_id")
        assert causes == ["", "Dr Lecture"]
        with pytest.raises(ConflictError, match="Dr Deux"):
            service.heartbeat(tx, night.reader, exam_id=night.exam_id, wall=after)


def test_a_released_exam_waits_again(db: Db, night: Night) -> None:
    take(db, night)
    with db.begin() as tx:
        service.release(tx, night.reader, exam_id=night.exam_id, now=SOON)
        assert state_of(tx, night.exam_id) == replayed(tx, night.exam_id) == "unassigned"
        with pytest.raises(ConflictError):
            service.release(tx, night.reader, exam_id=night.exam_id, now=SOON)


def test_only_the_holder_releases(db: Db, night: Night) -> None:
    take(db, night)
    with db.begin() as tx:
        colleague = a_colleague(tx, night)
        with pytest.raises(ConflictError):
            service.release(tx, colleague, exam_id=night.exam_id, now=SOON)
        assert state_of(tx, night.exam_id) == "reading"


# Drafting


def test_a_stale_save_is_refused_and_the_kept_text_stays(db: Db, night: Night) -> None:
    take(db, night)
    with db.begin() as tx:
        one = service.save_draft(tx, night.reader, save(night.exam_id), now=NIGHT, wall=WALL)
        assert one.revision == 1
    other = Sections(indication="", technique="", result="Autre.", conclusion="Autre.")
    with db.begin() as tx, pytest.raises(ConflictError, match="still on your screen"):
        service.save_draft(tx, night.reader, save(night.exam_id, other), now=NIGHT, wall=WALL)
    with db.begin() as tx:
        kept = service.draft(tx, night.exam_id)
        assert kept == one
        two = service.save_draft(
            tx, night.reader, save(night.exam_id, other, revision=1), now=SOON, wall=WALL
        )
        assert (two.revision, two.result) == (2, "Autre.")


def test_nobody_drafts_what_they_do_not_hold(db: Db, night: Night) -> None:
    with db.begin() as tx, pytest.raises(ConflictError):
        service.save_draft(tx, night.reader, save(night.exam_id), now=NIGHT, wall=WALL)


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


def test_a_report_signed_by_someone_else_is_refused(db: Db, blobs: Blobs, night: Night) -> None:
    take(db, night)
    with db.begin() as tx:
        colleague = a_colleague(tx, night)
        with pytest.raises(ConflictError, match="Dr Lecture has been reading"):
            service.sign(tx, blobs, colleague, signing(night.exam_id), now=SOON)
        assert state_of(tx, night.exam_id) == "reading"
        assert tx.value("select count(*) from reading.version") == 0


def test_an_exam_nobody_took_is_not_signed(db: Db, blobs: Blobs, night: Night) -> None:
    with db.begin() as tx, pytest.raises(ConflictError, match="take it again"):
        service.sign(tx, blobs, night.reader, signing(night.exam_id), now=SOON)


def test_a_wrong_password_signs_nothing(db: Db, blobs: Blobs, night: Night) -> None:
    take(db, night)
    wrong = signing(night.exam_id, password="faux")
    with pytest.raises(RuleBrokenError), db.begin() as tx:
        service.sign(tx, blobs, night.reader, wrong, now=SOON)
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
        service.sign(tx, blobs, night.reader, signing(night.exam_id, text), now=SOON)


def test_remarks_are_shown_once_then_signed_despite_them(
    db: Db, blobs: Blobs, night: Night
) -> None:
    take(db, night)
    odd = signing(night.exam_id, replace(TEXT, result="Prostate de taille normale."))
    with db.begin() as tx:
        with pytest.raises(RuleBrokenError, match="look at the remarks"):
            service.sign(tx, blobs, night.reader, odd, now=SOON)
        assert service.sign(tx, blobs, night.reader, replace(odd, despite_warnings=True), now=SOON)


def test_a_stale_text_is_not_signed(db: Db, blobs: Blobs, night: Night) -> None:
    take(db, night)
    with db.begin() as tx:
        service.save_draft(tx, night.reader, save(night.exam_id), now=NIGHT, wall=WALL)
    with db.begin() as tx, pytest.raises(ConflictError, match="still on your screen"):
        service.sign(tx, blobs, night.reader, signing(night.exam_id), now=SOON)


def test_signing_twice_gives_one_version(db: Db, blobs: Blobs, night: Night) -> None:
    first = signed(db, blobs, night)
    with db.begin() as tx:
        again = service.sign(tx, blobs, night.reader, signing(night.exam_id), now=SOON)
        assert again == first
        other = signing(night.exam_id, replace(TEXT, result="Autre."))
        with pytest.raises(ConflictError, match="already signed"):
            service.sign(tx, blobs, night.reader, other, now=SOON)


def test_concurrent_signatures_give_one_version(db: Db, blobs: Blobs, night: Night) -> None:
    take(db, night)
    outcomes: list[object] = []
    start = threading.Barrier(4)

    def sign(result: str) -> None:
        start.wait()
        asked = signing(night.exam_id, replace(TEXT, result=result))
        try:
            with db.begin() as tx:
                outcomes.append(service.sign(tx, blobs, night.reader, asked, now=SOON))
        except PlateauError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=sign, args=[f"Texte {n}."]) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes))[-3:] == ["conflict"] * 3
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
        added_id = service.add_addendum(tx, blobs, colleague, an_addendum(night.exam_id), now=SOON)
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
        service.add_addendum(tx, blobs, night.reader, an_addendum(night.exam_id), now=SOON)


@pytest.mark.parametrize("field", ["text", "conclusion", "reason"])
def test_an_addendum_says_what_and_why(db: Db, blobs: Blobs, night: Night, field: str) -> None:
    signed(db, blobs, night)
    incomplete = an_addendum(night.exam_id, **{field: " "})
    with db.begin() as tx, pytest.raises(InvalidInputError):
        service.add_addendum(tx, blobs, night.reader, incomplete, now=SOON)


def test_an_addendum_needs_the_password(db: Db, blobs: Blobs, night: Night) -> None:
    signed(db, blobs, night)
    wrong = an_addendum(night.exam_id, password="faux")
    with db.begin() as tx, pytest.raises(RuleBrokenError):
        service.add_addendum(tx, blobs, night.reader, wrong, now=SOON)


def test_another_site_sees_no_history(db: Db, night: Night) -> None:
    with db.begin() as tx:
        stranger = a_caller(a_person(tx), a_site(tx, "AILLEURS"))
        with pytest.raises(NotFoundError):
            service.history(tx, stranger, exam_id=night.exam_id)

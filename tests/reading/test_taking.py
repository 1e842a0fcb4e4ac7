"""Entering the worklist, taking, holding, drafting, on a real database."""

import threading
from dataclasses import replace
from datetime import date, timedelta
from typing import LiteralString

import pytest

from make import NIGHT, a_caller, a_device, a_duty, a_line, a_person, a_site, an_exam
from make_after import a_study, a_task
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import (
    ConflictError,
    NotFoundError,
    RuleBrokenError,
)
from plateau.kernel.ids import ExamId
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db, Tx
from plateau.reading import entering, jobs, service, signature, views
from plateau.reading.types import Filters, Sections, Step
from plateau.requests.events import ExamComplete
from reading.night import (
    LEASE,
    SOON,
    TEXT,
    WALL,
    Night,
    a_colleague,
    replayed,
    save,
    signing,
    state_of,
    steps_of,
    take,
)


def a_target(tx: Tx, urgency: str = "U0", minutes: int = 30) -> None:
    tx.run(
        """
        insert into territory.delay_target (urgency, minutes, source, valid_from)
        values (%(urgency)s, %(minutes)s, 'invented', '2020-01-01')
        """,
        urgency=urgency,
        minutes=minutes,
    )


def test_what_one_may_not_take_yet_never_hides_what_one_may(db: Db, night: Night) -> None:
    """However many more urgent exams wait for the readers of another member."""
    with db.begin() as tx:
        elsewhere = a_site(tx, "LOIN")
        theirs = replace(night.world, site_id=elsewhere, device_id=a_device(tx, elsewhere, "CT_2"))
        colleague = a_person(tx, name="Dr Loin", site_id=elsewhere)
        a_duty(tx, a_line(tx, elsewhere, elsewhere, code="LOIN"), colleague)
        for _ in range(120):
            a_task(tx, theirs)
        tx.run("update reading.task set urgency = 'U1' where exam_id = %(id)s", id=night.exam_id)
        tx.run(
            "insert into territory.privilege values (%(person)s, %(site)s, '2020-01-01')",
            person=night.reader.person_id,
            site=elsewhere,
        )
    both = {Role.READER: frozenset({night.world.site_id, elsewhere})}
    with db.begin() as tx:
        reader = replace(night.reader, roles=both)
        assert service.take_next(tx, reader, now=NIGHT, wall=WALL) == night.exam_id


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


def test_an_exam_with_images_missing_is_read_with_a_reason(
    db: Db, blobs: Blobs, night: Night
) -> None:
    with db.begin() as tx:
        a_target(tx, "U1", 60)
        exam_id = an_exam(tx, night.world, "transferring", "U1")
        a_study(tx, night.world, exam_id)
        seen = views.worklist(tx, night.reader, Filters(), limit=10, now=NIGHT)
        assert [one.exam_id for one in seen.listed.arriving] == [exam_id]
        with pytest.raises(RuleBrokenError, match="images are missing"):
            entering.read_incomplete(tx, night.reader, exam_id=exam_id, reason=" ", now=NIGHT)
        why = "Panne du réseau, AVC"
        entering.read_incomplete(tx, night.reader, exam_id=exam_id, reason=why, now=NIGHT)
        assert not views.worklist(tx, night.reader, Filters(), limit=10, now=NIGHT).listed.arriving
        service.take(tx, night.reader, exam_id=exam_id, now=NIGHT, wall=WALL)
        signature.sign(tx, blobs, night.reader, signing(exam_id), now=SOON, wall=WALL)
        log = service.history(tx, night.reader, exam_id=exam_id).transitions
        assert (log[0].event, log[0].role, log[0].cause) == ("opened", Role.READER, why)
        assert {row.site_id for row in log} == {night.world.site_id}


def test_an_exam_without_images_or_of_another_site_is_not_read(db: Db, night: Night) -> None:
    with db.begin() as tx:
        exam_id = an_exam(tx, night.world, "arrived")
        with pytest.raises(RuleBrokenError, match="no image"):
            entering.read_incomplete(tx, night.reader, exam_id=exam_id, reason="Vu", now=NIGHT)
        stranger = a_caller(a_person(tx), a_site(tx, "AILLEURS"))
        with pytest.raises(NotFoundError):
            entering.read_incomplete(tx, stranger, exam_id=exam_id, reason="Vu", now=NIGHT)


def test_images_asked_for_again_keep_a_report_from_being_signed(
    db: Db, blobs: Blobs, night: Night
) -> None:
    take(db, night)
    with db.begin() as tx:
        tx.run("update requests.exam set state = 'recalled'")
        with pytest.raises(RuleBrokenError, match="images are missing"):
            signature.sign(tx, blobs, night.reader, signing(night.exam_id), now=SOON, wall=WALL)
        entering.read_incomplete(
            tx, night.reader, exam_id=night.exam_id, reason="Urgence", now=SOON
        )
        signature.sign(tx, blobs, night.reader, signing(night.exam_id), now=SOON, wall=WALL)
        assert state_of(tx, night.exam_id) == "final"


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

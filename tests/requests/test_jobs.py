import random
from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

import pytest

import make
import make_after
from make import NIGHT, World
from plateau.images.events import StepEnded, StepStarted, StudyComplete
from plateau.kernel.ids import ExamId, StudyId
from plateau.platform import jobs as platform_jobs
from plateau.platform.db import Db
from plateau.requests import jobs, service
from plateau.requests.events import ExamComplete
from plateau.requests.queries import lists, rows
from plateau.requests.rules import lifecycle
from plateau.requests.types import Exam

Said = StepStarted | StepEnded | StudyComplete
BEGUN, ENDED = NIGHT + timedelta(minutes=5), NIGHT + timedelta(minutes=9)


@pytest.fixture
def world(db: Db) -> World:
    with db.begin() as tx:
        return make.a_world(tx)


@pytest.fixture
def exam_id(db: Db, world: World) -> ExamId:
    with db.begin() as tx:
        return make.an_exam(tx, world)


def started(exam_id: ExamId, step: str = "1.2.3", ae_title: str = "CT_TEST") -> StepStarted:
    study_uid = make.study_uid_of(exam_id)
    return StepStarted(step_uid=step, study_uid=study_uid, ae_title=ae_title, at=BEGUN)


def ended(exam_id: ExamId, step: str = "1.2.3", state: str = "COMPLETED") -> StepEnded:
    study_uid = make.study_uid_of(exam_id)
    return StepEnded(step_uid=step, study_uid=study_uid, ae_title="CT_TEST", state=state, at=ENDED)


def stored(exam_id: ExamId, world: World) -> StudyComplete:
    return StudyComplete(
        study_id=StudyId(uuid4()),
        study_uid=make.study_uid_of(exam_id),
        patient_id=world.patient_id,
        site_id=world.site_id,
        instances=3,
        at=ENDED + timedelta(minutes=1),
    )


def hear(*events: Said) -> None:
    """As the worker would."""
    for event in events:
        match event:
            case StepStarted():
                jobs.exam_started(event)
            case StepEnded():
                jobs.exam_acquired(event)
            case StudyComplete():
                jobs.exam_complete(event)


def exam(db: Db, exam_id: ExamId) -> Exam:
    with db.begin() as tx:
        return service.exam(tx, exam_id)


def incidents(db: Db, world: World) -> list[str]:
    with db.begin() as tx:
        found = lists.incidents(tx, sites={world.site_id}, since=NIGHT)
        return [row.kind for row in found]


def logged(db: Db, exam_id: ExamId) -> Sequence[str]:
    with db.begin() as tx:
        return [row.event for row in rows.transitions(tx, exam_id)]


def test_an_exam_follows_its_machine(db: Db, world: World, exam_id: ExamId) -> None:
    hear(started(exam_id))
    assert (exam(db, exam_id).state, exam(db, exam_id).started_at) == ("in_progress", BEGUN)
    hear(ended(exam_id))
    assert (exam(db, exam_id).state, exam(db, exam_id).acquired_at) == ("acquired", ENDED)
    hear(stored(exam_id, world))
    assert exam(db, exam_id).state == "complete"
    assert logged(db, exam_id) == ["start", "acquire", "complete"]
    assert incidents(db, world) == []


def test_images_on_their_way_show_as_transferring(db: Db, world: World, exam_id: ExamId) -> None:
    with db.begin() as tx:
        make_after.a_study(tx, world, exam_id)

    hear(started(exam_id), ended(exam_id))

    assert exam(db, exam_id).state == "transferring"
    hear(ended(exam_id))
    assert logged(db, exam_id) == ["start", "acquire", "transfer"]


@pytest.mark.parametrize("seed", range(6))
def test_messages_repeated_and_in_any_order_end_complete_once(
    db: Db, world: World, exam_id: ExamId, seed: int
) -> None:
    said: list[Said] = [started(exam_id), ended(exam_id), stored(exam_id, world)] * 2
    random.Random(seed).shuffle(said)

    hear(*said)

    assert exam(db, exam_id).state == "complete"
    assert logged(db, exam_id).count("complete") == 1


def test_a_step_that_was_given_up_lets_the_patient_wait_again(
    db: Db, world: World, exam_id: ExamId
) -> None:
    hear(started(exam_id), ended(exam_id, state="DISCONTINUED"), started(exam_id))
    assert exam(db, exam_id).state == "arrived"

    hear(started(exam_id, step="1.2.4"), ended(exam_id, step="1.2.4"))
    assert exam(db, exam_id).state == "acquired"
    assert logged(db, exam_id) == ["start", "discontinue", "start", "acquire"]


def test_the_end_heard_before_the_beginning_is_kept(db: Db, world: World, exam_id: ExamId) -> None:
    hear(ended(exam_id, state="DISCONTINUED"), started(exam_id))

    assert exam(db, exam_id).state == "arrived"


def test_another_machine_of_the_site_takes_the_exam_over(
    db: Db, world: World, exam_id: ExamId
) -> None:
    with db.begin() as tx:
        second = make.a_device(tx, world.site_id, "CT_TEST_2")
        make.a_device(tx, make.a_site(tx, "AUTRE"), "CT_AUTRE")

    hear(started(exam_id, ae_title="CT_TEST_2"))
    assert exam(db, exam_id).device_id == second
    hear(started(exam_id, step="1.2.4", ae_title="CT_AUTRE"))
    assert exam(db, exam_id).device_id == second


def test_a_step_without_an_accepted_request_is_an_incident_once(db: Db, world: World) -> None:
    unknown = ExamId(uuid4())

    hear(started(unknown), started(unknown), ended(unknown), stored(unknown, world))

    assert sorted(incidents(db, world)) == ["images_without_exam", "step_without_exam"]


def test_a_step_of_a_cancelled_exam_is_an_incident_and_changes_nothing(
    db: Db, world: World
) -> None:
    with db.begin() as tx:
        cancelled = make.an_exam(tx, world, "cancelled")

    hear(started(cancelled), stored(cancelled, world))

    assert exam(db, cancelled).state == "cancelled"
    assert sorted(incidents(db, world)) == ["images_of_cancelled_exam", "step_of_cancelled_exam"]


@platform_jobs.on(ExamComplete)
def note(event: ExamComplete) -> None:
    """A feature above that hears of complete exams."""


def test_complete_is_said_once(db: Db, world: World, exam_id: ExamId) -> None:
    hear(stored(exam_id, world), stored(exam_id, world))

    with db.begin() as tx:
        said = tx.values(
            "select args ->> 'exam_id' from procrastinate_jobs where task_name = %(name)s",
            name=f"{__name__}.note",
        )
    assert said == [str(exam_id)]


def test_the_log_of_a_whole_exam_replays_to_its_state(
    db: Db, world: World, exam_id: ExamId
) -> None:
    with db.begin() as tx:
        tx.run(
            """
            insert into requests.transition (machine, subject_id, event, to_state, at, site_id)
            values ('exam', %(id)s, 'plan', 'planned', %(at)s, %(site)s)
            """,
            id=exam_id,
            at=NIGHT,
            site=world.site_id,
        )
    hear(started(exam_id), ended(exam_id), stored(exam_id, world))

    with db.begin() as tx:
        assert lifecycle.replay_exam(rows.transitions(tx, exam_id)) == "complete"

"""A study is complete once, when every step is closed and every announced instance is stored."""

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

import make
from images.instances import CT, as_file, ct, step_begins, step_ends
from plateau.images import rules, service
from plateau.images.events import StudyComplete
from plateau.images.types import Progress, Study
from plateau.kernel.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
)
from plateau.kernel.ids import StudyId
from plateau.platform import jobs
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db, Tx

NIGHT = make.NIGHT


def heard(event: StudyComplete) -> None:
    """Counts, by the jobs it leaves, how often a study was said to be complete."""


jobs.on(StudyComplete)(heard)


def times_said(tx: Tx, study_uid: str) -> int:
    return tx.value(
        """
        select count(*) from procrastinate_jobs
        where task_name = %(task)s and args ->> 'study_uid' = %(uid)s
        """,
        task=f"{heard.__module__}.heard",
        uid=study_uid,
    )


def begin(tx: Tx, step_uid: str, study_uid: str) -> None:
    service.begin_step(
        tx,
        step_uid=step_uid,
        attributes=step_begins(study_uid).to_json_dict(),
        origin=CT,
        now=NIGHT,
    )


def end(tx: Tx, step_uid: str, step: Dataset) -> None:
    service.end_step(tx, step_uid=step_uid, attributes=step.to_json_dict(), origin=CT, now=NIGHT)


def receive(tx: Tx, blobs: Blobs, image: Dataset) -> None:
    service.receive(tx, blobs, content=as_file(image), origin=CT, now=NIGHT)


def the_study(tx: Tx, study_uid: str) -> Study:
    study = service.study_of(tx, study_uid)
    assert study
    return study


def progress(
    *, open_steps: int = 0, announced: int = 0, missing: int = 0, stored: int = 1
) -> Progress:
    study_id = StudyId(make.uuid4())
    return Progress(study_id, "receiving", open_steps, announced, missing, stored, NIGHT)


@pytest.mark.parametrize(
    ("state", "minutes", "complete"),
    [
        (progress(announced=1), -1, True),
        (progress(announced=2, missing=1), 60, False),
        (progress(announced=1, open_steps=1), 60, False),
        (progress(), -1, False),
        (progress(), 0, True),
        (progress(open_steps=1), 60, False),
        (progress(stored=0), 60, False),
        (progress(stored=5, announced=3, missing=0), -1, True),
    ],
)
def test_the_rule(state: Progress, minutes: int, complete: bool) -> None:
    assert rules.is_complete(state, NIGHT + timedelta(minutes=minutes)) is complete


def test_a_closed_step_announces_its_images_and_its_dose_report(tx: Tx, blobs: Blobs) -> None:
    make.a_world(tx)
    images = [ct("1.2.3", number) for number in (1, 2, 3)]
    begin(tx, "1.2.3.9", "1.2.3")
    receive(tx, blobs, images[0])
    receive(tx, blobs, images[1])
    end(tx, "1.2.3.9", step_ends(*images, others=1))

    waiting = the_study(tx, "1.2.3")
    assert (waiting.state, waiting.announced, waiting.instances) == ("receiving", 3, 2)
    assert service.settle(tx, now=NIGHT + timedelta(days=1)) == 0  # silence does not hide a loss
    receive(tx, blobs, images[2])

    assert the_study(tx, "1.2.3").state == "complete"
    assert times_said(tx, "1.2.3") == 1


def test_a_discontinued_step_announces_what_it_lists(tx: Tx, blobs: Blobs) -> None:
    make.a_world(tx)
    image = ct("1.2.3")
    begin(tx, "1.2.3.9", "1.2.3")
    receive(tx, blobs, image)
    end(tx, "1.2.3.9", step_ends(image, state="DISCONTINUED"))
    assert the_study(tx, "1.2.3").state == "complete"


def test_an_open_step_keeps_silence_from_completing_a_study(tx: Tx, blobs: Blobs) -> None:
    make.a_world(tx)
    begin(tx, "1.2.3.9", "1.2.3")
    receive(tx, blobs, ct("1.2.3"))
    assert service.settle(tx, now=NIGHT + timedelta(days=1)) == 0
    end(tx, "1.2.3.9", step_ends())
    assert the_study(tx, "1.2.3").state == "receiving"
    assert service.settle(tx, now=NIGHT + timedelta(days=1)) == 1


def test_a_step_without_what_it_must_have_is_refused_with_the_names(tx: Tx) -> None:
    make.a_world(tx)
    step = step_begins("1.2.3")
    del step.Modality
    step.ScheduledStepAttributesSequence[0].StudyInstanceUID = None
    with pytest.raises(InvalidInputError, match="Modality, Study Instance UID"):
        service.begin_step(
            tx, step_uid="1.2.3.9", attributes=step.to_json_dict(), origin=CT, now=NIGHT
        )


def test_a_step_begins_in_progress(tx: Tx) -> None:
    make.a_world(tx)
    step = step_begins("1.2.3")
    step.PerformedProcedureStepStatus = "COMPLETED"
    with pytest.raises(InvalidInputError):
        service.begin_step(
            tx, step_uid="1.2.3.9", attributes=step.to_json_dict(), origin=CT, now=NIGHT
        )


def test_a_step_begins_once_and_ends_once(tx: Tx) -> None:
    make.a_world(tx)
    begin(tx, "1.2.3.9", "1.2.3")
    with pytest.raises(ConflictError):
        begin(tx, "1.2.3.9", "1.2.3")
    with pytest.raises(InvalidInputError):
        end(tx, "1.2.3.9", step_ends(state="DONE"))
    end(tx, "1.2.3.9", step_ends())
    with pytest.raises(ConflictError):
        end(tx, "1.2.3.9", step_ends())


def test_only_the_machine_that_began_a_step_ends_it(tx: Tx) -> None:
    world = make.a_world(tx)
    make.a_device(tx, world.site_id, "CT_OTHER")
    begin(tx, "1.2.3.9", "1.2.3")
    with pytest.raises(NotFoundError):
        service.end_step(
            tx,
            step_uid="1.2.3.9",
            attributes=step_ends().to_json_dict(),
            origin=service.Origin(ae_title="CT_OTHER", address="127.0.0.1"),
            now=NIGHT,
        )


def test_a_step_may_say_what_it_made_before_it_ends(tx: Tx, blobs: Blobs) -> None:
    make.a_world(tx)
    images = [ct("1.2.3", number) for number in (1, 2)]
    begin(tx, "1.2.3.9", "1.2.3")
    said = step_ends(*images)
    del said.PerformedProcedureStepStatus
    end(tx, "1.2.3.9", said)
    last = Dataset()
    last.PerformedProcedureStepStatus = "COMPLETED"
    end(tx, "1.2.3.9", last)
    receive(tx, blobs, images[0])
    assert the_study(tx, "1.2.3").announced == 2


steps = st.lists(st.integers(1, 4), min_size=1, max_size=3)  # how many instances each step makes


@given(made=steps, extra=st.integers(0, 2), order=st.randoms(use_true_random=False))
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_the_order_complete_is_said_once_and_only_when_it_is(
    tx: Tx, blobs: Blobs, made: list[int], extra: int, order: random.Random
) -> None:
    if not tx.value("select count(*) from territory.site"):
        make.a_world(tx)
    study_uid = generate_uid()
    series = [[ct(study_uid, 1 + i) for i in range(count)] for count in made]
    moves = moves_of(study_uid, series, blobs)
    moves += [
        ("image", lambda tx, n=n: receive(tx, blobs, ct(study_uid, 20 + n))) for n in range(extra)
    ]
    for number in range(len(series)):
        begin(tx, f"{study_uid[:50]}.{number}.9", study_uid)
    order.shuffle(moves)
    announced = sum(made)

    closed, arrived = 0, 0
    for kind, move in moves:
        move(tx)
        closed += kind == "step"
        arrived += kind == "announced"
        due = closed == len(made) and arrived == announced
        assert times_said(tx, study_uid) == int(due)

    assert times_said(tx, study_uid) == 1
    assert the_study(tx, study_uid).instances == announced + extra


Move = tuple[str, Callable[[Tx], None]]


def moves_of(study_uid: str, series: Sequence[Sequence[Dataset]], blobs: Blobs) -> list[Move]:
    """Everything the machines of a study will do once their steps have begun."""
    ends: list[Move] = [
        (
            "step",
            lambda tx, n=n, images=images: end(tx, f"{study_uid[:50]}.{n}.9", step_ends(*images)),
        )
        for n, images in enumerate(series)
    ]
    arrivals: list[Move] = [
        ("announced", lambda tx, image=image: receive(tx, blobs, image))
        for images in series
        for image in images
    ]
    return [*ends, *arrivals]


def test_whatever_the_race_complete_is_said_once(db: Db, blobs: Blobs) -> None:
    with db.begin() as tx:
        make.a_world(tx)
    uids = [generate_uid() for _ in range(12)]
    moves: list[Move] = []
    for uid in uids:
        with db.begin() as tx:
            begin(tx, f"{uid[:50]}.0.9", uid)
        moves += moves_of(uid, [[ct(uid, 1 + i) for i in range(1 + len(moves) % 3)]], blobs)
    random.Random(7).shuffle(moves)

    def do(move: Move) -> None:
        with db.begin() as tx:
            move[1](tx)

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(do, moves))

    with db.begin() as tx:
        assert [times_said(tx, uid) for uid in uids] == [1] * len(uids)
        assert {the_study(tx, uid).state for uid in uids} == {"complete"}

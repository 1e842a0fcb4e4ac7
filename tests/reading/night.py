"""A reader with a password, on duty, and an exam that waits for them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fastapi.testclient import TestClient

from make import NIGHT, World, a_caller, a_person, a_role, a_world
from make_after import a_study, a_task
from plateau.access import service as access
from plateau.kernel.caller import Caller, Role
from plateau.kernel.ids import ExamId, VersionId
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db, Tx
from plateau.reading import service, signature
from plateau.reading.rules import lifecycle
from plateau.reading.types import Save, Sections, Signing, Step

Client = Callable[[Caller], TestClient]
PASSWORD = "mot de passe d'essai"
WALL = datetime(2026, 1, 5, 12, 0, tzinfo=NIGHT.tzinfo)
SOON = NIGHT + timedelta(minutes=10)
LEASE = timedelta(seconds=600)  # the default setting
TEXT = Sections(
    indication="Chute.",
    technique="Acquisition hélicoïdale.",
    result="Hématome sous-dural aigu frontal.",
    conclusion="Hématome sous-dural aigu.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """A territory at night: one exam waits, one reader is on duty."""

    world: World
    reader: Caller
    exam_id: ExamId


def a_night(tx: Tx) -> Night:
    world = a_world(tx)
    access.set_password(tx, person_id=world.reader_id, password=PASSWORD)
    exam_id = a_task(tx, world)
    a_study(tx, world, exam_id)
    return Night(world=world, reader=a_caller(world.reader_id, world.site_id), exam_id=exam_id)


def save(exam_id: ExamId, text: Sections = TEXT, revision: int = 0) -> Save:
    return Save(exam_id=exam_id, sections=text, revision=revision)


def signing(
    exam_id: ExamId, text: Sections = TEXT, revision: int = 0, password: str = PASSWORD
) -> Signing:
    return Signing(save=save(exam_id, text, revision), password=password)


def state_of(tx: Tx, exam_id: ExamId) -> str:
    return tx.value("select state from reading.task where exam_id = %(id)s", id=exam_id)


def steps_of(tx: Tx, exam_id: ExamId) -> list[Step]:
    return tx.values(
        "select event from reading.transition where exam_id = %(id)s order by transition_id",
        id=exam_id,
    )


def replayed(tx: Tx, exam_id: ExamId) -> str | None:
    """The state that the log says, for a task whose opening the test did not log."""
    return lifecycle.replay([Step.OPENED, *(Step(step) for step in steps_of(tx, exam_id))])


def take(db: Db, night: Night, caller: Caller | None = None) -> None:
    with db.begin() as tx:
        service.take(tx, caller or night.reader, exam_id=night.exam_id, now=NIGHT, wall=WALL)


def signed(db: Db, blobs: Blobs, night: Night) -> VersionId:
    take(db, night)
    with db.begin() as tx:
        return signature.sign(tx, blobs, night.reader, signing(night.exam_id), now=SOON, wall=WALL)


def a_colleague(tx: Tx, night: Night, name: str = "Dr Deux") -> Caller:
    """Another reader of the same site, with the same password."""
    person_id = a_person(tx, name.lower().replace(" ", "."), name, night.world.site_id)
    a_role(tx, person_id, Role.READER, night.world.site_id)
    access.set_password(tx, person_id=person_id, password=PASSWORD)
    return replace(a_caller(person_id, night.world.site_id), name=name)

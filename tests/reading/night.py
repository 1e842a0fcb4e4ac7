"""A reader with a password, on duty, and an exam that waits for them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from make import NIGHT, World, a_caller, a_study, a_task, a_world
from plateau.access import service as access
from plateau.kernel.caller import Caller
from plateau.kernel.ids import ExamId
from plateau.platform.db import Tx
from plateau.reading.types import Save, Sections, Signing

PASSWORD = "mot de passe d'essai"
WALL = datetime(2026, 1, 5, 12, 0, tzinfo=NIGHT.tzinfo)
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

"""One exam of a machine: what was ordered, and all that stays the same when it is sent again."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydicom.dataset import Dataset
from pydicom.uid import UID, generate_uid

from outside.phantom import Part

DURATIONS = {
    "CT": timedelta(minutes=6),
    "MR": timedelta(minutes=20),
    "DX": timedelta(minutes=3),
    "CR": timedelta(minutes=3),
}
_TRUNK = ("abdom", "pelv", "thora", "trunk", "tronc", "renal", "colon", "chest")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A machine on the network: its own name, its kind, and the hub it talks to."""

    ae_title: str
    modality: str
    host: str
    port: int
    called: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exam:
    """What one visit to a machine produces; the same record gives the same objects, bit for bit."""

    ae_title: str
    modality: str
    item: Dataset
    step_uid: UID
    seed: int
    slices: int
    started_at: datetime
    ended_at: datetime
    created: bool = False
    final_unanswered: bool = False


def begin(
    machine: Machine, item: Dataset, *, seed: int, slices: int, now: datetime, speed: float
) -> Exam:
    """The exam that performs a worklist item, from now on."""
    return Exam(
        ae_title=machine.ae_title,
        modality=machine.modality,
        item=item,
        step_uid=step_uid(machine, item),
        seed=seed,
        slices=slices,
        started_at=now.replace(microsecond=0),
        ended_at=now + DURATIONS[machine.modality] / speed,
    )


def step_uid(machine: Machine, item: Dataset) -> UID:
    """The same scheduled step on the same machine is performed under the same UID."""
    step = scheduled(item)
    sources = [machine.ae_title, str(item.StudyInstanceUID), str(step.ScheduledProcedureStepID)]
    return generate_uid(entropy_srcs=["step", *sources])


def uid(exam: Exam, *names: object) -> UID:
    """A UID that belongs to this exam and to nothing else, the same at each call."""
    return generate_uid(entropy_srcs=[str(exam.step_uid), *map(str, names)])


def machine_uid(exam: Exam) -> UID:
    """The machine's own UID, the same for all its exams."""
    return generate_uid(entropy_srcs=["machine", exam.ae_title])


def scheduled(item: Dataset) -> Dataset:
    """The scheduled procedure step of a worklist item."""
    return item.ScheduledProcedureStepSequence[0]


def part_of(exam: Exam) -> Part:
    """What to image, from the kind of machine and the words and codes of the order."""
    match exam.modality:
        case "MR":
            return Part.HEAD_MR
        case "DX" | "CR":
            return Part.CHEST_DX
        case _:
            words = _words(exam.item)
            return Part.ABDOMEN_CT if any(word in words for word in _TRUNK) else Part.HEAD_CT


def _words(item: Dataset) -> str:
    """Descriptions and codes of the order, in lower case without accents."""
    step = scheduled(item)
    texts = [
        str(item.get("RequestedProcedureDescription", "")),
        str(step.get("ScheduledProcedureStepDescription", "")),
    ]
    for codes in (
        item.get("RequestedProcedureCodeSequence"),
        step.get("ScheduledProtocolCodeSequence"),
    ):
        texts.extend(
            f"{code.get('CodeValue', '')} {code.get('CodeMeaning', '')}" for code in codes or []
        )
    plain = unicodedata.normalize("NFD", " ".join(texts).lower())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))

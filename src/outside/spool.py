"""What a machine has scanned or is scanning, on disk until the hub has all of it.

The objects themselves are not kept: an exam's record gives the same objects again, bit for bit.
"""

import json
import os
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.uid import UID

from outside.exams import Exam


@dataclass(frozen=True, slots=True)
class Spool:
    """The directory of one machine."""

    directory: Path


def open_spool(directory: Path) -> Spool:
    """The spool in this directory, made if absent."""
    directory.mkdir(parents=True, exist_ok=True)
    return Spool(directory)


def keep(spool: Spool, exam: Exam) -> None:
    """The exam is on disk, even if the process dies now."""
    target = spool.directory / f"{exam.step_uid}.exam"
    draft = target.with_suffix(".draft")
    with draft.open("w", encoding="utf-8") as file:
        json.dump(_to_json(exam), file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(target)


def close(spool: Spool, exam: Exam) -> None:
    """The hub has everything: the exam is only remembered as done."""
    (spool.directory / f"{exam.step_uid}.exam").rename(_done(spool, exam.step_uid))


def drop(spool: Spool, exam: Exam) -> None:
    """The exam never began."""
    (spool.directory / f"{exam.step_uid}.exam").unlink()


def pending(spool: Spool) -> list[Exam]:
    """Exams that the hub does not have in full, the oldest first."""
    found = [_from_json(json.loads(path.read_text("utf-8"))) for path in _paths(spool, "exam")]
    return sorted(found, key=lambda exam: (exam.started_at, exam.step_uid))


def knows(spool: Spool, step_uid: UID) -> bool:
    """Whether the step was begun here, finished or not."""
    return _done(spool, step_uid).exists() or (spool.directory / f"{step_uid}.exam").exists()


def count(spool: Spool) -> int:
    """How many exams were ever begun here."""
    return len(_paths(spool, "exam")) + len(_paths(spool, "done"))


def _paths(spool: Spool, suffix: str) -> list[Path]:
    return sorted(spool.directory.glob(f"*.{suffix}"))


def _done(spool: Spool, step_uid: UID) -> Path:
    return spool.directory / f"{step_uid}.done"


def _to_json(exam: Exam) -> dict[str, object]:
    return {
        "ae_title": exam.ae_title,
        "modality": exam.modality,
        "item": exam.item.to_json_dict(),
        "step_uid": exam.step_uid,
        "seed": exam.seed,
        "slices": exam.slices,
        "started_at": exam.started_at.isoformat(),
        "ended_at": exam.ended_at.isoformat(),
        "created": exam.created,
        "final_unanswered": exam.final_unanswered,
    }


def _from_json(record: dict[str, str]) -> Exam:
    blank = Exam(
        ae_title=record["ae_title"],
        modality=record["modality"],
        item=Dataset.from_json(record["item"]),
        step_uid=UID(record["step_uid"]),
        seed=int(record["seed"]),
        slices=int(record["slices"]),
        started_at=datetime.fromisoformat(record["started_at"]),
        ended_at=datetime.fromisoformat(record["ended_at"]),
    )
    flags = (bool(record["created"]), bool(record["final_unanswered"]))
    return replace(blank, created=flags[0], final_unanswered=flags[1])

"""What comes after a signature starts: a loop, which the signer ends with a proof."""

from datetime import datetime, timedelta

from plateau.kernel.caller import Role
from plateau.kernel.ids import StudyId
from plateau.kernel.words import N_
from plateau.platform.db import Tx
from plateau.reading.loops import service as loops
from plateau.reading.loops.types import Opening, Owner
from plateau.reading.relook import queries
from plateau.reading.relook.types import Signed

LATE_PRIOR = timedelta(days=30)  # later, the next exam is compared with it
_IMAGES = N_("images came after the report was signed: do they change it?")
_PRIOR = N_("an earlier study came after the report was signed: does it change it?")


def hear(tx: Tx, study_id: StudyId, *, at: datetime, now: datetime) -> None:
    """Whoever signed the report looks at what came at `at`; safe to run twice.

    An exam that is not signed needs nothing: its reader sees every image.
    """
    exam = queries.signed(tx, study_id)
    if exam:
        _ask(tx, exam, _IMAGES, at=at, now=now)


def hear_prior(tx: Tx, study_id: StudyId, *, at: datetime, now: datetime) -> None:
    """Whoever signed lately without this earlier study, which came at `at`, compares with it.

    Safe to run twice. A study that was there before the signature was among the priors.
    """
    for exam in queries.signed_without(tx, study_id, since=at - LATE_PRIOR, until=at):
        _ask(tx, exam, _PRIOR, at=at, now=now)


def _ask(tx: Tx, exam: Signed, text: str, *, at: datetime, now: datetime) -> None:
    if queries.is_known(tx, exam.exam_id, since=at):
        return
    loops.open_loop(
        tx,
        Opening(
            kind="relook",
            exam_id=exam.exam_id,
            patient_id=exam.patient_id,
            site_id=exam.site_id,
            text=text,
            owner=Owner(exam.reader_id, Role.READER),
        ),
        by=None,
        now=now,
    )

"""What new images of a signed exam start: a loop, which its signer ends with a proof."""

from datetime import datetime

from plateau.kernel.caller import Role
from plateau.kernel.ids import StudyId
from plateau.kernel.words import N_
from plateau.platform.db import Tx
from plateau.reading.loops import service as loops
from plateau.reading.loops.types import Opening, Owner
from plateau.reading.relook import queries


def hear(tx: Tx, study_id: StudyId, *, at: datetime, now: datetime) -> None:
    """Whoever signed the report looks at what came at `at`; safe to run twice.

    An exam that is not signed needs nothing: its reader sees every image.
    """
    exam = queries.signed(tx, study_id)
    if exam is None or queries.is_known(tx, exam.exam_id, since=at):
        return
    loops.open_loop(
        tx,
        Opening(
            kind="relook",
            exam_id=exam.exam_id,
            patient_id=exam.patient_id,
            site_id=exam.site_id,
            text=N_("images came after the report was signed: do they change it?"),
            owner=Owner(exam.reader_id, Role.READER),
        ),
        by=None,
        now=now,
    )

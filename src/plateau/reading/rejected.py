"""Images rejected under a report: it is told, and a reader decides what that changes."""

from datetime import datetime

from plateau.access import service as access
from plateau.access.types import Access
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import ConflictError, InvalidInputError, NotFoundError, RuleBrokenError
from plateau.kernel.ids import ExamId
from plateau.platform.db import Tx
from plateau.reading.queries import rejected, tasks
from plateau.reading.rules import lifecycle
from plateau.reading.types import State, Verdict

_TOLD = (State.READING, State.DRAFT, *lifecycle.DONE)
_LONGEST = 1000  # characters of a reason


def hear(tx: Tx, rejection_id: int) -> None:
    """A report that is written, or being written, awaits a decision; safe to run twice."""
    if rejected.add(tx, rejection_id, states=_TOLD):
        tx.touch("worklist")


def withdraw(tx: Tx, rejection_id: int, *, at: datetime) -> None:
    """The images were brought back: nothing is left to decide; safe to run twice."""
    if rejected.withdraw(tx, rejection_id, at=at):
        tx.touch("worklist")


def decide(
    tx: Tx, caller: Caller, exam_id: ExamId, rejection_id: int, *, said: tuple[str, str],
    now: datetime,
) -> None:  # fmt: skip
    """A reader of the site has decided; ConflictError when somebody has already.

    `said`: the verdict, and why.
    """
    sites = caller.sites_as(Role.READER)
    if not tasks.lock(tx, exam_id=exam_id, sites=sites):
        raise NotFoundError("there is no such exam to read")
    held = tasks.held(tx, exam_id, sites=sites)
    verdict, reason = said[0], said[1].strip()
    if verdict not in set(Verdict):
        raise InvalidInputError("choose what this changes for the report")
    if (verdict == Verdict.SEEN) == (held.state in lifecycle.DONE):
        raise RuleBrokenError("the report has changed state meanwhile: look again")
    if verdict != Verdict.SEEN and not reason:
        raise InvalidInputError("say why: it is kept with the decision")
    if len(reason) > _LONGEST:
        raise InvalidInputError("a reason has {most} characters at most", most=_LONGEST)
    decided = (verdict, reason)
    if not rejected.decide(tx, rejection_id, exam_id, said=decided, by=caller.person_id, at=now):
        raise ConflictError("somebody has decided already, or the images are back")
    done = Access(
        action="report.rejected_images",
        subject=f"exam:{exam_id}",
        patient_id=held.patient_id,
        site_id=held.site_id,
        reason=f"{verdict}: {reason}" if reason else str(verdict),
    )
    access.record(tx, caller, done, at=now)
    tx.touch("worklist")

"""What supervising drafts does on its own."""

from plateau.platform import clock, jobs, runtime
from plateau.reading.assistant.service import supervising
from plateau.reading.events import ReportSigned


@jobs.on(ReportSigned)
def enter_in_ledger(event: ReportSigned) -> None:
    """What became of a draft is written once its exam is signed."""
    with runtime.db().begin() as tx:
        supervising.enter(tx, event.version_id, now=clock.now())

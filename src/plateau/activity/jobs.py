"""What activity hears from below; each is safe to run twice."""

from plateau.activity import service
from plateau.platform import clock, jobs, runtime
from plateau.reading.events import ReportSigned


@jobs.on(ReportSigned)
def count_reading(event: ReportSigned) -> None:
    """A signed final report is one more reading in the ledger."""
    with runtime.db().begin() as tx:
        service.count(tx, version_id=event.version_id, now=clock.now())

"""What exchange hears from below."""

from plateau.exchange import service
from plateau.platform import clock, jobs, runtime
from plateau.reading.events import ReportSigned


@jobs.on(ReportSigned)
def owe_report(event: ReportSigned) -> None:
    """A signed version is owed to the destinations of its site."""
    with runtime.db().begin() as tx:
        service.enqueue(tx, version_id=event.version_id, now=clock.now(), wall=clock.wall())

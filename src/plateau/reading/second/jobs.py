"""What double reading does on its own."""

from plateau.platform import clock, jobs, runtime
from plateau.reading.events import ReportSigned
from plateau.reading.second import drawing


@jobs.on(ReportSigned)
def draw(event: ReportSigned) -> None:
    """A signed report may have to be read again."""
    with runtime.db().begin() as tx:
        drawing.draw(tx, event.version_id, now=clock.now())

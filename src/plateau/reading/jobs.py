"""What reading does on its own."""

from plateau.platform import clock, jobs, runtime
from plateau.reading import service
from plateau.requests.events import ExamComplete


@jobs.on(ExamComplete)
def put_on_worklist(event: ExamComplete) -> None:
    """A complete exam waits for a reader."""
    with runtime.db().begin() as tx:
        service.open_task(tx, exam_id=event.exam_id, now=clock.now())

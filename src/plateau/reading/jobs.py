"""What reading does on its own."""

from plateau.images.events import ImagesRejected, ImagesRestored
from plateau.platform import clock, jobs, runtime
from plateau.reading import entering, rejected
from plateau.requests.events import ExamComplete, QuestionAnswered


@jobs.on(ExamComplete)
def put_on_worklist(event: ExamComplete) -> None:
    """A complete exam waits for a reader."""
    with runtime.db().begin() as tx:
        entering.open_task(tx, exam_id=event.exam_id, now=clock.now())


@jobs.on(QuestionAnswered)
def run_clock_again(event: QuestionAnswered) -> None:
    """The time that an answer took does not count against the reader."""
    with runtime.db().begin() as tx:
        entering.run_clock_again(tx, event.exam_id)


@jobs.on(ImagesRejected)
def tell_the_report(event: ImagesRejected) -> None:
    """Whoever reads or has read the exam hears that images of it are rejected."""
    with runtime.db().begin() as tx:
        rejected.hear(tx, event.rejection_id)


@jobs.on(ImagesRestored)
def tell_the_report_again(event: ImagesRestored) -> None:
    """The same, when they are back."""
    with runtime.db().begin() as tx:
        rejected.withdraw(tx, event.rejection_id, at=event.at)

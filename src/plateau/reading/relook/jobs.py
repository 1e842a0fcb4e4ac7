"""What looking again does on its own."""

from plateau.images.events import StudyComplete, StudyGrew
from plateau.platform import clock, jobs, runtime
from plateau.reading.relook import service


@jobs.on(StudyGrew)
def look_again(event: StudyGrew) -> None:
    """Images came after their study was complete: a signed report may have to change."""
    with runtime.db().begin() as tx:
        service.hear(tx, event.study_id, at=event.at, now=clock.now())


@jobs.on(StudyComplete)
def compare_again(event: StudyComplete) -> None:
    """An earlier study of a patient came: what was signed without it may have to change."""
    with runtime.db().begin() as tx:
        service.hear_prior(tx, event.study_id, at=event.at, now=clock.now())

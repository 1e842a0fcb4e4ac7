"""Hears the hub: what machines did to the planned exams; safe to run twice."""

from plateau.images.events import StepEnded, StepStarted, StudyComplete
from plateau.platform import jobs, runtime
from plateau.requests import machines


@jobs.on(StepStarted)
def exam_started(event: StepStarted) -> None:
    """The exam is in progress."""
    with runtime.db().begin() as tx:
        machines.step_started(tx, event)


@jobs.on(StepEnded)
def exam_acquired(event: StepEnded) -> None:
    """The exam is acquired, or was given up."""
    with runtime.db().begin() as tx:
        machines.step_ended(tx, event)


@jobs.on(StudyComplete)
def exam_complete(event: StudyComplete) -> None:
    """The exam can be read."""
    with runtime.db().begin() as tx:
        machines.study_complete(tx, event)

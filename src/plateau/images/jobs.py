"""What the image hub hears of itself."""

from plateau.images import keeper
from plateau.images.events import (
    ForwardAsked,
    ImagesRejected,
    ImagesRestored,
    ImportAsked,
    StudyComplete,
    StudyGrew,
)
from plateau.images.forward import service as routing
from plateau.images.importing import queries as imports
from plateau.images.importing import work as importing
from plateau.images.retrieve import describing
from plateau.platform import clock, jobs, runtime


@jobs.on(StudyComplete)
def plan_forwarding(event: StudyComplete) -> None:
    """A complete study waits to be sent on where the routes say."""
    with runtime.db().begin() as tx:
        routing.plan(tx, event, now=clock.now())


@jobs.on(StudyGrew)
def forward_late(event: StudyGrew) -> None:
    """What came after a study was sent on is sent too."""
    with runtime.db().begin() as tx:
        routing.renew(tx, study_id=event.study_id, now=clock.now())


@jobs.on(ImagesRejected)
def forward_note(event: ImagesRejected) -> None:
    """Whoever has the study hears that images of it are rejected."""
    with runtime.db().begin() as tx:
        routing.renew(tx, study_id=event.study_id, now=clock.now())


@jobs.on(ImagesRestored)
def forward_again(event: ImagesRestored) -> None:
    """Whoever has the study, and perhaps not these images, is sent all of it."""
    with runtime.db().begin() as tx:
        routing.renew(tx, study_id=event.study_id, now=clock.now(), is_whole=True)


@jobs.on(ForwardAsked)
def forward(event: ForwardAsked) -> None:
    """Send one study to one system; tried again when it does not answer."""
    ours = runtime.settings_in_use().ae_title
    routing.send(runtime.db(), runtime.blobs(), event, ours=ours, now=clock.now())


@jobs.on(ImportAsked)
def read_in(event: ImportAsked) -> None:
    """Uploaded files, or those whose patient is now known, are kept.

    A folder is read by the command, on the machine where it is.
    """
    with runtime.db().begin() as tx:
        one = imports.one(tx, event.import_id)
    importing.run(runtime.db(), runtime.blobs(), keeper.in_use(), one, may_read=not one.folder)


@jobs.on(StudyComplete)
def describe(event: StudyComplete) -> None:
    """Whoever opens the study finds its metadata ready."""
    with runtime.db().begin() as tx:
        describing.prepare(tx, study_id=event.study_id, patient_id=event.patient_id)

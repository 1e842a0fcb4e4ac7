"""What the image hub hears of itself."""

from plateau.images import keeper
from plateau.images.availability import service as availability
from plateau.images.commitment import service as commitment
from plateau.images.events import (
    AvailabilityChanged,
    ColdStudyOpened,
    CommitmentRefused,
    CommitmentWanted,
    FetchAsked,
    ForwardAsked,
    ImagesRejected,
    ImagesRestored,
    ImportAsked,
    StrangerRecognised,
    StudyComplete,
    StudyForwarded,
    StudyGrew,
)
from plateau.images.fetch import work as fetching
from plateau.images.forward import service as routing
from plateau.images.importing import queries as imports
from plateau.images.importing import work as importing
from plateau.images.recognition import service as recognising
from plateau.images.retrieve import describing
from plateau.images.tiers import service as tiers
from plateau.images.upkeep import service as upkeep
from plateau.kernel.ids import StudyId
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


@jobs.on(ColdStudyOpened)
def bring_back(event: ColdStudyOpened) -> None:
    """A study that somebody looks at comes back from the second store, where there is room."""
    upkeep.check_space(runtime.settings_in_use())
    tiers.bring_back(runtime.db(), runtime.blobs(), event.study_id, now=clock.now())


@jobs.on(StudyForwarded)
def plan_commitment(event: StudyForwarded) -> None:
    """An archive that was sent a study is asked to answer for it."""
    with runtime.db().begin() as tx:
        commitment.plan(tx, event, now=clock.now())


@jobs.on(CommitmentWanted)
def ask_commitment(event: CommitmentWanted) -> None:
    """Ask it; tried again when it does not answer."""
    ours = runtime.settings_in_use().ae_title
    commitment.ask(runtime.db(), event, ours=ours, clock=clock.now)


@jobs.on(CommitmentRefused)
def send_what_is_missing(event: CommitmentRefused) -> None:
    """What an archive does not have is sent again."""
    with runtime.db().begin() as tx:
        routing.send_whole(tx, study_id=event.study_id, ae_title=event.ae_title, now=clock.now())


@jobs.on(StudyComplete)
def tell_of_complete(event: StudyComplete) -> None:
    """Whoever wants to know is told that a study can be had."""
    _plan_availability(event.study_id)


@jobs.on(StudyForwarded)
def tell_of_forwarded(event: StudyForwarded) -> None:
    """The same, once another system has it too."""
    _plan_availability(event.study_id)


@jobs.on(StudyGrew)
def tell_of_grown(event: StudyGrew) -> None:
    """The same, when more came."""
    _plan_availability(event.study_id)


@jobs.on(ImagesRejected)
def tell_of_rejected(event: ImagesRejected) -> None:
    """The same, when some of it is hidden."""
    _plan_availability(event.study_id)


@jobs.on(ImagesRestored)
def tell_of_restored(event: ImagesRestored) -> None:
    """The same, when it is shown again."""
    _plan_availability(event.study_id)


@jobs.on(AvailabilityChanged)
def tell_availability(event: AvailabilityChanged) -> None:
    """Tell one system; tried again when it does not answer."""
    ours = runtime.settings_in_use().ae_title
    availability.tell(runtime.db(), event, ours=ours, now=clock.now())


@jobs.on(FetchAsked)
def fetch(event: FetchAsked) -> None:
    """Fetch a study from another system; tried again when it does not answer."""
    ours = runtime.settings_in_use().ae_title
    fetching.run(runtime.db(), keeper.in_use(), event, ours=ours, now=clock.now())


@jobs.on(ImportAsked)
def read_in(event: ImportAsked) -> None:
    """Uploaded files, or those whose patient is now known, are kept.

    A folder is read by the command, on the machine where it is.
    """
    with runtime.db().begin() as tx:
        one = imports.one(tx, event.import_id)
    importing.run(runtime.db(), runtime.blobs(), keeper.in_use(), one, may_read=not one.folder)


@jobs.on(StrangerRecognised)
def index_what_waited(event: StrangerRecognised) -> None:
    """What another institution sent of somebody who is known by now is indexed."""
    recognising.index(runtime.db(), runtime.blobs(), keeper.in_use(), event.stranger_id)


@jobs.on(StudyComplete)
def describe(event: StudyComplete) -> None:
    """Whoever opens the study finds its metadata ready."""
    with runtime.db().begin() as tx:
        describing.prepare(tx, study_id=event.study_id, patient_id=event.patient_id)


def _plan_availability(study_id: StudyId) -> None:
    with runtime.db().begin() as tx:
        availability.plan(tx, study_id, now=clock.now())

"""What happened to images, for the features above."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from plateau.kernel.ids import PatientId, SiteId, StudyId


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted:
    """A machine has begun to acquire."""

    step_uid: str
    study_uid: str
    ae_title: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEnded:
    """A machine has closed its procedure step: `state` is COMPLETED or DISCONTINUED."""

    step_uid: str
    study_uid: str
    ae_title: str
    state: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyComplete:
    """Every image that was announced is durable; said once for each study."""

    study_id: StudyId
    study_uid: str
    patient_id: PatientId
    site_id: SiteId
    instances: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyGrew:
    """Instances came after their study was complete."""

    study_id: StudyId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagesRejected:
    """A rejection note was stored: what it names is hidden. `code` is of PS3.16, CID 7010."""

    rejection_id: int
    study_id: StudyId
    study_uid: str
    site_id: SiteId
    code: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagesRestored:
    """A person has brought rejected images back."""

    rejection_id: int
    study_id: StudyId
    study_uid: str
    site_id: SiteId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ColdStudyOpened:
    """Somebody looks at a study, or is sent it, that is in the second store."""

    study_id: StudyId


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentAsked:
    """A machine asks us to answer for instances before it deletes them."""

    commitment_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportAsked:
    """Uploaded files are to be read in, or files whose patient has become known."""

    import_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class StrangerRecognised:
    """A person has said who somebody of another institution is: what waits can be indexed."""

    stranger_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyForwarded:
    """Another system has been sent all of a study."""

    study_id: StudyId
    ae_title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentWanted:
    """Another system is to be asked whether it answers for what it was sent."""

    transaction_uid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentRefused:
    """Another system does not answer for all of a study that it was sent."""

    study_id: StudyId
    ae_title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilityChanged:
    """Another system is to be told what of a study can be had here."""

    study_id: StudyId
    ae_title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchAsked:
    """A study is to be fetched from another system."""

    fetch_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardAsked:
    """A complete study is to be sent on to another DICOM system."""

    study_id: StudyId
    ae_title: str

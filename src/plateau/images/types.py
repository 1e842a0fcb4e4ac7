"""What the hub keeps, and where it came from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from plateau.kernel.errors import ConflictError, InvalidInputError, NotFoundError, PlateauError
from plateau.kernel.ids import PatientId, SiteId, StudyId

Json = Mapping[str, Any]  # a data set in the DICOM JSON model, PS3.18 annex F

IN_PROGRESS = "IN PROGRESS"
COMPLETED = "COMPLETED"
DISCONTINUED = "DISCONTINUED"
_WITHOUT_PICTURES = frozenset(
    ["SR", "KO", "PR", "DOC", "PLAN", "AU", "REG", "FID", "RTPLAN", "RTSTRUCT", "RTRECORD"]
)


class MissingAttributeError(InvalidInputError):
    """A machine left out what it must say of its procedure step."""


class OtherObjectError(InvalidInputError):
    """A data set is not the instance that was announced. Source: PS3.4, table B.2-1."""


class UnknownPatientError(NotFoundError):
    """Nobody here is known by the identifier that an object gives its patient."""


class OtherContentError(ConflictError):
    """Another object is stored under this SOP Instance UID. Source: PS3.5, chapter 9."""


class StepTakenError(ConflictError):
    """A procedure step of that UID has begun already: a repeated message, most often."""


class StepClosedError(ConflictError):
    """A closed procedure step never changes again."""


@dataclass(frozen=True, slots=True)
class Coercion:
    """How what a system sends is meant; what is empty changes nothing."""

    issuer: str = ""  # of its patients' identifiers
    character_set: str = ""  # when none is said, or one that cannot be
    accession_prefix: str = ""


AS_SENT = Coercion()


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who sends, whatever the protocol."""

    ae_title: str
    address: str
    protocol: str = "dimse"
    account: str = ""  # of the person, where somebody was signed in
    site_id: SiteId | None = None  # for which somebody had it fetched or read in
    issuer: str = ""  # of the patients' identifiers, where that person said so

    def __str__(self) -> str:
        who = f" by {self.account}" if self.account else ""
        return f"{self.protocol}:{self.ae_title}@{self.address}{who}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What the hub indexes of one instance; `metadata` is its JSON, without bulk data."""

    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    study_uid: str
    series_uid: str
    local_id: str
    issuer: str  # of the local identifier, if another than the sender's site
    accession_number: str
    study_description: str
    series_description: str
    modality: str
    series_number: int | None
    instance_number: int | None
    frames: int
    rows: int | None
    columns: int | None
    started: datetime | None  # as the machine's wall clock showed it: no time zone
    pixel_offset: int | None
    frame_bytes: int | None
    metadata: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """An instance whose bytes are durable, and that no row points at yet."""

    header: Header
    blob_key: str
    size: int
    origin: Origin
    is_expected: bool = False  # its series was asked about a moment ago, and is there


@dataclass(frozen=True, slots=True)
class Standing:
    """What is already known about an instance that arrives, and about its sender."""

    place: int
    site_id: SiteId
    time_zone: str
    patient_id: PatientId | None
    study_id: StudyId | None
    study_patient_id: PatientId | None
    series_study_id: StudyId | None
    blob_key: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A series that an instance needs, in a study that may be new as well."""

    header: Header
    standing: Standing
    ae_title: str
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Opened:
    """How many studies and series were not there yet."""

    studies: int
    series: int


@dataclass(frozen=True, slots=True)
class Study:
    """A study as other features see it; `announced` is None until closed steps say a number."""

    study_id: StudyId
    study_uid: str
    patient_id: PatientId
    site_id: SiteId
    site_name: str
    time_zone: str
    accession_number: str
    description: str
    modalities: list[str]
    started_at: datetime | None
    state: str
    announced: int | None
    instances: int
    series: int
    first_instance_at: datetime
    complete_at: datetime | None


@dataclass(frozen=True, slots=True)
class Counts:
    """The counters of a study after instances were added, which are `uids`."""

    uids: list[str]
    study_id: StudyId
    added: int
    instances: int
    announced: int | None
    state: str
    hidden: int  # of the study: those that were rejected, and the notes that say so


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a study is: what machines announced, what is stored."""

    study_id: StudyId
    state: str
    open_steps: int
    announced: int
    missing: int  # announced and not stored
    stored: int
    quiet_at: datetime


@dataclass(frozen=True, slots=True)
class Completed:
    """A study that has just been completed."""

    study_id: StudyId
    study_uid: str
    patient_id: PatientId
    site_id: SiteId
    instances: int


@dataclass(frozen=True, slots=True)
class Step:
    """A modality performed procedure step."""

    step_uid: str
    study_uid: str
    ae_title: str
    state: str
    attributes: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """What a dose report says of an exam; None when it does not say.

    Units: mGy; mGy·cm; mGy·cm².
    """

    ctdi_vol_mgy: float | None
    dlp_mgy_cm: float | None
    dap_mgy_cm2: float | None
    device: str


@dataclass(frozen=True, slots=True)
class Visible:
    """A study that the caller may see, and whether the audit trail already says that they do."""

    study_id: StudyId
    study_uid: str
    patient_id: PatientId
    site_id: SiteId
    is_cold: bool  # in the second store, or on its way there
    is_audited: bool


@dataclass(frozen=True, slots=True)
class Series:
    """A series of a study."""

    study_uid: str
    series_uid: str
    modality: str
    number: int | None
    description: str
    instances: int

    @property
    def has_pictures(self) -> bool:
        """Whether it holds something to look at, and not only words or marks."""
        return self.modality not in _WITHOUT_PICTURES


@dataclass(frozen=True, slots=True)
class Instance:
    """Where an instance and its pixels lie."""

    sop_instance_uid: str
    sop_class_uid: str
    series_uid: str
    transfer_syntax_uid: str
    number: int | None
    frames: int
    rows: int | None
    columns: int | None
    blob_key: str
    digest: str
    bytes: int
    pixel_offset: int | None
    frame_bytes: int | None  # when frames lie one after the other


class NotAcceptableError(PlateauError):
    """What was asked exists, but in none of the forms that the caller accepts."""

    code: ClassVar[str] = "not_acceptable"

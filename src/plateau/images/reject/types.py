"""What a rejection note says, and what became of it."""

from dataclasses import dataclass
from datetime import datetime

from plateau.kernel.ids import PatientId, SiteId, StudyId

QUALITY, SAFETY, WORKLIST, EXPIRED = "113001", "113037", "113038", "113039"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a rejection note names: in its own study, and in others that get no note of theirs."""

    code: str
    text: str
    uids: tuple[str, ...]
    elsewhere: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person wants rejected, and why; without series, the whole study."""

    code: str
    text: str = ""
    series_uid: str = ""
    numbers: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """An instance that a note can name."""

    study_uid: str
    series_uid: str
    sop_class_uid: str
    sop_instance_uid: str
    number: int | None
    metadata: str


@dataclass(frozen=True, slots=True)
class Hidden:
    """An instance that a note hides, for those who may look at it all the same."""

    sop_instance_uid: str
    series_number: int | None
    series_description: str
    modality: str
    number: int | None
    frames: int
    has_pixels: bool
    blob_key: str


@dataclass(frozen=True, slots=True)
class Place:
    """The study of a note."""

    study_id: StudyId
    study_uid: str
    patient_id: PatientId
    site_id: SiteId


@dataclass(frozen=True, slots=True)
class Rejection:
    """A note that was applied; `hidden` is how many instances it named that are stored."""

    rejection_id: int
    study_id: StudyId
    study_uid: str
    patient_id: PatientId
    site_id: SiteId
    site_name: str
    accession_number: str
    is_shown: bool  # something of the study is
    code: str
    text: str
    named: int
    hidden: int
    origin: str
    account: str | None
    at: datetime
    undone_at: datetime | None
    undone_by: str | None
    undone_reason: str | None

    @property
    def sender(self) -> str:
        """The AE title that sent the note."""
        return self.origin.partition(":")[2].partition("@")[0]

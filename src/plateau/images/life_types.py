"""What keepers of the hub see: who sends, what is held, what is stored, what is sent on."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from plateau.kernel.ids import PatientId, SiteId, StudyId


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A machine or another DICOM system, and what was last seen of it; it may have no address."""

    ae_title: str
    name: str
    site_name: str | None
    modality: str | None  # of a machine
    host: str | None
    port: int | None
    may_store: bool
    may_query: bool
    may_retrieve: bool
    uses_tls: bool
    last_seen_at: datetime | None
    instances_today: int
    bytes_today: int
    refusals_today: int
    last_refusal: str | None
    last_refusal_at: datetime | None
    last_echo_at: datetime | None
    last_echo_ok: bool | None
    last_error: str | None


@dataclass(frozen=True, slots=True)
class Address:
    """Where another DICOM system answers."""

    ae_title: str
    host: str
    port: int
    uses_tls: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo:
    """What became of a test: how long the answer took, or in words why there was none."""

    ae_title: str
    took: timedelta | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """Bytes that came under the UID of an instance stored with others."""

    quarantine_id: int
    sop_instance_uid: str
    study_id: StudyId
    study_site_id: SiteId
    patient_id: PatientId
    site_id: SiteId
    site_name: str
    blob_key: str
    kept_key: str
    bytes: int
    ae_title: str
    origin: str
    reason: str
    held_at: datetime
    last_at: datetime
    times: int
    state: str
    new_uid: str | None
    resolved_by: str | None
    resolved_at: datetime | None
    resolved_reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of what is held (kept_old, replaced or discarded), and why."""

    state: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One attribute of what is stored and of what came; None where it is absent."""

    name: str
    kept: str | None
    sent: str | None

    @property
    def differs(self) -> bool:
        """Whether they are not the same."""
        return self.kept != self.sent


@dataclass(frozen=True, slots=True)
class Usage:
    """What is stored of a site and a modality; `recent` is what came in the last seven days."""

    site_name: str
    modality: str
    instances: int
    bytes: int
    recent_bytes: int
    first_on: date
    last_on: date


@dataclass(frozen=True, slots=True)
class Growth:
    """What came on a day."""

    day: date
    instances: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Sweep:
    """One pass over what is stored."""

    sweep_id: int
    started_at: datetime
    looked_at: datetime
    finished_at: datetime | None
    reached: str
    checked: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Kept:
    """An instance to check."""

    sop_instance_uid: str
    blob_key: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Damage:
    """An instance whose bytes are not what was stored; `kind` is missing or altered."""

    sop_instance_uid: str
    study_id: StudyId
    site_name: str
    kind: str
    found_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """Room on the disk of the object store, and below how much storing is refused.

    Units: bytes.
    """

    total: int
    free: int
    least: int

    @property
    def is_short(self) -> bool:
        """Whether storing is refused."""
        return self.free < self.least


@dataclass(frozen=True, slots=True)
class Forwarding:
    """A study on its way to another DICOM system."""

    study_id: StudyId
    ae_title: str
    peer_name: str
    site_name: str
    accession_number: str
    state: str
    attempts: int
    sent: int
    instances: int
    asked_at: datetime
    done_at: datetime | None
    last_error: str | None


@dataclass(frozen=True, slots=True)
class Parcel:
    """An instance to send on."""

    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    blob_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody looks for among studies; an empty field lets everything through."""

    name: str = ""
    local_id: str = ""
    accession_number: str = ""
    modality: str = ""
    site_id: UUID | None = None
    since: date | None = None
    until: date | None = None
    page: int = 1


@dataclass(frozen=True, slots=True)
class Person:
    """The patient of a study."""

    surname: str
    first_name: str
    birth_on: date
    sex: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A study as the browser lists it."""

    study_id: StudyId
    study_uid: str
    patient_id: PatientId
    surname: str
    first_name: str
    birth_on: date
    sex: str
    site_name: str
    accession_number: str
    description: str
    modalities: list[str]
    started_at: datetime | None
    state: str
    instances: int
    bytes: int

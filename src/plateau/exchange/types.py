"""Exchange: what is owed to other systems, what they answered, what they announce."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from plateau.kernel.ids import DeliveryId, DestinationId, ExamId, PatientId, SiteId, VersionId
from plateau.patients.types import Patient
from plateau.reading.types import SignedReport
from plateau.territory.types import Site


class State(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    REFUSED = "refused"  # given up on, until a person has it tried again
    WITHDRAWN = "withdrawn"  # never sent: the report was retracted before


class Outcome(StrEnum):
    """How one attempt ended."""

    ACCEPTED = "AA"
    ERROR = "AE"
    REJECTED = "AR"
    SILENCE = "silence"
    UNREACHABLE = "unreachable"
    MALFORMED = "malformed"
    UNREADY = "unready"  # our own document could not be fetched


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How an attempt ended, and what the other side said of it."""

    outcome: Outcome
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Signed:
    """A version that somebody signed for a site."""

    version_id: VersionId
    exam_id: ExamId
    site_id: SiteId
    kind: str
    signed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A delivery to be recorded."""

    delivery_id: DeliveryId
    destination_id: DestinationId
    version_id: VersionId
    control_id: str


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send to one destination, until it runs out."""

    destination_id: DestinationId
    number: int


@dataclass(frozen=True, slots=True)
class Tally:
    """How often a receiver that was there did not accept a message."""

    faults: int
    rejections: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """How far the last version of a report has come."""

    exam_id: ExamId
    is_delivered: bool  # to every system that it is owed to, of which there is one at least
    is_acknowledged: bool  # somebody who asked for it has read it


@dataclass(frozen=True, slots=True)
class Letter:
    """One report on its way to one destination: all that the message holds but the PDF."""

    delivery_id: DeliveryId
    version_id: VersionId
    control_id: str
    created_at: datetime
    site_id: SiteId
    host: str
    port: int
    application: str
    facility: str
    site_code: str
    patient_id: PatientId
    local_id: str | None
    surname: str
    first_name: str
    birth_on: date
    sex: str
    accession_number: str
    study_uid: str
    exam_code: str
    exam_name: str
    modality: str
    observed_at: datetime
    requester_name: str
    aim: str
    kind: str
    follows: bool  # a final version came before
    reason: str
    indication: str
    technique: str
    result: str
    conclusion: str
    signed_at: datetime
    signer_name: str
    signer_rpps: str | None
    document_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt as it ended."""

    claim: Claim
    letter: Letter
    answer: Answer
    at: datetime
    wall: datetime


@dataclass(frozen=True, slots=True)
class Trouble:
    """A destination that does not acknowledge what is owed to it."""

    destination_id: DestinationId
    code: str
    site_name: str
    waiting: int
    refused: int
    since: datetime
    attempts: int
    outcome: str
    detail: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A line of the list of deliveries."""

    delivery_id: DeliveryId
    exam_id: ExamId
    accession_number: str
    number: int
    destination: str
    site_name: str
    state: str
    attempts: int
    created_at: datetime
    delivered_at: datetime | None
    outcome: str
    detail: str


@dataclass(frozen=True, slots=True)
class Result:
    """The last signed version of an exam's report, as its requesters list it."""

    version_id: VersionId
    exam_id: ExamId
    urgency: str
    surname: str
    first_name: str
    birth_on: date
    sex: str
    exam_name: str
    site_name: str
    number: int
    kind: str
    reason: str
    signed_at: datetime
    signer_name: str
    conclusion: str
    read_at: datetime | None
    read_by: str | None


@dataclass(frozen=True, slots=True)
class Pending:
    """An exam asked for whose report is not signed yet."""

    exam_id: ExamId
    urgency: str
    surname: str
    first_name: str
    birth_on: date
    sex: str
    exam_name: str
    site_name: str
    state: str
    asked_at: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where a version stands with one destination."""

    destination: str
    state: str
    delivered_at: datetime | None
    outcome: str


@dataclass(frozen=True, slots=True)
class ExamReceipt:
    """Where one version of an exam's report stands with one destination."""

    number: int
    destination: str
    state: str
    delivered_at: datetime | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Somebody took note of a version."""

    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Link:
    """One version among those of the same report."""

    version_id: VersionId
    number: int
    kind: str
    reason: str
    signed_at: datetime
    signer_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenReport:
    """A version with all that its requesters see beside it."""

    report: SignedReport
    patient: Patient
    site: Site
    chain: list[Link]
    readers: list[Reading]
    receipts: list[Receipt]

    @property
    def latest(self) -> Link:
        """The version that holds now."""
        return self.chain[-1]


@dataclass(frozen=True, slots=True)
class Facility:
    """A site, as a message that comes from it is understood."""

    site_id: SiteId
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Who sends a message, which, and under what number."""

    application: str
    facility: str
    kind: str
    event: str
    control_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A patient as a site announces them."""

    local_id: str
    surname: str
    first_name: str
    birth_on: date
    sex: str

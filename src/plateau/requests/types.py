"""What requests speak about: a request, the exam it leads to, and how both change."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from plateau.kernel.ids import DeviceId, ExamId, PatientId, PersonId, RequestId, SiteId
from plateau.patients.types import Patient
from plateau.territory.types import Device, ExamType, Site


class RequestState(StrEnum):
    """Where a request stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    TRIAGED = "triaged"  # a duty reader has opened it
    INFORMATION_ASKED = "information_asked"
    ACCEPTED = "accepted"
    SUBSTITUTED = "substituted"
    REFUSED = "refused"
    SCHEDULED = "scheduled"  # accepted, and the exam has an hour of its own
    CANCELLED = "cancelled"


class RequestEvent(StrEnum):
    """What may happen to a request."""

    SUBMIT = "submit"
    TRIAGE = "triage"
    ASK = "ask"
    ANSWER = "answer"
    ACCEPT = "accept"
    SUBSTITUTE = "substitute"
    REFUSE = "refuse"
    SCHEDULE = "schedule"
    CANCEL = "cancel"
    OVERRIDE = "override"  # vital risk: the exam may be acquired before acceptance


class ExamState(StrEnum):
    """Where an exam stands."""

    PLANNED = "planned"
    ARRIVED = "arrived"
    IN_PROGRESS = "in_progress"
    ACQUIRED = "acquired"
    TRANSFERRING = "transferring"
    RECALLED = "recalled"  # a reader misses images: more are to come
    COMPLETE = "complete"
    REJECTED = "rejected"  # every image of it was rejected
    CANCELLED = "cancelled"


class ExamEvent(StrEnum):
    """What may happen to an exam; the machines say most of it."""

    PLAN = "plan"
    ARRIVE = "arrive"
    START = "start"
    DISCONTINUE = "discontinue"
    ACQUIRE = "acquire"
    TRANSFER = "transfer"
    COMPLETE = "complete"
    RECALL = "recall"
    REJECT = "reject"
    CANCEL = "cancel"


class Item(StrEnum):
    """The nine minimum items of a request.

    Source: code de la santé publique R.1333-52 and R.1333-53, as listed by ANS TLR.
    """

    ADMINISTRATIVE = "administrative"
    CONTEXT = "context"
    AIM = "aim"
    REGION = "region"
    RISKS = "risks"
    EARLIER = "earlier"
    TECHNIQUE = "technique"
    DELAY = "delay"
    INFORMED = "informed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A request as its form holds it: texts, not yet checked."""

    site_id: SiteId | None = None
    local_id: str = ""
    surname: str = ""
    first_name: str = ""
    birth_on: str = ""
    sex: str = ""
    callback_phone: str = ""
    urgency: str = ""
    exam_code: str = ""
    context: str = ""
    aim: str = ""
    region: str = ""
    risks: str = ""
    pregnancy: str = ""
    allergy: str = ""
    renal: str = ""
    implant: str = ""
    earlier: str = ""
    technique: str = ""
    wished_delay: str = ""
    informed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """Who sends a form, when, for whom; `key` is the form's own, so that it makes one request."""

    request_id: RequestId
    patient_id: PatientId
    requester_id: PersonId
    key: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """What a machine did without an accepted request, or a request called off too late.

    `key` tells it from the others.
    """

    key: str
    kind: str
    at: datetime
    site_id: SiteId
    ae_title: str
    exam_id: ExamId | None


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a form cannot be sent: which field of which item, in a sentence."""

    item: Item
    field: str
    text: str


class DecisionKind(StrEnum):
    """What a duty reader may answer to a request."""

    ACCEPT = "accept"
    SUBSTITUTE = "substitute"
    ASK = "ask"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The answer of a duty reader: `text` is the reason or the question."""

    kind: DecisionKind
    protocol: str = ""
    exam_code: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """An imaging request."""

    request_id: RequestId
    state: str
    site_id: SiteId
    requester_id: PersonId
    patient_id: PatientId
    urgency: str
    exam_code: str
    context: str
    aim: str
    region: str
    risks: str
    pregnancy: str
    allergy: str
    renal: str
    implant: str
    earlier: str
    technique: str
    wished_delay: str
    informed: bool
    callback_phone: str
    submitted_at: datetime | None
    decided_at: datetime | None
    decided_by: PersonId | None
    decision_reason: str
    override_reason: str | None


@dataclass(frozen=True, slots=True)
class Exam:
    """A planned exam and how far it went."""

    exam_id: ExamId
    request_id: RequestId
    site_id: SiteId
    patient_id: PatientId
    device_id: DeviceId
    exam_code: str
    urgency: str
    accession_number: str
    study_uid: str
    protocol: str
    state: str
    planned_at: datetime
    arrived_at: datetime | None
    started_at: datetime | None
    acquired_at: datetime | None
    complete_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the report of an exam depends on: acceptance (or override), and images."""

    allowed: bool
    complete: bool
    begun: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamSheet:
    """Everything a reader, or the printed report, needs around one exam."""

    exam: Exam
    request: Request
    patient: Patient
    local_id: str | None
    site: Site
    device: Device
    exam_type: ExamType
    requester_name: str
    decided_by_name: str | None


@dataclass(frozen=True, slots=True)
class Transition:
    """One change of state of a request or of an exam."""

    machine: str
    subject_id: UUID
    event: str
    from_state: str | None
    to_state: str
    at: datetime
    person_id: PersonId | None
    role: str | None
    site_id: SiteId
    cause: str


@dataclass(frozen=True, slots=True)
class Message:
    """A question or an answer on a request."""

    at: datetime
    person_id: PersonId
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """Something a reader asked about an exam, and its answer if there is one."""

    question_id: int
    exam_id: ExamId
    accession_number: str
    cause: str
    owner: str
    stops_clock: bool
    text: str
    asked_at: datetime
    asked_by: str
    answer: str
    answered_at: datetime | None
    answered_by: str | None

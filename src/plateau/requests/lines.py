"""Rows of the lists that people and machines look at, of requests and exams."""

from dataclasses import dataclass
from datetime import date, datetime

from plateau.kernel.ids import ExamId, RequestId, SiteId


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """A transition as people read it."""

    machine: str
    event: str
    to_state: str
    at: datetime
    name: str | None
    cause: str


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request in a list, with the exam it led to."""

    request_id: RequestId
    state: str
    site_name: str
    urgency: str
    exam_code: str
    exam_name: str
    exam_name_en: str
    modality: str
    proposed_protocol: str
    surname: str
    first_name: str
    birth_on: date
    sex: str
    context: str
    aim: str
    pregnancy: str
    allergy: str
    renal: str
    implant: str
    requester_name: str
    callback_phone: str
    submitted_at: datetime
    overridden: bool
    exam_id: ExamId | None
    exam_state: str | None


@dataclass(frozen=True, slots=True)
class ExamRow:
    """An exam in the list of a machine."""

    exam_id: ExamId
    request_id: RequestId
    state: str
    request_state: str
    site_name: str
    device_name: str
    ae_title: str
    urgency: str
    exam_name: str
    exam_name_en: str
    accession_number: str
    surname: str
    first_name: str
    birth_on: date
    sex: str
    protocol: str
    planned_at: datetime
    arrived_at: datetime | None
    started_at: datetime | None
    acquired_at: datetime | None
    complete_at: datetime | None
    override_reason: str | None
    instances: int | None
    announced: int | None


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """Something a machine did without an accepted request."""

    incident_id: int
    kind: str
    at: datetime
    site_name: str
    ae_title: str
    exam_id: ExamId | None
    request_id: RequestId | None


@dataclass(frozen=True, slots=True)
class QueueCell:
    """How many requests and exams of a site and urgency are not yet complete, and how old."""

    site_id: SiteId
    site_name: str
    urgency: str
    waiting: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True)
class StateCount:
    """How many exams of a site are in a state."""

    site_id: SiteId
    state: str
    exams: int


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A request or exam whose images are not all there yet, as the control desk lists it."""

    request_id: RequestId
    stage: str  # state of the exam, or of the request that has none
    site_id: SiteId
    site_name: str
    modality: str
    urgency: str
    exam_name: str
    exam_name_en: str
    surname: str
    first_name: str
    birth_on: date
    sex: str
    since: datetime


@dataclass(frozen=True, slots=True)
class ScheduledExam:
    """An exam as a machine's worklist shows it."""

    exam_id: ExamId
    state: str
    urgency: str
    accession_number: str
    study_uid: str
    protocol: str
    planned_at: datetime
    time_zone: str
    ae_title: str
    modality: str
    device_name: str
    exam_code: str
    exam_name: str
    site_name: str
    site_code: str
    local_id: str | None
    surname: str
    first_name: str
    birth_on: date
    sex: str
    requester_name: str
    aim: str
    risks: str
    pregnancy: str
    allergy: str
    renal: str
    implant: str

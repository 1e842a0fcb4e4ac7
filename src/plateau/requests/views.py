"""What each page of requests shows, gathered in one transaction and audited with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from plateau.access import service as access
from plateau.access.types import Access
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import InvalidInputError, NotFoundError
from plateau.kernel.ids import RequestId, SiteId
from plateau.kernel.time import instant, local
from plateau.kernel.urgency import Urgency
from plateau.patients import service as patients
from plateau.patients.types import Patient
from plateau.planning import service as planning
from plateau.planning.types import Coverage, OnCall, OnDuty, Operator
from plateau.platform.db import Tx
from plateau.requests import questions, service
from plateau.requests.lines import (
    ExamRow,
    IncidentRow,
    QueueCell,
    RequestRow,
    TimelineRow,
    WaitingRow,
)
from plateau.requests.queries import lists, rows
from plateau.requests.rules import delays, lifecycle
from plateau.requests.rules.delays import Wait
from plateau.requests.types import (
    Exam,
    ExamState,
    Message,
    Question,
    Request,
    RequestEvent,
    RequestState,
)
from plateau.territory import service as territory
from plateau.territory.types import DelayTarget, ExamType, Site

_DAY = timedelta(hours=24)
_ROWS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """What a duty reader has to decide: the sites they answer for, and the requests of those."""

    requests: Sequence[RequestRow]
    sites: Sequence[Site]
    duty: OnDuty | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """One request with everything that happened to it, and what the caller may do now."""

    row: RequestRow
    request: Request
    patient: Patient
    local_id: str | None
    exam: Exam | None
    decided_by: str | None
    timeline: Sequence[TimelineRow]
    messages: Sequence[Message]
    may: frozenset[str]
    on_duty: Sequence[Coverage | Operator]
    exam_types: Sequence[ExamType]
    questions: Sequence[Question]
    answers_as: frozenset[Role]


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One machine and its exams of the day."""

    site_name: str
    name: str
    ae_title: str
    exams: Sequence[ExamRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquisition:
    """What a technologist works with."""

    machines: Sequence[Machine]
    to_accept: Sequence[RequestRow]
    incidents: Sequence[IncidentRow]
    arriving_sites: frozenset[SiteId]
    questions: Sequence[Question]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Something that waits, and for how long."""

    row: WaitingRow
    wait: Wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """What a coordinator watches."""

    sites: Sequence[Site]
    queue: Mapping[tuple[SiteId, str], tuple[QueueCell, Wait]]
    waiting: Sequence[Waiting]
    states: Mapping[tuple[SiteId, str], int]
    on_call: Sequence[OnCall]
    incidents: Sequence[IncidentRow]


def of_caller(tx: Tx, caller: Caller) -> list[RequestRow]:
    """The requests of the sites where the caller asks, coordinates or acquires."""
    roles = (Role.REQUESTER, Role.COORDINATOR, Role.TECHNOLOGIST)
    return lists.of_sites(tx, sites=caller.sites_as(*roles), limit=_ROWS)


def inbox(tx: Tx, caller: Caller, *, now: datetime) -> Inbox:
    """The requests of the sites that the caller answers for now."""
    covered = planning.sites_on_duty(tx, person_id=caller.person_id, at=now)
    sites = caller.sites_as(Role.READER) & covered.keys()
    return Inbox(
        requests=lists.to_decide(tx, sites=sites, limit=_ROWS),
        sites=territory.sites(tx, ids=sites),
        duty=next((duty for site_id, duty in covered.items() if site_id in sites), None),
    )


def dossier(tx: Tx, request_id: RequestId, caller: Caller, *, now: datetime) -> Dossier:
    """One request of the caller's sites."""
    sites = caller.sites_as(*service.VIEWERS)
    request = rows.request(tx, request_id, sites=sites)
    exam = rows.current_exam(tx, request_id)
    decided_by = request.decided_by
    return Dossier(
        row=lists.row(tx, request_id, sites=sites),
        request=request,
        patient=patients.patient(tx, request.patient_id),
        local_id=patients.local_id(tx, patient_id=request.patient_id, site_id=request.site_id),
        exam=exam,
        decided_by=access.name_of(tx, decided_by) if decided_by else None,
        timeline=rows.timeline(tx, request_id),
        messages=rows.messages(tx, request_id),
        may=_allowed(request, exam, caller),
        on_duty=planning.answering(tx, site_id=request.site_id, at=now),
        exam_types=territory.exam_types(tx),
        questions=questions.of_exam(tx, exam.exam_id) if exam else (),
        answers_as=frozenset(role for role in Role if request.site_id in caller.sites_as(role)),
    )


def hour_at_site(tx: Tx, request_id: RequestId, caller: Caller, *, typed: str) -> datetime:
    """The instant that somebody typed as a day and an hour of the request's site."""
    request = rows.request(tx, request_id, sites=caller.sites_as(Role.COORDINATOR))
    zone = ZoneInfo(territory.site(tx, request.site_id).time_zone)
    day, _, clock = typed.strip().partition(" ")
    try:
        return instant(date.fromisoformat(day), time.fromisoformat(clock), zone)
    except ValueError as error:
        raise InvalidInputError("give a day and an hour") from error


def acquisition(tx: Tx, caller: Caller, *, now: datetime) -> Acquisition:
    """The exams of the last day of the sites where the caller acquires or coordinates."""
    sites = caller.sites_as(Role.TECHNOLOGIST, Role.COORDINATOR)
    exams = lists.exams(tx, sites=sites, since=now - _DAY, limit=_ROWS)
    return Acquisition(
        machines=[
            Machine(site_name=place, name=name, ae_title=ae_title, exams=list(group))
            for (place, name, ae_title), group in groupby(
                exams, key=lambda exam: (exam.site_name, exam.device_name, exam.ae_title)
            )
        ],
        to_accept=[row for row in lists.to_decide(tx, sites=sites, limit=_ROWS) if not row.exam_id],
        incidents=lists.incidents(tx, sites=sites, since=now - _DAY),
        arriving_sites=caller.sites_as(Role.TECHNOLOGIST),
        questions=questions.to_answer(tx, caller, owner=Role.TECHNOLOGIST),
    )


def control(tx: Tx, caller: Caller, *, now: datetime) -> Control:
    """Everything that waits at the sites that the caller coordinates."""
    sites = caller.sites_as(Role.COORDINATOR)
    targets = territory.delay_targets(tx, on=local(now).date())
    return Control(
        sites=territory.sites(tx, ids=sites),
        queue={
            (cell.site_id, cell.urgency): (
                cell,
                delays.wait(
                    cell.oldest_at,
                    minutes=_minutes(targets, cell.urgency, site_id=cell.site_id),
                    now=now,
                ),
            )
            for cell in lists.queue(tx, sites=sites)
        },
        waiting=[
            Waiting(row=row, wait=delays.wait(row.since, minutes=_of_row(targets, row), now=now))
            for row in lists.waiting(tx, sites=sites)
        ],
        states={
            (count.site_id, count.state): count.exams
            for count in lists.states(tx, sites=sites, since=now - _DAY)
        },
        on_call=[one for one in planning.on_call(tx, at=now) if one.site.site_id in sites],
        incidents=lists.incidents(tx, sites=sites, since=now - _DAY),
    )


def record_list(tx: Tx, caller: Caller, name: str, *, now: datetime) -> None:
    """Somebody opened a list of patients: one trace, not one at each change of the list."""
    access.record(tx, caller, Access(action="requests.list", subject=f"list:{name}"), at=now)


def record_view(tx: Tx, caller: Caller, dossier: Dossier, *, now: datetime) -> None:
    """Somebody opened one request."""
    request = dossier.request
    seen = Access(
        action="request.view",
        subject=f"request:{request.request_id}",
        patient_id=request.patient_id,
        site_id=request.site_id,
    )
    access.record(tx, caller, seen, at=now)


_ACTS: Mapping[RequestEvent, tuple[Role, ...]] = {
    RequestEvent.ANSWER: (Role.REQUESTER,),
    RequestEvent.SCHEDULE: (Role.COORDINATOR,),
    RequestEvent.CANCEL: (Role.REQUESTER, Role.COORDINATOR),
    RequestEvent.OVERRIDE: (Role.REQUESTER, Role.TECHNOLOGIST),
    RequestEvent.ACCEPT: (Role.READER,),
    RequestEvent.SUBSTITUTE: (Role.READER,),
    RequestEvent.ASK: (Role.READER,),
    RequestEvent.REFUSE: (Role.READER,),
}


def _allowed(request: Request, exam: Exam | None, caller: Caller) -> frozenset[str]:
    """What the caller's roles and the states allow now; duty is checked when deciding."""
    state = RequestState(request.state)
    exam_state = ExamState(exam.state) if exam else None
    return frozenset(
        event
        for event, roles in _ACTS.items()
        if request.site_id in caller.sites_as(*roles)
        and lifecycle.is_open_to(state, event, exam=exam_state)
    )


def _of_row(targets: Sequence[DelayTarget], row: WaitingRow) -> int | None:
    return _minutes(targets, row.urgency, site_id=row.site_id, modality=row.modality)


def _minutes(
    targets: Sequence[DelayTarget], urgency: str, *, site_id: SiteId, modality: str = "*"
) -> int | None:
    """The delay in force, none where the territory says nothing."""
    try:
        return territory.minutes_of(targets, Urgency(urgency), site_id=site_id, modality=modality)
    except NotFoundError:
        return None

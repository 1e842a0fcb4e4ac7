"""Requests: asking for an exam, justifying it, and what others look up of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from plateau.access import service as access
from plateau.access.types import Access
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import ConflictError, InvalidInputError, NotFoundError, RuleBrokenError
from plateau.kernel.ids import ExamId, RequestId, SiteId
from plateau.kernel.time import local
from plateau.patients import service as patients
from plateau.patients.types import Traits
from plateau.planning import service as planning
from plateau.platform import jobs
from plateau.platform.db import Tx
from plateau.requests import moves, questions
from plateau.requests.events import RequestAccepted, RequestRefused, RequestSubmitted
from plateau.requests.moves import Move
from plateau.requests.queries import rows
from plateau.requests.rules import items, lifecycle
from plateau.requests.rules.lifecycle import Effect, Facts
from plateau.requests.rules.questions import stopped
from plateau.requests.types import (
    Decision,
    DecisionKind,
    Draft,
    Exam,
    ExamEvent,
    ExamSheet,
    ExamState,
    Incident,
    Problem,
    Question,
    Request,
    RequestEvent,
    RequestState,
    Standing,
    Submission,
)
from plateau.territory import service as territory
from plateau.territory.types import ExamType

VIEWERS = (Role.REQUESTER, Role.READER, Role.COORDINATOR, Role.TECHNOLOGIST)


def problems(tx: Tx, *, draft: Draft, caller: Caller, now: datetime) -> list[Problem]:
    """Everything that keeps a form from being sent, all at once."""
    today = local(now).date()
    found = [*items.missing(draft), *items.excesses(draft, today=today)]
    if draft.site_id is not None and draft.site_id not in caller.sites_as(Role.REQUESTER):
        return [*found, items.problem("site_id", items.NOT_YOUR_SITE)]
    return [*found, *_exam_problems(tx, draft, today=today)]


def submit(tx: Tx, *, draft: Draft, caller: Caller, key: str, now: datetime) -> RequestId:
    """A complete request waits for its justification; the same form sent twice makes one request.

    InvalidInputError names every field that keeps it from being sent.
    """
    key = f"{caller.person_id}:{key}"
    if rows.request_with_key(tx, key) is not None:
        return _sent_already(tx, key)
    site_id, born = draft.site_id, items.to_date(draft.birth_on)
    found = problems(tx, draft=draft, caller=caller, now=now)
    if found or site_id is None or born is None:
        fields = ", ".join(problem.field for problem in found)
        raise InvalidInputError("the request cannot be sent yet: {fields}", fields=fields)
    traits = Traits(
        surname=draft.surname.strip().upper(),
        first_name=draft.first_name.strip(),
        birth_on=born,
        sex=draft.sex,
    )
    patient_id = patients.identify(
        tx, site_id=site_id, local_id=draft.local_id, traits=traits, at=now
    )
    request_id = RequestId(uuid4())
    submission = Submission(
        request_id=request_id,
        patient_id=patient_id,
        requester_id=caller.person_id,
        key=key,
        at=now,
    )
    if not rows.add_request(tx, draft, submission):
        return _sent_already(tx, key)
    request = rows.request(tx, request_id, sites=caller.sites)
    move = Move(at=now, person_id=caller.person_id, role=Role.REQUESTER)
    moves.log_request(tx, request, RequestEvent.SUBMIT, None, move=move)
    access.record(tx, caller, _access("request.submit", request), at=now)
    jobs.emit(tx, RequestSubmitted(request_id=request_id))
    return request_id


def triage(tx: Tx, *, request_id: RequestId, caller: Caller, now: datetime) -> bool:
    """A reader who may decide has opened the request; False when there is nothing to open.

    Opening it is no error for anybody else: they only look.
    """
    sites = caller.sites_as(Role.READER)
    if not rows.waits_to_be_opened(tx, request_id, sites=sites):
        return False
    request = rows.lock_request(tx, request_id, sites=sites)
    try:
        _check_may_decide(tx, request, Decision(kind=DecisionKind.ACCEPT), caller=caller, now=now)
    except (InvalidInputError, RuleBrokenError):
        return False
    return _opened(tx, request, caller=caller, now=now).state != request.state


def decide(
    tx: Tx, *, request_id: RequestId, decision: Decision, caller: Caller, now: datetime
) -> ExamId | None:
    """A duty reader has accepted, substituted, asked or refused; the exam planned, if one is."""
    request = rows.lock_request(tx, request_id, sites=caller.sites_as(Role.READER))
    exam = rows.current_exam(tx, request_id)
    _check_may_decide(tx, request, decision, caller=caller, now=now)
    request = _opened(tx, request, caller=caller, now=now)
    move = Move(at=now, person_id=caller.person_id, role=Role.READER, cause=decision.text.strip())
    facts = Facts(
        on_duty=True,
        reason=decision.text,
        protocol=decision.protocol,
        exam=ExamState(exam.state) if exam else None,
    )
    event = RequestEvent(decision.kind)
    moves.move_request(tx, request, event, facts, move=move)
    effects = lifecycle.effects(RequestState(request.state), event)
    access.record(tx, caller, _access(f"request.{decision.kind}", request, decision.text), at=now)
    if decision.kind is DecisionKind.ASK:
        rows.add_message(
            tx, request_id, person_id=caller.person_id, text=decision.text.strip(), at=now
        )
        return None
    rows.set_decision(tx, request_id, by=caller.person_id, reason=decision.text.strip(), at=now)
    if Effect.CANCEL_EXAM in effects:
        moves.cancel_exam(tx, exam, move=move)
        jobs.emit(tx, RequestRefused(request_id=request_id))
        return None
    exam_id = _planned(tx, request, exam, decision, move=move)
    jobs.emit(tx, RequestAccepted(request_id=request_id, exam_id=exam_id))
    return exam_id


def answer(tx: Tx, *, request_id: RequestId, text: str, caller: Caller, now: datetime) -> None:
    """The reader's question has its answer; the request waits for its justification again."""
    request = rows.lock_request(tx, request_id, sites=caller.sites_as(Role.REQUESTER))
    move = Move(at=now, person_id=caller.person_id, role=Role.REQUESTER)
    moves.move_request(tx, request, RequestEvent.ANSWER, Facts(reason=text), move=move)
    rows.add_message(tx, request_id, person_id=caller.person_id, text=text.strip(), at=now)
    access.record(tx, caller, _access("request.answer", request), at=now)


def cancel(tx: Tx, *, request_id: RequestId, text: str, caller: Caller, now: datetime) -> None:
    """The request and its planned exam are called off; RuleBrokenError once the exam has begun."""
    roles = (Role.REQUESTER, Role.COORDINATOR)
    request = rows.lock_request(tx, request_id, sites=caller.sites_as(*roles))
    role = _role_at(caller, request.site_id, *roles)
    exam = rows.current_exam(tx, request_id)
    move = Move(at=now, person_id=caller.person_id, role=role, cause=text.strip())
    facts = Facts(reason=text, exam=ExamState(exam.state) if exam else None)
    moves.move_request(tx, request, RequestEvent.CANCEL, facts, move=move)
    moves.cancel_exam(tx, exam, move=move)
    access.record(tx, caller, _access("request.cancel", request, text), at=now)


def note_late_cancel(tx: Tx, *, request_id: RequestId, caller: Caller, now: datetime) -> None:
    """Whoever runs the exam knows that it was called off once it had begun."""
    roles = (Role.REQUESTER, Role.COORDINATOR)
    request = rows.lock_request(tx, request_id, sites=caller.sites_as(*roles))
    exam = rows.current_exam(tx, request_id)
    if exam is None or exam.state in {ExamState.PLANNED, ExamState.CANCELLED}:
        return
    incident = Incident(
        key=f"cancel {request_id}",
        kind="cancelled_too_late",
        at=now,
        site_id=exam.site_id,
        ae_title="",
        exam_id=exam.exam_id,
    )
    if rows.add_incident(tx, incident):
        access.record(tx, caller, _access("request.cancel_late", request), at=now)
        tx.touch("exams")


def schedule(tx: Tx, *, request_id: RequestId, at: datetime, caller: Caller, now: datetime) -> None:
    """The accepted exam has an hour of its own, which may be changed until the patient comes."""
    request = rows.lock_request(tx, request_id, sites=caller.sites_as(Role.COORDINATOR))
    if at < now:
        raise InvalidInputError("that hour has passed: choose another one")
    exam = rows.current_exam(tx, request_id)
    zone = ZoneInfo(territory.site(tx, request.site_id).time_zone)
    hour = f"{local(at, zone):%Y-%m-%d %H:%M}"
    move = Move(at=now, person_id=caller.person_id, role=Role.COORDINATOR, cause=hour)
    facts = Facts(exam=ExamState(exam.state) if exam else None)
    moves.move_request(tx, request, RequestEvent.SCHEDULE, facts, move=move)
    if exam is not None:
        rows.set_planned_at(tx, exam.exam_id, at=at)
    access.record(tx, caller, _access("request.schedule", request), at=now)


def override(tx: Tx, *, request_id: RequestId, text: str, caller: Caller, now: datetime) -> ExamId:
    """Life is at stake: the exam may be acquired before acceptance, and says so for ever."""
    roles = (Role.REQUESTER, Role.TECHNOLOGIST)
    request = rows.lock_request(tx, request_id, sites=caller.sites_as(*roles))
    role = _role_at(caller, request.site_id, *roles)
    exam = rows.current_exam(tx, request_id)
    move = Move(at=now, person_id=caller.person_id, role=role, cause=text.strip())
    facts = Facts(reason=text, exam=ExamState(exam.state) if exam else None)
    moves.move_request(tx, request, RequestEvent.OVERRIDE, facts, move=move)
    rows.set_override(tx, request_id, reason=text.strip())
    access.record(tx, caller, _access("request.override", request, text), at=now)
    return moves.plan_exam(
        tx,
        request,
        exam_code=request.exam_code,
        protocol=request.technique,
        allowed=True,
        move=move,
    )


def arrive(tx: Tx, *, exam_id: ExamId, caller: Caller, now: datetime) -> None:
    """The patient is at the machine."""
    exam = rows.lock_exam(tx, exam_id, sites=caller.sites_as(Role.TECHNOLOGIST))
    move = Move(at=now, person_id=caller.person_id, role=Role.TECHNOLOGIST)
    moves.move_exam(tx, exam, ExamEvent.ARRIVE, move=move)
    request = rows.request_of_exam(tx, exam.request_id)
    access.record(tx, caller, _access("exam.arrive", request), at=now)


def exam(tx: Tx, exam_id: ExamId) -> Exam:
    """One exam; NotFoundError when there is none."""
    return rows.exam(tx, exam_id)


def standing(tx: Tx, exam_id: ExamId) -> Standing:
    """How the request and the exam behind a report stand, for the machine of reports."""
    found = rows.exam(tx, exam_id)
    request = rows.request_of_exam(tx, found.request_id)
    granted = RequestState(request.state) in lifecycle.GRANTED
    return Standing(
        allowed=granted or request.override_reason is not None,
        complete=found.state == ExamState.COMPLETE,
        begun=ExamState(found.state) in lifecycle.STARTED,
    )


def questions_of(tx: Tx, exam_id: ExamId) -> Sequence[Question]:
    """What was asked about an exam, the first question first."""
    return questions.of_exam(tx, exam_id)


def stopped_for(tx: Tx, exam_id: ExamId) -> timedelta:
    """How long answers about an exam were awaited that stop the clock of its report."""
    asked = questions.of_exam(tx, exam_id)
    return stopped((q.asked_at, q.answered_at) for q in asked if q.stops_clock and q.answered_at)


def exam_sheet(tx: Tx, exam_id: ExamId) -> ExamSheet:
    """Everything a reader, or the printed report, needs around one exam."""
    found = rows.exam(tx, exam_id)
    request = rows.request_of_exam(tx, found.request_id)
    decided_by = request.decided_by
    return ExamSheet(
        exam=found,
        request=request,
        patient=patients.patient(tx, found.patient_id),
        local_id=patients.local_id(tx, patient_id=found.patient_id, site_id=found.site_id),
        site=territory.site(tx, found.site_id),
        device=territory.device(tx, found.device_id),
        exam_type=territory.exam_type(tx, found.exam_code),
        requester_name=access.name_of(tx, request.requester_id),
        decided_by_name=access.name_of(tx, decided_by) if decided_by else None,
    )


def _opened(tx: Tx, request: Request, *, caller: Caller, now: datetime) -> Request:
    """The locked request, opened by a reader who was found able to decide."""
    if request.state != RequestState.SUBMITTED:
        return request
    move = Move(at=now, person_id=caller.person_id, role=Role.READER)
    facts = Facts(on_duty=True)
    state = moves.move_request(tx, request, RequestEvent.TRIAGE, facts, move=move)
    return replace(request, state=state)


def _planned(
    tx: Tx, request: Request, exam: Exam | None, decision: Decision, *, move: Move
) -> ExamId:
    """The exam of an accepted request: the one an override planned, or a new one."""
    if exam is not None and decision.kind is DecisionKind.ACCEPT:
        rows.set_protocol(tx, exam.exam_id, decision.protocol.strip())
        return exam.exam_id
    moves.cancel_exam(tx, exam, move=move)
    return moves.plan_exam(
        tx,
        request,
        exam_code=_code_decided(request, decision),
        protocol=decision.protocol.strip(),
        allowed=True,
        move=move,
    )


def _code_decided(request: Request, decision: Decision) -> str:
    return decision.exam_code if decision.kind is DecisionKind.SUBSTITUTE else request.exam_code


def _check_may_decide(
    tx: Tx, request: Request, decision: Decision, *, caller: Caller, now: datetime
) -> None:
    """Only a reader privileged for the exam and on duty for the site decides."""
    exam_type = _offered(tx, _code_decided(request, decision), on=local(now).date())
    if exam_type is None:
        raise InvalidInputError("there is no such exam: choose another one")
    if decision.kind is DecisionKind.SUBSTITUTE and decision.exam_code == request.exam_code:
        raise InvalidInputError("this is the exam that was asked for: accept it, or choose another")
    site = territory.site(tx, request.site_id)
    modality = exam_type.modality
    on = local(now, ZoneInfo(site.time_zone)).date()
    if not territory.may_read(
        tx, person_id=caller.person_id, site_id=site.site_id, modality=modality, on=on
    ):
        raise RuleBrokenError(
            "you may not read {modality} for {site}", modality=modality, site=site.name
        )
    duty = planning.on_duty(tx, site_id=site.site_id, at=now)
    if caller.person_id not in {person.person_id for person in duty}:
        answering = planning.answering(tx, site_id=site.site_id, at=now)
        raise _not_on_duty([one.name for one in answering], site.name)


def _not_on_duty(names: Sequence[str], site: str) -> RuleBrokenError:
    if not names:
        return RuleBrokenError(
            "only the reader on duty decides, and nobody is on duty for {site} now", site=site
        )
    return RuleBrokenError(
        "only the reader on duty for {site} decides: now {names}",
        site=site,
        names=", ".join(names),
    )


def _exam_problems(tx: Tx, draft: Draft, *, today: date) -> list[Problem]:
    """Whether the exam exists and a machine of the site makes it."""
    if not draft.exam_code:
        return []
    exam_type = _offered(tx, draft.exam_code, on=today)
    if exam_type is None:
        return [items.problem("exam_code", items.UNKNOWN_EXAM)]
    modality = exam_type.modality
    if draft.site_id is not None and not territory.device_for(
        tx, site_id=draft.site_id, modality=modality, on=today
    ):
        return [items.problem("exam_code", items.NO_MACHINE)]
    return []


def _offered(tx: Tx, code: str, *, on: date) -> ExamType | None:
    """The exam of that code, if it is still offered on that day."""
    try:
        found = territory.exam_type(tx, code)
    except NotFoundError:
        return None
    return found if found.withdrawn_on is None or found.withdrawn_on > on else None


def _sent_already(tx: Tx, key: str) -> RequestId:
    """The request that the same form made a moment ago."""
    known = rows.request_with_key(tx, key)
    if known is None:
        raise ConflictError("this form is being sent: wait a moment")
    return known


def _role_at(caller: Caller, site_id: SiteId, *roles: Role) -> Role:
    """The role in which somebody acts there: the first of `roles` that they hold."""
    return next(role for role in roles if site_id in caller.sites_as(role))


def _access(action: str, request: Request, reason: str = "") -> Access:
    return Access(
        action=action,
        subject=f"request:{request.request_id}",
        patient_id=request.patient_id,
        site_id=request.site_id,
        reason=reason.strip() or None,
    )

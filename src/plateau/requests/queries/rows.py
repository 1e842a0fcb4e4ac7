"""One request, one exam, and what is written of them."""

from collections.abc import Set
from datetime import datetime
from typing import LiteralString

from plateau.kernel.ids import DeviceId, ExamId, PersonId, RequestId, SiteId
from plateau.platform.db import Tx
from plateau.requests.lines import TimelineRow
from plateau.requests.types import Draft, Exam, Incident, Message, Request, Submission, Transition

_REQUEST: LiteralString = """
    select request_id, state, site_id, requester_id, patient_id, urgency, exam_code, context, aim,
      region, risks, pregnancy, allergy, renal, implant, earlier, technique, wished_delay, informed,
      callback_phone, submitted_at, decided_at, decided_by, decision_reason, override_reason
    from requests.request
    """
_EXAM: LiteralString = """
    select exam_id, request_id, site_id, patient_id, device_id, exam_code, urgency,
      accession_number, study_uid, protocol, state, planned_at, arrived_at, started_at, acquired_at,
      complete_at
    from requests.exam
    """


def request(tx: Tx, request_id: RequestId, *, sites: Set[SiteId]) -> Request:
    """One request of `sites`."""
    return tx.one(
        Request,
        _REQUEST + "where request_id = %(request_id)s and site_id = any(%(sites)s)",
        request_id=request_id,
        sites=list(sites),
    )


def request_of_exam(tx: Tx, request_id: RequestId) -> Request:
    """The request behind an exam that the caller already holds."""
    return tx.one(Request, _REQUEST + "where request_id = %(request_id)s", request_id=request_id)


def waits_to_be_opened(tx: Tx, request_id: RequestId, *, sites: Set[SiteId]) -> bool:
    """Whether no reader has opened the request yet; looked at without a lock."""
    found: bool = tx.value(
        """
        select exists (
          select from requests.request
          where request_id = %(request_id)s and site_id = any(%(sites)s) and state = 'submitted')
        """,
        request_id=request_id,
        sites=list(sites),
    )
    return found


def lock_request(tx: Tx, request_id: RequestId, *, sites: Set[SiteId]) -> Request:
    """One request of `sites`, nobody else's to change until this transaction ends."""
    return tx.one(
        Request,
        _REQUEST + "where request_id = %(request_id)s and site_id = any(%(sites)s) for update",
        request_id=request_id,
        sites=list(sites),
    )


def request_with_key(tx: Tx, key: str) -> RequestId | None:
    """The request that a form with this key already made."""
    found: RequestId | None = tx.value(
        "select request_id from requests.request where key = %(key)s", key=key
    )
    return found


def add_request(tx: Tx, draft: Draft, submission: Submission) -> bool:
    """Record a submitted request; False when its form had already been sent."""
    added = tx.run(
        """
        insert into requests.request
          (request_id, state, site_id, requester_id, patient_id, urgency, exam_code, context, aim,
           region, risks, pregnancy, allergy, renal, implant, earlier, technique, wished_delay,
           informed, callback_phone, submitted_at, key)
        values (%(request_id)s, 'submitted', %(site_id)s, %(requester_id)s, %(patient_id)s,
          %(urgency)s, %(exam_code)s, %(context)s, %(aim)s, %(region)s, %(risks)s, %(pregnancy)s,
          %(allergy)s, %(renal)s, %(implant)s, %(earlier)s, %(technique)s, %(wished_delay)s,
          %(informed)s, %(callback_phone)s, %(at)s, %(key)s)
        on conflict (key) do nothing
        """,
        **{name: getattr(submission, name) for name in submission.__dataclass_fields__},
        **{name: getattr(draft, name) for name in _ANSWERS},
    )
    return added == 1


_ANSWERS = (
    "site_id", "urgency", "exam_code", "context", "aim", "region", "risks", "pregnancy", "allergy",
    "renal", "implant", "earlier", "technique", "wished_delay", "informed", "callback_phone",
)  # fmt: skip


def set_request_state(tx: Tx, request_id: RequestId, state: str) -> None:
    """The request stands elsewhere."""
    tx.run(
        "update requests.request set state = %(state)s where request_id = %(request_id)s",
        request_id=request_id,
        state=state,
    )


def set_decision(tx: Tx, request_id: RequestId, *, by: PersonId, reason: str, at: datetime) -> None:
    """Record who decided, when and why."""
    tx.run(
        """
        update requests.request
        set decided_at = %(at)s, decided_by = %(by)s, decision_reason = %(reason)s
        where request_id = %(request_id)s
        """,
        request_id=request_id,
        by=by,
        reason=reason,
        at=at,
    )


def set_override(tx: Tx, request_id: RequestId, *, reason: str) -> None:
    """Record why the exam may be acquired before acceptance."""
    tx.run(
        "update requests.request set override_reason = %(reason)s where request_id = %(id)s",
        id=request_id,
        reason=reason,
    )


def set_planned_at(tx: Tx, exam_id: ExamId, *, at: datetime) -> None:
    """The exam is made at another hour."""
    tx.run(
        "update requests.exam set planned_at = %(at)s where exam_id = %(exam_id)s",
        exam_id=exam_id,
        at=at,
    )


def exam(tx: Tx, exam_id: ExamId) -> Exam:
    """One exam."""
    return tx.one(Exam, _EXAM + "where exam_id = %(exam_id)s", exam_id=exam_id)


def lock_exam(tx: Tx, exam_id: ExamId, *, sites: Set[SiteId]) -> Exam:
    """One exam of `sites`, nobody else's to change until this transaction ends."""
    return tx.one(
        Exam,
        _EXAM + "where exam_id = %(exam_id)s and site_id = any(%(sites)s) for update",
        exam_id=exam_id,
        sites=list(sites),
    )


def lock_exam_of_study(tx: Tx, study_uid: str) -> Exam | None:
    """The exam planned under a study UID, nobody else's to change until this transaction ends."""
    return tx.maybe(Exam, _EXAM + "where study_uid = %(study_uid)s for update", study_uid=study_uid)


def current_exam(tx: Tx, request_id: RequestId) -> Exam | None:
    """The exam of a request that is not cancelled, locked like the request."""
    return tx.maybe(
        Exam,
        _EXAM
        + """where request_id = %(request_id)s and state <> 'cancelled'
        order by planned_at desc, exam_id limit 1 for update""",
        request_id=request_id,
    )


def next_accession(tx: Tx) -> int:
    """The next accession number."""
    number: int = tx.value("select nextval('requests.accession')")
    return number


def add_exam(tx: Tx, exam: Exam) -> None:
    """Record a planned exam."""
    tx.run(
        """
        insert into requests.exam
          (exam_id, request_id, site_id, patient_id, device_id, exam_code, urgency,
           accession_number, study_uid, protocol, state, planned_at)
        values (%(exam_id)s, %(request_id)s, %(site_id)s, %(patient_id)s, %(device_id)s,
          %(exam_code)s, %(urgency)s, %(accession_number)s, %(study_uid)s, %(protocol)s, %(state)s,
          %(planned_at)s)
        """,
        **{name: getattr(exam, name) for name in exam.__dataclass_fields__},
    )


def set_protocol(tx: Tx, exam_id: ExamId, protocol: str) -> None:
    """The reader prescribes how the exam is made."""
    tx.run(
        "update requests.exam set protocol = %(protocol)s where exam_id = %(exam_id)s",
        exam_id=exam_id,
        protocol=protocol,
    )


def set_exam_state(tx: Tx, exam_id: ExamId, state: str, *, at: datetime) -> None:
    """The exam stands elsewhere since `at`; the first arrival and the last start count."""
    tx.run(
        """
        update requests.exam set
          state = %(state)s,
          arrived_at = case when %(state)s = 'arrived' then coalesce(arrived_at, %(at)s)
            else arrived_at end,
          started_at = case when %(state)s = 'in_progress' then %(at)s else started_at end,
          acquired_at = case when %(state)s = 'acquired' then %(at)s else acquired_at end,
          complete_at = case when %(state)s = 'complete' then %(at)s else complete_at end
        where exam_id = %(exam_id)s
        """,
        exam_id=exam_id,
        state=state,
        at=at,
    )


def set_device(tx: Tx, exam_id: ExamId, device_id: DeviceId) -> None:
    """Another machine of the site made the exam."""
    tx.run(
        "update requests.exam set device_id = %(device_id)s where exam_id = %(exam_id)s",
        exam_id=exam_id,
        device_id=device_id,
    )


def add_transition(tx: Tx, row: Transition) -> None:
    """Record one change of state."""
    tx.run(
        """
        insert into requests.transition
          (machine, subject_id, event, from_state, to_state, at, person_id, role, site_id, cause)
        values (%(machine)s, %(subject_id)s, %(event)s, %(from_state)s, %(to_state)s, %(at)s,
          %(person_id)s, %(role)s, %(site_id)s, %(cause)s)
        """,
        **{name: getattr(row, name) for name in row.__dataclass_fields__},
    )


def step_is_over(tx: Tx, exam_id: ExamId, *, cause: str) -> bool:
    """Whether the end of that procedure step has been heard."""
    found: bool = tx.value(
        """
        select exists (
          select from requests.transition
          where subject_id = %(exam_id)s and machine = 'exam' and cause = %(cause)s
            and event in ('acquire', 'discontinue'))
        """,
        exam_id=exam_id,
        cause=cause,
    )
    return found


def transitions(tx: Tx, subject_id: RequestId | ExamId) -> list[Transition]:
    """Every change of state of a request or exam, the first one first."""
    return tx.all(
        Transition,
        """
        select machine, subject_id, event, from_state, to_state, at, person_id, role, site_id, cause
        from requests.transition
        where subject_id = %(subject_id)s
        order by transition_id
        limit 1000
        """,
        subject_id=subject_id,
    )


def timeline(tx: Tx, request_id: RequestId) -> list[TimelineRow]:
    """Every change of a request and of its exams, with who made it."""
    return tx.all(
        TimelineRow,
        """
        select t.machine, t.event, t.to_state, t.at, a.name,
          case when t.cause like 'step %%' or t.cause like 'study %%' then '' else t.cause end cause
        from requests.transition t left join access.account a using (person_id)
        where t.subject_id = %(request_id)s
          or t.subject_id in (select exam_id from requests.exam where request_id = %(request_id)s)
        order by t.at, t.transition_id
        limit 1000
        """,
        request_id=request_id,
    )


def add_message(
    tx: Tx, request_id: RequestId, *, person_id: PersonId, text: str, at: datetime
) -> None:
    """Add a question or an answer."""
    tx.run(
        """
        insert into requests.message (request_id, at, person_id, text)
        values (%(request_id)s, %(at)s, %(person_id)s, %(text)s)
        """,
        request_id=request_id,
        at=at,
        person_id=person_id,
        text=text,
    )


def messages(tx: Tx, request_id: RequestId) -> list[Message]:
    """The questions and answers, the first one first."""
    return tx.all(
        Message,
        """
        select m.at, m.person_id, a.name, m.text
        from requests.message m join access.account a using (person_id)
        where m.request_id = %(request_id)s
        order by m.message_id
        limit 500
        """,
        request_id=request_id,
    )


def add_incident(tx: Tx, incident: Incident) -> bool:
    """Record what a machine did without an accepted request; False when it is known already."""
    added = tx.run(
        """
        insert into requests.incident (key, kind, at, site_id, ae_title, exam_id)
        values (%(key)s, %(kind)s, %(at)s, %(site_id)s, %(ae_title)s, %(exam_id)s)
        on conflict (key) do nothing
        """,
        **{name: getattr(incident, name) for name in incident.__dataclass_fields__},
    )
    return added == 1

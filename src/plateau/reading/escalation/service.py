"""Having somebody read what nobody reads: calling, being answered, saying when it will be read."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from plateau.access import service as access
from plateau.access.notify import service as notify
from plateau.access.types import Access
from plateau.kernel.caller import Caller
from plateau.kernel.errors import ConflictError, NotFoundError
from plateau.kernel.ids import ExamId, PersonId
from plateau.kernel.time import local
from plateau.kernel.urgency import Urgency
from plateau.planning import service as planning
from plateau.planning.types import Operator
from plateau.platform.db import Tx
from plateau.reading import assigning
from plateau.reading.escalation import queries, rules
from plateau.reading.escalation.types import Call, Climb, Ladder, Plan, Rung, Target
from plateau.reading.queries import tasks
from plateau.reading.rules import forecast
from plateau.reading.types import Held

_URGENT = {Urgency.IMMEDIATE, Urgency.URGENT}


def _(text: str) -> str:
    """Mark a text for translation."""
    return text


_TEXTS = {
    Target.READER: _("{urgency} {modality}, {site}: you are asked to read it, due {due_at}."),
    Target.SECOND_READER: _(
        "{urgency} {modality}, {site}: {before} did not answer; you are asked, due {due_at}."
    ),
    Target.NEXT_RING: _(
        "{urgency} {modality}, {site}: nobody nearer reads it; you are asked, due {due_at}."
    ),
    Target.COORDINATOR: _(
        "{urgency} {modality}, {site}: nobody reads it, due {due_at}. Say who does."
    ),
    Target.OPERATOR: _(
        "{urgency} {modality}, {site}: nobody of the pool reads it; you are asked, due {due_at}."
    ),
}
_CALL_OPERATOR = _(
    "{urgency} {modality}, {site}: nobody of the pool reads it. Call {operator}, {phone}."
)


def sweep(tx: Tx, *, now: datetime) -> int:
    """Every climb whose next step is due has taken it; how many."""
    queries.begin(tx, now=now)
    queries.rest(tx)
    climbs = queries.due(tx, now=now)
    for climb in climbs:
        _climb(tx, climb, now=now)
    if climbs:
        tx.touch("worklist")
    return len(climbs)


def _climb(tx: Tx, climb: Climb, *, now: datetime) -> None:
    """One exam takes its next step; those who did not answer are passed over."""
    known = _ladder(tx, climb)
    rung = rules.rung_after(known, climb.position)
    if rung is None and climb.held:  # somebody answered, and it waits: the top is called again
        rung = known[-1] if known else None
    queries.pass_on(tx, climb.exam_id, at=now)
    if rung is None:
        queries.climb_to(tx, climb.exam_id, position=climb.position, due_at=None, held=False)
        return
    before = queries.calls(tx, climb.exam_id)
    people = _people(tx, climb, rung, before, now=now)
    step = rules.plan(
        known, rung, people, now=now, complete_at=climb.complete_at, due_at=climb.due_at
    )
    _call(tx, climb, step, before, now=now)
    queries.climb_to(tx, climb.exam_id, position=rung.position, due_at=step.next_at, held=False)


def _people(
    tx: Tx, climb: Climb, rung: Rung, before: Sequence[Call], *, now: datetime
) -> Sequence[PersonId]:
    """Whom a step calls."""
    if rung.target == Target.COORDINATOR:
        return queries.coordinators(tx, climb.site_id)
    if rung.target == Target.OPERATOR and _operators(tx, climb, now=now):
        return queries.coordinators(tx, climb.site_id)
    choices = assigning.explain(tx, climb.exam_id, sites={climb.site_id}, now=now)
    called = {one.person_id for one in before if one.person_id is not None}
    return rules.readers_for(rung.target, choices, called=called, given_to=climb.reader_id)


def _operators(tx: Tx, climb: Climb, *, now: datetime) -> list[Operator]:
    """The private operators that answer for the site now, who have no account of ours."""
    found = planning.answering(tx, site_id=climb.site_id, at=now)
    return [one for one in found if isinstance(one, Operator)]


def _call(tx: Tx, climb: Climb, step: Plan, before: Sequence[Call], *, now: datetime) -> None:
    """Those whom a step calls are told, each once; that nobody could be is kept too."""
    rung = step.rung
    operators = _operators(tx, climb, now=now) if rung.target == Target.OPERATOR else []
    who = ", ".join(one.name for one in operators)
    text = _CALL_OPERATOR if operators else _TEXTS[Target(rung.target)]
    values = {
        "urgency": climb.urgency,
        "modality": climb.modality,
        "site": climb.site_name,
        "due_at": climb.due_at,
        "before": next((one.name for one in reversed(before) if one.person_id), "—"),
        "operator": who,
        "phone": ", ".join(one.phone or "—" for one in operators),
    }
    for person_id in step.people:
        call_id = queries.add_call(tx, climb.exam_id, rung, person_id=person_id, who=who, at=now)
        notify.tell(
            tx,
            person_id=person_id,
            kind="escalation",
            text=text,
            values=values,
            link=f"/exams/{climb.exam_id}#escalation",
            at=now,
            urgent=climb.urgency in _URGENT,
            key=f"escalation:{call_id}",
        )
    if not step.people:
        queries.add_call(tx, climb.exam_id, rung, person_id=None, who=who, at=now)


def acknowledge(tx: Tx, caller: Caller, exam_id: ExamId, *, now: datetime) -> None:
    """The caller, who was called, sees to the exam; if it still waits later, it climbs on."""
    if not tasks.lock(tx, exam_id=exam_id, sites=caller.sites):
        raise NotFoundError("there is no such exam to read")
    held = tasks.held(tx, exam_id, sites=caller.sites)
    found = queries.standing(tx, exam_id)
    if found is None or not queries.acknowledge(tx, exam_id, caller.person_id, at=now):
        raise ConflictError("you were not called about this exam, or have answered")
    if found.waits:
        again_at = now + timedelta(minutes=_hold_minutes(tx, held, found.position))
        queries.climb_to(tx, exam_id, position=found.position, due_at=again_at, held=True)
    what = Access(
        action="escalation.answer",
        subject=f"exam:{exam_id}",
        patient_id=held.patient_id,
        site_id=held.site_id,
    )
    access.record(tx, caller, what, at=now)
    tx.touch("worklist")


def _hold_minutes(tx: Tx, held: Held, position: int) -> int:
    """How long an answer holds at a step."""
    return max(
        (one.hold_minutes for one in _ladder(tx, held) if one.position <= position), default=1
    )


def _ladder(tx: Tx, exam: Held | Climb) -> list[Rung]:
    """The ladder in force when the exam was complete."""
    on = local(exam.complete_at).date()
    return queries.ladder(tx, site_id=exam.site_id, urgency=exam.urgency, on=on)


def ladder(tx: Tx, caller: Caller, exam_id: ExamId) -> Ladder:
    """Who was called about an exam of the caller's sites, and who would be next."""
    held = tasks.held(tx, exam_id, sites=caller.sites)
    calls = queries.calls(tx, exam_id)
    found = queries.standing(tx, exam_id)
    known = _ladder(tx, held)
    above = rules.rung_after(known, found.position if found else 0)
    if above is None and found and found.held:
        above = known[-1]
    waits = bool(found and found.waits)
    mine = (one for one in calls if one.person_id == caller.person_id)
    return Ladder(
        exam_id=exam_id,
        calls=tuple(calls),
        next_target=above.target if above and waits else None,
        next_at=found.due_at if found and waits else None,
        waits=waits,
        held=bool(found and found.held),
        may_answer=waits and any(one.acknowledged_at is None for one in mine),
    )


def foresee(tx: Tx, *, now: datetime) -> int:
    """When each waiting exam is expected to be read is known; how many of them."""
    found = queries.queue(tx)
    pool = assigning.Pool(tx, patients=(), now=now)
    exams = [pool.waiting(one) for one in found]
    queries.foresee(tx, forecast.expected(exams, pool.readers, now, pool.terms))
    return len(exams)

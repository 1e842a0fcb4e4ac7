"""Incidental findings: recommended, given to somebody, reminded of, done or lapsed with a proof."""

from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from plateau.access import service as access
from plateau.access.types import Access
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import ConflictError, InvalidInputError, NotFoundError
from plateau.kernel.ids import ExamId
from plateau.kernel.time import instant, local
from plateau.kernel.words import N_
from plateau.platform.db import Tx
from plateau.reading.followup import queries, rules
from plateau.reading.followup.types import Advice, Beside, Followup
from plateau.reading.loops import service as loops
from plateau.reading.loops.types import Opening, Owner, State
from plateau.requests import service as requests
from plateau.requests.types import ExamSheet

CARE = (Role.READER, Role.COORDINATOR, Role.REQUESTER)
_EVENING, _MORNING = time(18), time(8)  # when a day is over for a loop; when people are reminded
_TOGETHER = 100  # reminded in one sweep: the next one goes on


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The page of an incidental finding."""

    one: Followup
    sheet: ExamSheet
    may_act: bool
    sees_exam: bool


def advise(tx: Tx, caller: Caller, advice: Advice, *, now: datetime) -> UUID:
    """A reader recommends something about a finding: somebody has it from now on."""
    today = local(now).date()
    rules.require_advice(advice, today=today)
    sheet = requests.exam_sheet(tx, advice.exam_id)
    if sheet.exam.site_id not in caller.sites_as(Role.READER):
        raise NotFoundError("there is no such exam to read")
    if advice.team and advice.team not in {team.site_id for team in queries.teams(tx)}:
        raise InvalidInputError("nobody asks for exams at that site")
    person_id = None if advice.team else sheet.request.requester_id
    opening = Opening(
        kind="followup",
        exam_id=advice.exam_id,
        patient_id=sheet.exam.patient_id,
        site_id=advice.team or sheet.exam.site_id,
        text=N_("Something was found by the way: see to what is recommended."),
        owner=Owner(person_id, Role.REQUESTER),
        due_at=instant(advice.due_on, _EVENING),
    )
    loop_id = loops.open_loop(tx, opening, by=caller.person_id, now=now)
    remind_at = instant(rules.remind_on(today, advice.due_on), _MORNING)
    queries.add(tx, loop_id, advice, remind_at=remind_at)
    _record(tx, caller, sheet, "followup.advise", now)
    return loop_id


def plan(tx: Tx, caller: Caller, loop_id: UUID, planned_on: date, *, now: datetime) -> None:
    """Whoever has to see to it says on which day it will be done."""
    rules.require_plan(planned_on, today=local(now).date())
    seen = desk(tx, caller, loop_id, now=now)
    if not seen.may_act:
        raise ConflictError("this is over already, or in somebody's hands")
    if seen.one.state == State.OPEN:
        loops.acknowledge(tx, caller, loop_id, now=now)
    queries.plan(tx, loop_id, planned_on=planned_on)
    _record(tx, caller, seen.sheet, "followup.plan", now)
    tx.touch("loops")


def sweep(tx: Tx, *, now: datetime) -> int:
    """The owners of findings whose day comes near are reminded; of how many."""
    due = queries.to_remind(tx, now=now, limit=_TOGETHER)
    for loop_id in due:
        loops.remind(tx, loop_id, N_("What was recommended is due soon."), now=now)
    return len(due)


def desk(tx: Tx, caller: Caller, loop_id: UUID, *, now: datetime) -> Desk:
    """One finding, for whoever takes care of patients where the exam was made or it is given to."""
    one = queries.followup(tx, loop_id)
    if one is None or not one.homes & caller.sites_as(*CARE):
        raise NotFoundError("there is no such thing to follow")
    sheet = requests.exam_sheet(tx, one.exam_id)
    _record(tx, caller, sheet, "followup.view", now)
    return Desk(
        one=one,
        sheet=sheet,
        may_act=loops.seen(tx, caller, loop_id, now=now).may_end,
        sees_exam=one.exam_site_id in caller.sites_as(*CARE),
    )


def of_exam(tx: Tx, caller: Caller, exam_id: ExamId, *, now: datetime) -> Beside:
    """The incidental findings of an exam, as far as the caller takes care of patients there."""
    sheet = requests.exam_sheet(tx, exam_id)
    if sheet.exam.site_id not in caller.sites:
        raise NotFoundError("there is no such exam to read")
    cares = sheet.exam.site_id in caller.sites_as(*CARE)
    found = queries.of_exam(tx, exam_id) if cares else []
    if found:
        _record(tx, caller, sheet, "followup.view", now)
    is_reader = sheet.exam.site_id in caller.sites_as(Role.READER)
    return Beside(found=found, teams=queries.teams(tx) if is_reader else [], is_reader=is_reader)


def _record(tx: Tx, caller: Caller, sheet: ExamSheet, action: str, now: datetime) -> None:
    what = Access(
        action=action,
        subject=f"exam:{sheet.exam.exam_id}",
        patient_id=sheet.exam.patient_id,
        site_id=sheet.exam.site_id,
    )
    access.record(tx, caller, what, at=now)

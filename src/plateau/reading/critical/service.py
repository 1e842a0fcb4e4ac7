"""Critical results: found, called about, read back or acknowledged; nobody's silence ends one.

It is heard once somebody read it back, or acknowledged it here. Until then its loop is passed on by
the clock, and each call that nobody answers names the next one to call.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from plateau.access import service as access
from plateau.access.notify import service as notify
from plateau.access.types import Access
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import NotFoundError
from plateau.kernel.ids import ExamId
from plateau.kernel.words import N_
from plateau.platform import jobs
from plateau.platform.db import Tx
from plateau.reading.critical import queries, rules
from plateau.reading.critical.events import CriticalAcknowledged
from plateau.reading.critical.types import Call, Critical, Line, Phase, Report, Rung, Say
from plateau.reading.loops import service as loops
from plateau.reading.loops.types import Opening, Owner, State
from plateau.requests import service as requests
from plateau.requests.types import ExamSheet

CARE = (Role.READER, Role.COORDINATOR, Role.REQUESTER)
CALLING = (Role.READER, Role.COORDINATOR)
_LISTED = timedelta(days=30)  # how long what was heard stays on the list


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A critical result with its calls, and whom to call now."""

    critical: Critical
    calls: Sequence[Call]

    @property
    def phase(self) -> Phase:
        """How far it is."""
        return rules.phase(
            self.calls,
            is_acknowledged=self.critical.heard_at is not None,
            is_withdrawn=self.critical.state == State.LAPSED,
        )

    @property
    def next_rung(self) -> Rung:
        """Whom to call now."""
        return rules.next_rung(self.calls)

    @property
    def is_over(self) -> bool:
        """Whether nobody has to be called any more."""
        return self.phase in {Phase.HEARD, Phase.WITHDRAWN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The page of a critical result."""

    told: Told
    sheet: ExamSheet
    may_call: bool
    may_acknowledge: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """The critical results of an exam, and whether the caller may say another one."""

    found: Sequence[Told]
    is_reader: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The critical results that wait, and those of the last days."""

    waiting: Sequence[Line]
    over: Sequence[Line]


def find(tx: Tx, caller: Caller, report: Report, *, now: datetime) -> UUID:
    """A reader has found what somebody must hear soon; whoever asked for the exam is told."""
    rules.require_report(report)
    sheet = requests.exam_sheet(tx, report.exam_id)
    if sheet.exam.site_id not in caller.sites_as(Role.READER):
        raise NotFoundError("there is no such exam to read")
    opening = Opening(
        kind="critical",
        category=report.category,
        exam_id=report.exam_id,
        patient_id=sheet.exam.patient_id,
        site_id=sheet.exam.site_id,
        text=N_("A critical result has to be heard: call, and have it read back."),
        owner=Owner(caller.person_id, Role.READER),
    )
    loop_id = loops.open_loop(tx, opening, by=caller.person_id, now=now)
    queries.add(tx, loop_id, report, by=caller.person_id, at=now)
    _tell(tx, loop_id, sheet, now)
    _record(tx, caller, sheet, "critical.find", now)
    tx.touch("critical")
    return loop_id


def call(tx: Tx, caller: Caller, loop_id: UUID, said: Say, *, now: datetime) -> None:
    """Somebody was called: what they read back ends it, their silence leads to the next one."""
    rules.require_call(said)
    found = _one(tx, caller, loop_id, *CALLING)
    queries.add_call(tx, loop_id, said, by=caller.person_id, at=now)
    _record(tx, caller, requests.exam_sheet(tx, found.exam_id), "critical.call", now)
    if said.reached:
        _hear(tx, caller, found, f"{said.called.strip()}: {said.read_back.strip()}", now)
    tx.touch("critical")


def acknowledge(tx: Tx, caller: Caller, loop_id: UUID, *, now: datetime) -> None:
    """Whoever asked for the exam, or a colleague at the site, has read it here."""
    found = _one(tx, caller, loop_id, Role.REQUESTER)
    _record(tx, caller, requests.exam_sheet(tx, found.exam_id), "critical.acknowledge", now)
    _hear(tx, caller, found, caller.name, now, here=True)
    tx.touch("critical")


def tell_finder(tx: Tx, loop_id: UUID, *, now: datetime) -> None:
    """Whoever found it hears, once, that it was heard."""
    found = queries.critical(tx, loop_id)
    if found is None:
        return
    notify.tell(
        tx,
        person_id=found.found_by,
        kind="critical",
        text=N_("A critical result of yours was heard."),
        link=f"/critical/{loop_id}",
        at=now,
        key=f"critical-heard:{loop_id}",
    )


def listing(tx: Tx, caller: Caller, *, now: datetime) -> Listing:
    """The critical results of the sites where the caller takes care of patients."""
    sites = caller.sites_as(*CARE)
    if not sites:
        raise NotFoundError("this page does not exist, or is not yours to see")
    access.record(tx, caller, Access(action="critical.list", subject="critical"), at=now)
    since = now - _LISTED
    return Listing(
        waiting=queries.lines(tx, sites=sites, is_over=False, since=since),
        over=queries.lines(tx, sites=sites, is_over=True, since=since),
    )


def desk(tx: Tx, caller: Caller, loop_id: UUID, *, now: datetime) -> Desk:
    """One critical result, for whoever takes care of patients at its site."""
    found = _one(tx, caller, loop_id, *CARE)
    sheet = requests.exam_sheet(tx, found.exam_id)
    _record(tx, caller, sheet, "critical.view", now)
    told = _told(tx, found)
    return Desk(
        told=told,
        sheet=sheet,
        may_call=not told.is_over and found.site_id in caller.sites_as(*CALLING),
        may_acknowledge=not told.is_over and found.site_id in caller.sites_as(Role.REQUESTER),
    )


def of_exam(tx: Tx, caller: Caller, exam_id: ExamId, *, now: datetime) -> Beside:
    """The critical results of an exam, as far as the caller takes care of patients there."""
    sheet = requests.exam_sheet(tx, exam_id)
    if sheet.exam.site_id not in caller.sites:
        raise NotFoundError("there is no such exam to read")
    cares = sheet.exam.site_id in caller.sites_as(*CARE)
    found = [_told(tx, one) for one in queries.of_exam(tx, exam_id)] if cares else []
    if found:
        _record(tx, caller, sheet, "critical.view", now)
    return Beside(found=found, is_reader=sheet.exam.site_id in caller.sites_as(Role.READER))


def _hear(
    tx: Tx, caller: Caller, found: Critical, proof: str, now: datetime, *, here: bool = False
) -> None:
    """Heard once: its loop ends with what proves it, and whoever found it will know."""
    if not queries.hear(tx, found.loop_id, by=caller.person_id if here else None, at=now):
        return
    loops.conclude(tx, found.loop_id, proof=proof[: rules.LONGEST], by=caller, now=now)
    heard = CriticalAcknowledged(
        loop_id=found.loop_id, exam_id=found.exam_id, site_id=found.site_id
    )  # fmt: skip
    jobs.emit(tx, heard)


def _one(tx: Tx, caller: Caller, loop_id: UUID, *roles: Role) -> Critical:
    found = queries.critical(tx, loop_id)
    if found is None or found.site_id not in caller.sites_as(*roles):
        raise NotFoundError("there is no such critical result")
    return found


def _told(tx: Tx, found: Critical) -> Told:
    return Told(critical=found, calls=queries.calls(tx, found.loop_id))


def _tell(tx: Tx, loop_id: UUID, sheet: ExamSheet, now: datetime) -> None:
    notify.tell(
        tx,
        person_id=sheet.request.requester_id,
        kind="critical",
        text=N_("A critical result of an exam you asked for: read it and acknowledge it."),
        link=f"/critical/{loop_id}",
        at=now,
        urgent=True,
        key=f"critical:{loop_id}",
    )


def _record(tx: Tx, caller: Caller, sheet: ExamSheet, action: str, now: datetime) -> None:
    what = Access(
        action=action,
        subject=f"exam:{sheet.exam.exam_id}",
        patient_id=sheet.exam.patient_id,
        site_id=sheet.exam.site_id,
    )
    access.record(tx, caller, what, at=now)

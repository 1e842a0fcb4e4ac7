"""Multidisciplinary meetings: planned, their list of exams, what they conclude."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from plateau.access import service as access
from plateau.access.types import Access
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import ConflictError, InvalidInputError, NotFoundError, RuleBrokenError
from plateau.kernel.ids import ExamId, SiteId
from plateau.kernel.words import N_
from plateau.platform.blobs import Blobs
from plateau.platform.db import Tx
from plateau.reading import signature
from plateau.reading.loops import service as loops
from plateau.reading.loops.types import Opening, Owner
from plateau.reading.opinion import rules
from plateau.reading.opinion.queries import meetings
from plateau.reading.opinion.types import Item, Meeting
from plateau.reading.types import Addendum
from plateau.requests import service as requests
from plateau.territory import service as territory
from plateau.territory.types import Site

ATTENDING = (Role.READER, Role.COORDINATOR, Role.REQUESTER)
_MAKERS = (Role.READER, Role.COORDINATOR)
_KEPT = timedelta(days=180)
_AFTER = timedelta(days=1)  # within which a conclusion is to be entered
_TITLE = 200
_PROOF = 500  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A meeting as somebody plans it."""

    site_id: SiteId
    title: str
    place: str
    held_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Agenda:
    """A meeting with those exams of its list that the caller may see."""

    meeting: Meeting
    items: Sequence[Item]
    hidden: int
    reads_at: frozenset[SiteId]
    may_call_off: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The meetings of the caller's sites, and where they may plan one."""

    meetings: Sequence[Meeting]
    sites: Sequence[Site]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """The meetings an exam is on the list of, and those it could be put on."""

    items: Sequence[Item]
    next_ones: Sequence[Meeting]
    is_reader: bool


def listing(tx: Tx, caller: Caller, *, now: datetime) -> Listing:
    """The meetings of the caller's sites, from half a year ago on."""
    sites = caller.sites_as(*ATTENDING)
    if not sites:
        raise NotFoundError("this page does not exist, or is not yours to see")
    return Listing(
        meetings=meetings.meetings(tx, sites=sites, since=now - _KEPT),
        sites=territory.sites(tx, ids=caller.sites_as(*_MAKERS)),
    )


def plan(tx: Tx, caller: Caller, wanted: Plan, *, now: datetime) -> UUID:
    """A meeting is planned."""
    if wanted.site_id not in caller.sites_as(*_MAKERS):
        raise NotFoundError("this page does not exist, or is not yours to see")
    title, place = wanted.title.strip(), wanted.place.strip()
    if not title or max(len(title), len(place)) > _TITLE:
        raise InvalidInputError("name the meeting, in {most} characters", most=_TITLE)
    if wanted.held_at < now:
        raise InvalidInputError("a meeting is planned for a day to come")
    meeting_id = uuid4()
    meeting = Meeting(
        meeting_id=meeting_id,
        site_id=wanted.site_id,
        site_name="",
        title=title,
        place=place,
        held_at=wanted.held_at,
        called_off_at=None,
        exams=0,
        concluded=0,
    )
    meetings.add(tx, meeting, by=caller.person_id, now=now)
    done = Access(action="meeting.plan", subject=f"meeting:{meeting_id}", site_id=wanted.site_id)
    access.record(tx, caller, done, at=now)
    tx.touch("reviews")
    return meeting_id


def call_off(tx: Tx, caller: Caller, meeting_id: UUID, *, now: datetime) -> None:
    """A meeting without exams does not take place."""
    if not meetings.call_off(tx, meeting_id, sites=caller.sites_as(*_MAKERS), now=now):
        raise RuleBrokenError("exams wait for this meeting, or it is not yours to call off")
    done = Access(action="meeting.call_off", subject=f"meeting:{meeting_id}")
    access.record(tx, caller, done, at=now)
    tx.touch("reviews")


def agenda(tx: Tx, caller: Caller, meeting_id: UUID, *, now: datetime) -> Agenda:
    """A meeting and its list, as far as the caller's sites go."""
    meeting = _meeting(tx, caller, meeting_id)
    items = meetings.items(tx, meeting_id, sites=caller.sites_as(*ATTENDING))
    for one in items:
        _record(tx, caller, one, "meeting.view", now)
    return Agenda(
        meeting=meeting,
        items=items,
        hidden=meeting.exams - len(items),
        reads_at=caller.sites_as(Role.READER),
        may_call_off=meeting.site_id in caller.sites_as(*_MAKERS)
        and not meeting.exams
        and meeting.called_off_at is None,
    )


def of_exam(tx: Tx, caller: Caller, exam_id: ExamId, *, now: datetime) -> Beside:
    """The meetings of an exam, and those to come."""
    sites = caller.sites_as(*ATTENDING)
    exam = requests.exam(tx, exam_id)
    is_reader = exam.site_id in caller.sites_as(Role.READER)
    items = meetings.of_exam(tx, exam_id, sites=sites)
    if items:
        _record(tx, caller, items[0], "meeting.view", now)
    on = {one.meeting_id for one in items}
    coming = meetings.meetings(tx, sites=sites, since=now) if is_reader else []
    return Beside(
        items=items,
        next_ones=[one for one in coming if not one.called_off_at and one.meeting_id not in on],
        is_reader=is_reader,
    )


def add_exam(
    tx: Tx, caller: Caller, meeting_id: UUID, exam_id: ExamId, *, question: str, now: datetime
) -> None:
    """An exam is on the list of a meeting, which is expected to conclude."""
    exam = requests.exam(tx, exam_id)
    if exam.site_id not in caller.sites_as(Role.READER):
        raise NotFoundError("there is no such exam to read")
    meetings.lock(tx, meeting_id)
    meeting = _meeting(tx, caller, meeting_id)
    asked = _said(question)
    if meeting.called_off_at or meeting.held_at < now:
        raise RuleBrokenError("this meeting is over or called off: choose another one")
    if not meetings.add_exam(tx, meeting_id, exam_id, question=asked, by=caller.person_id, now=now):
        raise ConflictError("this exam is on the list already")
    item = _item(tx, caller, meeting_id, exam_id)
    loop_id = _open_loop(tx, caller, item, now)
    meetings.set_loop(tx, meeting_id, exam_id, loop_id=loop_id)
    _record(tx, caller, item, "meeting.add", now)
    tx.touch("reviews")


def conclude(
    tx: Tx, caller: Caller, meeting_id: UUID, exam_id: ExamId, *, text: str, now: datetime
) -> None:
    """What a meeting concluded about an exam is a note beside its report."""
    item = _item(tx, caller, meeting_id, exam_id)
    said = _said(text)
    if now < item.held_at:
        raise RuleBrokenError("the meeting has not taken place yet")
    if not meetings.conclude(tx, meeting_id, exam_id, text=said, by=caller.person_id, now=now):
        raise ConflictError("the meeting has concluded about this exam already")
    _record(tx, caller, item, "meeting.conclude", now)
    if item.loop_id:
        loops.conclude(tx, item.loop_id, proof=said[:_PROOF], by=caller, now=now)
    tx.touch("reviews")


def attach(
    tx: Tx, blobs: Blobs, caller: Caller, meeting_id: UUID, addendum: Addendum, *, now: datetime
) -> None:
    """A conclusion is signed into the report, as an addendum of the caller's."""
    item = _item(tx, caller, meeting_id, addendum.exam_id)
    if not item.conclusion or item.version_id:
        raise ConflictError("there is nothing to attach, or it is attached already")
    whole = replace(addendum, exam_id=item.exam_id)
    version_id = signature.add_addendum(tx, blobs, caller, whole, now=now)
    meetings.attach(tx, meeting_id, item.exam_id, version_id=version_id)
    tx.touch("reviews")


def _meeting(tx: Tx, caller: Caller, meeting_id: UUID) -> Meeting:
    found = meetings.meeting(tx, meeting_id, sites=caller.sites_as(*ATTENDING))
    if found is None:
        raise NotFoundError("this page does not exist, or is not yours to see")
    return found


def _item(tx: Tx, caller: Caller, meeting_id: UUID, exam_id: ExamId) -> Item:
    found = meetings.item(tx, meeting_id, exam_id, sites=caller.sites_as(Role.READER))
    if found is None:
        raise NotFoundError("there is no such exam to read")
    return found


def _open_loop(tx: Tx, caller: Caller, item: Item, now: datetime) -> UUID:
    what = Opening(
        kind="meeting",
        exam_id=item.exam_id,
        patient_id=item.patient_id,
        site_id=item.site_id,
        due_at=item.held_at + _AFTER,
        text=N_("A meeting has to conclude about an exam."),
        owner=Owner(caller.person_id, Role.READER),
    )
    return loops.open_loop(tx, what, by=caller.person_id, now=now)


def _said(text: str) -> str:
    said = text.strip()
    if not said:
        raise InvalidInputError("write a few words")
    if len(said) > rules.LONGEST:
        raise InvalidInputError("a text here has {most} characters at most", most=rules.LONGEST)
    return said


def _record(tx: Tx, caller: Caller, item: Item, action: str, now: datetime) -> None:
    what = Access(
        action=action,
        subject=f"exam:{item.exam_id}",
        patient_id=item.patient_id,
        site_id=item.site_id,
    )
    access.record(tx, caller, what, at=now)

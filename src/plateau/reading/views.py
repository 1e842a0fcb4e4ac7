"""What the reading pages show, loaded in one go; showing a patient leaves its trace here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from plateau.access import service as access
from plateau.access.types import Access
from plateau.images import service as images
from plateau.images.types import Study
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import NotFoundError, RuleBrokenError
from plateau.kernel.ids import ExamId, SiteId, VersionId
from plateau.planning import service as planning
from plateau.planning.types import Coverage, Operator
from plateau.platform.blobs import Blobs
from plateau.platform.db import Tx
from plateau.reading import assigning, service, signature
from plateau.reading.library import service as library
from plateau.reading.library.types import Chapters, Offer
from plateau.reading.list_types import Arriving, Event, Prior, WorklistRow
from plateau.reading.queries import blinded, lists, rejected, tasks, texts
from plateau.reading.rules import texts as text_rules
from plateau.reading.rules.ranking import Choice
from plateau.reading.rules.texts import lateness
from plateau.reading.types import (
    Draft,
    Filters,
    Held,
    Lateness,
    Lint,
    Rejected,
    Sections,
    Signature,
    SignedReport,
    State,
    Undecided,
)
from plateau.requests import service as requests
from plateau.requests.types import ExamSheet, Question
from plateau.territory import service as territory
from plateau.territory.types import Site

LISTED = (Role.READER, Role.COORDINATOR)
CLINICAL = (Role.READER, Role.COORDINATOR, Role.TECHNOLOGIST, Role.REQUESTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What changes in the worklist."""

    rows: Sequence[WorklistRow]
    total: int
    undecided: Sequence[Undecided]
    arriving: Sequence[Arriving]
    is_reader: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Worklist:
    """The worklist page; `others_on_duty` says who answers now when the caller does not."""

    listed: Listed
    sites: Sequence[Site]
    modalities: Sequence[str]
    is_on_duty: bool
    others_on_duty: Sequence[Coverage | Operator]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """How an exam stands against its delay, and how many of its images are here.

    `rejected` counts the rejections about which nobody has decided.
    """

    exam_id: ExamId
    urgency: str
    due_at: datetime
    lateness: Lateness
    took: timedelta | None  # from complete to signed
    study: Study | None
    rejected: int
    stopped_at: datetime | None  # since when an answer is awaited that stops the clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a draft stands: what is kept of it, and what to look at again before signing."""

    is_mine: bool
    saved: Draft | None
    saved_by: str
    lint: Lint

    @property
    def revision(self) -> int:
        """The revision that the next save starts from."""
        return self.saved.revision if self.saved else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The reading page: everything around one exam."""

    sheet: ExamSheet
    held: Held
    clock: Clock
    is_reader: bool
    text: Sections
    offer: Offer | None  # for whoever may write it
    standing: Standing
    priors: Sequence[Prior]
    priors_elsewhere: int
    versions: Sequence[SignedReport]  # those that hold
    given: SignedReport | None  # what was last given of an exam that is to be read: not signed
    signature: Signature | None  # signed, and not final yet
    questions: Sequence[Question]
    images_missing: bool  # and nobody has said why it is read without them


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """The exam page; without clinical role, neither identity nor report."""

    sheet: ExamSheet
    held: Held
    events: Sequence[Event]
    versions: Sequence[SignedReport]  # for readers, and those that hold for others
    has_report: bool  # one holds
    signature: Signature | None  # for readers: signed, and not final yet
    rejected: Sequence[Rejected]
    sees_content: bool
    is_reader: bool
    is_coordinator: bool
    choices: Sequence[Choice]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What became of a signature: to be recalled for `left_s` more seconds, final, or recalled."""

    exam_id: ExamId
    left_s: int
    is_mine: bool
    version_id: VersionId | None  # once it is final


def worklist(tx: Tx, caller: Caller, filters: Filters, *, limit: int, now: datetime) -> Worklist:
    """The exams of the sites where the caller reads or coordinates."""
    mine = planning.sites_on_duty(tx, person_id=caller.person_id, at=now)
    listed = list_exams(tx, caller, filters, limit=limit)
    return Worklist(
        listed=listed,
        sites=territory.sites(tx, ids=caller.sites_as(*LISTED)),
        modalities=lists.modalities(tx),
        is_on_duty=bool(mine),
        others_on_duty=[] if mine or not listed.is_reader else _on_duty(tx, caller, now),
    )


def list_exams(tx: Tx, caller: Caller, filters: Filters, *, limit: int) -> Listed:
    """What changes in the caller's worklist; alike for whoever reads and coordinates as they do."""
    sites = caller.sites_as(*LISTED)
    if not sites:
        raise NotFoundError("there is no worklist for your roles")
    return Listed(
        rows=lists.worklist(tx, filters, sites=sites, limit=limit),
        total=lists.worklist_size(tx, filters, sites=sites),
        undecided=rejected.undecided(tx, sites=sites),
        arriving=lists.arriving(tx, sites=caller.sites_as(Role.READER)),
        is_reader=caller.is_one_of(Role.READER),
    )


def record_worklist(tx: Tx, caller: Caller, *, now: datetime) -> None:
    """Somebody opened the worklist: one trace, not one at each change of the list."""
    access.record(tx, caller, Access(action="worklist.view", subject="worklist"), at=now)


def clock(tx: Tx, caller: Caller, *, exam_id: ExamId, now: datetime) -> Clock:
    """How an exam of the sites where the caller reads or coordinates stands now."""
    return _clock(tx, tasks.held(tx, exam_id, sites=caller.sites_as(*LISTED)), now)


def _clock(tx: Tx, held: Held, now: datetime) -> Clock:
    stops = [
        one.asked_at
        for one in requests.questions_of(tx, held.exam_id)
        if one.stops_clock and one.answered_at is None
    ]
    stopped_at = min(stops, default=None) if held.signed_at is None else None
    at = held.signed_at or stopped_at or now
    return Clock(
        exam_id=held.exam_id,
        urgency=held.urgency,
        due_at=held.due_at,
        lateness=lateness(held.complete_at, held.due_at, at),
        took=held.signed_at - held.complete_at if held.signed_at else None,
        study=images.study_of(tx, held.study_uid),
        rejected=sum(one.awaits for one in rejected.of_exam(tx, held.exam_id)),
        stopped_at=stopped_at,
    )


def desk(
    tx: Tx,
    blobs: Blobs,
    caller: Caller,
    *,
    exam_id: ExamId,
    now: datetime,
    typed: Sections | None = None,
) -> Desk:
    """Everything around one exam of the sites where the caller reads or coordinates.

    `typed` stands in place of what is kept of the report, when it could not be kept.
    """
    sites = caller.sites_as(*LISTED)
    held = tasks.held(tx, exam_id, sites=sites)
    _require_sight(tx, caller, exam_id)
    sheet = requests.exam_sheet(tx, exam_id)
    saved = texts.draft(tx, exam_id)
    is_reader = held.site_id in caller.sites_as(Role.READER)
    offer = library.offer(tx, blobs, sheet, reader_id=caller.person_id) if is_reader else None
    text = _text(saved, sheet, offer)
    versions = texts.versions(tx, exam_id)
    valid = text_rules.in_force(versions)
    _record(tx, caller, held, "exam.view", now)
    return Desk(
        sheet=sheet,
        held=held,
        clock=_clock(tx, held, now),
        is_reader=is_reader,
        text=typed or text,
        offer=offer,
        standing=_standing(tx, caller, held, saved, signature.lint(typed or text, sheet)),
        priors=_priors(tx, caller, held, None if is_reader else sites, now),
        priors_elsewhere=0 if is_reader else _elsewhere(tx, held, sites),
        versions=valid,
        given=versions[-1] if versions and not valid else None,
        signature=signature.pending(tx, exam_id),
        questions=requests.questions_of(tx, exam_id),
        images_missing=not (held.incomplete_reason or requests.standing(tx, exam_id).complete),
    )


def _text(saved: Draft | None, sheet: ExamSheet, offer: Offer | None) -> Sections:
    """What is kept of a report; else what a reader starts from, and others do not see."""
    if saved:
        return service.sections_of(saved)
    blank = Chapters(technique="", result="", conclusion="")
    return service.starting_text(sheet, offer.start if offer else blank)


def _priors(
    tx: Tx, caller: Caller, held: Held, sites: frozenset[SiteId] | None, now: datetime
) -> list[Prior]:
    """What the patient had before: in the whole pool for whoever may read the exam."""
    found = lists.priors(tx, patient_id=held.patient_id, study_uid=held.study_uid, sites=sites)
    if {one.site_id for one in found} - caller.sites_as(*LISTED):
        _record(tx, caller, held, "priors.view", now)
    return found


def _elsewhere(tx: Tx, held: Held, sites: frozenset[SiteId]) -> int:
    return lists.priors_elsewhere(
        tx, patient_id=held.patient_id, study_uid=held.study_uid, sites=sites
    )


def standing(tx: Tx, caller: Caller, *, exam_id: ExamId, typed: Sections) -> Standing:
    """Where the draft on the caller's screen stands."""
    held = tasks.held(tx, exam_id, sites=caller.sites_as(*LISTED))
    found = signature.lint(typed, requests.exam_sheet(tx, exam_id))
    return _standing(tx, caller, held, texts.draft(tx, exam_id), found)


def _standing(tx: Tx, caller: Caller, held: Held, saved: Draft | None, found: Lint) -> Standing:
    return Standing(
        is_mine=held.state == State.READING and held.reader_id == caller.person_id,
        saved=saved,
        saved_by=access.name_of(tx, saved.saved_by) if saved else "",
        lint=found,
    )


def dossier(tx: Tx, caller: Caller, *, exam_id: ExamId, now: datetime) -> Dossier:
    """What happened to an exam of the caller's sites, and its report for clinical roles."""
    held = tasks.held(tx, exam_id, sites=caller.sites)
    _require_sight(tx, caller, exam_id)
    sees_content = held.site_id in caller.sites_as(*CLINICAL)
    is_reader = held.site_id in caller.sites_as(Role.READER)
    versions = texts.versions(tx, exam_id)
    _record(tx, caller, held, "exam.view", now)
    return Dossier(
        sheet=requests.exam_sheet(tx, exam_id),
        held=held,
        events=lists.timeline(tx, exam_id),
        versions=[one for one in versions if is_reader or not one.retracted],
        has_report=bool(text_rules.in_force(versions)),
        signature=signature.pending(tx, exam_id) if is_reader else None,
        rejected=rejected.of_exam(tx, exam_id),
        sees_content=sees_content,
        is_reader=is_reader,
        is_coordinator=held.site_id in caller.sites_as(Role.COORDINATOR),
        choices=assigning.explain(tx, exam_id, sites=caller.sites_as(*LISTED), now=now),
    )


def signed(tx: Tx, caller: Caller, *, exam_id: ExamId, wall: datetime) -> Signed:
    """What became of the signature of an exam of the sites where the caller reads."""
    held = tasks.held(tx, exam_id, sites=caller.sites_as(Role.READER))
    pending = signature.pending(tx, exam_id)
    left = (pending.final_at - wall).total_seconds() if pending else 0
    versions = text_rules.in_force(texts.versions(tx, exam_id))
    return Signed(
        exam_id=exam_id,
        left_s=max(0, ceil(left)),
        is_mine=pending is not None and held.reader_id == caller.person_id,
        version_id=versions[-1].version_id if versions else None,
    )


def document_key(tx: Tx, caller: Caller, *, version_id: VersionId, now: datetime) -> str:
    """Where the PDF of a version is kept, for clinical roles at its site.

    One that was retracted is about somebody else: only readers look at it again.
    """
    report = texts.signed(tx, version_id)
    roles = [Role.READER] if report.retracted else CLINICAL
    held = tasks.held(tx, report.exam_id, sites=caller.sites_as(*roles))
    _require_sight(tx, caller, report.exam_id)
    _record(tx, caller, held, "report.print", now)
    return report.document_key


def _require_sight(tx: Tx, caller: Caller, exam_id: ExamId) -> None:
    """Whoever reads an exam again blindly sees its report only once they have signed theirs."""
    if blinded.is_blinded(tx, exam_id, person_id=caller.person_id):
        raise RuleBrokenError("sign what you read before you see the first report")


def _on_duty(tx: Tx, caller: Caller, now: datetime) -> list[Coverage | Operator]:
    """Who answers now for the sites where the caller reads, once each; operators come last."""
    reads = caller.sites_as(Role.READER)
    here = [entry for entry in planning.on_call(tx, at=now) if entry.site.site_id in reads]
    people = {person.person_id: person for entry in here for person in entry.people}
    operators = {(one.line_name, one.name): one for entry in here for one in entry.operators}
    by_call = sorted(people.values(), key=lambda person: (person.position, person.name))
    return [*by_call, *operators.values()]


def _record(tx: Tx, caller: Caller, held: Held, action: str, now: datetime) -> None:
    what = Access(
        action=action,
        subject=f"exam:{held.exam_id}",
        patient_id=held.patient_id,
        site_id=held.site_id,
    )
    access.record(tx, caller, what, at=now)

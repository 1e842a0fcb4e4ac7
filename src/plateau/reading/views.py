"""What the reading pages show, loaded in one go; showing a patient leaves its trace here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from plateau.access import service as access
from plateau.access.types import Access
from plateau.images import service as images
from plateau.images.types import Study
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import NotFoundError
from plateau.kernel.ids import ExamId, SiteId, VersionId
from plateau.planning import service as planning
from plateau.planning.types import OnDuty
from plateau.platform.db import Tx
from plateau.reading import rules, service
from plateau.reading.queries import lists, tasks, texts
from plateau.reading.types import (
    Draft,
    Event,
    Filters,
    Held,
    Lateness,
    Lint,
    Prior,
    Sections,
    SignedReport,
    State,
    WorklistRow,
)
from plateau.requests import service as requests
from plateau.requests.types import ExamSheet
from plateau.territory import service as territory
from plateau.territory.types import Site

LISTED = (Role.READER, Role.COORDINATOR)
CLINICAL = (Role.READER, Role.COORDINATOR, Role.TECHNOLOGIST, Role.REQUESTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worklist:
    """The worklist page; `others_on_duty` says who answers now when the caller does not."""

    rows: Sequence[WorklistRow]
    total: int
    sites: Sequence[Site]
    modalities: Sequence[str]
    is_reader: bool
    is_on_duty: bool
    others_on_duty: Sequence[OnDuty]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """How an exam stands against its delay, and how many of its images are here."""

    urgency: str
    due_at: datetime
    lateness: Lateness
    study: Study | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The reading page: everything around one exam."""

    sheet: ExamSheet
    held: Held
    clock: Clock
    is_mine: bool
    is_reader: bool
    text: Sections
    revision: int
    saved: Draft | None
    saved_by: str
    lint: Lint
    priors: Sequence[Prior]
    priors_elsewhere: int
    versions: Sequence[SignedReport]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """The exam page; without clinical role, neither identity nor report."""

    sheet: ExamSheet
    held: Held
    events: Sequence[Event]
    versions: Sequence[SignedReport]
    sees_content: bool
    is_reader: bool


def worklist(tx: Tx, caller: Caller, filters: Filters, *, limit: int, now: datetime) -> Worklist:
    """The exams of the sites where the caller reads or coordinates."""
    sites = caller.sites_as(*LISTED)
    if not sites:
        raise NotFoundError("there is no worklist for your roles")
    mine = planning.sites_on_duty(tx, person_id=caller.person_id, at=now)
    is_reader = caller.is_one_of(Role.READER)
    return Worklist(
        rows=lists.worklist(tx, filters, sites=sites, limit=limit),
        total=lists.worklist_size(tx, filters, sites=sites),
        sites=territory.sites(tx, ids=sites),
        modalities=lists.modalities(tx),
        is_reader=is_reader,
        is_on_duty=bool(mine),
        others_on_duty=[] if mine or not is_reader else _on_duty(tx, caller, now),
    )


def record_worklist(tx: Tx, caller: Caller, *, now: datetime) -> None:
    """Somebody opened the worklist: one trace, not one at each change of the list."""
    access.record(tx, caller, Access(action="worklist.view", subject="worklist"), at=now)


def clock(tx: Tx, held: Held, *, now: datetime) -> Clock:
    """How the exam stands now."""
    return Clock(
        urgency=held.urgency,
        due_at=held.due_at,
        lateness=rules.lateness(held.complete_at, held.due_at, now),
        study=images.study_of(tx, held.study_uid),
    )


def desk(tx: Tx, caller: Caller, *, exam_id: ExamId, now: datetime) -> Desk:
    """Everything around one exam of the sites where the caller reads or coordinates."""
    sites = caller.sites_as(*LISTED)
    held = tasks.held(tx, exam_id, sites=sites)
    sheet = requests.exam_sheet(tx, exam_id)
    saved = texts.draft(tx, exam_id)
    text = service.sections_of(saved) if saved else service.starting_text(sheet)
    _record(tx, caller, held, "exam.view", now)
    return Desk(
        sheet=sheet,
        held=held,
        clock=clock(tx, held, now=now),
        is_mine=held.state == State.READING and held.reader_id == caller.person_id,
        is_reader=held.site_id in caller.sites_as(Role.READER),
        text=text,
        revision=saved.revision if saved else 0,
        saved=saved,
        saved_by=access.name_of(tx, saved.saved_by) if saved else "",
        lint=service.lint(text, sheet),
        priors=lists.priors(tx, patient_id=held.patient_id, study_uid=held.study_uid, sites=sites),
        priors_elsewhere=lists.priors_elsewhere(
            tx, patient_id=held.patient_id, study_uid=held.study_uid, sites=sites
        ),
        versions=texts.versions(tx, exam_id),
    )


def dossier(tx: Tx, caller: Caller, *, exam_id: ExamId, now: datetime) -> Dossier:
    """What happened to an exam of the caller's sites, and its report for clinical roles."""
    held = tasks.held(tx, exam_id, sites=caller.sites)
    sees_content = held.site_id in caller.sites_as(*CLINICAL)
    _record(tx, caller, held, "exam.view", now)
    return Dossier(
        sheet=requests.exam_sheet(tx, exam_id),
        held=held,
        events=lists.timeline(tx, exam_id),
        versions=texts.versions(tx, exam_id),
        sees_content=sees_content,
        is_reader=held.site_id in caller.sites_as(Role.READER),
    )


def document_key(tx: Tx, caller: Caller, *, version_id: VersionId, now: datetime) -> str:
    """Where the PDF of a version is kept, for clinical roles at its site."""
    report = texts.signed(tx, version_id)
    held = tasks.held(tx, report.exam_id, sites=caller.sites_as(*CLINICAL))
    _record(tx, caller, held, "report.print", now)
    return report.document_key


def _on_duty(tx: Tx, caller: Caller, now: datetime) -> list[OnDuty]:
    """Who answers now for the sites where the caller reads, once each."""
    everyone = planning.everyone_on_duty(tx, at=now)
    reads: Sequence[SiteId] = sorted(caller.sites_as(Role.READER) & everyone.keys())
    people = {duty.person_id: duty for site in reads for duty in everyone[site]}
    return sorted(people.values(), key=lambda duty: (duty.position, duty.name))


def _record(tx: Tx, caller: Caller, held: Held, action: str, now: datetime) -> None:
    what = Access(
        action=action,
        subject=f"exam:{held.exam_id}",
        patient_id=held.patient_id,
        site_id=held.site_id,
    )
    access.record(tx, caller, what, at=now)

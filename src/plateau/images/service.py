"""Receiving instances, following procedure steps, and knowing when a study is complete."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from plateau.images import rules
from plateau.images.events import StepEnded, StepStarted, StudyComplete, StudyGrew
from plateau.images.formats import dose, header, part10
from plateau.images.peers import queries as peers
from plateau.images.queries import answers, arrival, steps
from plateau.images.reject import service as rejecting
from plateau.images.reject.types import Note
from plateau.images.types import (
    IN_PROGRESS,
    Arrival,
    Coercion,
    Counts,
    Dose,
    Header,
    Json,
    MissingAttributeError,
    Origin,
    OtherContentError,
    Standing,
    Step,
    StepClosedError,
    StepTakenError,
    Study,
    UnknownPatientError,
    Wanted,
)
from plateau.kernel.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PlateauError,
)
from plateau.kernel.ids import PatientId, StudyId
from plateau.kernel.time import local
from plateau.platform.blobs import Blobs
from plateau.platform.db import Tx
from plateau.platform.jobs import emit

log = structlog.get_logger()
QUIET = timedelta(seconds=30)
_SHOWN_EVERY = 20  # open pages look again after so many instances, not after each


def _(text: str) -> str:
    """Mark a text for translation; the door translates it."""
    return text


def greet(tx: Tx, *, origin: Origin, now: datetime) -> int | None:
    """Refuse whoever is no machine or system of the territory today; note who is there.

    How many associations it may hold at once, if the territory says so.
    """
    if not arrival.is_known(tx, ae_title=origin.ae_title, on=local(now).date()):
        raise NotFoundError("calling AE title not recognised")
    peers.note_seen(tx, ae_title=origin.ae_title, at=now)
    return peers.max_associations(tx, ae_title=origin.ae_title, on=local(now).date())


def coercion(tx: Tx, origin: Origin, *, now: datetime) -> Coercion:
    """How what somebody sends is meant; whoever has it read in may say whose identifiers it has."""
    found = arrival.coercion(tx, ae_title=origin.ae_title, on=local(now).date())
    return replace(found, issuer=origin.issuer) if origin.issuer else found


def check_arrival(tx: Tx, found: Header, *, origin: Origin, now: datetime) -> bool:
    """Refuse an instance whose bytes are not worth keeping; whether its series is there."""
    known, problems = _standings(tx, [(found, origin)], now)
    if problems:
        raise problems[0]
    return known[0].series_study_id is not None


def receive(
    tx: Tx,
    blobs: Blobs,
    *,
    content: bytes,
    origin: Origin,
    now: datetime,
    quiet: timedelta = QUIET,
) -> None:
    """Keep one instance (a DICOM file, PS3.10); the same instance twice is kept once.

    The bytes are durable before the row that points at them.
    """
    found = header.read(content, coercion(tx, origin, now=now))
    check_arrival(tx, found, origin=origin, now=now)
    arrived = Arrival(found, blobs.put(content), len(content), origin)
    problems = index(tx, blobs, [arrived], now=now, quiet=quiet)
    if problems:
        raise problems[0]


def index(
    tx: Tx, blobs: Blobs, arrivals: Sequence[Arrival], *, now: datetime, quiet: timedelta
) -> dict[int, PlateauError]:
    """Have rows point at bytes that are durable; why not, by place, for those that are refused.

    The instance that a study was still waiting for completes it.
    """
    problems = _prepare(tx, arrivals, now)
    notes, refusals = _notes(tx, arrivals, now)
    problems |= refusals
    good = {place: one for place, one in enumerate(arrivals) if place not in problems}
    counts = arrival.add_instances(tx, list(good.values()), now=now, quiet_at=now + quiet)
    added = {uid for one in counts for uid in one.uids}
    for place, one in good.items():
        problem = None if one.header.sop_instance_uid in added else _same(tx, blobs, one)
        problems |= {place: problem} if problem else {}
    for place in good.keys() & notes.keys() - problems.keys():
        rejecting.apply(tx, notes[place], arrivals[place], at=now)
    if notes or any(one.hidden for one in counts):
        problems |= _hide(tx, blobs, counts, good)
    for one in counts:
        _follow(tx, one, now)
    return problems


def refuse(tx: Tx, *, origin: Origin, error: PlateauError, at: datetime) -> None:
    """Record a refusal, in a transaction of its own: the refused one has been undone."""
    arrival.add_refusal(tx, origin=origin, code=error.code, reason=str(error), at=at)


def begin_step(tx: Tx, *, step_uid: str, attributes: Json, origin: Origin, now: datetime) -> None:
    """A machine has begun to acquire. Source: PS3.4, F.7.2.1."""
    site_id = arrival.site_of_machine(tx, ae_title=origin.ae_title, on=local(now).date())
    if site_id is None:
        raise NotFoundError("calling AE title not recognised")
    missing = rules.missing_in_creation(attributes)
    if missing:
        raise MissingAttributeError("missing attributes: {names}", names=", ".join(missing))
    if rules.state(attributes) != IN_PROGRESS:
        raise InvalidInputError("a procedure step begins in progress")
    study_uid = rules.study_uid(attributes)
    step = Step(step_uid, study_uid, origin.ae_title, IN_PROGRESS, dict(attributes))
    if not steps.add_step(tx, step=step, site_id=site_id, now=now):
        raise StepTakenError("this procedure step already exists")
    emit(
        tx,
        StepStarted(step_uid=step_uid, study_uid=study_uid, ae_title=origin.ae_title, at=now),
    )
    tx.touch("exams")


def end_step(tx: Tx, *, step_uid: str, attributes: Json, origin: Origin, now: datetime) -> None:
    """A machine has changed or closed its procedure step; a closed one never changes again.

    Source: PS3.4, F.7.2.2.
    """
    step = steps.step(tx, step_uid=step_uid, ae_title=origin.ae_title)
    if step.state != IN_PROGRESS:
        raise StepClosedError("this procedure step is closed")
    state = rules.state(attributes) or IN_PROGRESS
    if state not in rules.STATES:
        raise InvalidInputError("unknown state of a procedure step")
    merged = {**step.attributes, **attributes}
    steps.amend_step(tx, step_uid=step_uid, attributes=merged)
    if state != IN_PROGRESS:
        _close(tx, step, state, merged, now)


def settle(tx: Tx, *, now: datetime) -> int:
    """Complete the studies that nobody announced and that have been silent; how many."""
    due = steps.silent(tx, now=now)
    return sum(_complete_if_done(tx, study_id, now) for study_id in due)


def study_of(tx: Tx, study_uid: str) -> Study | None:
    """The study with that UID, if an instance of it has arrived."""
    return answers.study(tx, study_uid)


def priors(tx: Tx, *, patient_id: PatientId, before_study_uid: str, limit: int = 10) -> list[Study]:
    """The patient's other studies that are no later than the given one, the latest first."""
    return answers.priors(tx, patient_id=patient_id, study_uid=before_study_uid, limit=limit)


def dose_of(tx: Tx, blobs: Blobs, *, study_uid: str) -> Dose | None:
    """What the latest dose report of the study says; None without one."""
    key = answers.dose_report_key(tx, study_uid)
    return dose.read(blobs.get(key)) if key else None


def _standings(
    tx: Tx, asked: Sequence[tuple[Header, Origin]], now: datetime
) -> tuple[dict[int, Standing], dict[int, PlateauError]]:
    """What is known of each instance, and why some are refused, by place."""
    found = arrival.standings(tx, asked, on=local(now).date())
    known = {one.place - 1: one for one in found}
    verdicts = {place: _refusal(known.get(place)) for place in range(len(asked))}
    return known, {place: error for place, error in verdicts.items() if error}


def _refusal(known: Standing | None) -> PlateauError | None:
    if known is None:
        return NotFoundError("calling AE title not recognised")
    if known.patient_id is None:
        return UnknownPatientError(_("this PatientID is not known at the machine's site"))
    if known.study_patient_id not in {None, known.patient_id}:
        return ConflictError("this study is known with another patient")
    if known.series_study_id not in {None, known.study_id}:
        return ConflictError("this series is known in another study")
    return None


def _notes(
    tx: Tx, arrivals: Sequence[Arrival], now: datetime
) -> tuple[dict[int, Note], dict[int, PlateauError]]:
    """The rejection notes among arrivals, and why some are refused, by place."""
    found = {place: rejecting.note_of(one) for place, one in enumerate(arrivals)}
    notes = {place: note for place, note in found.items() if note}
    refused: dict[int, PlateauError] = {}
    for place, note in notes.items():
        one = arrivals[place]
        known, _ = _standings(tx, [(one.header, one.origin)], now)
        site_id, study_uid = known[0].site_id if known else None, one.header.study_uid
        error = rejecting.refusal(tx, note, study_uid=study_uid, site_id=site_id)
        refused |= {place: error} if error else {}
    return notes, refused


def _hide(
    tx: Tx, blobs: Blobs, counts: Sequence[Counts], good: Mapping[int, Arrival]
) -> dict[int, PlateauError]:
    """Nothing that is rejected is shown; why not, by place, for what is not what was hidden."""
    other = rejecting.differing(tx, blobs, list(good.values()))
    for one in counts:
        rejecting.hide(tx, one.study_id)
    return {
        place: OtherContentError("this SOP Instance UID is stored with other content")
        for place, one in good.items()
        if one.header.sop_instance_uid in other
    }


def _same(tx: Tx, blobs: Blobs, one: Arrival) -> PlateauError | None:
    """Nothing when the data set stored under this UID is the same, whatever door it came by."""
    kept = arrival.blob_key_of(tx, one.header.sop_instance_uid)
    if kept == one.blob_key or part10.same_data_set(blobs.get(kept), blobs.get(one.blob_key)):
        return None
    return OtherContentError("this SOP Instance UID is stored with other content")


def _prepare(tx: Tx, arrivals: Sequence[Arrival], now: datetime) -> dict[int, PlateauError]:
    """Have studies and series to put instances in; why not, by place, for those refused."""
    if all(one.is_expected for one in arrivals):
        return {}
    asked = [(one.header, one.origin) for one in arrivals]
    known, problems = _standings(tx, asked, now)
    new = {
        one.header.series_uid: _wanted(one, known[place], now)
        for place, one in enumerate(arrivals)
        if place not in problems and known[place].series_study_id is None
    }
    if not new or (_open(tx, list(new.values()), now) and _agree(arrivals, known)):
        return problems
    return _standings(tx, asked, now)[1]  # others have prepared them, perhaps otherwise


def _wanted(one: Arrival, known: Standing, now: datetime) -> Wanted:
    started_at = _started_at(one.header, known.time_zone) or now
    return Wanted(one.header, known, one.origin.ae_title, started_at)


def _open(tx: Tx, wanted: Sequence[Wanted], now: datetime) -> bool:
    """Have studies and series to put instances in; whether all of them are our own."""
    new = {one.header.study_uid for one in wanted if one.standing.study_id is None}
    if new:
        arrival.lock_study_uids(tx, new)
    opened = arrival.open_series(tx, wanted, now=now)
    if opened.studies:
        tx.touch("exams")
    return (opened.studies, opened.series) == (len(new), len(wanted))


def _agree(arrivals: Sequence[Arrival], known: Mapping[int, Standing]) -> bool:
    """Whether no two of them put a study with two patients, or a series in two studies."""
    placed = [(arrivals[place].header, one) for place, one in known.items()]
    patients = {(found.study_uid, one.patient_id) for found, one in placed}
    studies = {(found.series_uid, found.study_uid) for found, _ in placed}
    return len(patients) == len({uid for uid, _ in patients}) and len(studies) == len(
        {uid for uid, _ in studies}
    )


def _started_at(found: Header, time_zone: str) -> datetime | None:
    if found.started is None:
        return None
    return found.started.replace(tzinfo=ZoneInfo(time_zone)).astimezone(UTC)


def _follow(tx: Tx, counts: Counts, now: datetime) -> None:
    """What more instances change for their study."""
    if counts.instances // _SHOWN_EVERY > (counts.instances - counts.added) // _SHOWN_EVERY:
        tx.touch("exams")
    if counts.state == "complete":
        log.warning("instance.late", study_id=str(counts.study_id), instances=counts.instances)
        emit(tx, StudyGrew(study_id=counts.study_id, at=now))
    elif rules.may_be_complete(
        instances=counts.instances + counts.hidden, announced=counts.announced
    ):
        _complete_if_done(tx, counts.study_id, now)


def _close(tx: Tx, step: Step, state: str, attributes: Json, now: datetime) -> None:
    arrival.lock_study_uids(tx, [step.study_uid])
    steps.close_step(
        tx,
        step_uid=step.step_uid,
        state=state,
        announced=rules.announced(attributes),
        now=now,
    )
    ended = StepEnded(
        step_uid=step.step_uid,
        study_uid=step.study_uid,
        ae_title=step.ae_title,
        state=state,
        at=now,
    )
    emit(tx, ended)
    tx.touch("exams")
    study_id = steps.lock_study(tx, step.study_uid)
    if study_id:
        _complete_if_done(tx, study_id, now)


def _complete_if_done(tx: Tx, study_id: StudyId, now: datetime) -> bool:
    """Complete a study of which nothing more is expected, and say so once."""
    progress = steps.progress(tx, study_id)
    steps.set_announced(tx, study_id=study_id, announced=progress.announced)
    if not rules.is_complete(progress, now):
        return False
    completed = steps.complete(tx, study_id=study_id, now=now)
    if completed is None:
        return False
    emit(
        tx,
        StudyComplete(
            study_id=completed.study_id,
            study_uid=completed.study_uid,
            patient_id=completed.patient_id,
            site_id=completed.site_id,
            instances=completed.instances,
            at=now,
        ),
    )
    tx.touch("exams")
    return True

"""Recognising people of other institutions, and indexing what waited for them."""

from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from plateau.access import service as access
from plateau.access.types import Access
from plateau.images.events import StrangerRecognised
from plateau.images.importing import rules
from plateau.images.importing.types import Stranger
from plateau.images.store import Store
from plateau.images.strangers import queries
from plateau.images.strangers import service as strangers
from plateau.images.strangers.types import Unrecognised, Waiting
from plateau.images.types import Origin, OtherContentError
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PlateauError,
    UnavailableError,
)
from plateau.kernel.ids import PatientId, SiteId
from plateau.patients import service as patients
from plateau.patients.types import Patient
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db, Tx
from plateau.platform.jobs import emit

log = structlog.get_logger()
KEEPERS = (Role.TECHNOLOGIST, Role.ADMINISTRATOR)
_TOGETHER = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What another institution says of somebody, and the patient that somebody says it is."""

    stranger: Stranger
    patient: Patient
    local_id: str
    differences: tuple[str, ...]


def listed(tx: Tx, caller: Caller, *, now: datetime) -> list[Unrecognised]:
    """Whose images wait at the caller's sites; their names are shown, which is recorded."""
    found = queries.unrecognised(tx, sites=caller.sites_as(*KEEPERS))
    if found:
        seen = Access(action="images.stranger.list", subject="strangers")
        access.record(tx, caller, seen, at=now)
    return found


def waiting(tx: Tx, caller: Caller) -> int:
    """How many people wait to be recognised at the caller's sites."""
    return queries.count(tx, sites=caller.sites_as(*KEEPERS))


def compare(tx: Tx, caller: Caller, stranger_id: int, *, ours: str, now: datetime) -> Comparison:
    """Somebody as another institution describes them, beside the patient the site calls `ours`."""
    one = _one(tx, caller, stranger_id)
    found = _compared(tx, one, ours)
    _record(tx, caller, one, _done("compare", found.patient.patient_id), at=now)
    return found


def recognise(
    tx: Tx, caller: Caller, stranger_id: int, *, ours: str, seen: str, now: datetime
) -> None:
    """A person has decided who it is: what waits is indexed by a job, what comes later at once.

    `seen`: the differences that were shown.
    """
    one = _one(tx, caller, stranger_id)
    found = _compared(tx, one, ours)
    if ", ".join(found.differences) != seen:
        raise ConflictError("compare the patients first: they are not described alike")
    patient_id = found.patient.patient_id
    patients.recognise(
        tx, issuer=one.issuer, value=one.local_id, patient_id=patient_id,
        by=str(caller.person_id), at=now,
    )  # fmt: skip
    strangers.recognised(tx, issuer=one.issuer, local_id=one.local_id)
    _record(tx, caller, one, _done("recognise", patient_id, seen), at=now)
    tx.touch("images")


def again(tx: Tx, caller: Caller, stranger_id: int, *, now: datetime) -> None:
    """What could not be indexed is tried again."""
    one = _one(tx, caller, stranger_id)
    queries.forget_problems(tx, stranger_id)
    _record(tx, caller, one, _done("again"), at=now)
    emit(tx, StrangerRecognised(stranger_id=stranger_id))


def discard(tx: Tx, caller: Caller, stranger_id: int, *, reason: str, now: datetime) -> None:
    """What was sent of somebody was not meant for us: it is deleted; the audit trail says why."""
    if not reason.strip():
        raise InvalidInputError("say why these images are discarded")
    one = _one(tx, caller, stranger_id)
    if one.is_linked:
        raise ConflictError("somebody has just recognised this person")
    queries.discard(tx, stranger_id, at=now)
    _record(tx, caller, one, _done("discard", reason=reason.strip()), at=now)
    tx.touch("images")


def index(db: Db, blobs: Blobs, store: Store, stranger_id: int) -> int:
    """What waited for somebody is indexed as if it came now; safe to run again. How many are."""
    indexed = 0
    while True:
        with db.begin() as tx:
            batch = queries.waiting(tx, stranger_id, limit=_TOGETHER)
        if not batch:
            return indexed
        indexed += sum(_index_one(db, blobs, store, one) for one in batch)


def _index_one(db: Db, blobs: Blobs, store: Store, one: Waiting) -> bool:
    origin = Origin(
        ae_title=one.ae_title, address=one.address, protocol="recognised", site_id=one.site_id,
        issuer=one.issuer,
    )  # fmt: skip
    problem = ""
    try:
        store.keep_file(blobs.get(one.blob_key), origin=origin)
    except UnavailableError:
        raise
    except OtherContentError:
        log.info("stranger.quarantined")  # where a person decides between the two
    except PlateauError as error:
        problem = str(error)
    with db.begin() as tx:
        if problem:
            queries.not_done(tx, one, problem=problem)
        else:
            queries.done(tx, one)
        tx.touch("images")
    return not problem


def _compared(tx: Tx, one: Unrecognised, ours: str) -> Comparison:
    if not one.local_id:
        raise InvalidInputError("without an identifier, nobody can be recognised for good")
    patient_id = patients.by_local_id(tx, site_id=one.site_id, local_id=ours)
    if patient_id is None:
        raise NotFoundError("the site knows nobody by this identifier")
    patient = patients.patient(tx, patient_id)
    stranger = Stranger(one.local_id, one.name, one.birth_date, one.sex, one.instances)
    said, unsaid = rules.said_of(stranger, patient.traits)
    differences = (*patients.contradictions(patient, said), *unsaid)
    return Comparison(
        stranger=stranger, patient=patient, local_id=ours.strip(), differences=differences
    )


def _one(tx: Tx, caller: Caller, stranger_id: int) -> Unrecognised:
    sites: frozenset[SiteId] = caller.sites_as(*KEEPERS)
    found = queries.unrecognised(tx, sites=sites, stranger_id=stranger_id)
    if not found:
        raise NotFoundError("nobody waits to be recognised under this number")
    return found[0]


def _done(action: str, patient_id: PatientId | None = None, reason: str = "") -> Access:
    return Access(
        action=f"images.stranger.{action}",
        subject="stranger",
        patient_id=patient_id,
        reason=reason or None,
    )


def _record(tx: Tx, caller: Caller, one: Unrecognised, done: Access, *, at: datetime) -> None:
    where = replace(done, subject=f"stranger:{one.stranger_id}", site_id=one.site_id)
    access.record(tx, caller, where, at=at)

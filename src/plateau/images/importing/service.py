"""Having files of elsewhere read in: who may, for which site, and whose they are."""

import mmap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO
from uuid import UUID, uuid4

from plateau.access import service as access
from plateau.access.types import Access
from plateau.images.events import ImportAsked
from plateau.images.importing import queries, rules, sources
from plateau.images.importing.types import (
    READING,
    Import,
    Progress,
    Refused,
    Stranger,
    Upload,
)
from plateau.images.quota import service as quotas
from plateau.images.strangers import service as strangers
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import ConflictError, InvalidInputError, NotFoundError
from plateau.kernel.ids import SiteId
from plateau.patients import service as patients
from plateau.patients.types import Patient
from plateau.platform.blobs import Blobs
from plateau.platform.db import Tx
from plateau.platform.jobs import emit
from plateau.territory import service as territory

IMPORTERS = (Role.TECHNOLOGIST, Role.ADMINISTRATOR)
_LONGEST_ISSUER = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What files say of a patient, and the patient that somebody says it is."""

    stranger: Stranger
    patient: Patient
    local_id: str
    differences: tuple[str, ...]


def begin_folder(tx: Tx, folder: Path, *, site_id: SiteId, issuer: str, now: datetime) -> Import:
    """A folder is being read in; the same folder again goes on where it was stopped."""
    place, issuer = str(folder.resolve()), _issuer(issuer)
    known = queries.begun(tx, site_id=site_id, issuer=issuer, folder=place)
    if known:
        return known
    quotas.check(tx, site_id=site_id, now=now)
    one = Import(uuid4(), site_id, issuer, place, "command", READING)
    queries.add(tx, one, now=now)
    return one


def keep_uploads(blobs: Blobs, files: Sequence[tuple[str, IO[bytes]]]) -> list[Upload]:
    """Files that came with a form are durable; empty ones are none."""
    found: list[Upload] = []
    seen: dict[str, int] = {}
    for name, file in files:
        size = file.seek(0, 2)
        if not size:
            continue
        shown = sources.shown(name)
        seen[shown] = seen.get(shown, 0) + 1
        unlike = f"{shown} ({seen[shown]})" if seen[shown] > 1 else shown
        found.append(Upload(len(found), unlike, _put(blobs, file), size))
    if not found:
        raise InvalidInputError("choose the files to send")
    return found


def check_room(tx: Tx, caller: Caller, *, site_id: SiteId, size: int, now: datetime) -> None:
    """Refuse what the caller may not have read in for the site, or what is beyond its quota."""
    if site_id not in caller.sites_as(*IMPORTERS):
        raise NotFoundError("there is no such site")
    quotas.check(tx, site_id=site_id, size=size, now=now)


def begin_upload(
    tx: Tx,
    caller: Caller,
    uploads: Sequence[Upload],
    *,
    site_id: SiteId,
    issuer: str,
    now: datetime,
) -> UUID:
    """Uploaded files are read in by a job; the number of the import."""
    size = sum(one.bytes for one in uploads)
    check_room(tx, caller, site_id=site_id, size=size, now=now)
    one = Import(uuid4(), site_id, _issuer(issuer), "", str(caller.person_id), READING)
    queries.add(tx, one, now=now)
    for upload in uploads:
        queries.add_upload(tx, one.import_id, upload)
    done = Access(action="images.import.ask", subject=f"import:{one.import_id}", site_id=site_id)
    access.record(tx, caller, done, at=now)
    emit(tx, ImportAsked(import_id=one.import_id))
    tx.touch("images")
    return one.import_id


def sites(tx: Tx, caller: Caller) -> list[tuple[SiteId, str]]:
    """For which sites the caller may have files read in; their names."""
    found = territory.sites(tx, ids=_sites(caller))
    return [(one.site_id, one.name) for one in found]


def listed(tx: Tx, caller: Caller) -> list[Progress]:
    """What was read in for the caller's sites, the latest first."""
    return queries.progress(tx, sites=_sites(caller))


def opened(
    tx: Tx, caller: Caller, import_id: UUID, *, now: datetime
) -> tuple[Progress, list[Refused], list[Stranger]]:
    """How far one of them is, what was refused, and the patients whom files wait for."""
    found = _one(tx, caller, import_id)
    strangers = queries.strangers(tx, import_id)
    if strangers:
        _record(tx, caller, found, "images.import.view", at=now)
    return found, queries.refused(tx, import_id), strangers


def compare(
    tx: Tx, caller: Caller, import_id: UUID, *, theirs: str, ours: str, now: datetime
) -> Comparison:
    """The patient that files name, beside the one whom the site calls `ours`."""
    one = _one(tx, caller, import_id)
    found = _compared(tx, one, theirs, ours)
    _record_patient(tx, caller, one, "images.import.compare", found, at=now)
    return found


def reconcile(
    tx: Tx, caller: Caller, import_id: UUID, *, said: tuple[str, str, str], now: datetime
) -> None:
    """A person has decided that two identifiers are of one patient: the files that wait are kept.

    `said`: the identifier in the files, ours, and the differences that were shown.
    """
    theirs, ours, seen = said
    one = _one(tx, caller, import_id)
    found = _compared(tx, one, theirs, ours)
    if ", ".join(found.differences) != seen:
        raise ConflictError("what is known of this patient has changed: compare again")
    patient_id = found.patient.patient_id
    patients.recognise(
        tx,
        issuer=one.issuer,
        value=theirs,
        patient_id=patient_id,
        by=str(caller.person_id),
        at=now,
    )
    strangers.recognised(tx, issuer=one.issuer, local_id=theirs)
    _record_patient(tx, caller, one, "images.import.reconcile", found, at=now)
    emit(tx, ImportAsked(import_id=import_id))
    tx.touch("images")


def again(tx: Tx, caller: Caller, import_id: UUID, *, now: datetime) -> None:
    """Files whose patient was registered meanwhile are kept."""
    _record(tx, caller, _one(tx, caller, import_id), "images.import.again", at=now)
    emit(tx, ImportAsked(import_id=import_id))


def _compared(tx: Tx, one: Progress, theirs: str, ours: str) -> Comparison:
    if not one.issuer:
        raise InvalidInputError("these identifiers are the site's own: register the patient")
    stranger = next((s for s in queries.strangers(tx, one.import_id) if s.local_id == theirs), None)
    if stranger is None:
        raise NotFoundError("no file waits for this patient")
    patient_id = patients.by_local_id(tx, site_id=one.site_id, local_id=ours)
    if patient_id is None:
        raise NotFoundError("the site knows nobody by this identifier")
    patient = patients.patient(tx, patient_id)
    said, unsaid = rules.said_of(stranger, patient.traits)
    differences = (*patients.contradictions(patient, said), *unsaid)
    return Comparison(
        stranger=stranger, patient=patient, local_id=ours.strip(), differences=differences
    )


def _one(tx: Tx, caller: Caller, import_id: UUID) -> Progress:
    found = queries.progress(tx, sites=_sites(caller), import_id=import_id)
    if not found:
        raise NotFoundError("nothing was read in under this number")
    return found[0]


def _sites(caller: Caller) -> frozenset[SiteId]:
    found = caller.sites_as(*IMPORTERS)
    if not found:
        raise NotFoundError("this page does not exist, or is not yours to see")
    return found


def _record(tx: Tx, caller: Caller, one: Progress, action: str, *, at: datetime) -> None:
    done = Access(action=action, subject=f"import:{one.import_id}", site_id=one.site_id)
    access.record(tx, caller, done, at=at)


def _record_patient(
    tx: Tx, caller: Caller, one: Progress, action: str, found: Comparison, *, at: datetime
) -> None:
    done = Access(
        action=action,
        subject=f"import:{one.import_id}",
        patient_id=found.patient.patient_id,
        site_id=one.site_id,
        reason=", ".join(found.differences) or None,
    )
    access.record(tx, caller, done, at=at)


def _issuer(text: str) -> str:
    found = text.strip()
    if len(found) > _LONGEST_ISSUER or any(sign in found for sign in "\\^&"):
        raise InvalidInputError("this cannot be the name of an institution that gives identifiers")
    return found


def _put(blobs: Blobs, file: IO[bytes]) -> str:
    """Keep a file without having all of it in memory, where it lies on a disk."""
    file.seek(0)
    file.flush()
    try:
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            view = memoryview(mapped)
            try:
                return blobs.put(view)
            finally:
                view.release()
    except (OSError, ValueError):  # it is so small that it is in memory
        return blobs.put(file.read())

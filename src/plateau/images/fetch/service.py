"""Fetching from other archives: who may, for whom, and whose patient it is."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from plateau.access import service as access
from plateau.access.types import Access
from plateau.images.events import FetchAsked
from plateau.images.fetch import queries
from plateau.images.fetch.types import CANCELLED, WAITING, Fetch, Found, Listed, Source
from plateau.images.importing import rules
from plateau.images.importing.types import Stranger
from plateau.images.quota import service as quotas
from plateau.images.strangers import service as strangers
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import ConflictError, NotFoundError
from plateau.kernel.ids import PatientId, SiteId
from plateau.kernel.time import local
from plateau.patients import service as patients
from plateau.patients.types import Patient
from plateau.platform.db import Tx
from plateau.platform.jobs import emit
from plateau.territory import service as territory
from plateau.territory.types import Peer

FETCHERS = (Role.TECHNOLOGIST, Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A study to fetch: from whom, for which site, and whose it is."""

    ae_title: str
    site_id: SiteId
    study: Found
    ours: str = ""  # the identifier of the patient at the site
    seen: str = ""  # the differences that were shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What the other system says of a patient, and ours."""

    patient: Patient
    differences: tuple[str, ...]


def sources(tx: Tx, caller: Caller, *, now: datetime) -> list[Source]:
    """From whom the caller may fetch."""
    return queries.sources(tx, sites=_sites(caller), on=local(now).date())


def sites(tx: Tx, caller: Caller) -> list[tuple[SiteId, str]]:
    """For which sites the caller may fetch; their names."""
    return [(one.site_id, one.name) for one in territory.sites(tx, ids=_sites(caller))]


def listed(tx: Tx, caller: Caller) -> list[Listed]:
    """What was fetched for the caller's sites."""
    return queries.listed(tx, sites=_sites(caller))


def to_ask(tx: Tx, caller: Caller, ae_title: str, *, now: datetime) -> Peer:
    """A system that the caller is about to search; who did is in the audit trail."""
    if ae_title not in {one.ae_title for one in sources(tx, caller, now=now)}:
        raise NotFoundError("nothing can be fetched from {ae_title}", ae_title=ae_title)
    peer = territory.peer(tx, ae_title, on=local(now).date())
    if peer is None:
        raise NotFoundError("nothing can be fetched from {ae_title}", ae_title=ae_title)
    done = Access(action="images.fetch.search", subject=f"peer:{ae_title}")
    access.record(tx, caller, done, at=now)
    return peer


def compare(tx: Tx, caller: Caller, wish: Wish, *, now: datetime) -> Comparison:
    """The patient of a study elsewhere, beside ours."""
    peer = to_ask(tx, caller, wish.ae_title, now=now)
    found = _compared(tx, caller, wish, peer)
    _record(tx, caller, wish, "images.fetch.compare", found.patient.patient_id, at=now)
    return found


def begin(tx: Tx, caller: Caller, wish: Wish, *, now: datetime) -> UUID:
    """A study is fetched by a job, under this number; its patient is one whom the site knows."""
    peer = to_ask(tx, caller, wish.ae_title, now=now)
    found = _compared(tx, caller, wish, peer)
    if ", ".join(found.differences) != wish.seen:
        raise ConflictError("compare the patients first: they are not described alike")
    quotas.check(tx, site_id=wish.site_id, now=now)
    patient_id = found.patient.patient_id
    if peer.issuer:
        patients.recognise(
            tx,
            issuer=peer.issuer,
            value=wish.study.local_id,
            patient_id=patient_id,
            by=str(caller.person_id),
            at=now,
        )
        strangers.recognised(tx, issuer=peer.issuer, local_id=wish.study.local_id)
    one = Fetch(
        uuid4(), wish.ae_title, wish.site_id, wish.study.study_uid, peer.issuer or "",
        patient_id, str(caller.person_id), WAITING, 0,
    )  # fmt: skip
    fetch_id = queries.add(tx, one, now=now)
    emit(tx, FetchAsked(fetch_id=fetch_id))
    _record(tx, caller, wish, "images.fetch", patient_id, at=now)
    tx.touch("images")
    return fetch_id


def cancel(tx: Tx, caller: Caller, fetch_id: UUID, *, now: datetime) -> None:
    """A fetch is called off; what has arrived stays."""
    if queries.site_of(tx, fetch_id) not in _sites(caller):
        raise NotFoundError("nothing is fetched under this number")
    if not queries.end(tx, fetch_id, state=CANCELLED, at=now):
        raise ConflictError("it is over already")
    done = Access(action="images.fetch.cancel", subject=f"fetch:{fetch_id}")
    access.record(tx, caller, done, at=now)
    tx.touch("images")


def _compared(tx: Tx, caller: Caller, wish: Wish, peer: Peer) -> Comparison:
    """Ours, and how the other system's description differs; identifiers alone where shared."""
    if wish.site_id not in _sites(caller):
        raise NotFoundError("there is no such site")
    ours = wish.ours if peer.issuer else wish.study.local_id
    patient_id = patients.by_local_id(tx, site_id=wish.site_id, local_id=ours)
    if patient_id is None:
        raise NotFoundError("the site knows nobody by this identifier")
    patient = patients.patient(tx, patient_id)
    study = wish.study
    stranger = Stranger(study.local_id, study.name, study.birth_date, study.sex, 0)
    said, unsaid = rules.said_of(stranger, patient.traits)
    differences = (*patients.contradictions(patient, said), *unsaid)
    return Comparison(patient=patient, differences=differences)


def _record(
    tx: Tx, caller: Caller, wish: Wish, action: str, patient_id: PatientId, *, at: datetime
) -> None:
    done = Access(
        action=action,
        subject=f"peer:{wish.ae_title}",
        patient_id=patient_id,
        site_id=wish.site_id,
        reason=wish.seen or None,
    )
    access.record(tx, caller, done, at=at)


def _sites(caller: Caller) -> frozenset[SiteId]:
    found = caller.sites_as(*FETCHERS)
    if not found:
        raise NotFoundError("this page does not exist, or is not yours to see")
    return found

"""The territory: what others look up in it, and the loading of a territory file."""

from collections.abc import Sequence, Set
from datetime import date, datetime

from plateau.kernel.errors import NotFoundError
from plateau.kernel.ids import DestinationId, DeviceId, PersonId, SiteId
from plateau.kernel.urgency import Urgency
from plateau.platform.db import Tx
from plateau.territory import loading, queries, targets
from plateau.territory.blocks import TerritoryFile
from plateau.territory.types import (
    Change,
    DelayTarget,
    Destination,
    Device,
    ExamType,
    Line,
    Member,
    Peer,
    Practitioner,
    Route,
    Site,
)


def members(tx: Tx) -> list[Member]:
    """Every member, by code."""
    return queries.members(tx)


def sites(tx: Tx, *, ids: Set[SiteId] | None = None) -> list[Site]:
    """The sites of `ids` (all of them when none is given), by name."""
    return queries.sites(tx, ids=ids)


def site(tx: Tx, site_id: SiteId) -> Site:
    """One site; NotFoundError when there is none."""
    found = queries.sites(tx, ids={site_id})
    if not found:
        raise NotFoundError("there is no such site")
    return found[0]


def device_by_ae(tx: Tx, ae_title: str, *, on: date) -> Device | None:
    """The machine that calls itself `ae_title` on that day."""
    return queries.device_by_ae(tx, ae_title, on=on)


def peer(tx: Tx, ae_title: str, *, on: date) -> Peer | None:
    """The other DICOM system that calls itself `ae_title` on that day."""
    return next(iter(queries.peers(tx, ae_title=ae_title, on=on) if ae_title else ()), None)


def peers(tx: Tx, *, on: date) -> list[Peer]:
    """The other DICOM systems on that day, by AE title."""
    return queries.peers(tx, on=on)


def routes(tx: Tx, *, site_id: SiteId, modalities: Sequence[str], on: date) -> list[Route]:
    """Where the studies of a site with such series are sent on to, on that day."""
    return queries.routes(tx, site_id=site_id, modalities=modalities, on=on)


def device_for(tx: Tx, *, site_id: SiteId, modality: str, on: date) -> Device | None:
    """The machine of a site that makes such exams on that day."""
    return queries.device_for(tx, site_id=site_id, modality=modality, on=on)


def device(tx: Tx, device_id: DeviceId) -> Device:
    """One machine, in use or not."""
    return queries.device(tx, device_id)


def exam_types(tx: Tx) -> list[ExamType]:
    """The exams that can be asked for, by name."""
    return queries.exam_types(tx)


def exam_type(tx: Tx, code: str) -> ExamType:
    """One exam, still offered or not."""
    return queries.exam_type(tx, code)


def target_minutes(
    tx: Tx,
    urgency: Urgency,
    *,
    on: date,
    site_id: SiteId | None = None,
    modality: str = targets.ALL,
) -> int:
    """Minutes allowed between complete and signed, by the contract in force on that day."""
    return minutes_of(delay_targets(tx, on=on), urgency, site_id=site_id, modality=modality)


def delay_targets(tx: Tx, *, on: date) -> list[DelayTarget]:
    """Every delay in force on that day."""
    return queries.delay_targets(tx, on=on)


def minutes_of(
    known: Sequence[DelayTarget],
    urgency: Urgency,
    *,
    site_id: SiteId | None = None,
    modality: str = targets.ALL,
) -> int:
    """Minutes allowed by the most specific of `known`; NotFoundError when there is none."""
    found = targets.most_specific(known, urgency, site_id=site_id, modality=modality)
    if found is None:
        raise NotFoundError("no delay for urgency {urgency}", urgency=urgency.value)
    return found.minutes


def destinations(tx: Tx, *, site_id: SiteId, on: date) -> list[Destination]:
    """Where the reports of a site go on that day."""
    return queries.destinations(tx, site_id=site_id, on=on)


def destination(tx: Tx, destination_id: DestinationId) -> Destination:
    """One destination, in use or not."""
    return queries.destination(tx, destination_id)


def may_read(tx: Tx, *, person_id: PersonId, site_id: SiteId, modality: str, on: date) -> bool:
    """Whether a reader has both the skill and the privilege on that day."""
    return queries.may_read(tx, person_id=person_id, site_id=site_id, modality=modality, on=on)


def practitioner(tx: Tx, person_id: PersonId) -> Practitioner | None:
    """The reader that a person is, if one."""
    return queries.practitioner(tx, person_id)


def lines(tx: Tx, *, on: date) -> list[Line]:
    """The lines of duty on that day."""
    return queries.lines(tx, on=on)


def load(tx: Tx, file: TerritoryFile, *, at: datetime) -> list[Change]:
    """The territory is what the file says; what changed, nothing when it is loaded again."""
    return loading.load(tx, file, at=at)

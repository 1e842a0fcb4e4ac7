"""What a machine that asks is sent, whatever the protocol; out of reach reads as absent."""

from collections.abc import Callable
from datetime import datetime

from plateau.access import service as access
from plateau.access.types import Access
from plateau.images.events import ColdStudyOpened
from plateau.images.move import queries as moves
from plateau.images.move.types import Selection, Sent
from plateau.images.types import Origin
from plateau.kernel.errors import NotFoundError
from plateau.kernel.ids import SiteId
from plateau.kernel.time import local
from plateau.platform.db import Tx
from plateau.platform.jobs import emit
from plateau.territory import service as territory
from plateau.territory.types import Peer


def chosen(tx: Tx, selection: Selection, *, origin: Origin, now: datetime) -> list[Sent]:
    """The instances that a machine asks for and may see, recorded in the audit trail."""
    site_id = site_of(tx, origin.ae_title, may=lambda peer: peer.may_retrieve, now=now)
    studies = moves.reached(tx, selection=selection, site_id=site_id)
    for study in studies:
        seen = Access(
            action="images.retrieve",
            subject=f"study:{study.study_id}",
            patient_id=study.patient_id,
            site_id=study.site_id,
        )
        access.record(tx, str(origin), seen, at=now)
        if study.is_cold:
            emit(tx, ColdStudyOpened(study_id=study.study_id))
    ids = [study.study_id for study in studies]
    return moves.sent(tx, studies=ids, selection=selection)


def destination(tx: Tx, ae_title: str, *, now: datetime) -> Peer | None:
    """Where to send what is asked for another machine, if we know it."""
    return territory.peer(tx, ae_title, on=local(now).date())


def site_of(tx: Tx, ae_title: str, *, may: Callable[[Peer], bool], now: datetime) -> SiteId | None:
    """The site of a machine or peer that may ask; a peer of the whole pool has none.

    A machine asks for its site, unless its row among the peers says that it may not.
    """
    on = local(now).date()
    peer, device = territory.peer(tx, ae_title, on=on), territory.device_by_ae(tx, ae_title, on=on)
    if (peer and not may(peer)) or not (peer or device):
        raise NotFoundError("this AE title may not retrieve")
    if device:
        return device.site_id
    return peer.site_id if peer else None

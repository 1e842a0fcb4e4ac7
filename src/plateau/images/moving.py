"""What a machine that asks is sent, whatever the protocol; out of reach reads as absent."""

from datetime import datetime

from plateau.access import service as access
from plateau.access.types import Access
from plateau.images.queries import moves
from plateau.images.retrieve_types import Destination, Selection, Sent
from plateau.images.types import Origin
from plateau.kernel.errors import NotFoundError
from plateau.kernel.time import local
from plateau.platform.db import Tx


def chosen(tx: Tx, selection: Selection, *, origin: Origin, now: datetime) -> list[Sent]:
    """The instances that a machine asks for and may see, recorded in the audit trail."""
    site_id = moves.site_of_retriever(tx, ae_title=origin.ae_title, on=local(now).date())
    if site_id is None:
        raise NotFoundError("calling AE title not recognised")
    studies = moves.reached(tx, selection=selection, site_id=site_id)
    for study in studies:
        seen = Access(
            action="images.retrieve",
            subject=f"study:{study.study_id}",
            patient_id=study.patient_id,
            site_id=study.site_id,
        )
        access.record(tx, str(origin), seen, at=now)
    ids = [study.study_id for study in studies]
    return moves.sent(tx, studies=ids, selection=selection)


def destination(tx: Tx, ae_title: str) -> Destination | None:
    """Where to send what is asked for another machine, if we know it."""
    return moves.destination(tx, ae_title)

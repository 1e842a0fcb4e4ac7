"""Instance availability, both roles: others are told, and what they tell is recorded."""

from datetime import datetime
from uuid import uuid4

import structlog
from pydicom.dataset import Dataset

from plateau.images.availability import messages, queries
from plateau.images.availability.types import ONLINE
from plateau.images.events import AvailabilityChanged
from plateau.images.peers import dialing
from plateau.images.peers.types import address_of
from plateau.kernel.errors import NotFoundError, RuleBrokenError, UnavailableError
from plateau.kernel.ids import StudyId
from plateau.kernel.time import local
from plateau.platform.db import Db, Tx
from plateau.platform.dimse import SUCCESS
from plateau.platform.jobs import emit
from plateau.territory import service as territory

log = structlog.get_logger()
_ANSWER_S = 30.0


def plan(tx: Tx, study_id: StudyId, *, now: datetime) -> list[str]:
    """Whoever wants to know is told what of a study can be had; who."""
    site_id = queries.site_of(tx, study_id)
    if site_id is None:
        return []
    titles = queries.listeners(tx, site_id=site_id, on=local(now).date())
    for title in titles:
        emit(tx, AvailabilityChanged(study_id=study_id, ae_title=title))
    return titles


def tell(db: Db, event: AvailabilityChanged, *, ours: str, now: datetime) -> None:
    """N-CREATE to a system, of all of a study as it is now; UnavailableError to be tried again."""
    with db.begin() as tx:
        peer = territory.peer(tx, event.ae_title, on=local(now).date())
        found = queries.available(tx, event.study_id)
    if peer is None or not peer.wants_availability or not found:
        return
    said = messages.notification(found, ae_title=ours)
    with dialing.associated(
        address_of(peer), [messages.context()], ours=ours, answer_s=_ANSWER_S
    ) as association:
        try:
            status, _ = association.send_n_create(said, messages.SERVICE, f"2.25.{uuid4().int}")
        except (RuntimeError, ValueError) as error:
            raise UnavailableError("the association was cut") from error
    code: int | None = status.get("Status")
    if code is None:
        raise UnavailableError("the association was cut")
    if code != SUCCESS:
        raise RuleBrokenError("it answered with a failure ({status})", status=f"{code:04X}")
    online = sum(one.availability == ONLINE for one in found)
    with db.begin() as tx:
        queries.note_told(
            tx,
            study_id=event.study_id,
            ae_title=event.ae_title,
            online=online,
            unavailable=len(found) - online,
            at=now,
        )


def hear(tx: Tx, said: Dataset, *, ae_title: str, now: datetime) -> int:
    """What an archive says can be had there is recorded; of how many instances."""
    if territory.peer(tx, ae_title, on=local(now).date()) is None:
        raise NotFoundError("only systems of the territory file say what they have")
    found = messages.parse(said)
    queries.note_said(tx, found, ae_title=ae_title, at=now)
    return len(found)

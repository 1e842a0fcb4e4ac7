"""Storage commitment, provider's side: asked by N-ACTION, answered later by N-EVENT-REPORT.

The answer comes on an association of our own, by a job that tries again: machines switch off, and
what they were told to keep they keep. Source: PS3.4, annex J.
"""

from typing import cast

import structlog
from pydicom.dataset import Dataset
from pynetdicom import build_role, evt
from pynetdicom.dimse_primitives import N_ACTION, N_EVENT_REPORT
from pynetdicom.events import Event
from pynetdicom.presentation import PresentationContext

from plateau.images.commitment import messages, queries, service
from plateau.images.commitment.messages import Asked
from plateau.images.events import CommitmentAsked
from plateau.images.peers import dialing
from plateau.images.peers.types import address_of
from plateau.kernel.errors import NotFoundError, PlateauError, UnavailableError
from plateau.kernel.time import local
from plateau.platform import clock, jobs, runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Tx
from plateau.platform.dimse import SUCCESS, Hub, decoded, status_of
from plateau.territory import service as territory
from plateau.territory.types import Peer

log = structlog.get_logger()
_NO_SUCH_ACTION, _NO_SUCH_INSTANCE = 0x0123, 0x0112
_PATIENCE_S = 30.0


def contexts() -> list[PresentationContext]:
    """What machines may ask."""
    return [messages.context()]


def handlers(hub: Hub) -> list[evt.EventHandlerType]:
    """The handlers to bind to an application entity."""
    return [(evt.EVT_N_ACTION, on_action, [hub]), (evt.EVT_N_EVENT_REPORT, on_report, [hub])]


def on_action(event: Event, hub: Hub) -> tuple[int, Dataset | None]:
    """N-ACTION: note what is asked; a job answers. Asked twice, it is answered once."""
    request = cast("N_ACTION", event.request)
    if request.ActionTypeID != messages.REQUEST:
        return _NO_SUCH_ACTION, None
    primitive = event.assoc.requestor.primitive
    ae_title = str(primitive.calling_ae_title if primitive else "").strip()
    try:
        asked = messages.parse(decoded(request.ActionInformation, event.context))
        with hub.db.begin() as tx:
            _peer(tx, ae_title)
            added = queries.add(
                tx,
                ae_title=ae_title,
                transaction_uid=asked[0],
                references=asked[1],
                at=clock.now(),
            )
            if added is not None:
                jobs.emit(tx, CommitmentAsked(commitment_id=added))
    except PlateauError as error:
        log.warning("commitment.refused", code=error.code, ae_title=ae_title)
        return status_of(error), None
    return SUCCESS, None


def on_report(event: Event, hub: Hub) -> tuple[int, Dataset | None]:
    """N-EVENT-REPORT: an archive answers what we asked, on an association of its own."""
    request = cast("N_EVENT_REPORT", event.request)
    primitive = event.assoc.requestor.primitive
    ae_title = str(primitive.calling_ae_title if primitive else "").strip()
    try:
        said = decoded(request.EventInformation, event.context)
        with hub.db.begin() as tx:
            if not service.answered(tx, said, ae_title=ae_title, now=clock.now()):
                raise NotFoundError("this was not asked")
    except PlateauError as error:
        log.warning("commitment.report_refused", code=error.code, ae_title=ae_title)
        return _NO_SUCH_INSTANCE if error.code == "not_found" else status_of(error), None
    return SUCCESS, None


@jobs.on(CommitmentAsked)
def answer(event: CommitmentAsked) -> None:
    """Look for each instance and its bytes, and tell the machine; again until it has heard."""
    with runtime.db().begin() as tx:
        asked = queries.asked(tx, event.commitment_id)
        peer = _peer(tx, asked.ae_title)
        failed = _failures(tx, runtime.blobs(), asked)
    _tell(peer, asked, failed, our_title=runtime.settings_in_use().ae_title)
    with runtime.db().begin() as tx:
        queries.set_reported(
            tx,
            commitment_id=event.commitment_id,
            committed=len(asked.uids) - len(failed),
            at=clock.now(),
        )


def _peer(tx: Tx, ae_title: str) -> Peer:
    """Where a machine hears answers."""
    peer = territory.peer(tx, ae_title, on=local(clock.now()).date())
    if peer is None:
        raise NotFoundError("no address is known for this AE title")
    return peer


def _failures(tx: Tx, blobs: Blobs, asked: Asked) -> dict[str, int]:
    stored = {one.sop_instance_uid: one for one in queries.stored(tx, asked.uids)}
    lost = frozenset(uid for uid, one in stored.items() if not blobs.holds(one.blob_key))
    return messages.failures(asked.references, stored, lost)


def _tell(peer: Peer, asked: Asked, failed: dict[str, int], *, our_title: str) -> None:
    """N-EVENT-REPORT, on an association in which we are the provider."""
    roles = [build_role(messages.SERVICE, scp_role=True)]
    try:
        kind, said = messages.report(asked, failed, ae_title=our_title)
        with dialing.associated(
            address_of(peer),
            [messages.context()],
            ours=our_title,
            answer_s=_PATIENCE_S,
            roles=roles,
        ) as association:
            status, _ = association.send_n_event_report(
                said, kind, messages.SERVICE, messages.INSTANCE
            )
    except (RuntimeError, ValueError) as error:
        raise UnavailableError("the machine cannot be told what is stored") from error
    if status.get("Status") != SUCCESS:
        raise UnavailableError("the machine cannot be told what is stored")

"""C-MOVE and C-GET (PS3.4, C.4.2 and C.4.3): machines fetch what they may see."""

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any, cast

import structlog
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pynetdicom import build_context, evt
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_MOVE
from pynetdicom.events import Event
from pynetdicom.presentation import PresentationContext

from plateau.images import service
from plateau.images.formats import transcode
from plateau.images.move import rules as retrieve_rules
from plateau.images.move import service as moving
from plateau.images.move.rules import EXPLICIT, IMPLICIT, Agreed
from plateau.images.move.types import Sent
from plateau.images.peers import dialing
from plateau.images.peers.types import address_of
from plateau.images.types import Origin
from plateau.kernel.errors import PlateauError
from plateau.platform import clock
from plateau.platform.dimse import PENDING, Hub, decoded
from plateau.territory.types import Peer

log = structlog.get_logger()
_SERVICES = {
    "patient root, move": "1.2.840.10008.5.1.4.1.2.1.2",
    "patient root, get": "1.2.840.10008.5.1.4.1.2.1.3",
    "study root, move": "1.2.840.10008.5.1.4.1.2.2.2",
    "study root, get": "1.2.840.10008.5.1.4.1.2.2.3",
}
_CANCELLED = 0xFE00
_NOT_MATCHING = 0xA900  # the identifier does not match the SOP class
_KEYWORDS = (
    *("QueryRetrieveLevel", "PatientID"),
    *("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"),
)
_NOWHERE = (None, None)  # the library answers that the destination is unknown: A801
Answer = tuple[int, Dataset | None]


def contexts() -> list[PresentationContext]:
    """What machines may ask."""
    return [build_context(uid, [EXPLICIT, IMPLICIT]) for uid in _SERVICES.values()]


def with_roles(stored: list[PresentationContext]) -> list[PresentationContext]:
    """Storage contexts in which whoever asks by C-GET may receive as well as send."""
    for context in stored:
        context.scu_role = context.scp_role = True
    return stored


def handlers(hub: Hub) -> list[evt.EventHandlerType]:
    """The handlers to bind to an application entity."""
    return [(evt.EVT_C_MOVE, on_move, [hub]), (evt.EVT_C_GET, on_get, [hub])]


def on_move(event: Event, hub: Hub) -> Iterator[Any]:
    """C-MOVE: the address of the destination, how many instances, then each of them."""
    origin = _origin(event)
    title = str(cast("C_MOVE", event.request).MoveDestination).strip()
    try:
        found = _chosen(event, hub, origin)
        with hub.db.begin() as tx:
            where = moving.destination(tx, title, now=clock.now())
    except PlateauError as error:
        _refuse(hub, origin, error)
        raise
    if where is None:
        yield _NOWHERE
        return
    associations: list[Association] = []
    yield where.host, where.port, _how(where, found, associations)
    yield len(found)
    yield from _each(event, hub, found, lambda: _agreed(associations[-1]))


def on_get(event: Event, hub: Hub) -> Iterator[Any]:
    """C-GET: how many instances, then each of them, on the same association."""
    origin = _origin(event)
    try:
        found = _chosen(event, hub, origin)
    except PlateauError as error:
        _refuse(hub, origin, error)
        yield 1
        yield _NOT_MATCHING, None
        return
    yield len(found)
    yield from _each(event, hub, found, lambda: _agreed(event.assoc))


def _each(
    event: Event, hub: Hub, found: list[Sent], agreed: Callable[[], Agreed]
) -> Iterator[Answer]:
    for one in found:
        if event.is_cancelled:
            yield _CANCELLED, None
            return
        yield PENDING, _data_set(hub, one, agreed())


def _data_set(hub: Hub, one: Sent, agreed: Agreed) -> Dataset:
    """An instance as stored, or in a syntax the peer accepts.

    When neither can be, a data set that the library cannot send and so counts as failed.
    """
    syntax = retrieve_rules.syntax_for(one, agreed)
    try:
        content = hub.blobs.get(one.blob_key)
        if syntax and syntax != one.transfer_syntax_uid:
            content = transcode.to_syntax(
                content, transcode.target(syntax, one.transfer_syntax_uid)
            )
        return dcmread(BytesIO(content))
    except (PlateauError, *transcode.TROUBLES) as error:
        log.warning("retrieve.failed", kind=type(error).__name__)
    failed = Dataset()
    failed.SOPInstanceUID = one.sop_instance_uid
    return failed


def _chosen(event: Event, hub: Hub, origin: Origin) -> list[Sent]:
    asked = retrieve_rules.selection(
        _keys(decoded(cast("C_MOVE", event.request).Identifier, event.context))
    )
    with hub.db.begin() as tx:
        return moving.chosen(tx, asked, origin=origin, now=clock.now())


def _keys(identifier: Dataset) -> dict[str, list[str]]:
    """The values of the keys of a request."""
    return {keyword: _values(identifier.get(keyword)) for keyword in _KEYWORDS}


def _values(value: object) -> list[str]:
    several = value if isinstance(value, MultiValue | list) else [value]
    return [str(one).strip() for one in several if one is not None and str(one).strip()]


def _how(where: Peer, found: list[Sent], associations: list[Association]) -> dict[str, Any]:
    """How the library opens the association to a destination, which is noted once accepted."""

    def note(event: Event) -> None:
        associations.append(event.assoc)

    proposed = [build_context(uid, syntaxes) for uid, syntaxes in retrieve_rules.proposals(found)]
    how: dict[str, Any] = {"contexts": proposed, "evt_handlers": [(evt.EVT_ACCEPTED, note)]}
    if where.uses_tls:
        how["tls_args"] = dialing.tls_of(address_of(where))
    return how


def _agreed(association: Association) -> Agreed:
    """In which classes and syntaxes we may send on an association."""
    return {
        (str(context.abstract_syntax), str(context.transfer_syntax[0]))
        for context in association.accepted_contexts
        if context.as_scu
    }


def _origin(event: Event) -> Origin:
    peer = event.assoc.requestor
    title = peer.primitive.calling_ae_title if peer.primitive else peer.ae_title
    return Origin(ae_title=str(title).strip(), address=str(peer.address))


def _refuse(hub: Hub, origin: Origin, error: PlateauError) -> None:
    """Log a refusal, and keep it where coordinators see it."""
    log.warning("retrieve.refused", code=error.code, reason=error.text, ae_title=origin.ae_title)
    try:
        with hub.db.begin() as tx:
            service.refuse(tx, origin=origin, error=error, at=clock.now())
    except PlateauError as failure:
        log.warning("refusal.not_recorded", code=failure.code)

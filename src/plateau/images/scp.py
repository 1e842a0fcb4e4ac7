"""DIMSE doors of the image hub: verification, storage, performed procedure steps."""

from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import Any, cast

import structlog
from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    AllTransferSyntaxes,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPIPHTJ2KReferencedDeflate,
    SMPTEST211020UncompressedInterlacedActiveVideo,
    SMPTEST211020UncompressedProgressiveActiveVideo,
    SMPTEST211030PCMDigitalAudio,
)
from pynetdicom import AllStoragePresentationContexts, build_context, evt
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_STORE, N_CREATE, N_SET
from pynetdicom.events import Event
from pynetdicom.presentation import PresentationContext
from pynetdicom.service_class import StorageServiceClass
from pynetdicom.sop_class import register_uid
from pynetdicom.transport import ThreadedAssociationServer

from plateau.images import service
from plateau.images.availability import messages as availability_messages
from plateau.images.availability import service as availability
from plateau.images.commitment import scp as commitment_scp
from plateau.images.move import scp as retrieve_scp
from plateau.images.search import scp as find_scp
from plateau.images.store import Store
from plateau.images.types import (
    MissingAttributeError,
    Origin,
    OtherObjectError,
    StepClosedError,
    StepTakenError,
)
from plateau.images.upkeep import service as upkeep
from plateau.kernel.errors import InvalidInputError, NotFoundError, PlateauError
from plateau.platform import clock, dimse
from plateau.platform.counters import STORES
from plateau.platform.dimse import SUCCESS, Hub, decoded, status_of
from plateau.platform.lane import Answer, Stored
from plateau.platform.settings import Settings

log = structlog.get_logger()
_NATIVE: list[str | UID] = [ExplicitVRLittleEndian, ImplicitVRLittleEndian]
# Big endian is retired; a deflated reference and live video are nothing to keep as they come.
_LEFT_OUT = frozenset(
    [
        ExplicitVRBigEndian,
        JPIPHTJ2KReferencedDeflate,
        SMPTEST211020UncompressedProgressiveActiveVideo,
        SMPTEST211020UncompressedInterlacedActiveVideo,
        SMPTEST211030PCMDigitalAudio,
    ]
)
_JPEG_XL = [f"1.2.840.10008.1.2.4.{number}" for number in (110, 111, 112)]  # PS3.6, table A-1
_SYNTAXES: list[str | UID] = [
    *_NATIVE,
    *(uid for uid in AllTransferSyntaxes if uid not in {*_NATIVE, *_LEFT_OUT}),
    *_JPEG_XL,
]
_KEPT = STORES.labels("0000")
_SERVICES = {
    "verification": "1.2.840.10008.1.1",
    "modality worklist": "1.2.840.10008.5.1.4.31",
    "performed procedure step": "1.2.840.10008.3.1.2.3.3",
}
# PS3.4, annex F, and PS3.7, annex C
_STEP_STATUSES: dict[type[PlateauError], int] = {
    StepTakenError: 0x0111,  # duplicate SOP instance
    MissingAttributeError: 0x0120,  # missing attribute
    InvalidInputError: 0x0106,  # invalid attribute value
    NotFoundError: 0x0112,  # no such SOP instance
}
_NO_LONGER_UPDATABLE = 0xA710  # an error id, beside a processing failure. PS3.4, F.7.2.2
_NO_INSTANCE_UID = 0x0117  # invalid object instance
_NOT_THE_CLASS = 0xA900  # the data set does not match the SOP class. PS3.4, table B.2-1
_COMMENT = 64  # the longest Error Comment
_REJECTED_PERMANENT, _REJECTED_TRANSIENT = 1, 2
_BY_USER, _BY_PRESENTATION = 1, 3
_CALLING_AE_TITLE, _CONGESTION, _LIMIT = 3, 1, 2


def dimse_server(
    settings: Settings,
    hub: Hub,
    more_handlers: list[evt.EventHandlerType],
    *,
    is_secure: bool = False,
) -> ThreadedAssociationServer:
    """A running server for everything machines ask; `more_handlers` answer for other features."""
    store = Store(
        hub.db,
        hub.blobs,
        quiet=timedelta(seconds=settings.quiet_time_s),
        guard=partial(upkeep.check_space, settings),
    )
    store.start()
    return dimse.serve(
        settings,
        contexts(settings.private_storage),
        [*handlers(hub, store), *more_handlers],
        keep=partial(keep, hub=hub, store=store),
        is_secure=is_secure,
    )


def contexts(private: Iterable[str] = ()) -> list[PresentationContext]:
    """What machines may ask, in which transfer syntaxes; `private`: makers' classes to store."""
    stored = [cx.abstract_syntax for cx in AllStoragePresentationContexts if cx.abstract_syntax]
    for uid in private:
        register_uid(uid, f"Private_{uid.replace('.', '_')}", StorageServiceClass)
        stored.append(UID(uid))
    return [
        *(build_context(uid, _NATIVE) for uid in _SERVICES.values()),
        *retrieve_scp.with_roles([build_context(uid, _SYNTAXES) for uid in stored]),
        *find_scp.contexts(),
        *retrieve_scp.contexts(),
        *commitment_scp.contexts(),
        availability_messages.context(),
    ]


def handlers(hub: Hub, store: Store) -> list[evt.EventHandlerType]:
    """The handlers to bind to an application entity."""
    return [
        (evt.EVT_REQUESTED, on_request, [hub]),
        (evt.EVT_C_ECHO, on_echo),
        (evt.EVT_C_STORE, on_store, [hub, store]),
        (evt.EVT_N_CREATE, on_create, [hub]),
        (evt.EVT_N_SET, on_set, [hub]),
    ]


def on_request(event: Event, hub: Hub) -> None:
    """Reject an association whose calling AE title is no machine of the territory."""
    now = clock.now()
    origin = _origin(event.assoc)
    try:
        with hub.db.begin() as tx:
            most = service.greet(tx, origin=origin, now=now)
    except NotFoundError as error:
        _record(hub, "association.rejected", origin, error)
        _reject(event, (_REJECTED_PERMANENT, _BY_USER, _CALLING_AE_TITLE))
    except PlateauError as error:
        log.warning("association.rejected", code=error.code)
        _reject(event, (_REJECTED_TRANSIENT, _BY_PRESENTATION, _CONGESTION))
    else:
        if most is not None and _held_by(event.assoc, origin.ae_title) > most:
            log.warning("association.rejected", code="too_many", ae_title=origin.ae_title)
            _reject(event, (_REJECTED_TRANSIENT, _BY_PRESENTATION, _LIMIT))


def _held_by(association: Association, ae_title: str) -> int:
    """How many associations a system holds with this server, the one it asks for included."""
    held = association.ae.active_associations
    return sum(_origin(one).ae_title == ae_title for one in held if one.is_acceptor)


def _reject(event: Event, why: tuple[int, int, int]) -> None:
    """Answer, and let the answer leave: the library closes the connection as soon as we return."""
    event.assoc.acse.send_reject(*why)
    event.assoc.kill()


def on_echo(event: Event) -> int:
    """C-ECHO: whoever was let in is heard."""
    return SUCCESS


def on_store(event: Event, hub: Hub, store: Store) -> int | Dataset:
    """C-STORE, in whichever unusual form the fast lane leaves to the library."""
    request = cast("C_STORE", event.request)
    asked = Stored(
        str(request.AffectedSOPClassUID),
        str(request.AffectedSOPInstanceUID),
        event.context.transfer_syntax,
        request.DataSet.getbuffer() if request.DataSet else memoryview(b""),
    )
    status, comment = keep(event.assoc, asked, hub=hub, store=store)
    return _answer(status, comment) if comment else status


def keep(association: Association, asked: Stored, *, hub: Hub, store: Store) -> Answer:
    """C-STORE: Success only once the bytes and the row are durable."""
    origin = _origin(association)
    try:
        store.keep_data_set(
            asked.data_set,
            uids=(asked.sop_class_uid, asked.sop_instance_uid),
            syntax=asked.transfer_syntax_uid,
            origin=origin,
        )
    except PlateauError as error:
        _record(hub, "store.refused", origin, error)
        status = _NOT_THE_CLASS if isinstance(error, OtherObjectError) else status_of(error)
        STORES.labels(f"{status:04X}").inc()
        return status, str(error)[:_COMMENT]
    _KEPT.inc()
    return SUCCESS, ""


def on_create(event: Event, hub: Hub) -> tuple[int | Dataset, Dataset | None]:
    """N-CREATE of a performed procedure step, or what an archive has. Source: PS3.4, F.7.2.1."""
    origin = _origin(event.assoc)
    request = cast("N_CREATE", event.request)
    if request.AffectedSOPClassUID == availability_messages.SERVICE:
        return _on_availability(event, hub), None
    step_uid = request.AffectedSOPInstanceUID
    if not step_uid:
        return _NO_INSTANCE_UID, None
    try:
        with hub.db.begin() as tx:
            service.begin_step(
                tx,
                step_uid=str(step_uid),
                attributes=_as_json(decoded(request.AttributeList, event.context)),
                origin=origin,
                now=clock.now(),
            )
    except PlateauError as error:
        _record(hub, "step.refused", origin, error)
        return _step_refusal(error), None
    return SUCCESS, None


def _on_availability(event: Event, hub: Hub) -> int:
    """N-CREATE of an instance availability notification. Source: PS3.4, R.3.1."""
    origin, request = _origin(event.assoc), cast("N_CREATE", event.request)
    try:
        with hub.db.begin() as tx:
            said = decoded(request.AttributeList, event.context)
            availability.hear(tx, said, ae_title=origin.ae_title, now=clock.now())
    except PlateauError as error:
        log.warning("availability.refused", code=error.code, ae_title=origin.ae_title)
        return _STEP_STATUSES.get(type(error), status_of(error))
    return SUCCESS


def on_set(event: Event, hub: Hub) -> tuple[int | Dataset, Dataset | None]:
    """N-SET of a performed procedure step. Source: PS3.4, F.7.2.2."""
    origin, request = _origin(event.assoc), cast("N_SET", event.request)
    try:
        with hub.db.begin() as tx:
            service.end_step(
                tx,
                step_uid=str(request.RequestedSOPInstanceUID),
                attributes=_as_json(decoded(request.ModificationList, event.context)),
                origin=origin,
                now=clock.now(),
            )
    except PlateauError as error:
        _record(hub, "step.refused", origin, error)
        return _step_refusal(error), None
    return SUCCESS, None


def _origin(association: Association) -> Origin:
    peer = association.requestor
    title = peer.primitive.calling_ae_title if peer.primitive else peer.ae_title
    return Origin(ae_title=str(title).strip(), address=str(peer.address))


def _as_json(data_set: Dataset) -> dict[str, Any]:
    return data_set.to_json_dict(suppress_invalid_tags=True)


def _answer(status: int, comment: str) -> Dataset:
    answer = Dataset()
    answer.Status = status
    answer.ErrorComment = comment
    return answer


def _step_refusal(error: PlateauError) -> Dataset:
    status = _STEP_STATUSES.get(type(error), status_of(error))
    answer = _answer(status, str(error)[:_COMMENT])
    if isinstance(error, StepClosedError):
        answer.ErrorID = _NO_LONGER_UPDATABLE
    return answer


def _record(hub: Hub, event: str, origin: Origin, error: PlateauError) -> None:
    """Log a refusal, and keep it where coordinators see it if the database can."""
    log.warning(event, code=error.code, reason=error.text, ae_title=origin.ae_title)
    try:
        with hub.db.begin() as tx:
            service.refuse(tx, origin=origin, error=error, at=clock.now())
    except PlateauError as failure:
        log.warning("refusal.not_recorded", code=failure.code)

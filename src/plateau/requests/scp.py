"""The machines' worklist: DICOM Modality Worklist, C-FIND.

Source: DICOM PS3.4, annex K.
"""

from collections.abc import Iterator
from typing import Any, cast

import structlog
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence
from pynetdicom import evt
from pynetdicom.dimse_primitives import C_FIND
from pynetdicom.events import Event, EventHandlerType

from plateau.access import service as access
from plateau.access.types import Access
from plateau.kernel.errors import InvalidInputError, NotFoundError, PlateauError
from plateau.kernel.time import local
from plateau.platform import clock
from plateau.platform.db import Tx
from plateau.platform.dimse import PENDING, Hub, decoded, status_of
from plateau.requests import worklist
from plateau.requests.lines import ScheduledExam
from plateau.requests.queries import lists
from plateau.requests.rules import matching
from plateau.requests.rules.matching import Keys
from plateau.territory import service as territory

log = structlog.get_logger()
_CANCELLED = 0xFE00
_WRONG_IDENTIFIER = 0xA900  # does not match the SOP class: PS3.4, table C.4-1
_STEP = "ScheduledProcedureStepSequence"


def handlers(hub: Hub) -> list[EventHandlerType]:
    """What an application entity answers to worklist queries."""
    return [(evt.EVT_C_FIND, on_find, [hub])]


def on_find(event: Event, hub: Hub) -> Iterator[tuple[int, Dataset | None]]:
    """C-FIND: the exams planned for the machines of the caller's site that match the keys."""
    peer = event.assoc.requestor.ae_title
    try:
        wanted = _identifier(event)
        with hub.db.begin() as tx:
            found = _worklist(tx, peer, wanted)
    except InvalidInputError as error:
        log.warning("worklist.refused", code=error.code, peer=peer)
        yield _WRONG_IDENTIFIER, None
        return
    except PlateauError as error:
        log.warning("worklist.refused", code=error.code, peer=peer)
        yield status_of(error), None
        return
    for exam in found:
        if event.is_cancelled:
            yield _CANCELLED, None
            return
        yield PENDING, worklist.identifier_of(exam, wanted)


def _identifier(event: Event) -> Dataset:
    """The keys of the query, wholly decoded; InvalidInputError when they are not a query."""
    try:
        wanted = decoded(cast("C_FIND", event.request).Identifier, event.context)
        wanted.to_json_dict()  # reads every value
    except (ValueError, TypeError, EOFError, OSError, KeyError, AttributeError,
            NotImplementedError, LookupError) as error:  # fmt: skip
        raise InvalidInputError("the query cannot be decoded") from error
    if not worklist.knows_some_of(wanted):
        raise InvalidInputError("the query has no key of a worklist")
    steps = wanted.get(_STEP)
    if steps is not None and not isinstance(steps, DicomSequence):
        raise InvalidInputError("the scheduled step of the query is not a sequence")
    if steps is not None and len(steps) > 1:
        raise InvalidInputError("the query asks for more than one scheduled step")
    return wanted


def _worklist(tx: Tx, peer: str, wanted: Dataset) -> list[ScheduledExam]:
    now = clock.now()
    device = territory.device_by_ae(tx, peer, on=local(now).date())
    if device is None:
        raise NotFoundError("no machine of the territory calls itself {peer}", peer=peer)
    found = matching.matching(lists.scheduled(tx, site_id=device.site_id), _keys(wanted))
    if found:
        seen = Access(
            action="worklist.query",
            subject=f"device:{device.device_id}",
            patient_id=None,
            site_id=device.site_id,
            reason=None,
        )
        access.record(tx, device.ae_title, seen, at=now)
    return found


def _keys(wanted: Dataset) -> Keys:
    """Every key with a value, those of the scheduled step included."""
    steps: Any = wanted.get(_STEP) or [Dataset()]
    return Keys(
        keys={
            element.keyword: _text(element.value)
            for part in (wanted, steps[0])
            for element in part
            if element.VR != "SQ" and element.value not in (None, "")
        }
    )


def _text(value: Any) -> str:
    """A value as it was written, several ones with their separator."""
    if isinstance(value, list | tuple):
        return "\\".join(map(str, value))
    return str(value)


FINDS = {"1.2.840.10008.5.1.4.31": on_find}

"""C-FIND of query/retrieve: machines and workstations ask what there is.

Source: PS3.4, C.4.1. Each sees the patients who were examined at its site, under the identifier
that its site gave them.
"""

from collections.abc import Iterator, Mapping
from typing import cast

import structlog
from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pynetdicom import build_context, evt
from pynetdicom.dimse_primitives import C_FIND
from pynetdicom.events import Event
from pynetdicom.presentation import PresentationContext

from plateau.images.search import attributes
from plateau.images.search import service as searching
from plateau.images.search.attributes import Values
from plateau.images.search.matching import LEVELS, Level, Query
from plateau.images.search.types import Match
from plateau.images.types import Origin
from plateau.kernel.errors import InvalidInputError, PlateauError
from plateau.platform import clock
from plateau.platform.dimse import PENDING, Find, Hub, decoded, finding, status_of

log = structlog.get_logger()
_PATIENT_ROOT = "1.2.840.10008.5.1.4.1.2.1.1"
_STUDY_ROOT = "1.2.840.10008.5.1.4.1.2.2.1"
_CANCELLED = 0xFE00
_NOT_MATCHING = 0xA900  # the identifier does not match the SOP class. PS3.4, table C.4-1
_UTF8 = "ISO_IR 192"
_COMMENT = 64  # the longest Error Comment
MOST = 1000  # answers to one query
_NOT_ALL = 0xB000  # warning: there is more than was answered. PS3.7, C.3
_UNIQUE = {"STUDY": "StudyInstanceUID", "SERIES": "SeriesInstanceUID", "IMAGE": "SOPInstanceUID"}
_CONTROL = frozenset({"SpecificCharacterSet", "QueryRetrieveLevel", "TimezoneOffsetFromUTC"})
Answer = tuple[int | Dataset, Dataset | None]


def contexts() -> list[PresentationContext]:
    """What machines may ask."""
    return [build_context(uid) for uid in (_PATIENT_ROOT, _STUDY_ROOT)]


def handlers(hub: Hub) -> list[evt.EventHandlerType]:
    """What an application entity that answers nothing else to C-FIND answers."""
    return [finding(hub, FINDS)]


def on_find(event: Event, hub: Hub) -> Iterator[Answer]:
    """The patients, studies, series or instances that match, among those the caller may see."""
    origin = _origin(event)
    request = cast("C_FIND", event.request)
    try:
        wanted = decoded(request.Identifier, event.context)
        query = _query(wanted, is_patient_root=request.AffectedSOPClassUID == _PATIENT_ROOT)
        with hub.db.begin() as tx:
            found = searching.for_machine(tx, query, origin=origin, now=clock.now())
    except PlateauError as error:
        log.warning("query.refused", code=error.code, ae_title=origin.ae_title)
        yield _refusal(error), None
        return
    for match in found[:MOST]:
        if event.is_cancelled:
            yield _CANCELLED, None
            return
        yield PENDING, _identifier(match, wanted, query.level)
    if len(found) > MOST:
        yield _not_all(), None


def _query(wanted: Dataset, *, is_patient_root: bool) -> Query:
    """What is asked; InvalidInputError when a level or the unique keys above it are not right."""
    asked = _text(wanted.get("QueryRetrieveLevel"))
    levels = LEVELS if is_patient_root else LEVELS[1:]
    level: Level | None = next((one for one in levels if one == asked), None)
    if level is None:
        raise InvalidInputError("QueryRetrieveLevel is missing or unknown")
    keys = _keys(wanted, level)
    above = LEVELS[: LEVELS.index(level)]
    for unique in (_UNIQUE[one] for one in above if one in _UNIQUE):
        if not keys.get(unique) or "\\" in keys[unique]:
            raise InvalidInputError("{keyword} must be one UID at this level", keyword=unique)
    if is_patient_root and above and not keys.get("PatientID"):
        raise InvalidInputError("PatientID is needed at this level")
    return Query(level=level, keys=keys, limit=MOST + 1, is_combined=False)


def _keys(wanted: Dataset, level: Level) -> dict[str, str]:
    """The attributes with a value that are searched, those of the request attributes included."""
    found: dict[str, str] = {}
    for element in wanted:
        if element.keyword == "RequestAttributesSequence" and element.VR == "SQ":
            for item in element.value:
                found |= {key: text for key, text in _keys(item, level).items() if "ID" in key}
        elif element.VR != "SQ" and attributes.is_key(element.keyword, level):
            found[element.keyword] = _text(element.value)
    return {keyword: text for keyword, text in found.items() if text}


def _identifier(match: Match, wanted: Dataset, level: Level) -> Dataset:
    """What was asked for and nothing else; what is not known is empty. Source: PS3.4, C.4.1.1.3."""
    known = attributes.known(level)
    answer = Dataset()
    answer.SpecificCharacterSet = _UTF8
    answer.QueryRetrieveLevel = level
    said: dict[str, Values] = {key: say(match) for key, say in known.items()}
    if match.identifiers:
        local_id, issuer = match.identifiers[0]
        said |= {"PatientID": [local_id], "IssuerOfPatientID": [issuer]}
    for element in wanted:
        if element.keyword in said:
            _add(answer, element.keyword, said[element.keyword])
        elif element.keyword not in _CONTROL:
            answer.add_new(element.tag, element.VR, [] if element.VR == "SQ" else None)
    return answer


def _add(answer: Dataset, keyword: str, values: Values) -> None:
    present: Values = [value for value in values if value not in (None, "")]
    if dictionary_VR(keyword) == "SQ":
        setattr(answer, keyword, [_item(cast("Mapping[str, Values]", value)) for value in present])
    else:
        setattr(answer, keyword, present[0] if len(present) == 1 else present or None)


def _item(values: Mapping[str, Values]) -> Dataset:
    item = Dataset()
    for keyword, inside in values.items():
        _add(item, keyword, inside)
    return item


def _text(value: object) -> str:
    if isinstance(value, MultiValue):
        return "\\".join(map(str, cast("MultiValue[object]", value)))
    return "" if value is None else str(value).strip()


def _refusal(error: PlateauError) -> Dataset:
    status = Dataset()
    is_malformed = isinstance(error, InvalidInputError)
    status.Status = _NOT_MATCHING if is_malformed else status_of(error)
    status.ErrorComment = str(error)[:_COMMENT]
    return status


def _not_all() -> Dataset:
    """What tells a machine that its query was too wide: nobody may take a part for the whole."""
    status = Dataset()
    status.Status = _NOT_ALL
    status.ErrorComment = f"only the first {MOST} are given: narrow the query"
    return status


def _origin(event: Event) -> Origin:
    peer = event.assoc.requestor
    title = peer.primitive.calling_ae_title if peer.primitive else peer.ae_title
    return Origin(ae_title=str(title).strip(), address=str(peer.address))


FINDS: dict[str, Find] = {_PATIENT_ROOT: on_find, _STUDY_ROOT: on_find}

"""What a retrieve request selects, and how each instance goes (PS3.4, C.4.2 and C.4.3)."""

from collections.abc import Iterable, Mapping, Sequence, Set

from plateau.images.move.types import Selection, Sent
from plateau.kernel.errors import InvalidInputError

EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
_LEVELS = ("PATIENT", "STUDY", "SERIES", "IMAGE")
_KEYS = {
    "PATIENT": ("PatientID",),
    "STUDY": ("StudyInstanceUID",),
    "SERIES": ("StudyInstanceUID", "SeriesInstanceUID"),
    "IMAGE": ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"),
}
_MOST_CONTEXTS = 128  # of an association. PS3.8, table 9-18
Agreed = Set[tuple[str, str]]  # SOP class and transfer syntax


def selection(keys: Mapping[str, Sequence[str]]) -> Selection:
    """What the keys of a request select; InvalidInputError when a unique key is missing."""
    level = next(iter(keys.get("QueryRetrieveLevel", ())), "")
    if level not in _LEVELS:
        raise InvalidInputError("unknown query/retrieve level")
    missing = [keyword for keyword in _KEYS[level] if not keys.get(keyword)]
    if missing:
        raise InvalidInputError("missing attributes: {names}", names=", ".join(missing))
    if level == "PATIENT":
        return Selection(local_id=keys["PatientID"][0])
    named = {keyword: tuple(keys[keyword]) for keyword in _KEYS[level]}
    return Selection(
        study_uids=named["StudyInstanceUID"],
        series_uids=named.get("SeriesInstanceUID", ()),
        uids=named.get("SOPInstanceUID", ()),
    )


def proposals(found: Iterable[Sent]) -> list[tuple[str, list[str]]]:
    """The contexts to propose: each class as it is stored, then what every peer must accept."""
    stored = sorted({(one.sop_class_uid, one.transfer_syntax_uid) for one in found})
    classes = sorted({sop_class_uid for sop_class_uid, _ in stored})
    as_stored = [(sop_class_uid, [syntax]) for sop_class_uid, syntax in stored]
    native = [(sop_class_uid, [EXPLICIT, IMPLICIT]) for sop_class_uid in classes]
    return [*as_stored, *native][:_MOST_CONTEXTS]


def syntax_for(one: Sent, agreed: Agreed) -> str | None:
    """The transfer syntax an instance goes in: as stored if that was agreed; None: it cannot go."""
    for syntax in (one.transfer_syntax_uid, EXPLICIT, IMPLICIT):
        if (one.sop_class_uid, syntax) in agreed:
            return syntax
    return None

"""Reading rejection notes. Source: PS3.16, TID 2010 and CID 7010; IHE RAD TF-2, IOCM."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from plateau.images.reject.types import EXPIRED, QUALITY, SAFETY, WORKLIST, Note
from plateau.images.types import Json
from plateau.kernel.errors import InvalidInputError

KEY_OBJECTS = "1.2.840.10008.5.1.4.1.1.88.59"
MEANINGS = {
    QUALITY: "Rejected for Quality Reasons",
    SAFETY: "Rejected for Patient Safety Reasons",
    WORKLIST: "Incorrect Modality Worklist Entry",
    EXPIRED: "Data Retention Policy Expired",
}
_TITLE, _CODE, _SCHEME = "0040A043", "00080100", "00080102"
_EVIDENCE, _STUDY, _SERIES, _INSTANCES = "0040A375", "0020000D", "00081115", "00081199"
_UID, _CONTENT, _TEXT, _DESCRIPTION = "00081155", "0040A730", "0040A160", "113012"
_IDENTICAL = "0040A525"
_NUMBERS = re.compile(r"\s*(\d{1,6})\s*(?:-\s*(\d{1,6})\s*)?")


def read(document: Json, *, study_uid: str) -> Note | None:
    """What a key object selection rejects; None when it is no rejection note."""
    codes = [str(one) for item in _items(document, _TITLE) if _is_dcm(item)
             for one in _values(item, _CODE)]  # fmt: skip
    code = next((one for one in codes if one in MEANINGS), None)
    if code is None:
        return None
    named = dict(_named(document))
    has_copies = bool(_items(document, _IDENTICAL))  # other studies have the same note
    elsewhere = () if has_copies else (uid for uid, study in named.items() if study != study_uid)
    return Note(
        code=code,
        text=" ".join(_texts(document)),
        uids=tuple(uid for uid, study in named.items() if study == study_uid),
        elsewhere=tuple(elsewhere),
    )


def numbers(text: str) -> list[range]:
    """Image numbers as people write them: 3, 7-9. Nothing means all."""
    found: list[range] = []
    for part in text.split(",") if text.strip() else []:
        match = _NUMBERS.fullmatch(part)
        if match is None:
            raise InvalidInputError("write image numbers like this: 3, 7-9")
        first = int(match[1])
        found.append(range(first, int(match[2] or first) + 1))
    return found


def is_chosen(number: int | None, among: Sequence[range]) -> bool:
    """Whether an image is among the numbers; without numbers, every image is."""
    return not among or any(number in one for one in among)


def _named(document: Json) -> Iterator[tuple[str, str]]:
    """Every instance of the evidence, with its study."""
    for study in _items(document, _EVIDENCE):
        study_uid = next(iter(_values(study, _STUDY)), "")
        for series in _items(study, _SERIES):
            for instance in _items(series, _INSTANCES):
                yield from ((str(uid), str(study_uid)) for uid in _values(instance, _UID))


def _texts(document: Json) -> Iterator[str]:
    for item in _items(document, _CONTENT):
        names = [code for name in _items(item, _TITLE) for code in _values(name, _CODE)]
        if _DESCRIPTION in names:
            yield from (str(text) for text in _values(item, _TEXT))


def _is_dcm(item: Json) -> bool:
    return "DCM" in _values(item, _SCHEME)


def _items(data_set: Json, tag: str) -> Sequence[Any]:
    return [item for item in _values(data_set, tag) if isinstance(item, dict)]


def _values(data_set: Json, tag: str) -> Sequence[Any]:
    element = data_set.get(tag)
    return element.get("Value", ()) if isinstance(element, dict) else ()

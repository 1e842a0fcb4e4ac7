"""When a study is complete, and what a machine's account of its work must say."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from plateau.images.types import COMPLETED, DISCONTINUED, IN_PROGRESS, Json, Progress

STATES = frozenset({IN_PROGRESS, COMPLETED, DISCONTINUED})
_STATUS = "00400252"
_SCHEDULED = "00400270"
_STUDY_UID = "0020000D"
_SERIES = "00400340"
_REFERENCES = ("00081140", "00400220")  # images; other composite instances, such as dose reports
_REFERENCED = "00081155"
_REQUIRED = {
    _SCHEDULED: "Scheduled Step Attributes Sequence",
    "00400253": "Performed Procedure Step ID",
    "00400241": "Performed Station AE Title",
    "00400244": "Performed Procedure Step Start Date",
    "00400245": "Performed Procedure Step Start Time",
    _STATUS: "Performed Procedure Step Status",
    "00080060": "Modality",
}


def is_complete(progress: Progress, now: datetime) -> bool:
    """Whether nothing more is expected: every step closed and every announced instance stored.

    Where machines announce nothing, silence decides.
    """
    if progress.stored == 0 or progress.open_steps:
        return False
    if progress.announced:
        return progress.missing == 0
    return now >= progress.quiet_at


def may_be_complete(*, instances: int, announced: int | None) -> bool:
    """Whether it is worth counting what is missing."""
    return announced is not None and instances >= announced


def missing_in_creation(attributes: Json) -> list[str]:
    """The attributes without value that a new step must have. Source: PS3.4, table F.7.2-1."""
    missing = [name for tag, name in _REQUIRED.items() if not values(attributes, tag)]
    if _REQUIRED[_SCHEDULED] not in missing and not study_uid(attributes):
        missing.append("Study Instance UID")
    return missing


def study_uid(attributes: Json) -> str:
    """The study that a step adds to, or nothing."""
    uids = [uid for item in values(attributes, _SCHEDULED) for uid in values(item, _STUDY_UID)]
    return str(uids[0]) if uids else ""


def state(attributes: Json) -> str | None:
    """The status that the machine gives its step, if it says one."""
    said = values(attributes, _STATUS)
    return str(said[0]) if said else None


def announced(attributes: Json) -> list[str]:
    """The SOP instance UIDs that the machine says it made, each once, in order."""
    uids = [
        str(uid)
        for series in values(attributes, _SERIES)
        for references in _REFERENCES
        for item in values(series, references)
        for uid in values(item, _REFERENCED)
    ]
    return list(dict.fromkeys(uids))


def values(attributes: Json, tag: str) -> Sequence[Any]:
    """The values of an element; none when it is absent or empty."""
    return attributes.get(tag, {}).get("Value", ())

"""The table of the standard: what becomes of each element. Source: PS3.15, table E.1-1."""

from dataclasses import dataclass
from importlib.resources import files

REMOVE, EMPTY, DUMMY, UID = "X", "Z", "D", "U"


@dataclass(frozen=True, slots=True)
class Action:
    """What becomes of an element, and whether it is an instant that may be shifted."""

    code: str
    is_shifted: bool


def _read() -> dict[int, Action]:
    text = (files("plateau.images.anonymise") / "profile.txt").read_text("ascii")
    rows = [line.split() for line in text.splitlines() if not line.startswith("#")]
    return {int(tag, 16): Action(_safest(code), dates == "C") for tag, code, dates, _ in rows}


def _safest(code: str) -> str:
    """Where the kind of object decides, what suits every kind: a value stays, but not its own."""
    for one in (UID, DUMMY, EMPTY):
        if one in code.split("/"):
            return one
    return REMOVE


PROFILE = _read()

"""How the keys of a query match what is stored.

Source: DICOM PS3.4, C.2.2.2 (attribute matching).
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, NoReturn

from plateau.kernel.errors import InvalidInputError

Level = Literal["PATIENT", "STUDY", "SERIES", "IMAGE"]
LEVELS: tuple[Level, ...] = ("PATIENT", "STUDY", "SERIES", "IMAGE")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "Œ": "oe", "Æ": "ae"})
_MARKS = re.compile("[\u0300-\u036f]")
_UID = re.compile(r"[0-9.]{1,64}")
_DAY = re.compile(r"(\d{4})\.?(\d{2})\.?(\d{2})")
_CLOCK = re.compile(r"([01]\d|2[0-3])(?::?([0-5]\d)(?::?([0-5]\d|60)(?:\.(\d{1,6}))?)?)?")
_LONGEST = 256  # characters of a text that is searched


@dataclass(frozen=True, slots=True)
class Days:
    """From one day to another, both included; None: open."""

    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class Clocks:
    """From one time of day to another, both included; None: open."""

    first: time | None
    last: time | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is asked: the level, its keys by DICOM keyword, and which part of the answers.

    Dates and times are combined into one period when `is_combined` and both are given.
    """

    level: Level
    keys: Mapping[str, str] = field(default_factory=dict[str, str])
    limit: int = 100
    offset: int = 0
    fields: frozenset[str] = frozenset()
    is_fuzzy: bool = False
    is_combined: bool = True


def fold(text: str) -> str:
    """A text without case, accents or ligatures, as it is compared."""
    before = unicodedata.normalize("NFD", text.translate(_LIGATURES)).casefold()
    return _MARKS.sub("", unicodedata.normalize("NFD", before))


def is_universal(wanted: str) -> bool:
    """Whether a key lets everything through: nothing, or stars alone."""
    return not wanted.strip().strip("*")


def text_matches(wanted: str, value: str) -> bool:
    """A single value, or one with wildcards: `*` for any characters, `?` for one."""
    if is_universal(wanted):
        return True
    parts = (
        {"*": ".*", "?": "."}.get(part, re.escape(part)) for part in re.split(r"([*?])", wanted)
    )
    return re.fullmatch("".join(parts), value, re.DOTALL) is not None


def name_matches(wanted: str, value: str) -> bool:
    """A person's name, without case or accents; components that are not given match any."""
    pattern = name_pattern(fold(wanted))
    return text_matches(pattern, fold(value)) or text_matches(f"{pattern}^*", fold(value))


def name_pattern(wanted: str) -> str:
    """A name as one pattern: its alphabetic group, in which an empty component is any."""
    group = wanted.partition("=")[0].strip().rstrip("^ ")
    return "^".join(part.strip() or "*" for part in group.split("^"))


def like(pattern: str) -> str:
    """A pattern with wildcards as SQL's LIKE writes it."""
    escaped = re.sub(r"([\\%_])", r"\\\1", pattern)
    return escaped.replace("*", "%").replace("?", "_")


def has_wildcard(wanted: str) -> bool:
    """Whether a value is a pattern."""
    return "*" in wanted or "?" in wanted


def literal_start(pattern: str) -> str:
    """What every match of a pattern begins with."""
    return re.split(r"[*?]", pattern, maxsplit=1)[0]


def literals(pattern: str) -> list[str]:
    """What every match of a pattern holds, each at least three characters long."""
    return [part for part in re.split(r"[*?]", pattern) if len(part) >= 3]


def text(keyword: str, wanted: str) -> str:
    """A text that can be looked for; InvalidInputError otherwise."""
    if len(wanted) > _LONGEST or not wanted.isprintable():
        raise InvalidInputError("{keyword} is not a value that can be searched", keyword=keyword)
    return wanted.strip()


def uids(keyword: str, wanted: str) -> list[str]:
    """One UID or a list, separated as DICOM or as the web does."""
    found = [one.strip(" \0") for one in re.split(r"[\\,]", wanted) if one.strip(" \0")]
    if not all(_UID.fullmatch(one) for one in found):
        raise InvalidInputError("{keyword} is not a list of UIDs", keyword=keyword)
    return found


def number(keyword: str, wanted: str) -> int:
    """An integer string."""
    if not re.fullmatch(r"[+-]?\d{1,12}", wanted.strip()):
        raise InvalidInputError("{keyword} is not a number", keyword=keyword)
    return int(wanted)


def days(keyword: str, wanted: str) -> Days:
    """A day or a range of days, open at either end."""
    first, last = _ends(wanted)
    found = Days(_day(keyword, first), _day(keyword, last))
    if found.first and found.last and found.last < found.first:
        raise InvalidInputError("{keyword} ends before it begins", keyword=keyword)
    return found


def clocks(keyword: str, wanted: str) -> Clocks:
    """A time, to the precision it is given with, or a range of times."""
    first, last = _ends(wanted)
    return Clocks(_clock(keyword, first, is_last=False), _clock(keyword, last, is_last=True))


def period(on: Days, at: Clocks) -> tuple[datetime | None, datetime | None]:
    """From an instant to another, both included, of a date and a time that are one."""
    first = on.first and datetime.combine(on.first, at.first or time.min)
    last = on.last and datetime.combine(on.last, at.last or time.max)
    return first, last


def day_matches(wanted: Days, day: date) -> bool:
    """Whether a day is in the range."""
    return (wanted.first is None or wanted.first <= day) and (
        wanted.last is None or day <= wanted.last
    )


def clock_matches(wanted: Clocks, clock: time) -> bool:
    """Whether a time is in the range."""
    return (wanted.first is None or wanted.first <= clock) and (
        wanted.last is None or clock <= wanted.last
    )


def around(moment: datetime | None, hours: int) -> datetime | None:
    """An instant at least some hours before or after what a clock on a wall shows; None: open."""
    try:
        return (moment + timedelta(hours=hours)).replace(tzinfo=UTC) if moment else None
    except OverflowError:
        return None


def _ends(wanted: str) -> tuple[str, str]:
    asked = wanted.strip()
    first, dash, last = asked.partition("-")
    return (first.strip(), last.strip()) if dash else (asked, asked)


def _day(keyword: str, asked: str) -> date | None:
    if not asked:
        return None
    found = _DAY.fullmatch(asked)
    if not found:
        _refuse(keyword)
    try:
        return date(*map(int, found.groups()))
    except ValueError as error:
        raise InvalidInputError("{keyword} is not a date or a time", keyword=keyword) from error


def _clock(keyword: str, asked: str, *, is_last: bool) -> time | None:
    if not asked:
        return None
    found = _CLOCK.fullmatch(asked)
    if not found:
        _refuse(keyword)
    hour, minute, second, fraction = found.groups()
    rest = ("59", "59", "999999") if is_last else ("0", "0", "0")
    parts = [given or most for given, most in zip((minute, second), rest, strict=False)]
    micro = fraction.ljust(6, "9" if is_last else "0") if fraction else rest[2]
    return time(int(hour), int(parts[0]), min(int(parts[1]), 59), int(micro))


def _refuse(keyword: str) -> NoReturn:
    raise InvalidInputError("{keyword} is not a date or a time", keyword=keyword)

"""How the keys of a worklist query match an exam.

Source: DICOM PS3.4, C.2.2.2 (attribute matching) and K.6.1.2.2 (worklist keys).
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

from plateau.kernel.errors import InvalidInputError
from plateau.requests.lines import ScheduledExam

_PERSON_NAMES = frozenset({"PatientName"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The matching keys of a query: DICOM keyword to text; an empty one matches everything."""

    keys: Mapping[str, str]


def matching(exams: Sequence[ScheduledExam], keys: Keys) -> list[ScheduledExam]:
    """The exams that every key matches; InvalidInputError when a key cannot be understood."""
    return [exam for exam in exams if _matches(exam, keys)]


def scheduled_at(exam: ScheduledExam) -> datetime:
    """When it was planned, as the clock on the wall of its site shows it."""
    return exam.planned_at.astimezone(ZoneInfo(exam.time_zone))


def person_name(exam: ScheduledExam) -> str:
    """The patient's name as DICOM writes it."""
    return f"{exam.surname}^{exam.first_name}"


def _matches(exam: ScheduledExam, keys: Keys) -> bool:
    at = scheduled_at(exam)
    texts = {
        "ScheduledStationAETitle": exam.ae_title,
        "Modality": exam.modality,
        "PatientID": exam.local_id or "",
        "AccessionNumber": exam.accession_number,
        "RequestedProcedureID": exam.accession_number,
        "ScheduledProcedureStepID": exam.accession_number,
        "StudyInstanceUID": exam.study_uid,
        "PatientName": person_name(exam),
    }
    return (
        all(
            text_matches(wanted, texts[key], is_name=key in _PERSON_NAMES)
            for key, wanted in keys.keys.items()
            if key in texts
        )
        and date_matches(keys.keys.get("ScheduledProcedureStepStartDate", ""), at.date())
        and time_matches(keys.keys.get("ScheduledProcedureStepStartTime", ""), at.time())
    )


def text_matches(wanted: str, value: str, *, is_name: bool = False) -> bool:
    """Single value, list of UIDs, wildcards, or nothing asked; names without case and accents."""
    wanted = wanted.strip()
    if not wanted.strip("*"):
        return True
    if is_name:
        wanted, value = fold(wanted), fold(value)
    return any(fnmatchcase(value, one.replace("[", "[[]")) for one in wanted.split("\\"))


def date_matches(wanted: str, day: date) -> bool:
    """A day or a range of days, open at either end."""
    first, last = _range(wanted)
    return (not first or _day(first) <= day) and (not last or day <= _day(last))


def time_matches(wanted: str, clock: time) -> bool:
    """An instant to the precision given, or a range, open at either end."""
    first, last = _range(wanted)
    digits = f"{clock:%H%M%S}"
    first, last = _digits(first), _digits(last)
    return (not first or first <= digits[: len(first)]) and (
        not last or digits[: len(last)] <= last
    )


def fold(name: str) -> str:
    """A name without case, accents or trailing separators, as it is compared."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char)).strip("^ ")


def _range(wanted: str) -> tuple[str, str]:
    text = wanted.strip()
    if "-" not in text:
        return text, text
    first, _, last = text.partition("-")
    return first.strip(), last.strip()


def _day(text: str) -> date:
    if not re.fullmatch(r"\d{8}", text.replace(".", "")):
        raise InvalidInputError("a date of the query is not a date")
    try:
        return date.fromisoformat(text.replace(".", ""))
    except ValueError as error:
        raise InvalidInputError("a date of the query is not a date") from error


def _digits(text: str) -> str:
    digits = text.partition(".")[0].replace(":", "")
    if digits and not re.fullmatch(r"([01]\d|2[0-3])([0-5]\d){0,2}", digits):
        raise InvalidInputError("a time of the query is not a time")
    return digits

"""Pure decisions of reading: who goes first, what a report lacks, what its digest vouches for."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, astuple
from datetime import datetime

from plateau.kernel import merge_fields
from plateau.kernel.ids import ExamId
from plateau.reading.rules import whose
from plateau.reading.types import (
    Asked,
    Finding,
    Kind,
    Lateness,
    Lint,
    Seal,
    Sections,
    SignedReport,
)

_SOON = 0.2  # of the delay

_RIGHT = re.compile(r"\b(?:droite?s?|right)\b", re.IGNORECASE)
_LEFT = re.compile(r"\b(?:gauches?|left)\b", re.IGNORECASE)
_FEMALE = re.compile(
    r"\b(?:ut[ée]rus|ut[ée]rine?s?|ovaires?|ovarien(?:ne)?s?|vaginale?s?|grossesse|endom[èe]tre"
    r"|uterus|ovar(?:y|ies|ian)|pregnan(?:t|cy))\b",
    re.IGNORECASE,
)
_MALE = re.compile(
    r"\b(?:prostate|prostatiques?|testicules?|testiculaires?|scrot(?:um|al|ale)|prostatic"
    r"|testic(?:le|les|ular)|v[ée]sicules s[ée]minales)\b",
    re.IGNORECASE,
)
_WITHOUT = re.compile(r"\b(?:sans|without)\s+(?:injection|contrast)", re.IGNORECASE)
_WITH = re.compile(
    r"\b(?:avec|apr[èe]s|with|after)\s+(?:une\s+|an\s+)?(?:injection|contrast)", re.IGNORECASE
)


def reading_order(urgency: str, due_at: datetime, exam_id: ExamId) -> tuple[str, datetime, ExamId]:
    """Sort exams by it: the most urgent first, then the first due; ties always fall alike."""
    return urgency, due_at, exam_id


def lateness(complete_at: datetime, due_at: datetime, now: datetime) -> Lateness:
    """Late once the delay has passed, soon when less than a fifth of it is left."""
    left = due_at - now
    if left.total_seconds() < 0:
        return Lateness.LATE
    return Lateness.SOON if left < (due_at - complete_at) * _SOON else Lateness.PLAIN


def lint(sections: Sections, asked: Asked) -> Lint:
    """What a report lacks, and where it seems to contradict what was asked."""
    everything = "\n".join(astuple(sections))
    refusals = {
        Finding.EMPTY_RESULT: _is_empty(sections.result, asked.template),
        Finding.EMPTY_CONCLUSION: _is_empty(sections.conclusion, asked.template),
        Finding.OTHER_PATIENT: whose.is_somebody_else(
            everything, surname=asked.surname, local_id=asked.local_id
        ),
    }
    written = f"{sections.result}\n{sections.conclusion}"
    warnings = {
        Finding.UNFILLED: bool(_labels(asked.template) & _labels(written))
        or merge_fields.has_blank(f"{sections.technique}\n{written}"),
        Finding.OTHER_SIDE: _contradicts_side(asked.text, written),
        Finding.OTHER_SEX: _contradicts_sex(asked.sex, written),
        Finding.OTHER_CONTRAST: _contradicts_contrast(asked.protocol, sections.technique),
        Finding.OTHER_NAME: whose.is_other_name(everything, surname=asked.surname),
        Finding.OTHER_AGE: whose.is_other_age(f"{sections.indication}\n{written}", asked.age),
    }
    return Lint(
        refusals=tuple(finding for finding, found in refusals.items() if found),
        warnings=tuple(finding for finding, found in warnings.items() if found),
    )


def in_force(versions: Iterable[SignedReport]) -> list[SignedReport]:
    """The signed versions that hold: neither retracted, nor saying that others are."""
    return [one for one in given(versions) if one.kind != Kind.PRELIMINARY]


def given(versions: Iterable[SignedReport]) -> list[SignedReport]:
    """What people were given and is not retracted, the preliminary versions with the others."""
    return [one for one in versions if one.kind != Kind.RETRACTION and not one.retracted]


def digest(sections: Sections, seal: Seal) -> str:
    """The SHA-256 of a version: its text, whose exam it is, who signed it and when."""
    content = {**asdict(sections), **{name: str(value) for name, value in asdict(seal).items()}}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _labels(text: str) -> set[str]:
    """The lines that announce something and say nothing: `Parenchyme :`."""
    lines = (line.strip() for line in text.splitlines())
    return {line for line in lines if line.endswith(":")}


def _is_empty(text: str, template: str) -> bool:
    """Whether nothing is written but labels of the template, and blanks that nobody filled."""
    bare = merge_fields.without_blanks(text)
    written = {line.strip() for line in bare.splitlines()} - {""}
    return not written - _labels(template) - (_labels(bare) - _labels(text))


def _contradicts_side(asked: str, written: str) -> bool:
    """Whether one side only was asked for, and only the other one is written about."""
    sides = bool(_RIGHT.search(asked)), bool(_LEFT.search(asked))
    found = bool(_RIGHT.search(written)), bool(_LEFT.search(written))
    return sides in {(True, False), (False, True)} and found == sides[::-1]


def _contradicts_sex(sex: str, written: str) -> bool:
    """Whether an organ is named that this patient should not have."""
    other = {"M": _FEMALE, "F": _MALE}.get(sex)
    return bool(other and other.search(written))


def _contradicts_contrast(protocol: str, technique: str) -> bool:
    """Whether the protocol and the technique disagree on the injection."""
    planned = bool(_WITH.search(protocol)), bool(_WITHOUT.search(protocol))
    told = bool(_WITH.search(technique)), bool(_WITHOUT.search(technique))
    return planned in {(True, False), (False, True)} and told == planned[::-1]

"""Whether a report speaks of somebody else than its patient: pure.

A name counts after a title only, in capitals as surnames are written in France; whoever was told
the result (`à Mme …`, `par M. …`) is not taken for the patient.
"""

import re

from plateau.kernel.names import fold

_YEARS_OFF = 1  # birthdays between the exam and its report
_GROWN = 2
_NAMED = re.compile(
    r"(?<!à )(?<!par )(?<!avec )(?<!to )(?<!by )(?<!with )"
    r"\b(?:M\.|Mr\.?|Mme|Mlle|Monsieur|Madame|Mrs\.?|Ms\.?)\s+([A-ZÀ-Ý][A-ZÀ-Ý' -]*[A-ZÀ-Ý])\b"
)
_NUMBERED = re.compile(
    r"\b(?:IPP|NIP|patient id)\s*(?:n[°o]\s*)?:?\s*([A-Z0-9][A-Z0-9./-]{3,})", re.IGNORECASE
)
_ACCESSION = re.compile(
    r"\b(?:n[°o] d['’]examen|accession(?: number)?)\s*:?\s*([A-Z0-9][A-Z0-9./-]{3,})",
    re.IGNORECASE,
)
_AGED = re.compile(
    r"\b(?:patiente?|homme|femme|enfant|âgée?|garçon|fille|man|woman|aged)(?: de)? (\d{1,3})"
    r"(?:\s*ans\b)?|\b(\d{1,3})[ -]year[ -]old",
    re.IGNORECASE,
)
_NEWBORN = re.compile(r"\b(?:nourrissons?|nouveau-nés?|newborn|infant)\b", re.IGNORECASE)


def is_somebody_else(written: str, *, surname: str, local_id: str, accession: str) -> bool:
    """Whether a patient's name, number or exam is written that are not those of this exam."""
    mine = set(_words(surname))
    return (
        any(mine and not mine & set(_words(name)) for name in _NAMED.findall(written))
        or _is_other(_NUMBERED, written, local_id)
        or _is_other(_ACCESSION, written, accession)
    )


def is_other_age(written: str, age: int | None) -> bool:
    """Whether an age is written that this patient, of so many years, does not have."""
    if age is None:
        return False
    told = [int(one or other) for one, other in _AGED.findall(written)]
    return any(abs(years - age) > _YEARS_OFF for years in told) or (
        age >= _GROWN and bool(_NEWBORN.search(written))
    )


def _is_other(pattern: re.Pattern[str], written: str, mine: str) -> bool:
    found = [one.rstrip(".").casefold() for one in pattern.findall(written)]
    return bool(mine) and any(one != mine.casefold() for one in found)


def _words(name: str) -> list[str]:
    return fold(name).split()

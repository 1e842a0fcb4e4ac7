"""Whether a report speaks of somebody else than its patient: pure.

A number, or a name given as the patient's, is certain enough to refuse; a name after a title may be
that of whoever was told, and is only doubted. Surnames are written in capitals, as in France.
"""

import re

from plateau.kernel.names import fold

_YEARS_OFF = 1  # birthdays between the exam and its report
_GROWN = 2
_MONTHS = 12
_SURNAME = r"([A-ZÀ-Ý][A-ZÀ-Ý' -]*[A-ZÀ-Ý])\b"
_PATIENT = re.compile(r"\b(?:[Pp]atiente?|[Nn]om)\s*:\s*(?:(?:M\.|Mr\.?|Mme|Mlle)\s+)?" + _SURNAME)
_TITLED = re.compile(r"\b(?:M\.|Mr\.?|Mme|Mlle|Monsieur|Madame|Mrs\.?|Ms\.?)\s+" + _SURNAME)
_NUMBERED = re.compile(
    r"\b(?:IPP|NIP|patient id)\s*(?:n[°o]\s*:?|:)\s*([A-Z0-9./-]*\d[A-Z0-9./-]*)", re.IGNORECASE
)
_AGED = re.compile(
    r"\b(?:patiente?|homme|femme|enfant|âgée?|garçon|fille|man|woman|aged),?(?: de)? (\d{1,3})\s*"
    r"(ans|mois|years|months)\b|\b(\d{1,3})[ -](year|month)s?[ -]old",
    re.IGNORECASE,
)
_NEWBORN = re.compile(r"\b(?:nourrissons?|nouveau-nés?|newborn|infant)\b", re.IGNORECASE)


def is_somebody_else(written: str, *, surname: str, local_id: str) -> bool:
    """Whether a patient's number, or a name given as the patient's, is not the one of this exam."""
    return _names_another(_PATIENT, written, surname) or any(
        local_id and number.rstrip(".").casefold() != local_id.casefold()
        for number in _NUMBERED.findall(written)
    )


def is_other_name(written: str, *, surname: str) -> bool:
    """Whether somebody is named after a title who may not be this patient."""
    return _names_another(_TITLED, written, surname)


def is_other_age(written: str, age: int | None) -> bool:
    """Whether an age is written that this patient, of so many years, does not have."""
    if age is None:
        return False
    told = [
        int(one or other) // (_MONTHS if (unit or units).lower()[0] == "m" else 1)
        for one, unit, other, units in _AGED.findall(written)
    ]
    return any(abs(years - age) > _YEARS_OFF for years in told) or (
        age >= _GROWN and bool(_NEWBORN.search(written))
    )


def _names_another(pattern: re.Pattern[str], written: str, surname: str) -> bool:
    mine = set(fold(surname).split())
    return bool(mine) and any(
        not mine & set(fold(name).split()) for name in pattern.findall(written)
    )

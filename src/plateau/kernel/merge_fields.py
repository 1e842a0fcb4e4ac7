"""Merge fields of texts: `{dose}` stands for what is known of an exam.

What is not known leaves a blank that a person fills: `[dose ?]`. A choice of a template that nobody
has made yet is a blank too: `[droite | gauche]`.
"""

import re
from collections.abc import Mapping
from enum import StrEnum

from plateau.kernel.errors import InvalidInputError

_FIELD = re.compile(r"\{([^{}\n]*)\}")
_BLANK = re.compile(r"\[[^\[\]\n]*[?|][^\[\]\n]*\]")


class Field(StrEnum):
    """What a text may have filled from the data."""

    AGE = "age"
    SEX = "sex"
    EXAM = "exam"
    DATE = "date"
    ACCESSION = "accession"
    SITE = "site"
    REQUESTER = "requester"
    PROTOCOL = "protocol"
    DEVICE = "device"
    DOSE = "dose"
    PRIOR = "prior"


FRENCH: Mapping[Field, str] = {
    Field.AGE: "âge",
    Field.SEX: "sexe",
    Field.EXAM: "examen",
    Field.DATE: "date",
    Field.ACCESSION: "accession",
    Field.SITE: "site",
    Field.REQUESTER: "demandeur",
    Field.PROTOCOL: "protocole",
    Field.DEVICE: "appareil",
    Field.DOSE: "dose",
    Field.PRIOR: "antérieur",
}
"""The names people write in a text; the codes are understood too."""

_NAMES = {str(field): field for field in Field} | {name: field for field, name in FRENCH.items()}


def require_known(text: str) -> None:
    """InvalidInputError when a text has a merge field that does not exist."""
    unknown = [name for name in _FIELD.findall(text) if named(name) is None]
    if unknown:
        raise InvalidInputError("there is no merge field {name}", name="{" + unknown[0] + "}")


def fill(text: str, values: Mapping[Field, str]) -> str:
    """The text with what is known; what is not, or is no merge field, stays to be filled."""

    def value(found: re.Match[str]) -> str:
        field = named(found[1])
        known = values.get(field, "") if field else ""
        return known or f"[{found[1].strip()} ?]"

    return _FIELD.sub(value, text)


def has_blank(text: str) -> bool:
    """Whether something is left to be filled or chosen."""
    return bool(_BLANK.search(text))


def without_blanks(text: str) -> str:
    """The text without what is left to be filled or chosen."""
    return _BLANK.sub("", text)


def only_known(text: str) -> str:
    """The text of somebody else: braces are merge fields of ours, or parentheses."""

    def kept(found: re.Match[str]) -> str:
        return found[0] if named(found[1]) else f"({found[1]})"

    parts = _FIELD.sub(kept, text)
    return re.sub(
        r"\{([^{}\n]*)\}|[{}]",
        lambda found: found[0] if found[1] is not None else "(" if found[0] == "{" else ")",
        parts,
    )


def named(name: str) -> Field | None:
    """The merge field that a word is, in either language; None: it is none."""
    return _NAMES.get(name.strip().casefold())

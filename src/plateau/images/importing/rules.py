"""What files say of a patient, beside what is known of ours."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from plateau.images.importing.types import Stranger
from plateau.patients.types import SEXES, Traits


def stranger(metadata: Mapping[str, Any], local_id: str) -> Stranger:
    """The patient as a file names them, from its metadata."""
    return Stranger(
        local_id=local_id,
        name=_first(metadata, "00100010"),
        birth_date=_first(metadata, "00100030"),
        sex=_first(metadata, "00100040"),
        files=1,
    )


def said_of(one: Stranger, known: Traits) -> tuple[Traits, tuple[str, ...]]:
    """What is said, with what is known where nothing is, and the traits of which nothing is."""
    surname, _, rest = one.name.partition("^")
    said: dict[str, Any] = {
        "surname": surname.strip(),
        "first_name": rest.partition("^")[0].strip(),
        "birth_on": _day(one.birth_date),
        "sex": one.sex if one.sex in SEXES else "U",
    }
    unsaid = tuple(name for name, value in said.items() if not value)
    traits = replace(known, **{name: value for name, value in said.items() if value})
    return traits, tuple(name.replace("_on", "_date").replace("_", " ") for name in unsaid)


def _first(metadata: Mapping[str, Any], tag: str) -> str:
    values = metadata.get(tag, {}).get("Value") or [""]
    value = values[0]
    if isinstance(value, Mapping):
        value = value.get("Alphabetic", "")
    return str(value)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None

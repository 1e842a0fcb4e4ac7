"""Telling whether two descriptions can be of one person."""

from datetime import date

from plateau.kernel.names import fold
from plateau.patients.types import SEXES, Traits

UNKNOWN_SEX = "U"


def differences(known: Traits, said: Traits) -> tuple[str, ...]:
    """The traits that contradict each other; an unknown sex contradicts nothing.

    Source: national identification framework (RNIV): strict traits are compared without accents,
    hyphens and apostrophes.
    """
    unknown = UNKNOWN_SEX in {known.sex, said.sex}
    compared = {
        "surname": fold(known.surname) == fold(said.surname),
        "first name": fold(known.first_name) == fold(said.first_name),
        "birth date": known.birth_on == said.birth_on,
        "sex": unknown or known.sex == said.sex,
    }
    return tuple(trait for trait, same in compared.items() if not same)


def faults(traits: Traits, *, today: date) -> tuple[str, ...]:
    """What makes a description unusable, every fault of it."""
    checks = {
        "surname": bool(fold(traits.surname)),
        "first name": bool(fold(traits.first_name)),
        "birth date": traits.birth_on <= today,
        "sex": traits.sex in SEXES,
    }
    return tuple(trait for trait, usable in checks.items() if not usable)

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plateau.kernel.names import fold
from plateau.patients.rules import differences, faults
from plateau.patients.types import Traits

KNOWN = Traits(surname="Testinventé", first_name="Élodie", birth_on=date(1950, 2, 3), sex="F")
names = st.text(st.characters(categories=["L"]), min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("d'Été-Fictif", "d ete fictif"),
        ("  LE   FAUX ", "le faux"),
        ("Œuvré", "oeuvre"),
        ("N_OM", "n om"),
        ("’", ""),
    ],
)
def test_a_name_is_compared_without_case_accents_or_punctuation(name: str, folded: str) -> None:
    assert fold(name) == folded


def test_the_same_person_written_differently_does_not_differ() -> None:
    said = Traits(surname="TESTINVENTE", first_name="elodie", birth_on=date(1950, 2, 3), sex="F")
    assert differences(KNOWN, said) == ()


def test_an_unknown_sex_contradicts_nothing() -> None:
    said = Traits(surname="Testinvente", first_name="Elodie", birth_on=date(1950, 2, 3), sex="U")
    assert differences(KNOWN, said) == ()


def test_every_contradicting_trait_is_named() -> None:
    said = Traits(surname="Autre", first_name="Nom", birth_on=date(1950, 2, 4), sex="M")
    assert differences(KNOWN, said) == ("surname", "first name", "birth date", "sex")


def test_every_fault_is_named() -> None:
    said = Traits(surname=" ", first_name="-", birth_on=date(2030, 1, 1), sex="X")
    expected = ("surname", "first name", "birth date", "sex")
    assert faults(said, today=date(2026, 11, 24)) == expected


@given(names, names, st.dates(), st.sampled_from("FMU"))
def test_nobody_differs_from_themselves(surname: str, first: str, day: date, sex: str) -> None:
    traits = Traits(surname=surname, first_name=first, birth_on=day, sex=sex)
    shouted = Traits(surname=surname.upper(), first_name=first, birth_on=day, sex=sex)
    assert differences(traits, traits) == ()
    if fold(surname) == fold(surname.upper()):
        assert differences(traits, shouted) == differences(shouted, traits) == ()

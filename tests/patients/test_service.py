from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest

import make
from plateau.kernel.errors import ConflictError, InvalidInputError, NotFoundError
from plateau.kernel.ids import PatientId, SiteId
from plateau.patients import service
from plateau.patients.types import Traits
from plateau.platform.db import Db, Tx

TRAITS = Traits(surname="Testinventé", first_name="Ana", birth_on=date(1950, 2, 3), sex="F")


def identify(tx: Tx, site_id: SiteId, local_id: str, traits: Traits = TRAITS) -> PatientId:
    return service.identify(tx, site_id=site_id, local_id=local_id, traits=traits, at=make.NIGHT)


def test_an_identifier_designates_one_person_for_ever(tx: Tx) -> None:
    site_id = make.a_site(tx)
    patient_id = identify(tx, site_id, "IPP-1")

    assert identify(tx, site_id, " IPP-1 ", replace(TRAITS, surname="TESTINVENTE")) == patient_id
    assert service.by_local_id(tx, site_id=site_id, local_id="IPP-1") == patient_id
    assert service.local_id(tx, patient_id=patient_id, site_id=site_id) == "IPP-1"
    assert service.patient(tx, patient_id).traits == TRAITS


def test_the_same_identifier_at_another_site_is_another_person(tx: Tx) -> None:
    here, there = make.a_site(tx, "ICI"), make.a_site(tx, "LA")
    assert identify(tx, here, "IPP-1") != identify(tx, there, "IPP-1")


def test_contradicting_traits_are_refused_without_their_values(tx: Tx) -> None:
    site_id = make.a_site(tx)
    identify(tx, site_id, "IPP-1")
    other = replace(TRAITS, surname="Autrefictif", birth_on=date(1951, 1, 1))

    with pytest.raises(ConflictError) as refused:
        identify(tx, site_id, "IPP-1", other)

    assert refused.value.params == {"traits": "surname, birth date"}
    assert "Autre" not in str(refused.value)
    assert "Test" not in str(refused.value)


def test_an_unusable_identity_is_refused_with_every_fault(tx: Tx) -> None:
    site_id = make.a_site(tx)
    with pytest.raises(InvalidInputError) as refused:
        identify(tx, site_id, " ", replace(TRAITS, first_name="", sex="?"))
    assert refused.value.params == {"traits": "local identifier, first name, sex"}


def test_an_unknown_patient_is_not_found(tx: Tx) -> None:
    site_id = make.a_site(tx)
    unknown = PatientId(make.uuid4())
    assert service.by_local_id(tx, site_id=site_id, local_id="NOBODY") is None
    assert service.local_id(tx, patient_id=unknown, site_id=site_id) is None
    with pytest.raises(NotFoundError):
        service.patient(tx, unknown)


def test_two_systems_naming_a_person_at_once_make_one_patient(db: Db) -> None:
    with db.begin() as tx:
        site_id = make.a_site(tx)

    def name_it(_: int) -> PatientId:
        with db.begin() as tx:
            return identify(tx, site_id, "IPP-1")

    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(name_it, range(12)))) == 1

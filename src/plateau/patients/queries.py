"""SQL of identities; writes schema `patients` only."""

from datetime import datetime

from plateau.kernel.ids import PatientId, SiteId
from plateau.patients.types import Patient, Traits
from plateau.platform.db import Tx


def patient(tx: Tx, patient_id: PatientId) -> Patient:
    """One patient."""
    return tx.one(
        Patient,
        """
        select patient_id, surname, first_name, birth_on, sex, identity_status
        from patients.patient
        where patient_id = %(patient_id)s
        """,
        patient_id=patient_id,
    )


def by_local_id(tx: Tx, *, site_id: SiteId, local_id: str) -> PatientId | None:
    """The patient to whom the site gave that identifier."""
    found: PatientId | None = tx.value(
        """
        select patient_id from patients.identifier
        where site_id = %(site_id)s and value = %(local_id)s
        """,
        site_id=site_id,
        local_id=local_id,
    )
    return found


def local_id(tx: Tx, *, patient_id: PatientId, site_id: SiteId) -> str | None:
    """The identifier that the site gave to the patient."""
    found: str | None = tx.value(
        """
        select value from patients.identifier
        where patient_id = %(patient_id)s and site_id = %(site_id)s
        order by value
        limit 1
        """,
        patient_id=patient_id,
        site_id=site_id,
    )
    return found


def by_foreign_id(tx: Tx, *, issuer: str, value: str) -> PatientId | None:
    """The patient whom somebody has recognised behind another institution's identifier."""
    found: PatientId | None = tx.value(
        """
        select patient_id from patients.foreign_identifier
        where issuer = %(issuer)s and value = %(value)s
        """,
        issuer=issuer,
        value=value,
    )
    return found


def add_foreign_id(
    tx: Tx, *, issuer: str, value: str, patient_id: PatientId, by: str, at: datetime
) -> None:
    """Record whom another institution's identifier designates, unless that is known."""
    tx.run(
        """
        insert into patients.foreign_identifier (issuer, value, patient_id, linked_by, linked_at)
        values (%(issuer)s, %(value)s, %(patient_id)s, %(by)s, %(at)s)
        on conflict do nothing
        """,
        issuer=issuer,
        value=value,
        patient_id=patient_id,
        by=by,
        at=at,
    )


def lock_local_id(tx: Tx, *, site_id: SiteId, local_id: str) -> None:
    """Have whoever names the same identifier wait until this transaction ends."""
    tx.run(
        "select pg_advisory_xact_lock(hashtextextended(%(key)s, 0))",
        key=f"patients.identifier:{site_id}:{local_id}",
    )


def add_patient(tx: Tx, *, patient_id: PatientId, traits: Traits, at: datetime) -> None:
    """Record a person."""
    tx.run(
        """
        insert into patients.patient (patient_id, surname, first_name, birth_on, sex, created_at)
        values (%(patient_id)s, %(surname)s, %(first_name)s, %(birth_on)s, %(sex)s, %(at)s)
        """,
        patient_id=patient_id,
        surname=traits.surname,
        first_name=traits.first_name,
        birth_on=traits.birth_on,
        sex=traits.sex,
        at=at,
    )


def add_identifier(tx: Tx, *, patient_id: PatientId, site_id: SiteId, local_id: str) -> None:
    """Record that the site calls the patient so."""
    tx.run(
        """
        insert into patients.identifier (site_id, value, patient_id)
        values (%(site_id)s, %(local_id)s, %(patient_id)s)
        """,
        patient_id=patient_id,
        site_id=site_id,
        local_id=local_id,
    )

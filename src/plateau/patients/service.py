"""Identities: who a site's identifier designates."""

from datetime import datetime
from uuid import uuid4

from plateau.kernel.errors import ConflictError, InvalidInputError
from plateau.kernel.ids import PatientId, SiteId
from plateau.kernel.time import local
from plateau.patients import queries, rules
from plateau.patients.types import Patient, Traits
from plateau.platform.db import Tx


def identify(tx: Tx, *, site_id: SiteId, local_id: str, traits: Traits, at: datetime) -> PatientId:
    """The person the site calls `local_id`, recorded when new.

    Two people are never merged: an identifier that comes with contradicting traits is refused, and
    the refusal names the traits, not their values.
    """
    value = local_id.strip()
    wrong = rules.faults(traits, today=local(at).date())
    if not value:
        wrong = ("local identifier", *wrong)
    if wrong:
        raise InvalidInputError("unusable identity: {traits}", traits=", ".join(wrong))
    queries.lock_local_id(tx, site_id=site_id, local_id=value)
    known = queries.by_local_id(tx, site_id=site_id, local_id=value)
    if known is None:
        return _record(tx, site_id=site_id, local_id=value, traits=traits, at=at)
    different = rules.differences(queries.patient(tx, known).traits, traits)
    if different:
        raise ConflictError(
            "this identifier is known with other traits: {traits}", traits=", ".join(different)
        )
    return known


def by_local_id(tx: Tx, *, site_id: SiteId, local_id: str) -> PatientId | None:
    """The patient to whom the site gave that identifier."""
    return queries.by_local_id(tx, site_id=site_id, local_id=local_id.strip())


def patient(tx: Tx, patient_id: PatientId) -> Patient:
    """One patient; NotFoundError when there is none."""
    return queries.patient(tx, patient_id)


def local_id(tx: Tx, *, patient_id: PatientId, site_id: SiteId) -> str | None:
    """The identifier that the site gave to the patient."""
    return queries.local_id(tx, patient_id=patient_id, site_id=site_id)


def contradictions(known: Patient, said: Traits) -> tuple[str, ...]:
    """The traits that speak against two descriptions being of one person."""
    return rules.differences(known.traits, said)


def by_foreign_id(tx: Tx, *, issuer: str, value: str) -> PatientId | None:
    """The patient whom somebody here has recognised behind another institution's identifier."""
    return queries.by_foreign_id(tx, issuer=issuer, value=value)


def recognise(
    tx: Tx, *, issuer: str, value: str, patient_id: PatientId, by: str, at: datetime
) -> None:
    """Another institution's identifier designates the patient; it never designates two."""
    queries.add_foreign_id(tx, issuer=issuer, value=value, patient_id=patient_id, by=by, at=at)
    if queries.by_foreign_id(tx, issuer=issuer, value=value) != patient_id:
        raise ConflictError("this identifier is known as another patient's")


def _record(tx: Tx, *, site_id: SiteId, local_id: str, traits: Traits, at: datetime) -> PatientId:
    patient_id = PatientId(uuid4())
    queries.add_patient(tx, patient_id=patient_id, traits=traits, at=at)
    queries.add_identifier(tx, patient_id=patient_id, site_id=site_id, local_id=local_id)
    return patient_id

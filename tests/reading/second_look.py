"""What tests of second readings, opinions and biopsies share: a signed report, and colleagues."""

from dataclasses import replace
from datetime import date
from uuid import UUID, uuid4

from make import a_caller, a_person, a_role
from plateau.access import service as access
from plateau.kernel.caller import Caller, Role
from plateau.kernel.ids import PersonId, SiteId, VersionId
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db, Tx
from reading.night import PASSWORD, Night, a_colleague, signed


def a_rule(tx: Tx, night: Night, *, permille: int = 1000, blind: bool = True) -> UUID:
    """So many exams of the site are read again."""
    rule_id = uuid4()
    tx.run(
        """
        insert into reading.second_rule
          (rule_id, site_id, permille, blind, within_hours, valid_from, made_by, made_at)
        values (%(id)s, %(site)s, %(permille)s, %(blind)s, 72, %(since)s, %(by)s, now())
        """,
        id=rule_id,
        site=night.world.site_id,
        permille=permille,
        blind=blind,
        since=date(2020, 1, 1),
        by=night.world.reader_id,
    )
    return rule_id


def a_signed_report(db: Db, blobs: Blobs, night: Night) -> VersionId:
    """The reader of the night has signed."""
    return signed(db, blobs, night)


def a_second_reader(db: Db, night: Night, name: str = "Dr Deux") -> Caller:
    """A colleague who reads at the site."""
    with db.begin() as tx:
        return a_colleague(tx, night, name)


def somebody(tx: Tx, night: Night, role: Role) -> Caller:
    """Somebody with a role at the site."""
    person_id = a_person(tx, name=f"Une personne {role}")
    a_role(tx, person_id, role, night.world.site_id)
    return replace(a_caller(person_id, night.world.site_id, role=role), name=f"Une personne {role}")


def an_expert(tx: Tx, site_id: SiteId, specialty: str) -> Caller:
    """A practitioner of a specialty, who reads at a site of their own."""
    person_id = a_person(tx, f"expert.{specialty}", f"Dr Expert {specialty}", site_id)
    a_role(tx, person_id, Role.READER, site_id)
    set_specialty(tx, person_id, specialty)
    access.set_password(tx, person_id=person_id, password=PASSWORD)
    return replace(a_caller(person_id, site_id), name=f"Dr Expert {specialty}")


def set_specialty(tx: Tx, person_id: PersonId, specialty: str) -> None:
    tx.run(
        "update territory.practitioner set specialty = %(name)s where person_id = %(id)s",
        id=person_id,
        name=specialty,
    )


def audited(tx: Tx, action: str) -> int:
    """How many rows of the audit trail say so."""
    return tx.value("select count(*) from access.audit where action = %(a)s", a=action)

"""Patients whom the objects of others are about."""

from chain.doors import Doors


def known_as(doors: Doors, local_id: str) -> None:
    """The patient of the world is also known under this identifier."""
    with doors.db.begin() as tx:
        tx.run(
            """
            insert into patients.identifier (site_id, value, patient_id)
            values (%(site)s, %(value)s, %(patient)s)
            on conflict do nothing
            """,
            site=doors.world.site_id,
            value=local_id,
            patient=doors.world.patient_id,
        )

"""SQL of what waits for somebody to be recognised."""

from collections.abc import Set
from datetime import date, datetime

from plateau.images.strangers.types import Unrecognised, Waiting
from plateau.images.types import Arrival
from plateau.kernel.ids import SiteId
from plateau.platform.db import Tx


def site_of_sender(tx: Tx, *, ae_title: str, on: date) -> SiteId | None:
    """For which site a machine or system sends, on that day."""
    found: SiteId | None = tx.value(
        """
        select site_id from images.sender
        where ae_title = %(ae_title)s
          and valid_from <= %(on)s and (valid_to is null or valid_to > %(on)s)
        """,
        ae_title=ae_title,
        on=on,
    )
    return found


def lock(tx: Tx, *, issuer: str, local_id: str) -> None:
    """Nobody else keeps something of this person, or says who it is, until the transaction ends."""
    tx.run(
        "select pg_advisory_xact_lock(hashtextextended('images.stranger:' || %(key)s, 0))",
        key=f"{issuer}:{local_id}",
    )


def linked(tx: Tx, *, issuer: str, local_id: str) -> list[int]:
    """Under which numbers images wait for somebody whom a person has recognised."""
    return tx.values(
        """
        select x.stranger_id
        from images.stranger x
        join patients.foreign_identifier f on f.issuer = x.issuer and f.value = x.local_id
        where x.issuer = %(issuer)s and x.local_id = %(local_id)s
          and exists (select from images.stranger_instance i where i.stranger_id = x.stranger_id)
        order by x.stranger_id
        """,
        issuer=issuer,
        local_id=local_id,
    )


def add(tx: Tx, one: Arrival, *, site_id: SiteId, said: tuple[str, str, str], at: datetime) -> None:
    """Somebody is known by name and identifier only: `said` is the name, birth date and sex."""
    name, birth_date, sex = said
    tx.run(
        """
        insert into images.stranger (site_id, issuer, local_id, name, birth_date, sex, first_at)
        values (%(site)s, %(issuer)s, %(local_id)s, %(name)s, %(birth_date)s, %(sex)s, %(at)s)
        on conflict (site_id, issuer, local_id) do nothing
        """,
        site=site_id,
        issuer=one.header.issuer,
        local_id=one.header.local_id,
        name=name,
        birth_date=birth_date,
        sex=sex,
        at=at,
    )
    tx.run(
        """
        insert into images.stranger_instance
          (sop_instance_uid, blob_key, stranger_id, sop_class_uid, study_uid, bytes, ae_title,
           address, received_at)
        select %(uid)s, %(blob_key)s, stranger_id, %(class)s, %(study_uid)s, %(bytes)s,
               %(ae_title)s, %(address)s, %(at)s
        from images.stranger
        where site_id = %(site)s and issuer = %(issuer)s and local_id = %(local_id)s
        on conflict (sop_instance_uid, blob_key) do nothing
        """,
        uid=one.header.sop_instance_uid,
        blob_key=one.blob_key,
        site=site_id,
        issuer=one.header.issuer,
        local_id=one.header.local_id,
        study_uid=one.header.study_uid,
        bytes=one.size,
        ae_title=one.origin.ae_title,
        address=one.origin.address,
        at=at,
        **{"class": one.header.sop_class_uid},
    )


def unrecognised(
    tx: Tx, *, sites: Set[SiteId], stranger_id: int | None = None, limit: int = 200
) -> list[Unrecognised]:
    """Whose images wait at `sites`, the longest first; or one of them."""
    return tx.all(
        Unrecognised,
        """
        select x.stranger_id, x.site_id, s.name as site_name, x.issuer, x.local_id, x.name,
               x.birth_date, x.sex, array_agg(distinct i.ae_title order by i.ae_title) as senders,
               count(distinct i.study_uid) as studies, count(*) as instances, x.first_at,
               max(i.received_at) as last_at, max(i.problem) as problem,
               exists (select from patients.foreign_identifier f
                       where f.issuer = x.issuer and f.value = x.local_id) as is_linked
        from images.stranger x
        join images.stranger_instance i using (stranger_id)
        join territory.site s using (site_id)
        where x.site_id = any(%(sites)s)
          and (%(id)s::bigint is null or x.stranger_id = %(id)s)
        group by x.stranger_id, s.site_id
        order by x.first_at, x.stranger_id
        limit %(limit)s
        """,
        sites=list(sites),
        id=stranger_id,
        limit=limit,
    )


def count(tx: Tx, *, sites: Set[SiteId]) -> int:
    """How many people wait to be recognised at `sites`."""
    found: int = tx.value(
        """
        select count(*) from images.stranger x
        where x.site_id = any(%(sites)s)
          and exists (select from images.stranger_instance i where i.stranger_id = x.stranger_id)
        """,
        sites=list(sites),
    )
    return found


def waiting(tx: Tx, stranger_id: int, *, limit: int) -> list[Waiting]:
    """What of somebody is to be indexed next; what could not be is left out."""
    return tx.all(
        Waiting,
        """
        select i.sop_instance_uid, i.blob_key, i.ae_title, i.address, x.site_id, x.issuer
        from images.stranger_instance i
        join images.stranger x using (stranger_id)
        where x.stranger_id = %(id)s and i.problem = ''
        order by i.received_at, i.sop_instance_uid, i.blob_key
        limit %(limit)s
        """,
        id=stranger_id,
        limit=limit,
    )


def forget_problems(tx: Tx, stranger_id: int) -> None:
    """What could not be indexed is tried again."""
    tx.run(
        "update images.stranger_instance set problem = '' where stranger_id = %(id)s",
        id=stranger_id,
    )


def done(tx: Tx, one: Waiting) -> None:
    """An instance is indexed, or held elsewhere: it waits here no longer."""
    tx.run(
        """
        delete from images.stranger_instance
        where sop_instance_uid = %(uid)s and blob_key = %(key)s
        """,
        uid=one.sop_instance_uid,
        key=one.blob_key,
    )


def not_done(tx: Tx, one: Waiting, *, problem: str) -> None:
    """An instance still waits, and why."""
    tx.run(
        """
        update images.stranger_instance set problem = %(problem)s
        where sop_instance_uid = %(uid)s and blob_key = %(key)s
        """,
        uid=one.sop_instance_uid,
        key=one.blob_key,
        problem=problem,
    )


def discard(tx: Tx, stranger_id: int, *, at: datetime) -> None:
    """What waits of somebody is forgotten; its bytes go later, if nothing else needs them."""
    tx.run(
        """
        with gone as (
          delete from images.stranger_instance where stranger_id = %(id)s
          returning blob_key, sop_instance_uid
        )
        insert into images.doomed (blob_key, sop_instance_uid, at)
        select distinct on (blob_key) blob_key, sop_instance_uid, %(at)s::timestamptz from gone
        on conflict (blob_key) do nothing
        """,
        id=stranger_id,
        at=at,
    )

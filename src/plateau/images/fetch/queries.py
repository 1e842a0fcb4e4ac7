"""SQL of what is fetched elsewhere."""

from collections.abc import Set
from datetime import date, datetime
from uuid import UUID

from plateau.images.fetch.types import Fetch, Listed, Source, Tally
from plateau.kernel.ids import SiteId
from plateau.platform.db import Tx


def sources(tx: Tx, *, sites: Set[SiteId], on: date) -> list[Source]:
    """The systems from which `sites` may fetch."""
    return tx.all(
        Source,
        """
        select ae_title, name, issuer from territory.peer
        where fetches_by is not null and (site_id is null or site_id = any(%(sites)s))
          and valid_from <= %(on)s and (valid_to is null or valid_to > %(on)s)
        order by name, ae_title
        """,
        sites=list(sites),
        on=on,
    )


def add(tx: Tx, one: Fetch, *, now: datetime) -> UUID:
    """Have a study wait to be fetched, unless it does already; under which number."""
    found: UUID | None = tx.value(
        """
        insert into images.fetch
          (fetch_id, ae_title, site_id, study_uid, patient_id, issuer, asked_by, asked_at, due_at)
        values (%(id)s, %(ae_title)s, %(site)s, %(uid)s, %(patient)s, %(issuer)s, %(by)s, %(now)s,
                %(now)s)
        on conflict (ae_title, study_uid) where state = 'waiting' do nothing
        returning fetch_id
        """,
        id=one.fetch_id,
        ae_title=one.ae_title,
        site=one.site_id,
        uid=one.study_uid,
        patient=one.patient_id,
        issuer=one.issuer,
        by=one.asked_by,
        now=now,
    )
    if found is None:
        return tx.value(
            """
            select fetch_id from images.fetch
            where ae_title = %(ae_title)s and study_uid = %(uid)s and state = 'waiting'
            """,
            ae_title=one.ae_title,
            uid=one.study_uid,
        )
    return found


def one(tx: Tx, fetch_id: UUID) -> Fetch:
    """What is to be fetched."""
    return tx.one(
        Fetch,
        """
        select fetch_id, ae_title, site_id, study_uid, issuer, patient_id, asked_by, state, attempts
        from images.fetch where fetch_id = %(id)s
        """,
        id=fetch_id,
    )


def is_wanted(tx: Tx, fetch_id: UUID) -> bool:
    """Whether nobody has called it off."""
    return bool(
        tx.value("select state = 'waiting' from images.fetch where fetch_id = %(id)s", id=fetch_id)
    )


def note(tx: Tx, fetch_id: UUID, tally: Tally) -> None:
    """How far it is."""
    tx.run(
        """
        update images.fetch
        set expected = coalesce(%(expected)s, expected), arrived = %(arrived)s,
            failed = %(failed)s, last_error = nullif(%(problem)s, '')
        where fetch_id = %(id)s and state = 'waiting'
        """,
        id=fetch_id,
        expected=tally.expected,
        arrived=tally.arrived,
        failed=tally.failed,
        problem=tally.problem,
    )


def note_attempt(tx: Tx, fetch_id: UUID, *, problem: str) -> None:
    """It was tried, and is tried again."""
    tx.run(
        """
        update images.fetch set attempts = attempts + 1, last_error = nullif(%(problem)s, '')
        where fetch_id = %(id)s and state = 'waiting'
        """,
        id=fetch_id,
        problem=problem,
    )


def end(tx: Tx, fetch_id: UUID, *, state: str, at: datetime) -> bool:
    """It is over; False when it was already."""
    changed = tx.run(
        """
        update images.fetch set state = %(state)s, done_at = %(at)s
        where fetch_id = %(id)s and state = 'waiting'
        """,
        id=fetch_id,
        state=state,
        at=at,
    )
    return changed == 1


def listed(tx: Tx, *, sites: Set[SiteId], limit: int = 100) -> list[Listed]:
    """What was fetched for `sites`: what is not over first, then the latest."""
    return tx.all(
        Listed,
        """
        select f.fetch_id, f.ae_title, s.name as site_name,
               coalesce(a.name, f.asked_by) as asked_by, f.asked_at, f.state, f.attempts,
               f.expected, f.arrived, f.failed, f.last_error, f.done_at
        from images.fetch f
        join territory.site s using (site_id)
        left join access.account a on a.person_id::text = f.asked_by
        where f.site_id = any(%(sites)s)
        order by f.state <> 'waiting', f.asked_at desc, f.fetch_id
        limit %(limit)s
        """,
        sites=list(sites),
        limit=limit,
    )


def site_of(tx: Tx, fetch_id: UUID) -> SiteId | None:
    """For which site it is fetched."""
    found: SiteId | None = tx.value(
        "select site_id from images.fetch where fetch_id = %(id)s", id=fetch_id
    )
    return found

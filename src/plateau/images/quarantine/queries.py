"""SQL of what is held for a person to decide."""

from collections.abc import Set
from datetime import date, datetime

from plateau.images.quarantine.types import Held
from plateau.images.types import Arrival
from plateau.kernel.ids import PersonId, SiteId
from plateau.platform.db import Tx


def hold(tx: Tx, one: Arrival, *, reason: str, at: datetime, on: date) -> int | None:
    """Record bytes that came under a stored UID; None when they are those that are stored.

    The same bytes again are counted, and what was decided of them stands.
    """
    found: int | None = tx.value(
        """
        insert into images.quarantine
          (sop_instance_uid, study_id, site_id, blob_key, kept_key, bytes, origin, ae_title, reason,
           held_at, last_at)
        select n.sop_instance_uid, st.study_id,
               coalesce(%(site)s::uuid, d.site_id, p.site_id, st.site_id),
               %(blob_key)s, n.blob_key, %(bytes)s, %(origin)s, %(ae_title)s, %(reason)s,
               %(at)s, %(at)s
        from images.kept n
        join images.series se using (series_id)
        join images.study st using (study_id)
        left join territory.device d on d.ae_title = %(ae_title)s
             and d.valid_from <= %(on)s and (d.valid_to is null or d.valid_to > %(on)s)
        left join territory.peer p on p.ae_title = %(ae_title)s
        where n.sop_instance_uid = %(uid)s and n.blob_key <> %(blob_key)s
        on conflict (sop_instance_uid, blob_key) do update
          set times = quarantine.times + 1, last_at = excluded.last_at
        returning quarantine_id
        """,
        uid=one.header.sop_instance_uid,
        blob_key=one.blob_key,
        bytes=one.size,
        site=one.origin.site_id,
        origin=str(one.origin),
        ae_title=one.origin.ae_title,
        reason=reason,
        at=at,
        on=on,
    )
    return found


def held(tx: Tx, *, sites: Set[SiteId], is_open: bool, quarantine_id: int | None = None,
         limit: int = 200) -> list[Held]:  # fmt: skip
    """What is held at `sites`, open or decided, the latest first; or one of either kind."""
    return tx.all(
        Held,
        """
        select q.quarantine_id, q.sop_instance_uid, q.study_id, st.site_id as study_site_id,
               st.patient_id, q.site_id, s.name as site_name, q.blob_key, q.kept_key, q.bytes,
               q.ae_title, q.origin, q.reason, q.held_at, q.last_at, q.times, q.state, q.new_uid,
               a.name as resolved_by, q.resolved_at, q.resolved_reason
        from images.quarantine q
        join images.study st using (study_id)
        join territory.site s on s.site_id = q.site_id
        left join access.account a on a.person_id = q.resolved_by
        where q.site_id = any(%(sites)s)
          and (q.quarantine_id = %(id)s
               or (%(id)s::bigint is null and (q.state = 'open') = %(is_open)s))
        order by coalesce(q.resolved_at, q.held_at) desc, q.quarantine_id
        limit %(limit)s
        """,
        sites=list(sites),
        is_open=is_open,
        id=quarantine_id,
        limit=limit,
    )


def count_open(tx: Tx, *, sites: Set[SiteId]) -> int:
    """How many wait for a decision at `sites`."""
    found: int = tx.value(
        "select count(*) from images.quarantine where state = 'open' and site_id = any(%(sites)s)",
        sites=list(sites),
    )
    return found


def decide(
    tx: Tx, quarantine_id: int, *, state: str, by: PersonId, reason: str, at: datetime
) -> bool:
    """Close what is open; False when somebody was first."""
    changed = tx.run(
        """
        update images.quarantine
        set state = %(state)s, resolved_by = %(by)s, resolved_at = %(at)s,
            resolved_reason = %(reason)s
        where quarantine_id = %(id)s and state = 'open'
        """,
        id=quarantine_id,
        state=state,
        by=by,
        reason=reason,
        at=at,
    )
    return changed == 1


def set_new_uid(tx: Tx, quarantine_id: int, uid: str) -> None:
    """Note under which UID the bytes were accepted."""
    tx.run(
        "update images.quarantine set new_uid = %(uid)s where quarantine_id = %(id)s",
        id=quarantine_id,
        uid=uid,
    )


def reopen(tx: Tx, quarantine_id: int) -> bool:
    """Open again what was decided without any effect on what is stored."""
    changed = tx.run(
        """
        update images.quarantine
        set state = 'open', resolved_by = null, resolved_at = null, resolved_reason = null
        where quarantine_id = %(id)s and state in ('kept_old', 'discarded')
        """,
        id=quarantine_id,
    )
    return changed == 1

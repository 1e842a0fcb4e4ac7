"""SQL of what is stored: how much, how fast it grows, whether it is still what it was."""

from collections.abc import Sequence, Set
from datetime import date, datetime

from plateau.images.upkeep.types import Damage, Growth, Kept, Sweep, Usage
from plateau.kernel.ids import SiteId
from plateau.platform.db import Tx


def last_measured(tx: Tx) -> date | None:
    """The last day whose arrivals were counted."""
    found: date | None = tx.value("select max(day) from images.usage")
    return found


def measure(tx: Tx, *, since: datetime, on: date) -> None:
    """Count what came since the start of a day, `on`, again."""
    tx.run("delete from images.usage where day >= %(on)s", on=on)
    tx.run(
        """
        insert into images.usage (day, site_id, modality, instances, bytes)
        select (n.received_at at time zone 'Europe/Paris')::date, st.site_id, se.modality,
               count(*), sum(n.bytes)
        from images.kept n
        join images.series se using (series_id)
        join images.study st using (study_id)
        where n.received_at >= %(since)s
        group by 1, 2, 3
        """,
        since=since,
    )
    tx.run("delete from images.traffic where day >= %(on)s", on=on)
    tx.run(
        """
        insert into images.traffic (day, ae_title, instances, bytes, last_at)
        select (received_at at time zone 'Europe/Paris')::date,
               split_part(split_part(origin, '@', 1), ':', 2), count(*), sum(bytes),
               max(received_at)
        from images.kept
        where received_at >= %(since)s
        group by 1, 2
        """,
        since=since,
    )


def usage(tx: Tx, *, sites: Set[SiteId], recent: date) -> list[Usage]:
    """What is stored of each of `sites` and each modality, the most first."""
    return tx.all(
        Usage,
        """
        select s.name as site_name, u.modality, sum(u.instances)::bigint as instances,
               sum(u.bytes)::bigint as bytes,
               coalesce(sum(u.bytes) filter (where u.day >= %(recent)s), 0)::bigint
                 as recent_bytes,
               min(u.day) as first_on, max(u.day) as last_on
        from images.usage u
        join territory.site s using (site_id)
        where u.site_id = any(%(sites)s)
        group by s.site_id, s.name, u.modality
        order by bytes desc, s.name, u.modality
        limit 1000
        """,
        sites=list(sites),
        recent=recent,
    )


def growth(tx: Tx, *, sites: Set[SiteId], days: int) -> list[Growth]:
    """What came on each of the last days on which anything came, the latest first."""
    return tx.all(
        Growth,
        """
        select day, sum(instances)::bigint as instances, sum(bytes)::bigint as bytes
        from images.usage
        where site_id = any(%(sites)s)
        group by day
        order by day desc
        limit %(days)s
        """,
        sites=list(sites),
        days=days,
    )


def sweep(tx: Tx, *, is_finished: bool) -> Sweep | None:
    """The pass under way, or the last one that reached the end."""
    return tx.maybe(
        Sweep,
        """
        select sweep_id, started_at, looked_at, finished_at, reached, checked, bytes
        from images.sweep
        where (finished_at is not null) = %(is_finished)s
        order by sweep_id desc
        """,
        is_finished=is_finished,
    )


def begin_sweep(tx: Tx, *, now: datetime) -> None:
    """A new pass, unless one is under way."""
    tx.run(
        """
        insert into images.sweep (started_at, looked_at) values (%(now)s, %(now)s)
        on conflict ((true)) where finished_at is null do nothing
        """,
        now=now,
    )


def next_kept(tx: Tx, *, after: str, limit: int) -> list[Kept]:
    """The instances that a pass checks next, those of people to recognise among them."""
    return tx.all(
        Kept,
        """
        (select sop_instance_uid, blob_key, bytes from images.kept
         where sop_instance_uid > %(after)s order by sop_instance_uid limit %(limit)s)
        union all
        (select sop_instance_uid, blob_key, bytes from images.stranger_instance
         where sop_instance_uid > %(after)s order by sop_instance_uid limit %(limit)s)
        order by sop_instance_uid
        fetch first %(limit)s rows with ties
        """,
        after=after,
        limit=limit,
    )


def advance(tx: Tx, *, sweep: Sweep, reached: str, checked: int, size: int, now: datetime) -> None:
    """A pass has come so far, unless another worker has moved it."""
    tx.run(
        """
        update images.sweep
        set reached = %(reached)s, checked = checked + %(checked)s, bytes = bytes + %(size)s,
            looked_at = %(now)s
        where sweep_id = %(sweep_id)s and reached = %(before)s
        """,
        sweep_id=sweep.sweep_id,
        before=sweep.reached,
        reached=reached,
        checked=checked,
        size=size,
        now=now,
    )


def finish_sweep(tx: Tx, *, sweep_id: int, now: datetime) -> None:
    """A pass has seen everything."""
    tx.run(
        "update images.sweep set finished_at = %(now)s where sweep_id = %(id)s",
        id=sweep_id,
        now=now,
    )


def note_damage(tx: Tx, found: Sequence[tuple[str, str]], *, at: datetime) -> None:
    """These instances, each with what is wrong, are not what was stored."""
    tx.run_many(
        """
        insert into images.damage (sop_instance_uid, kind, found_at, seen_at)
        values (%(uid)s, %(kind)s, %(at)s, %(at)s)
        on conflict (sop_instance_uid) do update
          set kind = excluded.kind, seen_at = excluded.seen_at
        """,
        [{"uid": uid, "kind": kind, "at": at} for uid, kind in found],
    )


def clear_damage(tx: Tx, uids: Sequence[str]) -> None:
    """These instances are what was stored: their bytes were put back."""
    tx.run("delete from images.damage where sop_instance_uid = any(%(uids)s)", uids=list(uids))


def damages(tx: Tx, *, sites: Set[SiteId]) -> list[Damage]:
    """What is wrong at `sites`, the latest first."""
    return tx.all(
        Damage,
        """
        select distinct d.sop_instance_uid, s.name as site_name, d.kind, d.found_at, d.seen_at
        from images.damage d
        left join images.kept n using (sop_instance_uid)
        left join images.series se using (series_id)
        left join images.study st using (study_id)
        left join images.stranger_instance i using (sop_instance_uid)
        left join images.stranger x using (stranger_id)
        join territory.site s on s.site_id in (st.site_id, x.site_id)
        where s.site_id = any(%(sites)s)
        order by d.found_at desc, d.sop_instance_uid
        limit 200
        """,
        sites=list(sites),
    )

"""SQL of machines and other DICOM systems, as their keepers see them."""

from collections.abc import Set
from datetime import date, datetime
from typing import LiteralString

from plateau.images.peers.types import Address, Neighbour
from plateau.kernel.ids import SiteId
from plateau.platform.db import Tx

_NEIGHBOURS: LiteralString = """
with known as (
  select ae_title, name, site_id, modality from territory.device
  where site_id = any(%(sites)s)
    and valid_from <= %(on)s and (valid_to is null or valid_to > %(on)s)
  union all
  select ae_title, name, site_id, null from territory.peer p
  where (site_id is null or site_id = any(%(sites)s))
    and valid_from <= %(on)s and (valid_to is null or valid_to > %(on)s)
    and not exists (select from territory.device d where d.ae_title = p.ae_title)
), refused as (
  select distinct on (ae_title) ae_title, reason, at,
         count(*) over (partition by ae_title) as times
  from images.refusal
  where at >= %(since)s
  order by ae_title, at desc
)
select k.ae_title, k.name, s.name as site_name, k.modality, p.host, p.port,
       coalesce(p.may_store, k.modality is not null) as may_store,
       coalesce(p.may_query, false) as may_query,
       coalesce(p.may_retrieve, false) as may_retrieve,
       coalesce(p.uses_tls, false) as uses_tls,
       greatest(c.last_seen_at, l.last_at) as last_seen_at,
       coalesce(t.instances, 0) as instances_today, coalesce(t.bytes, 0) as bytes_today,
       coalesce(r.times, 0) as refusals_today, r.reason as last_refusal,
       r.at as last_refusal_at, c.last_echo_at, c.last_echo_ok, c.last_error
from known k
left join territory.site s using (site_id)
left join territory.peer p on p.ae_title = k.ae_title
     and p.valid_from <= %(on)s and (p.valid_to is null or p.valid_to > %(on)s)
left join images.contact c on c.ae_title = k.ae_title
left join images.traffic t on t.ae_title = k.ae_title and t.day = %(on)s
left join lateral (select last_at from images.traffic
                   where ae_title = k.ae_title order by day desc limit 1) l on true
left join refused r on r.ae_title = k.ae_title
order by last_seen_at desc nulls last, k.ae_title
limit 1000
"""


def neighbours(tx: Tx, *, sites: Set[SiteId], on: date, since: datetime) -> list[Neighbour]:
    """The machines and systems of `sites` and of the whole pool, those seen last first."""
    return tx.all(
        Neighbour,
        _NEIGHBOURS,
        sites=list(sites),
        on=on,
        since=since,
    )


def address(tx: Tx, *, ae_title: str, sites: Set[SiteId], on: date) -> Address | None:
    """Where a system of `sites` or of the whole pool answers."""
    return tx.maybe(
        Address,
        """
        select ae_title, host, port, uses_tls, tls_ca, tls_cert, tls_key from territory.peer
        where ae_title = %(ae_title)s and (site_id is null or site_id = any(%(sites)s))
          and valid_from <= %(on)s and (valid_to is null or valid_to > %(on)s)
        """,
        ae_title=ae_title,
        sites=list(sites),
        on=on,
    )


def strangers(tx: Tx, *, since: datetime) -> list[str]:
    """Who was refused because nobody here knows them, the latest first."""
    return tx.values(
        """
        select ae_title from images.refusal r
        where at >= %(since)s
          and not exists (select from territory.device d where d.ae_title = r.ae_title)
          and not exists (select from territory.peer p where p.ae_title = r.ae_title)
        group by ae_title
        order by max(at) desc, ae_title
        limit 20
        """,
        since=since,
    )


def max_associations(tx: Tx, *, ae_title: str, on: date) -> int | None:
    """How many associations a machine or system may hold at once, if that is limited."""
    found: int | None = tx.value(
        """
        select min(max_associations) from (
          select max_associations from territory.device
          where ae_title = %(ae_title)s
            and valid_from <= %(on)s and (valid_to is null or valid_to > %(on)s)
          union all
          select max_associations from territory.peer
          where ae_title = %(ae_title)s
            and valid_from <= %(on)s and (valid_to is null or valid_to > %(on)s)) limits
        """,
        ae_title=ae_title,
        on=on,
    )
    return found


def note_seen(tx: Tx, *, ae_title: str, at: datetime) -> None:
    """A system has just spoken to us, or answered."""
    tx.run(
        """
        insert into images.contact (ae_title, last_seen_at) values (%(ae_title)s, %(at)s)
        on conflict (ae_title) do update set last_seen_at = excluded.last_seen_at
        """,
        ae_title=ae_title,
        at=at,
    )


def note_echo(tx: Tx, *, ae_title: str, ok: bool, problem: str, at: datetime) -> None:
    """What became of a test; the last problem stays until one succeeds."""
    tx.run(
        """
        insert into images.contact
          (ae_title, last_seen_at, last_echo_at, last_echo_ok, last_error)
        values (%(ae_title)s, case when %(ok)s then %(at)s::timestamptz end, %(at)s, %(ok)s,
                nullif(%(problem)s, ''))
        on conflict (ae_title) do update set
          last_seen_at = coalesce(excluded.last_seen_at, contact.last_seen_at),
          last_echo_at = excluded.last_echo_at, last_echo_ok = excluded.last_echo_ok,
          last_error = excluded.last_error
        """,
        ae_title=ae_title,
        ok=ok,
        problem=problem,
        at=at,
    )

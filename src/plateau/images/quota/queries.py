"""SQL of what members keep: the images of their sites, hidden ones included."""

from collections.abc import Set
from datetime import date

from plateau.images.quota.types import Use
from plateau.kernel.ids import MemberId, SiteId
from plateau.platform.db import Tx


def uses(tx: Tx, *, sites: Set[SiteId] | None, on: date) -> list[Use]:
    """What each member of one of `sites` keeps at all of its own, and may; None: every member."""
    return tx.all(
        Use,
        """
        select m.name as member_name,
               (select coalesce(sum(st.bytes), 0)::bigint from images.study st
                join territory.site s using (site_id) where s.member_id = m.member_id)
               + (select coalesce(sum(h.bytes), 0)::bigint from images.hidden h
                  join images.series se using (series_id)
                  join images.study st using (study_id)
                  join territory.site s using (site_id)
                  where s.member_id = m.member_id) as used,
               (q.gb * 1e9)::bigint as quota
        from territory.member m
        left join territory.quota q on q.member_id = m.member_id
             and q.valid_from <= %(on)s and (q.valid_to is null or q.valid_to > %(on)s)
        where (m.valid_to is null or m.valid_to > %(on)s)
          and (%(sites)s::uuid[] is null
               or exists (select from territory.site s
                          where s.member_id = m.member_id and s.site_id = any(%(sites)s)))
        order by m.name, m.member_id
        """,
        sites=None if sites is None else list(sites),
        on=on,
    )


def limited_member(tx: Tx, *, site_id: SiteId | None, ae_title: str, on: date) -> MemberId | None:
    """Whose quota holds for what comes for a site, or else in a machine's name; None: nobody's."""
    found: MemberId | None = tx.value(
        """
        select q.member_id
        from territory.site s
        join territory.quota q using (member_id)
        where s.site_id = coalesce(%(site_id)s, (
                select d.site_id from images.sender d
                where d.ae_title = %(ae_title)s
                  and d.valid_from <= %(on)s and (d.valid_to is null or d.valid_to > %(on)s)))
          and q.valid_from <= %(on)s and (q.valid_to is null or q.valid_to > %(on)s)
        """,
        site_id=site_id,
        ae_title=ae_title,
        on=on,
    )
    return found


def room(tx: Tx, member_id: MemberId, *, on: date) -> int:
    """How much more a member with a quota may keep. Units: bytes."""
    found: int = tx.value(
        """
        select (q.gb * 1e9)::bigint
               - (select coalesce(sum(st.bytes), 0)::bigint from images.study st
                  join territory.site s using (site_id) where s.member_id = q.member_id)
               - (select coalesce(sum(h.bytes), 0)::bigint from images.hidden h
                  join images.series se using (series_id)
                  join images.study st using (study_id)
                  join territory.site s using (site_id)
                  where s.member_id = q.member_id)
        from territory.quota q
        where q.member_id = %(member_id)s
          and q.valid_from <= %(on)s and (q.valid_to is null or q.valid_to > %(on)s)
        """,
        member_id=member_id,
        on=on,
    )
    return found

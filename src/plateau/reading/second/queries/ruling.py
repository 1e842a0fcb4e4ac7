"""SQL of the rules that say what is read again, and of what their figures count."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from plateau.kernel.ids import PersonId, SiteId
from plateau.platform.db import Tx
from plateau.reading.second.types import (
    Choice,
    Count,
    Rule,
    RuleLine,
)


def rules_of(tx: Tx, site_id: SiteId, *, on: date) -> list[Rule]:
    """The rules of a site on a day."""
    return tx.all(
        Rule,
        """
        select rule_id, salt, site_id, permille, reader_id, exam_code, blind, within_hours,
               valid_from, valid_to
        from reading.second_rule
        where site_id = %(site)s and valid_from <= %(on)s
          and (valid_to is null or valid_to > %(on)s)
        order by rule_id
        limit 500
        """,
        site=site_id,
        on=on,
    )


def rule_lines(
    tx: Tx, *, sites: Collection[SiteId], ending: Collection[SiteId], on: date
) -> list[RuleLine]:
    """The rules of `sites` that are valid or will be, and whether they are one's to end."""
    return tx.all(
        RuleLine,
        """
        select r.rule_id, r.site_id, s.name as site_name, r.permille, a.name as reader_name,
               x.name as exam_name, x.name_en as exam_name_en, r.blind, r.within_hours,
               r.valid_from, r.valid_to, m.name as made_by,
               r.site_id = any(%(ending)s) and r.valid_to is null as is_mine
        from reading.second_rule r
        join territory.site s using (site_id)
        join access.account m on m.person_id = r.made_by
        left join access.account a on a.person_id = r.reader_id
        left join territory.exam_type x on x.exam_code = r.exam_code
        where r.site_id = any(%(sites)s) and (r.valid_to is null or r.valid_to > %(on)s)
        order by s.name, r.valid_from, r.rule_id
        limit 500
        """,
        sites=list(sites),
        ending=list(ending),
        on=on,
    )


def add_rule(tx: Tx, rule: Rule, *, by: PersonId, now: datetime) -> None:
    """A rule from a day on; its salt is drawn by the database and shown to nobody."""
    tx.run(
        """
        insert into reading.second_rule
          (rule_id, site_id, permille, reader_id, exam_code, blind, within_hours, valid_from,
           valid_to, made_by, made_at)
        values (%(id)s, %(site)s, %(permille)s, %(reader)s, %(code)s, %(blind)s, %(hours)s,
                %(since)s, %(until)s, %(by)s, %(now)s)
        """,
        id=rule.rule_id,
        site=rule.site_id,
        permille=rule.permille,
        reader=rule.reader_id,
        code=rule.exam_code,
        blind=rule.blind,
        hours=rule.within_hours,
        since=rule.valid_from,
        until=rule.valid_to,
        by=by,
        now=now,
    )


def end_rule(tx: Tx, rule_id: UUID, *, sites: Collection[SiteId], on: date) -> bool:
    """A rule of `sites` no longer draws from that day on; False when there is none such."""
    touched = tx.run(
        """
        update reading.second_rule set valid_to = greatest(valid_from, %(on)s)
        where rule_id = %(id)s and site_id = any(%(sites)s)
          and (valid_to is null or valid_to > %(on)s)
        """,
        id=rule_id,
        sites=list(sites),
        on=on,
    )
    return touched == 1


def readers(tx: Tx, *, sites: Collection[SiteId]) -> list[Choice]:
    """Those who read at `sites`, by name."""
    return tx.all(
        Choice,
        """
        select distinct a.person_id::text as key, a.name
        from access.role r join access.account a using (person_id)
        where r.role = 'reader' and r.site_id = any(%(sites)s) and a.closed_at is null
        order by a.name, key
        limit 500
        """,
        sites=list(sites),
    )


def counts(tx: Tx, *, sites: Collection[SiteId], since: datetime) -> list[Count]:
    """How often each score was given at `sites` since then, by type of exam."""
    return tx.all(
        Count,
        """
        select x.exam_code, x.name as exam_name, x.name_en as exam_name_en, r.score,
               count(*)::int as readings
        from reading.second_read r join territory.exam_type x using (exam_code)
        where r.site_id = any(%(sites)s) and r.scored_at >= %(since)s
        group by x.exam_code, r.score
        order by x.exam_code, r.score
        """,
        sites=list(sites),
        since=since,
    )

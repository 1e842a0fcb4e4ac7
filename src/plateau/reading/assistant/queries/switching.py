"""SQL of programs, of where they are switched on, and of what they did there."""

from collections.abc import Collection
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from plateau.kernel.ids import PersonId, SiteId
from plateau.platform.db import Tx
from plateau.reading.assistant.types import Ending, Model, ModelLine, Switch, SwitchLine, SwitchName


def add_model(tx: Tx, model: Model, *, token_hash: bytes, by: PersonId, at: datetime) -> None:
    """A program may send drafts, once it is switched on somewhere."""
    tx.run(
        """
        insert into reading.model (model_id, name, version, maker, token_hash, made_by, made_at)
        values (%(id)s, %(name)s, %(version)s, %(maker)s, %(hash)s, %(by)s, %(at)s)
        """,
        id=model.model_id,
        name=model.name,
        version=model.version,
        maker=model.maker,
        hash=token_hash,
        by=by,
        at=at,
    )


def model(tx: Tx, model_id: UUID) -> Model:
    """A program that may send drafts."""
    return tx.one(
        Model,
        """
        select model_id, name, version, maker from reading.model
        where model_id = %(id)s and closed_at is null
        """,
        id=model_id,
    )


def models(tx: Tx, *, limit: int = 200) -> list[ModelLine]:
    """Every program, those that may still send first."""
    return tx.all(
        ModelLine,
        """
        select m.model_id, m.name, m.version, m.maker, m.made_at, a.name as made_by, m.closed_at
        from reading.model m join access.account a on a.person_id = m.made_by
        order by m.closed_at is not null, m.name, m.version, m.model_id
        limit %(limit)s
        """,
        limit=limit,
    )


def close_model(tx: Tx, model_id: UUID, *, at: datetime) -> bool:
    """A program may send nothing more; False when there is none such."""
    touched = tx.run(
        "update reading.model set closed_at = %(at)s where model_id = %(id)s and closed_at is null",
        id=model_id,
        at=at,
    )
    return touched == 1


def add_switch(tx: Tx, switch: Switch, *, since: datetime, by: PersonId, at: datetime) -> None:
    """A program may propose drafts of a type of exam at a site from then on."""
    tx.run(
        """
        insert into reading.model_switch
          (switch_id, salt, model_id, site_id, exam_code, blind_permille, usual_permille,
           limit_permille, quiet_for, valid_from, made_by, made_at)
        values (%(id)s, %(salt)s, %(model)s, %(site)s, %(code)s, %(blind)s, %(usual)s, %(limit)s,
                %(quiet)s, %(since)s, %(by)s, %(at)s)
        """,
        id=switch.switch_id,
        salt=switch.salt,
        model=switch.model_id,
        site=switch.site_id,
        code=switch.exam_code,
        blind=switch.blind_permille,
        usual=switch.usual_permille,
        limit=switch.limit_permille,
        quiet=switch.quiet_for,
        since=since,
        by=by,
        at=at,
    )


def end(
    tx: Tx,
    ending: Ending,
    *,
    model_id: UUID,
    sites: Collection[SiteId],
    only: UUID | None = None,
) -> list[UUID]:
    """A program proposes nothing more at `sites`, or for the one switch; those that ended."""
    return tx.values(
        """
        update reading.model_switch
        set ended_at = %(at)s, ended_by = %(by)s, ended_why = %(why)s
        where model_id = %(model)s and site_id = any(%(sites)s) and ended_at is null
          and (%(only)s::uuid is null or switch_id = %(only)s)
        returning switch_id
        """,
        model=model_id,
        sites=list(sites),
        why=ending.why,
        at=ending.at,
        by=ending.by,
        only=only,
    )


def model_of_switch(tx: Tx, switch_id: UUID, *, sites: Collection[SiteId]) -> UUID | None:
    """The program of a switch of `sites` that has not ended."""
    return tx.value(
        """
        select model_id from reading.model_switch
        where switch_id = %(id)s and site_id = any(%(sites)s) and ended_at is null
        """,
        id=switch_id,
        sites=list(sites),
    )


def supervisors(tx: Tx, site_id: SiteId) -> list[PersonId]:
    """Those who administer or coordinate a site, to be told that a program is stopped there."""
    return tx.values(
        """
        select distinct r.person_id
        from access.role r join access.account a using (person_id)
        where r.site_id = %(site)s and r.role in ('administrator', 'coordinator')
          and a.closed_at is null
        order by r.person_id
        """,
        site=site_id,
    )


_SWITCHES: LiteralString = """
    select w.switch_id, w.model_id, m.name as model_name, m.version as model_version,
           w.site_id, s.name as site_name, x.name as exam_name, x.name_en as exam_name_en,
           w.blind_permille, w.usual_permille, w.limit_permille, w.quiet_for, w.valid_from,
           a.name as made_by, w.ended_at, b.name as ended_by, w.ended_why,
           w.site_id = any(%(mine)s) and w.ended_at is null as is_mine,
           coalesce(d.received, 0) as received, coalesce(d.accepted, 0) as accepted,
           coalesce(d.edited, 0) as edited, coalesce(d.rejected, 0) as rejected,
           coalesce(d.undecided, 0) as undecided, coalesce(d.blind, 0) as blind,
           d.distance_permille, d.reading_s, coalesce(d.abnormal, 0) as abnormal,
           coalesce(d.judged, 0) as judged, coalesce(d.disagreed, 0) as disagreed
    from reading.model_switch w
    join reading.model m using (model_id)
    join territory.site s using (site_id)
    join territory.exam_type x using (exam_code)
    join access.account a on a.person_id = w.made_by
    left join access.account b on b.person_id = w.ended_by
    left join lateral (
      select count(*) as received,
             count(*) filter (where o.outcome = 'accepted') as accepted,
             count(*) filter (where o.outcome = 'edited') as edited,
             count(*) filter (where o.outcome = 'rejected') as rejected,
             count(*) filter (where o.outcome = 'undecided') as undecided,
             count(*) filter (where o.outcome = 'blind') as blind,
             round(percentile_cont(0.5) within group (order by o.distance_permille)
               filter (where o.outcome in ('accepted', 'edited')))::int as distance_permille,
             round(percentile_cont(0.5) within group (order by o.reading_s))::int as reading_s,
             count(*) filter (where p.abnormal) as abnormal,
             count(j.proposal_id) as judged,
             count(*) filter (where j.disagrees) as disagreed
      from reading.proposal p
      left join reading.proposal_outcome o using (proposal_id)
      left join reading.proposal_judgement j using (proposal_id)
      where p.switch_id = w.switch_id) d on true
    where w.site_id = any(%(sites)s)
    order by w.ended_at is not null, s.name, x.name, w.valid_from desc, w.switch_id
    limit %(limit)s
    """


def switches(
    tx: Tx, *, sites: Collection[SiteId], mine: Collection[SiteId], limit: int = 500
) -> list[SwitchLine]:
    """Where programs are or were switched on at `sites`, and what became of their drafts."""
    return tx.all(SwitchLine, _SWITCHES, sites=list(sites), mine=list(mine), limit=limit)


def name_of(tx: Tx, switch_id: UUID) -> SwitchName:
    """The program and the site of a switch, in words."""
    return tx.one(
        SwitchName,
        """
        select w.site_id, s.name as site_name, m.name as model_name, m.version as model_version
        from reading.model_switch w
        join reading.model m using (model_id)
        join territory.site s using (site_id)
        where w.switch_id = %(id)s
        """,
        id=switch_id,
    )

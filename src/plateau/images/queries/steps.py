"""SQL of procedure steps and of how far studies are."""

from collections.abc import Sequence
from datetime import datetime

from plateau.images.types import Completed, Json, Progress, Step
from plateau.kernel.ids import SiteId, StudyId
from plateau.platform.db import Tx, json


def add_step(tx: Tx, *, step: Step, site_id: SiteId, now: datetime) -> bool:
    """Record a step that begins; False when its UID is taken."""
    added = tx.run(
        """
        insert into images.step
          (step_uid, study_uid, ae_title, site_id, state, started_at, attributes)
        values (%(step_uid)s, %(study_uid)s, %(ae_title)s, %(site_id)s, %(state)s, %(now)s,
                %(attributes)s)
        on conflict (step_uid) do nothing
        """,
        step_uid=step.step_uid,
        study_uid=step.study_uid,
        ae_title=step.ae_title,
        site_id=site_id,
        state=step.state,
        attributes=json(step.attributes),
        now=now,
    )
    return added == 1


def step(tx: Tx, *, step_uid: str, ae_title: str) -> Step:
    """A step of that machine, kept from others until the transaction ends."""
    return tx.one(
        Step,
        """
        select step_uid, study_uid, ae_title, state, attributes
        from images.step
        where step_uid = %(step_uid)s and ae_title = %(ae_title)s
        for update
        """,
        step_uid=step_uid,
        ae_title=ae_title,
    )


def amend_step(tx: Tx, *, step_uid: str, attributes: Json) -> None:
    """Replace what the machine says of a step that goes on."""
    tx.run(
        """
        update images.step set attributes = %(attributes)s
        where step_uid = %(step_uid)s and state = 'IN PROGRESS'
        """,
        step_uid=step_uid,
        attributes=json(attributes),
    )


def close_step(
    tx: Tx, *, step_uid: str, state: str, announced: Sequence[str], now: datetime
) -> None:
    """Close a step, with what it announced."""
    tx.run(
        """
        update images.step
        set state = %(state)s, ended_at = %(now)s, announced = %(announced)s
        where step_uid = %(step_uid)s and state = 'IN PROGRESS'
        """,
        step_uid=step_uid,
        state=state,
        announced=list(announced),
        now=now,
    )


def lock_study(tx: Tx, study_uid: str) -> StudyId | None:
    """The study, which nobody else counts for until the transaction ends."""
    found: StudyId | None = tx.value(
        "select study_id from images.study where study_uid = %(uid)s for no key update",
        uid=study_uid,
    )
    return found


def progress(tx: Tx, study_id: StudyId) -> Progress:
    """How far a study is."""
    return tx.one(
        Progress,
        """
        with named as (
          select distinct uid
          from images.study st
          join images.step sp using (study_uid)
          cross join unnest(sp.announced) uid
          where st.study_id = %(study_id)s and sp.state <> 'IN PROGRESS'
        )
        select st.study_id, st.state,
          (select count(*) from images.step sp
           where sp.study_uid = st.study_uid and sp.state = 'IN PROGRESS') as open_steps,
          (select count(*) from named) as announced,
          (select count(*) from named
           where not exists (select from images.kept n where n.sop_instance_uid = named.uid)
          ) as missing,
          st.instances + st.hidden as stored, st.quiet_at
        from images.study st
        where st.study_id = %(study_id)s
        """,
        study_id=study_id,
    )


def set_announced(tx: Tx, *, study_id: StudyId, announced: int) -> None:
    """Record how many instances the closed steps announced; none when they announced nothing."""
    tx.run(
        "update images.study set announced = nullif(%(n)s, 0) where study_id = %(study_id)s",
        study_id=study_id,
        n=announced,
    )


def complete(tx: Tx, *, study_id: StudyId, now: datetime) -> Completed | None:
    """Mark a study complete; None when it was already."""
    return tx.maybe(
        Completed,
        """
        update images.study set state = 'complete', complete_at = %(now)s
        where study_id = %(study_id)s and state = 'receiving'
        returning study_id, study_uid, patient_id, site_id, instances
        """,
        study_id=study_id,
        now=now,
    )


def silent(tx: Tx, *, now: datetime, limit: int = 100) -> list[StudyId]:
    """Studies nobody announced that have been silent long enough, kept from others."""
    return tx.values(
        """
        select study_id
        from images.study st
        where state = 'receiving' and quiet_at <= %(now)s and announced is null
          and not exists (select from images.step sp
                          where sp.study_uid = st.study_uid and sp.state = 'IN PROGRESS')
        order by quiet_at, study_id
        limit %(limit)s
        for no key update skip locked
        """,
        now=now,
        limit=limit,
    )

"""SQL of biopsies; writes `reading.biopsy*` and reads `reading.conduct`."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import LiteralString
from uuid import UUID

from plateau.kernel.caller import Role
from plateau.kernel.ids import ExamId, PersonId, SiteId
from plateau.platform.db import Tx
from plateau.reading.correlation.types import Biopsy, Conduct, State, Step

_BIOPSY: LiteralString = """
    select b.biopsy_id, b.exam_id, b.site_id, s.name as site_name, b.patient_id, p.surname,
           p.first_name, p.birth_on, p.sex, t.modality, x.name as exam_name,
           x.name_en as exam_name_en, b.lesion, b.suspicion, a.name as sampled_by, b.sampled_at,
           b.due_at, b.state, b.pathology, b.finding, f.name as found_by, b.found_at, b.explains,
           b.category, b.comment, b.conduct, b.conduct_due_at, c.name as correlated_by,
           b.correlated_at, b.loop_id, b.conduct_loop_id
    from reading.biopsy b
    join reading.task t using (exam_id)
    join territory.exam_type x using (exam_code)
    join territory.site s on s.site_id = b.site_id
    join patients.patient p on p.patient_id = b.patient_id
    join access.account a on a.person_id = b.sampled_by
    left join access.account f on f.person_id = b.found_by
    left join access.account c on c.person_id = b.correlated_by
    """


def add(tx: Tx, row: Mapping[str, object]) -> None:
    """A lesion was sampled, and pathology is awaited."""
    tx.run(
        """
        insert into reading.biopsy
          (biopsy_id, exam_id, site_id, patient_id, lesion, suspicion, sampled_by, sampled_at,
           due_at, state)
        select %(biopsy)s, t.exam_id, t.site_id, t.patient_id, %(lesion)s, %(suspicion)s, %(by)s,
               %(now)s, %(due)s, %(state)s
        from reading.task t where t.exam_id = %(exam)s
        """,
        **row,
    )


def set_loop(tx: Tx, biopsy_id: UUID, *, loop_id: UUID) -> None:
    """The loop that stays open until images and pathology are compared."""
    tx.run(
        "update reading.biopsy set loop_id = %(loop)s where biopsy_id = %(id)s",
        id=biopsy_id,
        loop=loop_id,
    )


def set_conduct_loop(tx: Tx, biopsy_id: UUID, *, loop_id: UUID) -> None:
    """The loop that stays open until what was decided is done."""
    tx.run(
        "update reading.biopsy set conduct_loop_id = %(loop)s where biopsy_id = %(id)s",
        id=biopsy_id,
        loop=loop_id,
    )


def lock(tx: Tx, biopsy_id: UUID) -> None:
    """Nobody else changes it until the transaction ends."""
    tx.run("select from reading.biopsy where biopsy_id = %(id)s for update", id=biopsy_id)


def biopsy(tx: Tx, biopsy_id: UUID, *, sites: Collection[SiteId]) -> Biopsy | None:
    """One biopsy at `sites`."""
    return tx.maybe(
        Biopsy,
        _BIOPSY + "where b.biopsy_id = %(id)s and b.site_id = any(%(sites)s)",
        id=biopsy_id,
        sites=list(sites),
    )


def biopsies(tx: Tx, *, sites: Collection[SiteId], limit: int = 200) -> list[Biopsy]:
    """Biopsies at `sites`: what waits for somebody, the first due first, then the latest."""
    return tx.all(
        Biopsy,
        _BIOPSY
        + """
        where b.site_id = any(%(sites)s)
        order by b.state not in ('awaited', 'found'),
                 case when b.state in ('awaited', 'found') then b.due_at end,
                 b.correlated_at desc, b.biopsy_id
        limit %(limit)s
        """,
        sites=list(sites),
        limit=limit,
    )


def of_exam(tx: Tx, exam_id: ExamId, *, sites: Collection[SiteId]) -> list[Biopsy]:
    """The biopsies of an exam of `sites`, in order."""
    return tx.all(
        Biopsy,
        _BIOPSY
        + """
        where b.exam_id = %(exam)s and b.site_id = any(%(sites)s)
        order by b.sampled_at, b.biopsy_id limit 50
        """,
        exam=exam_id,
        sites=list(sites),
    )


def set_finding(
    tx: Tx, biopsy_id: UUID, said: tuple[State, str, str], *, by: PersonId, now: datetime
) -> None:
    """What the pathologist found: the state it leads to, in one word, in full."""
    tx.run(
        """
        update reading.biopsy
        set state = %(state)s, pathology = %(pathology)s, finding = %(finding)s, found_by = %(by)s,
            found_at = %(now)s
        where biopsy_id = %(id)s and state = 'awaited'
        """,
        id=biopsy_id,
        state=said[0],
        pathology=said[1],
        finding=said[2],
        by=by,
        now=now,
    )


def set_category(tx: Tx, row: Mapping[str, object]) -> None:
    """How images and pathology go together, and what follows by when."""
    tx.run(
        """
        update reading.biopsy
        set state = %(state)s, explains = %(explains)s, category = %(category)s,
            comment = %(comment)s, conduct = %(conduct)s, conduct_due_at = %(due)s,
            correlated_by = %(by)s, correlated_at = %(now)s
        where biopsy_id = %(biopsy)s and state = 'found'
        """,
        **row,
    )


def set_not_done(tx: Tx, biopsy_id: UUID, said: tuple[State, str]) -> None:
    """It was not done after all, and why."""
    tx.run(
        """
        update reading.biopsy set state = %(state)s, comment = %(why)s where biopsy_id = %(id)s
        """,
        id=biopsy_id,
        state=said[0],
        why=said[1],
    )


def conducts(tx: Tx, *, on: date) -> list[Conduct]:
    """What follows from each category, as agreed on for that day."""
    return tx.all(
        Conduct,
        """
        select category, text, text_en, within_days, source, verified
        from (
          select distinct on (category) *
          from reading.conduct where valid_from <= %(on)s
          order by category, valid_from desc
        ) agreed
        order by array_position(array['concordant_malignant', 'discordant_malignant',
          'concordant_benign', 'discordant_benign', 'borderline'], category)
        """,
        on=on,
    )


def log(
    tx: Tx,
    biopsy_id: UUID,
    step: tuple[Step, State | None, State],
    *,
    at: datetime,
    by: tuple[PersonId, Role],
    cause: str = "",
) -> None:
    """Add one line to the log of a biopsy: what happened, from which state, to which."""
    event, before, after = step
    tx.run(
        """
        insert into reading.biopsy_event
          (biopsy_id, event, from_state, to_state, at, person_id, role, cause)
        values (%(id)s, %(event)s, %(before)s, %(after)s, %(at)s, %(by)s, %(role)s, %(cause)s)
        """,
        id=biopsy_id,
        event=event,
        before=before,
        after=after,
        at=at,
        by=by[0],
        role=by[1],
        cause=cause,
    )

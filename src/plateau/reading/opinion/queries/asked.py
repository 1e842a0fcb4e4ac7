"""SQL of second opinions."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import LiteralString
from uuid import UUID

from plateau.kernel.caller import Role
from plateau.kernel.ids import ExamId, PersonId, SiteId, VersionId
from plateau.platform.db import Tx
from plateau.reading.opinion.types import Colleague, Opinion, State, Step

_OPINION: LiteralString = """
    select o.opinion_id, o.exam_id, o.site_id, s.name as site_name, o.patient_id, t.study_uid,
           t.modality, x.name as exam_name, x.name_en as exam_name_en, p.sex, p.birth_on,
           p.surname, p.first_name, t.complete_at as acquired_at, o.asked_by,
           b.name as asker_name, o.asked_at, o.due_at, o.to_person, w.name as person_name,
           o.to_specialty, o.anonymised, o.question, o.state, o.answer, o.answered_by,
           c.name as answerer_name, o.answered_at, o.version_id, o.loop_id
    from reading.opinion o
    join reading.task t using (exam_id)
    join territory.exam_type x using (exam_code)
    join territory.site s on s.site_id = o.site_id
    join patients.patient p on p.patient_id = o.patient_id
    join access.account b on b.person_id = o.asked_by
    left join access.account w on w.person_id = o.to_person
    left join access.account c on c.person_id = o.answered_by
    """
_ASKED_OF: LiteralString = """
    o.asked_by <> %(person)s
    and (o.to_person = %(person)s
         or o.to_specialty <> '' and (o.anonymised or o.site_id = any(%(sites)s)) and exists (
           select from territory.practitioner k
           where k.person_id = %(person)s and k.specialty = o.to_specialty
             and k.valid_from <= %(on)s and (k.valid_to is null or k.valid_to > %(on)s)))
    """


def add(tx: Tx, opinion: Mapping[str, object]) -> None:
    """An opinion is asked for."""
    tx.run(
        """
        insert into reading.opinion
          (opinion_id, exam_id, site_id, patient_id, asked_by, asked_at, due_at, to_person,
           to_specialty, anonymised, question, state)
        select %(opinion)s, t.exam_id, t.site_id, t.patient_id, %(by)s, %(now)s, %(due)s,
               %(person)s, %(specialty)s, %(anonymised)s, %(question)s, %(state)s
        from reading.task t where t.exam_id = %(exam)s
        """,
        **opinion,
    )


def set_loop(tx: Tx, opinion_id: UUID, *, loop_id: UUID) -> None:
    """The loop that stays open until there is an answer."""
    tx.run(
        "update reading.opinion set loop_id = %(loop)s where opinion_id = %(id)s",
        id=opinion_id,
        loop=loop_id,
    )


def lock(tx: Tx, opinion_id: UUID) -> None:
    """Nobody else changes it until the transaction ends."""
    tx.run("select from reading.opinion where opinion_id = %(id)s for update", id=opinion_id)


def of_site(tx: Tx, opinion_id: UUID, *, sites: Collection[SiteId]) -> Opinion | None:
    """An opinion about an exam of `sites`."""
    return tx.maybe(
        Opinion,
        _OPINION + "where o.opinion_id = %(id)s and o.site_id = any(%(sites)s)",
        id=opinion_id,
        sites=list(sites),
    )


def asked_of(
    tx: Tx, opinion_id: UUID, *, person_id: PersonId, sites: Collection[SiteId], on: date
) -> Opinion | None:
    """An opinion that is asked of somebody, or that they gave."""
    return tx.maybe(
        Opinion,
        _OPINION + "where o.opinion_id = %(id)s and (o.answered_by = %(person)s or ("
        + _ASKED_OF + "))",
        id=opinion_id,
        person=person_id,
        sites=list(sites),
        on=on,
    )  # fmt: skip


def waiting(
    tx: Tx, *, person_id: PersonId, sites: Collection[SiteId], on: date, limit: int = 200
) -> list[Opinion]:
    """What is asked of somebody and not answered, the first due first."""
    return tx.all(
        Opinion,
        _OPINION
        + "where o.state = 'asked' and "
        + _ASKED_OF
        + "order by o.due_at, o.opinion_id limit %(limit)s",
        person=person_id,
        sites=list(sites),
        on=on,
        limit=limit,
    )


def asked_by(tx: Tx, *, person_id: PersonId, limit: int = 50) -> list[Opinion]:
    """What somebody asked: unanswered, then the latest first."""
    return tx.all(
        Opinion,
        _OPINION
        + """
        where o.asked_by = %(person)s
        order by o.state <> 'asked', o.asked_at desc, o.opinion_id limit %(limit)s
        """,
        person=person_id,
        limit=limit,
    )


def of_exam(tx: Tx, exam_id: ExamId, *, sites: Collection[SiteId]) -> list[Opinion]:
    """The opinions about an exam of `sites`, the latest first."""
    return tx.all(
        Opinion,
        _OPINION
        + """
        where o.exam_id = %(exam)s and o.site_id = any(%(sites)s)
        order by o.asked_at desc, o.opinion_id limit 100
        """,
        exam=exam_id,
        sites=list(sites),
    )


def settle(
    tx: Tx, opinion_id: UUID, said: tuple[State, str], *, by: PersonId, now: datetime
) -> None:
    """An answer is given, or none is to be expected any more."""
    tx.run(
        """
        update reading.opinion
        set state = %(state)s, answer = %(text)s,
            answered_by = case when %(state)s = 'answered' then %(by)s end,
            answered_at = case when %(state)s = 'answered' then %(now)s end
        where opinion_id = %(id)s
        """,
        id=opinion_id,
        state=said[0],
        text=said[1],
        by=by,
        now=now,
    )


def attach(tx: Tx, opinion_id: UUID, *, state: State, version_id: VersionId) -> None:
    """The answer is in a signed addendum."""
    tx.run(
        """
        update reading.opinion set state = %(state)s, version_id = %(version)s
        where opinion_id = %(id)s
        """,
        id=opinion_id,
        state=state,
        version=version_id,
    )


def log(
    tx: Tx,
    opinion_id: UUID,
    step: tuple[Step, State | None, State],
    *,
    at: datetime,
    by: PersonId,
    cause: str = "",
) -> None:
    """Add one line to the log of an opinion: what happened, from which state, to which."""
    event, before, after = step
    tx.run(
        """
        insert into reading.opinion_event
          (opinion_id, event, from_state, to_state, at, person_id, role, cause)
        values (%(id)s, %(event)s, %(before)s, %(after)s, %(at)s, %(by)s, %(role)s, %(cause)s)
        """,
        id=opinion_id,
        event=event,
        before=before,
        after=after,
        at=at,
        by=by,
        role=Role.READER,
        cause=cause,
    )


def colleagues(tx: Tx, *, site_id: SiteId, on: date) -> list[Colleague]:
    """Every practitioner of that day, and whether they read at a site."""
    return tx.all(
        Colleague,
        """
        select k.person_id, a.name, k.specialty,
               exists (select from access.role r where r.person_id = k.person_id
                         and r.role = 'reader' and r.site_id = %(site)s) as at_site
        from territory.practitioner k
        join access.account a using (person_id)
        where k.valid_from <= %(on)s and (k.valid_to is null or k.valid_to > %(on)s)
          and a.closed_at is null
        order by a.name, k.person_id
        limit 1000
        """,
        site=site_id,
        on=on,
    )

"""SQL of loops; writes `reading.loop` and `reading.loop_event` only."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from plateau.kernel.ids import ExamId, PersonId, SiteId
from plateau.platform.db import Tx
from plateau.reading.loops.types import Did, Happened, Line, Loop, Owner, Terms, Whose


def terms(tx: Tx, kind: str, category: str, *, on: date) -> Terms:
    """The terms of a kind on a day; those of every kind when it has none of its own."""
    return tx.one(
        Terms,
        """
        select kind, category, within_minutes, pass_on_minutes, source, verified, valid_from,
               valid_to
        from reading.loop_terms
        where ((kind = %(kind)s and category in (%(category)s, '')) or kind = '')
          and valid_from <= %(on)s and (valid_to is null or valid_to > %(on)s)
        order by kind = '', category = '', valid_from desc
        """,
        kind=kind,
        category=category,
        on=on,
    )


def add(tx: Tx, loop: Loop) -> None:
    """A loop is open."""
    tx.run(
        """
        insert into reading.loop
          (loop_id, kind, category, exam_id, patient_id, site_id, text, owner_id, owner_role,
           state, due_at, next_at, step, opened_at, opened_by)
        values (%(id)s, %(kind)s, %(category)s, %(exam)s, %(patient)s, %(site)s, %(text)s,
                %(owner)s, %(role)s, %(state)s, %(due)s, %(next)s, %(step)s, %(opened)s, %(by)s)
        """,
        id=loop.loop_id,
        kind=loop.kind,
        category=loop.category,
        exam=loop.exam_id,
        patient=loop.patient_id,
        site=loop.site_id,
        text=loop.text,
        owner=loop.owner_id,
        role=loop.owner_role,
        state=loop.state,
        due=loop.due_at,
        next=loop.next_at,
        step=loop.step,
        opened=loop.opened_at,
        by=loop.opened_by,
    )


def move(tx: Tx, loop: Loop, *, ended_by: PersonId | None) -> None:
    """A loop is as said now."""
    tx.run(
        """
        update reading.loop
        set state = %(state)s, owner_id = %(owner)s, owner_role = %(role)s, next_at = %(next)s,
            step = %(step)s, ended_at = %(ended)s, ended_by = %(by)s, proof = %(proof)s
        where loop_id = %(id)s
        """,
        id=loop.loop_id,
        state=loop.state,
        owner=loop.owner_id,
        role=loop.owner_role,
        next=loop.next_at,
        step=loop.step,
        ended=loop.ended_at,
        by=ended_by,
        proof=loop.proof,
    )


def log(tx: Tx, loop: Loop, did: Did) -> None:
    """What happened to a loop, and who has it now."""
    tx.run(
        """
        insert into reading.loop_event
          (loop_id, step, from_state, to_state, at, person_id, owner_id, owner_role, note)
        values (%(id)s, %(step)s, %(before)s, %(state)s, %(at)s, %(by)s, %(owner)s, %(role)s,
                %(note)s)
        """,
        id=loop.loop_id,
        step=did.step,
        before=did.before,
        state=loop.state,
        at=did.at,
        by=did.by,
        owner=loop.owner_id,
        role=loop.owner_role,
        note=loop.proof,
    )


_LOOP = """
select loop_id, kind, category, exam_id, patient_id, site_id, text, owner_id, owner_role, state,
       due_at, next_at, step, opened_at, opened_by, ended_at, proof
from reading.loop
"""


def locked(tx: Tx, loop_id: UUID) -> Loop | None:
    """A loop, which nobody else changes until the transaction ends."""
    return tx.maybe(Loop, _LOOP + "where loop_id = %(id)s for update", id=loop_id)


def due(tx: Tx, *, now: datetime, limit: int) -> list[Loop]:
    """The loops to pass on now, kept from other workers."""
    return tx.all(
        Loop,
        _LOOP
        + """
        where ended_at is null and next_at <= %(now)s
        order by next_at, loop_id
        limit %(limit)s for update skip locked
        """,
        now=now,
        limit=limit,
    )


def people(tx: Tx, owner: Owner, sites: Collection[SiteId]) -> list[PersonId]:
    """Those to tell: the person, or whoever holds the role at one of the sites."""
    if owner.person_id is not None:
        return [owner.person_id]
    return tx.values(
        """
        select distinct r.person_id
        from access.role r
        join access.account a using (person_id)
        where r.role = %(role)s and r.site_id = any(%(sites)s) and a.closed_at is null
        order by r.person_id
        limit 200
        """,
        role=owner.role,
        sites=list(sites),
    )


def lines(tx: Tx, whose: Whose, *, kind: str, is_over: bool, limit: int) -> list[Line]:
    """The loops of a person, of their roles, and of the sites they watch; overdue ones first."""
    return tx.all(
        Line,
        """
        select l.loop_id, l.kind, l.exam_id, l.text, l.state, l.due_at, l.opened_at, l.ended_at,
               l.proof, l.owner_id, a.name as owner_name, l.owner_role, l.step, l.site_id,
               s.name as site_name, t.modality, x.name as exam_name, x.name_en as exam_name_en,
               e.accession_number
        from reading.loop l
        join reading.task t using (exam_id)
        join requests.exam e using (exam_id)
        join territory.exam_type x on x.exam_code = t.exam_code
        join territory.site s on s.site_id = l.site_id
        left join access.account a on a.person_id = l.owner_id
        where (l.ended_at is not null) = %(over)s and (%(kind)s = '' or l.kind = %(kind)s)
          and (l.owner_id = %(person)s or l.opened_by = %(person)s or l.site_id = any(%(watched)s)
               or t.site_id = any(%(watched)s)
               or (l.owner_id is null
                   and (l.owner_role || '@' || l.site_id) = any(%(owned)s)))
        order by case when l.ended_at is null then l.due_at end, l.ended_at desc, l.loop_id
        limit %(limit)s
        """,
        person=whose.person_id,
        owned=[f"{role}@{site_id}" for role, site_id in whose.owned],
        watched=list(whose.watched),
        kind=kind,
        over=is_over,
        limit=limit,
    )


def of_exam(tx: Tx, exam_id: ExamId) -> list[Line]:
    """The loops of an exam, the open ones first."""
    return tx.all(
        Line,
        """
        select l.loop_id, l.kind, l.exam_id, l.text, l.state, l.due_at, l.opened_at, l.ended_at,
               l.proof, l.owner_id, a.name as owner_name, l.owner_role, l.step, l.site_id,
               s.name as site_name, t.modality, x.name as exam_name, x.name_en as exam_name_en,
               e.accession_number
        from reading.loop l
        join reading.task t using (exam_id)
        join requests.exam e using (exam_id)
        join territory.exam_type x on x.exam_code = t.exam_code
        join territory.site s on s.site_id = l.site_id
        left join access.account a on a.person_id = l.owner_id
        where l.exam_id = %(id)s
        order by l.ended_at is not null, l.due_at, l.loop_id
        limit 100
        """,
        id=exam_id,
    )


def events(tx: Tx, loop_id: UUID) -> list[Happened]:
    """Everything that happened to a loop, the first thing first."""
    return tx.all(
        Happened,
        """
        select v.step, v.from_state, v.to_state, v.at, p.name as person_name, o.name as owner_name,
               v.owner_role, v.note
        from reading.loop_event v
        left join access.account p using (person_id)
        left join access.account o on o.person_id = v.owner_id
        where v.loop_id = %(id)s
        order by v.event_id
        limit 1000
        """,
        id=loop_id,
    )


def open_of(tx: Tx, exam_id: ExamId) -> int:
    """How many loops of an exam are not over."""
    found: int = tx.value(
        "select count(*) from reading.loop where exam_id = %(id)s and ended_at is null", id=exam_id
    )
    return found

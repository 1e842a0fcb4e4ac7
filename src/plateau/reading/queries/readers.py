"""SQL of who could read: their rights, what they hold and have read, and how long exams take."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from plateau.kernel.ids import ExamId, MemberId, PatientId, PersonId, SiteId
from plateau.platform.db import Tx
from plateau.reading.rules.ranking import Terms


@dataclass(frozen=True, slots=True)
class Person:
    """A practitioner, with what they may read on a day."""

    person_id: PersonId
    name: str
    member_id: MemberId
    department: str
    contracted: bool
    privileges: list[SiteId]
    skills: list[str]


@dataclass(frozen=True, slots=True)
class Heap:
    """How many exams of a type somebody holds, and has signed lately."""

    person_id: PersonId
    exam_code: str
    held: int
    signed: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How long somebody took with exams of a type, added up; nobody: what the territory says."""

    exam_code: str
    prior: int
    person_id: PersonId | None
    exams: int
    minutes: float


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody has signed a report about a patient."""

    patient_id: PatientId
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class Open:
    """An exam that is not signed, as far as choosing its reader goes."""

    exam_id: ExamId
    site_id: SiteId
    member_id: MemberId
    department: str
    modality: str
    exam_code: str
    patient_id: PatientId
    urgency: str
    complete_at: datetime
    due_at: datetime
    state: str
    reader_id: PersonId | None


def terms(tx: Tx, *, on: date) -> Terms:
    """What the pool agreed on for that day."""
    return tx.one(
        Terms,
        """
        select pool_share, department_share, region_share, operator_share, held_at_most,
               continuity_minutes, fairness_share, prior_exams
        from reading.assignment_terms where valid_from <= %(on)s
        order by valid_from desc limit 1
        """,
        on=on,
    )


def people(tx: Tx, *, on: date, among: Collection[PersonId] | None = None) -> list[Person]:
    """Every practitioner of that day, or those `among` some people."""
    return tx.all(
        Person,
        """
        select p.person_id, a.name, s.member_id,
               coalesce(left(coalesce(s.finess, m.finess), 2), '') as department,
               exists (
                 select from reading.contracted c
                 where c.member_id = s.member_id and c.valid_from <= %(on)s
                   and (c.valid_to is null or c.valid_to > %(on)s)) as contracted,
               array(
                 select v.site_id from territory.privilege v
                 where v.person_id = p.person_id and v.valid_from <= %(on)s
                   and (v.valid_to is null or v.valid_to > %(on)s)) as privileges,
               array(
                 select k.modality from territory.skill k
                 where k.person_id = p.person_id and k.valid_from <= %(on)s
                   and (k.valid_to is null or k.valid_to > %(on)s)) as skills
        from territory.practitioner p
        join access.account a using (person_id)
        join territory.site s on s.site_id = p.home_site_id
        join territory.member m using (member_id)
        where p.valid_from <= %(on)s and (p.valid_to is null or p.valid_to > %(on)s)
          and (%(among)s::uuid[] is null or p.person_id = any(%(among)s))
        order by p.person_id
        limit 1000
        """,
        on=on,
        among=None if among is None else list(among),
    )


def heaps(tx: Tx, *, since: datetime) -> list[Heap]:
    """What each reader holds, and what they have signed since then, by exam type."""
    return tx.all(
        Heap,
        """
        select reader_id as person_id, exam_code,
               count(*) filter (where state in ('reading', 'assigned', 'offered')) as held,
               count(*) filter (where signed_at >= %(since)s) as signed
        from reading.task
        where reader_id is not null
          and (state in ('reading', 'assigned', 'offered') or signed_at >= %(since)s)
        group by reader_id, exam_code
        order by reader_id, exam_code
        """,
        since=since,
    )


def paces(tx: Tx) -> list[Pace]:
    """The prior of every exam type, and what was seen of it, reader by reader."""
    return tx.all(
        Pace,
        """
        select x.exam_code, x.minutes as prior, p.person_id, coalesce(p.exams, 0) as exams,
               coalesce(p.minutes, 0) as minutes
        from territory.exam_type x
        left join reading.pace p using (exam_code)
        order by x.exam_code, p.person_id
        """,
    )


def add_pace(tx: Tx, exam_id: ExamId, *, longest: float) -> None:
    """Learn how long the signed exam took its reader. Units: minutes."""
    tx.run(
        """
        insert into reading.pace as p (exam_code, person_id, exams, minutes)
        select exam_code, reader_id, 1,
               least(%(longest)s, extract(epoch from signed_at - taken_at) / 60.0)
        from reading.task
        where exam_id = %(exam)s and reader_id is not null and signed_at >= taken_at
        on conflict (exam_code, person_id) do update
        set exams = p.exams + 1, minutes = p.minutes + excluded.minutes
        """,
        exam=exam_id,
        longest=longest,
    )


def known(tx: Tx, *, patients: Collection[PatientId]) -> list[Known]:
    """Who has signed a report about each of these patients."""
    return tx.all(
        Known,
        """
        select distinct t.patient_id, v.signed_by as person_id
        from reading.task t join reading.version v using (exam_id)
        where t.patient_id = any(%(patients)s)
        order by t.patient_id, person_id
        """,
        patients=list(patients),
    )


def open_exam(tx: Tx, exam_id: ExamId, *, sites: Collection[SiteId]) -> Open | None:
    """An exam of `sites` that is not signed; None once it is."""
    return tx.maybe(
        Open,
        """
        select exam_id, site_id, member_id, department, modality, exam_code, patient_id, urgency,
               complete_at, due_at, state, reader_id
        from reading.to_choose
        where exam_id = %(exam)s and site_id = any(%(sites)s) and signed_at is null
        """,
        exam=exam_id,
        sites=list(sites),
    )


def to_give(tx: Tx, *, sites: Collection[SiteId], limit: int) -> list[Open]:
    """What nobody reads yet at `sites`, given to somebody or not, the first due first."""
    return tx.all(
        Open,
        """
        select exam_id, site_id, member_id, department, modality, exam_code, patient_id, urgency,
               complete_at, due_at, state, reader_id
        from reading.to_choose
        where site_id = any(%(sites)s)
          and state in ('unassigned', 'draft', 'offered', 'assigned')
        order by due_at, urgency, exam_id
        limit %(limit)s
        """,
        sites=list(sites),
        limit=limit,
    )


def samples(
    tx: Tx, *, reader_id: PersonId, sites: Collection[SiteId], wall: datetime
) -> list[Open]:
    """One exam of each of `sites` and modality where some may be taken."""
    return tx.all(
        Open,
        """
        select distinct on (site_id, modality)
               exam_id, site_id, member_id, department, modality, exam_code, patient_id, urgency,
               complete_at, due_at, state, reader_id
        from reading.to_choose
        where site_id = any(%(sites)s)
          and reading.is_free(state, reader_id, lease_until, %(reader)s, %(wall)s)
        order by site_id, modality
        limit 10000
        """,
        reader=reader_id,
        sites=list(sites),
        wall=wall,
    )


def takeable(
    tx: Tx,
    *,
    reader_id: PersonId,
    openings: Mapping[tuple[SiteId, str], float],
    now: datetime,
    wall: datetime,
    limit: int = 100,
) -> list[ExamId]:
    """What the reader holds, or may take by now: the most urgent first.

    `openings` are shares of the delay, by site and modality; see `ranking.openings`.
    """
    return tx.values(
        """
        select t.exam_id
        from reading.task t
        left join unnest(%(sites)s::uuid[], %(modalities)s::text[], %(shares)s::float[])
          as o (site_id, modality, share)
          on o.site_id = t.site_id and o.modality = t.modality
        where reading.is_free(t.state, t.reader_id, t.lease_until, %(reader)s, %(wall)s)
          and (t.reader_id = %(reader)s
               or %(now)s >= t.complete_at + greatest(t.due_at - t.complete_at, '0') * o.share)
        order by t.urgency, t.due_at, t.exam_id
        limit %(limit)s
        """,
        reader=reader_id,
        sites=[site_id for site_id, _ in openings],
        modalities=[modality for _, modality in openings],
        shares=list(openings.values()),
        now=now,
        wall=wall,
        limit=limit,
    )


def lock_if_free(tx: Tx, exam_id: ExamId, *, reader_id: PersonId, wall: datetime) -> bool:
    """Lock an exam that is still to be taken by the reader; False when another was first."""
    found = tx.values(
        """
        select exam_id from reading.task
        where exam_id = %(exam)s
          and reading.is_free(state, reader_id, lease_until, %(reader)s, %(wall)s)
        for update skip locked
        """,
        exam=exam_id,
        reader=reader_id,
        wall=wall,
    )
    return bool(found)


def assign(tx: Tx, exam_id: ExamId, *, reader_id: PersonId | None, state: str) -> None:
    """A locked exam that nobody reads is somebody's to read, or nobody's."""
    tx.run(
        """
        update reading.task
        set state = %(state)s, reader_id = %(reader)s, taken_at = null, lease_until = null
        where exam_id = %(exam)s and state <> 'reading'
        """,
        exam=exam_id,
        reader=reader_id,
        state=state,
    )

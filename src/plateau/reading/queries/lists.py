"""SQL of what the reading pages list."""

from collections.abc import Collection
from typing import LiteralString

from plateau.kernel.ids import ExamId, PatientId, SiteId
from plateau.platform.db import Tx
from plateau.reading.list_types import Arriving, Event, Prior, WorklistRow
from plateau.reading.rules import lifecycle
from plateau.reading.types import Filters, State

_TO_READ = (*lifecycle.WAITING, State.SECOND_READ)
_STATES = {
    "": (*_TO_READ, State.READING),
    "to_read": _TO_READ,
    "reading": (State.READING,),
    "signed": tuple(lifecycle.DONE),
}
_MATCHING: LiteralString = """
    with matching as (
      select t.exam_id, t.patient_id, t.study_uid, t.urgency, t.complete_at, t.due_at, t.state,
             t.reader_id, t.taken_at, t.lease_until, t.signed_at, p.surname, p.first_name,
             p.birth_on, p.sex, t.modality, x.name as exam_name, x.name_en as exam_name_en,
             s.name as site_name
      from reading.task t
      join patients.patient p using (patient_id)
      join territory.exam_type x using (exam_code)
      join territory.site s on s.site_id = t.site_id
      where t.site_id = any(%(sites)s)
        and t.state = any(%(states)s)
        and (%(urgency)s::text is null or t.urgency = %(urgency)s)
        and (%(modality)s = '' or t.modality = %(modality)s)
        and (%(site)s::uuid is null or t.site_id = %(site)s)
    )
    """
_ROWS: LiteralString = """
    select m.exam_id, m.urgency, m.complete_at, m.due_at, m.state, m.reader_id,
           (select a.name from access.account a where a.person_id = m.reader_id)
             as reader_name,
           m.taken_at, m.lease_until, m.signed_at, m.surname, m.first_name, m.birth_on, m.sex,
           m.modality, m.exam_name, m.exam_name_en, m.site_name,
           (select count(*)::int from images.study o
            where o.patient_id = m.patient_id and o.study_uid <> m.study_uid
              and o.site_id = any(%(sites)s)) as priors,
           (select i.instances from images.study i where i.study_uid = m.study_uid)
             as instances,
           (select i.announced from images.study i where i.study_uid = m.study_uid)
             as announced,
           (select o.since + coalesce((
              select sum(upper(r) - lower(r)) from unnest((
                select range_agg(tstzrange(greatest(q.asked_at, o.since), q.answered_at))
                from requests.question q
                where q.exam_id = m.exam_id and q.stops_clock and q.answered_at > o.since)) r
              ), interval '0')
            from (select min(q.asked_at) as since from requests.question q
                  where q.exam_id = m.exam_id and q.stops_clock and q.answered_at is null) o
           ) as stopped_at,
           case when m.state in ('unassigned', 'draft', 'preliminary') then
             (select f.expected_at from reading.forecast f where f.exam_id = m.exam_id) end
             as expected_at
    from matching m
    order by m.signed_at desc nulls first,
             m.urgency, m.due_at, m.exam_id
    limit %(limit)s
    """
_COUNT: LiteralString = "select count(*) from matching"


def worklist(
    tx: Tx, filters: Filters, *, sites: Collection[SiteId], limit: int
) -> list[WorklistRow]:
    """Exams of `sites`, the most urgent then the first due first; signed ones, the latest first."""
    return tx.all(
        WorklistRow,
        _MATCHING + _ROWS,
        limit=limit,
        **_params(filters, sites),
    )


def worklist_size(tx: Tx, filters: Filters, *, sites: Collection[SiteId]) -> int:
    """How many exams the worklist would show without a limit."""
    return tx.value(_MATCHING + _COUNT, **_params(filters, sites))


def arriving(tx: Tx, *, sites: Collection[SiteId], limit: int = 20) -> list[Arriving]:
    """Exams of `sites` that were begun, have images here and are not all there, by urgency."""
    return tx.all(
        Arriving,
        """
        select e.exam_id, e.urgency, p.surname, p.first_name, x.modality, x.name as exam_name,
               x.name_en as exam_name_en, s.name as site_name, e.state, i.instances, i.announced
        from requests.exam e
        join images.study i using (study_uid)
        join patients.patient p on p.patient_id = e.patient_id
        join territory.exam_type x using (exam_code)
        join territory.site s on s.site_id = e.site_id
        where e.site_id = any(%(sites)s) and i.instances > 0
          and e.state in ('in_progress', 'acquired', 'transferring')
          and not exists (select from reading.task t where t.exam_id = e.exam_id)
        order by e.urgency, e.planned_at, e.exam_id
        limit %(limit)s
        """,
        sites=list(sites),
        limit=limit,
    )


def modalities(tx: Tx) -> list[str]:
    """The modalities of the territory's exams, by code."""
    return tx.values("select distinct modality from territory.exam_type order by modality limit 50")


def priors(
    tx: Tx,
    *,
    patient_id: PatientId,
    study_uid: str,
    sites: Collection[SiteId] | None,
    limit: int = 50,
) -> list[Prior]:
    """Other studies of a patient at `sites` (None: in the whole pool), the latest first.

    Each with the last of its report that holds; the signed one, when there is one.
    """
    return tx.all(
        Prior,
        """
        select i.study_uid, coalesce(i.started_at, i.first_instance_at) as started_at,
               i.modalities, coalesce(x.name, i.description) as name,
               coalesce(x.name_en, i.description) as name_en, i.site_id, s.name as site_name,
               i.instances, e.exam_id, v.version_id, v.result, v.conclusion, a.name as signer_name
        from images.study i
        join territory.site s using (site_id)
        left join (requests.exam e join territory.exam_type x using (exam_code)) using (study_uid)
        left join lateral (
          select w.version_id, w.result, w.conclusion, w.signed_by from reading.version w
          where w.exam_id = e.exam_id and w.kind <> 'preliminary' and not exists (
            select from reading.version r
            where r.exam_id = w.exam_id and r.kind = 'retraction' and r.number >= w.number)
          order by w.number desc limit 1
        ) v on true
        left join access.account a on a.person_id = v.signed_by
        where i.patient_id = %(patient)s and i.study_uid <> %(uid)s
          and (%(sites)s::uuid[] is null or i.site_id = any(%(sites)s))
        order by started_at desc, i.study_uid
        limit %(limit)s
        """,
        patient=patient_id,
        uid=study_uid,
        sites=None if sites is None else list(sites),
        limit=limit,
    )


def priors_elsewhere(
    tx: Tx, *, patient_id: PatientId, study_uid: str, sites: Collection[SiteId]
) -> int:
    """How many other studies of a patient are out of `sites`."""
    return tx.value(
        """
        select count(*) from images.study
        where patient_id = %(patient)s and study_uid <> %(uid)s
          and site_id <> all(%(sites)s)
        """,
        patient=patient_id,
        uid=study_uid,
        sites=list(sites),
    )


def timeline(tx: Tx, exam_id: ExamId) -> list[Event]:
    """Everything that happened to an exam, from its request to its report, the oldest first."""
    return tx.all(
        Event,
        """
        select l.at, l.machine, l.event, l.to_state, a.name as person_name, l.cause
        from (
          select r.at, r.machine, r.event, r.to_state, r.person_id, r.cause,
                 r.transition_id, 1 as layer
          from requests.exam e
          join requests.transition r on r.subject_id in (e.request_id, e.exam_id)
          where e.exam_id = %(exam)s
          union all
          select t.at, 'report', t.event, t.to_state, t.person_id, t.cause, t.transition_id, 2
          from reading.transition t where t.exam_id = %(exam)s
        ) l
        left join access.account a using (person_id)
        order by l.at, l.layer, l.transition_id
        limit 500
        """,
        exam=exam_id,
    )


def _params(filters: Filters, sites: Collection[SiteId]) -> dict[str, object]:
    return {
        "sites": list(sites),
        "states": list(_STATES.get(filters.state, _STATES[""])),
        "urgency": filters.urgency,
        "modality": filters.modality,
        "site": filters.site_id,
    }

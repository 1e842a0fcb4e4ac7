"""The lists that people and machines look at, each limited to the sites they may see."""

from collections.abc import Set
from datetime import datetime
from typing import LiteralString

from plateau.kernel.ids import RequestId, SiteId
from plateau.platform.db import Tx
from plateau.requests.lines import (
    ExamRow,
    IncidentRow,
    QueueCell,
    RequestRow,
    ScheduledExam,
    StateCount,
    WaitingRow,
)

_ROWS: LiteralString = """
    select r.request_id, r.state, s.name as site_name, r.urgency, t.exam_code, t.name as exam_name,
      t.name_en as exam_name_en, t.modality, t.technique as proposed_protocol, p.surname,
      p.first_name, p.birth_on, p.sex, r.context, r.aim, r.pregnancy, r.allergy, r.renal, r.implant,
      a.name as requester_name, r.callback_phone, r.submitted_at,
      r.override_reason is not null as overridden, e.exam_id, e.state as exam_state
    from requests.request r
    join territory.site s using (site_id)
    join territory.exam_type t using (exam_code)
    join patients.patient p using (patient_id)
    join access.account a on a.person_id = r.requester_id
    left join lateral (
      select exam_id, state from requests.exam x where x.request_id = r.request_id
      order by state = 'cancelled', planned_at desc, exam_id limit 1
    ) e on true
    """


def of_sites(tx: Tx, *, sites: Set[SiteId], limit: int) -> list[RequestRow]:
    """The requests of `sites`, the latest first."""
    return tx.all(
        RequestRow,
        _ROWS
        + """
        where r.site_id = any(%(sites)s) and r.submitted_at is not null
        order by r.submitted_at desc, r.request_id
        limit %(limit)s
        """,
        sites=list(sites),
        limit=limit,
    )


def to_decide(tx: Tx, *, sites: Set[SiteId], limit: int) -> list[RequestRow]:
    """The requests of `sites` that wait for a decision, the most urgent first."""
    return tx.all(
        RequestRow,
        _ROWS
        + """
        where r.site_id = any(%(sites)s)
          and r.state in ('submitted', 'triaged', 'information_asked')
        order by r.urgency, r.state = 'information_asked', r.submitted_at, r.request_id
        limit %(limit)s
        """,
        sites=list(sites),
        limit=limit,
    )


def row(tx: Tx, request_id: RequestId, *, sites: Set[SiteId]) -> RequestRow:
    """One request of `sites` as a list shows it."""
    return tx.one(
        RequestRow,
        _ROWS + "where r.request_id = %(request_id)s and r.site_id = any(%(sites)s)",
        request_id=request_id,
        sites=list(sites),
    )


def exams(tx: Tx, *, sites: Set[SiteId], since: datetime, limit: int) -> list[ExamRow]:
    """The exams of `sites` that are not over, or began since then, machine by machine."""
    return tx.all(
        ExamRow,
        """
        select e.exam_id, e.request_id, e.state, r.state as request_state, s.name as site_name,
          d.name as device_name, d.ae_title, e.urgency, t.name as exam_name,
          t.name_en as exam_name_en, e.accession_number, p.surname, p.first_name, p.birth_on, p.sex,
          e.protocol, e.planned_at, e.arrived_at, e.started_at, e.acquired_at, e.complete_at,
          r.override_reason, i.instances, i.announced
        from requests.exam e
        join requests.request r using (request_id)
        join territory.site s on s.site_id = e.site_id
        join territory.device d on d.device_id = e.device_id
        join territory.exam_type t on t.exam_code = e.exam_code
        join patients.patient p on p.patient_id = e.patient_id
        left join images.study i on i.study_uid = e.study_uid
        where e.site_id = any(%(sites)s)
          and (e.state not in ('complete', 'rejected', 'cancelled') or e.planned_at >= %(since)s)
        order by s.name, d.name, e.state in ('complete', 'rejected', 'cancelled'), e.urgency,
          e.planned_at, e.exam_id
        limit %(limit)s
        """,
        sites=list(sites),
        since=since,
        limit=limit,
    )


def incidents(tx: Tx, *, sites: Set[SiteId], since: datetime) -> list[IncidentRow]:
    """What machines of `sites` did without an accepted request, the latest first."""
    return tx.all(
        IncidentRow,
        """
        select i.incident_id, i.kind, i.at, s.name as site_name, i.ae_title, i.exam_id, e.request_id
        from requests.incident i
        join territory.site s using (site_id)
        left join requests.exam e using (exam_id)
        where i.site_id = any(%(sites)s) and i.at >= %(since)s
        order by i.at desc, i.incident_id
        limit 50
        """,
        sites=list(sites),
        since=since,
    )


def queue(tx: Tx, *, sites: Set[SiteId]) -> list[QueueCell]:
    """By site and urgency: requests waiting for a decision, exams waiting for their images."""
    return tx.all(
        QueueCell,
        """
        select s.site_id, s.name as site_name, w.urgency, count(*) as waiting,
          min(w.at) as oldest_at
        from (
          select site_id, urgency, submitted_at as at from requests.request
          where state in ('submitted', 'triaged', 'information_asked')
          union all
          select site_id, urgency, planned_at from requests.exam
          where state in
            ('planned', 'arrived', 'in_progress', 'acquired', 'transferring', 'recalled')
        ) w
        join territory.site s using (site_id)
        where w.site_id = any(%(sites)s)
        group by s.site_id, s.name, w.urgency
        order by s.name, s.site_id, w.urgency
        """,
        sites=list(sites),
    )


def waiting(tx: Tx, *, sites: Set[SiteId], limit: int = 200) -> list[WaitingRow]:
    """Requests of `sites` whose images are not all there, the most urgent and oldest first."""
    return tx.all(
        WaitingRow,
        """
        select r.request_id, coalesce(e.state, r.state) as stage, r.site_id,
          s.name as site_name, t.modality, r.urgency, t.name as exam_name,
          t.name_en as exam_name_en, p.surname, p.first_name, p.birth_on, p.sex,
          r.submitted_at as since
        from requests.request r
        join territory.site s using (site_id)
        join territory.exam_type t using (exam_code)
        join patients.patient p using (patient_id)
        left join requests.exam e on e.request_id = r.request_id and e.state <> 'cancelled'
        where r.site_id = any(%(sites)s)
          and r.state not in ('draft', 'refused', 'cancelled')
          and (e.state is null or e.state not in ('complete', 'rejected'))
        order by r.urgency, r.submitted_at, r.request_id
        limit %(limit)s
        """,
        sites=list(sites),
        limit=limit,
    )


def states(tx: Tx, *, sites: Set[SiteId], since: datetime) -> list[StateCount]:
    """How many exams planned since then are in each state, by site."""
    return tx.all(
        StateCount,
        """
        select site_id, state, count(*) as exams
        from requests.exam
        where site_id = any(%(sites)s)
          and (planned_at >= %(since)s or state not in ('complete', 'rejected', 'cancelled'))
        group by site_id, state
        order by site_id, state
        """,
        sites=list(sites),
        since=since,
    )


def scheduled(tx: Tx, *, site_id: SiteId, limit: int = 500) -> list[ScheduledExam]:
    """What the machines of a site have to do, the most urgent first."""
    return tx.all(
        ScheduledExam,
        """
        select e.exam_id, e.state, e.urgency, e.accession_number, e.study_uid, e.protocol,
          e.planned_at, s.time_zone, d.ae_title, d.modality, d.name as device_name, t.exam_code,
          t.name as exam_name, s.name as site_name, s.code as site_code,
          (select min(value) from patients.identifier i
           where i.patient_id = e.patient_id and i.site_id = e.site_id) as local_id,
          p.surname, p.first_name, p.birth_on, p.sex, a.name as requester_name, r.aim, r.risks,
          r.pregnancy, r.allergy, r.renal, r.implant
        from requests.exam e
        join requests.request r using (request_id)
        join territory.site s on s.site_id = e.site_id
        join territory.device d on d.device_id = e.device_id
        join territory.exam_type t on t.exam_code = e.exam_code
        join patients.patient p on p.patient_id = e.patient_id
        join access.account a on a.person_id = r.requester_id
        where e.site_id = %(site_id)s and e.state in ('planned', 'arrived', 'in_progress')
        order by e.urgency, e.planned_at, e.exam_id
        limit %(limit)s
        """,
        site_id=site_id,
        limit=limit,
    )

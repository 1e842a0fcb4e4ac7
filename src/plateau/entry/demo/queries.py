"""SQL of the demonstration's checks; reads only."""

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from plateau.kernel.caller import Caller, Role
from plateau.kernel.ids import PersonId, SiteId
from plateau.platform.db import Tx


@dataclass(frozen=True, slots=True)
class Story:
    """What became of one request, with the instants of its steps."""

    accession_number: str
    study_uid: str
    local_id: str
    site_code: str
    announced: int
    stored: int
    versions: int
    deliveries: int
    delivered: int
    entries: int
    submitted_at: datetime | None
    decided_at: datetime | None
    started_at: datetime | None
    acquired_at: datetime | None
    complete_at: datetime | None
    taken_at: datetime | None
    signed_at: datetime | None
    delivered_at: datetime | None
    counted_at: datetime | None


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Somebody on duty by the published roster, and the planner's search that it began as."""

    login: str
    name: str
    position: int
    starts_at: datetime
    ends_at: datetime
    published_by: str
    number: int
    search: str | None


@dataclass(frozen=True, slots=True)
class Signature:
    """Somebody signed reports; how many of them while on duty by the published roster."""

    login: str
    reports: int
    on_duty: int


@dataclass(frozen=True, slots=True)
class Act:
    """How often something was done in the night."""

    name: str
    times: int


@dataclass(frozen=True, slots=True)
class _Holder:
    person_id: PersonId
    name: str
    sites: list[SiteId]


def coordinator(tx: Tx) -> Caller:
    """The coordinator of most sites."""
    return holder(tx, Role.COORDINATOR)


def holder(tx: Tx, role: Role) -> Caller:
    """Who holds a role at most sites."""
    found = tx.one(
        _Holder,
        """
        select a.person_id, a.name, array_agg(r.site_id order by r.site_id) as sites
        from access.role r join access.account a using (person_id)
        where r.role = %(role)s
        group by a.person_id, a.name order by count(*) desc, a.person_id limit 1
        """,
        role=role,
    )
    roles = {role: frozenset(found.sites)}
    return Caller(person_id=found.person_id, name=found.name, roles=roles)


def on_duty(tx: Tx, *, at: datetime) -> list[OnDuty]:
    """Who is on duty at an instant by the published roster, in the order of calls."""
    return tx.all(
        OnDuty,
        """
        select c.login, c.name, p.first_position + a.position - 1 as position,
               p.starts_at, p.ends_at, v.author as published_by, v.number,
               v.solve_id::text as search
        from planning.post p
        join planning.assignment a using (post_id)
        join planning.version v using (version_id)
        join access.account c on c.person_id = a.person_id
        where p.kind = 'duty' and v.state = 'published'
          and p.starts_at <= %(at)s and p.ends_at > %(at)s
        order by 3, p.name, c.login
        limit 100
        """,
        at=at,
    )


def signatures(tx: Tx) -> list[Signature]:
    """Who signed reports, and how many of them while on duty by the published roster."""
    return tx.all(
        Signature,
        """
        select c.login, count(*)::int as reports,
               count(*) filter (where exists (
                 select from planning.assignment a
                 join planning.version p using (version_id) join planning.post d using (post_id)
                 where a.person_id = c.person_id and p.state = 'published' and d.kind = 'duty'
                   and d.starts_at <= r.signed_at and d.ends_at > r.signed_at))::int as on_duty
        from reading.version r join access.account c on c.person_id = r.signed_by
        group by c.login order by c.login
        limit 1000
        """,
    )


def stories(tx: Tx) -> list[Story]:
    """Every exam and what followed."""
    return tx.all(
        Story,
        """
        select e.accession_number, e.study_uid, i.value as local_id, s.code as site_code,
          coalesce((select sum(cardinality(p.announced)) from images.step p
                    where p.study_uid = e.study_uid), 0)::int as announced,
          coalesce((select count(*) from images.instance n
                    join images.series r using (series_id) join images.study t using (study_id)
                    where t.study_uid = e.study_uid), 0)::int as stored,
          (select count(*) from reading.version v where v.exam_id = e.exam_id)::int as versions,
          (select count(*) from exchange.delivery d where d.exam_id = e.exam_id)::int as deliveries,
          (select count(*) from exchange.delivery d
           where d.exam_id = e.exam_id and d.state = 'delivered')::int as delivered,
          (select count(*) from activity.entry a where a.exam_id = e.exam_id)::int as entries,
          q.submitted_at, q.decided_at, e.started_at, e.acquired_at, e.complete_at,
          t.taken_at, t.signed_at,
          (select min(d.delivered_at) from exchange.delivery d
           where d.exam_id = e.exam_id) as delivered_at,
          (select min(a.counted_at) from activity.entry a
           where a.exam_id = e.exam_id) as counted_at
        from requests.exam e
        join requests.request q using (request_id)
        join territory.site s on s.site_id = e.site_id
        join patients.identifier i on i.patient_id = e.patient_id and i.site_id = e.site_id
        left join reading.task t using (exam_id)
        order by e.accession_number
        limit 100000
        """,
    )


def requests(tx: Tx) -> int:
    """How many requests there are."""
    return int(tx.value("select count(*) from requests.request"))


def finished(tx: Tx) -> int:
    """How many exams were delivered and counted."""
    return int(
        tx.value(
            """
            select count(*) from activity.entry a
            where exists (select from exchange.delivery d
                          where d.exam_id = a.exam_id and d.state = 'delivered')
            """
        )
    )


_ACTS: LiteralString = """
    select name, times::int from (
      select 'requests_accepted' as name, count(distinct subject_id) as times
      from requests.transition where machine = 'request' and event = 'accept'
      union all
      select 'requests_refused', count(distinct subject_id)
      from requests.transition where machine = 'request' and event = 'refuse'
      union all
      select 'questions_asked', count(*)
      from requests.transition where machine = 'request' and event = 'ask'
      union all
      select 'questions_answered', count(*)
      from requests.transition where machine = 'request' and event = 'answer'
      union all
      select 'second_readings_drawn', count(*) from reading.second_read
      union all
      select 'second_readings_scored', count(*) from reading.second_read
      where score is not null
      union all
      select 'drafts_proposed', count(*) from reading.proposal
      union all
      select 'drafts_' || w.outcome, count(o.proposal_id)
      from unnest(array['accepted', 'edited', 'rejected', 'undecided', 'blind']) w (outcome)
      left join reading.proposal_outcome o using (outcome)
      group by w.outcome
      union all
      select 'critical_results', count(*) from reading.loop where kind = 'critical'
      union all
      select 'critical_results_heard', count(*) from reading.loop
      where kind = 'critical' and state = 'closed'
      union all
      select 'incidental_findings', count(*) from reading.loop where kind = 'followup'
      union all
      select 'escalation_calls', count(*) from reading.escalation_call
      union all
      select 'escalation_calls_of_the_next_ring', count(*) from reading.escalation_call
      where target = 'next_ring' and person_id is not null
      union all
      select 'escalation_calls_answered', count(*) from reading.escalation_call
      where acknowledged_at is not null) as done
    order by name
    limit 100
    """


def acts(tx: Tx) -> list[Act]:
    """What people and programs did in the night, by name."""
    return tx.all(Act, _ACTS)

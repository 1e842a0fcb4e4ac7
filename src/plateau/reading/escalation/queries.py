"""SQL of escalation and forecasts; writes schema `reading` only."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from plateau.kernel.ids import ExamId, PersonId, SiteId
from plateau.platform.db import Tx
from plateau.reading.escalation.types import Call, Climb, Rung, Standing
from plateau.reading.queries.readers import Open


def ladder(tx: Tx, *, site_id: SiteId, urgency: str, on: date) -> list[Rung]:
    """The steps in force: of the site when it has some of its own."""
    return tx.all(
        Rung,
        """
        with chosen as (
          select site_id, valid_from from reading.escalation_step
          where urgency = %(urgency)s and valid_from <= %(on)s
            and (site_id is null or site_id = %(site)s)
          order by site_id is null, valid_from desc
          limit 1
        )
        select s.position, s.target, s.share, s.wait_minutes, s.hold_minutes
        from reading.escalation_step s
        join chosen c on c.site_id is not distinct from s.site_id and c.valid_from = s.valid_from
        where s.urgency = %(urgency)s
        order by s.position
        """,
        site=site_id,
        urgency=urgency,
        on=on,
    )


def begin(tx: Tx, *, now: datetime) -> int:
    """Every exam that waits has a climb, whose first step is due after its share of the delay."""
    return tx.run(
        """
        insert into reading.escalation (exam_id, due_at)
        select t.exam_id,
               t.complete_at + greatest(t.due_at - t.complete_at, interval '0') * first.share
        from reading.task t
        cross join lateral (
          select s.share from reading.escalation_step s
          where s.urgency = t.urgency and s.valid_from <= %(now)s::date
            and (s.site_id is null or s.site_id = t.site_id)
          order by s.site_id is null, s.valid_from desc, s.position
          limit 1) first
        where t.state in ('unassigned', 'offered', 'assigned', 'draft', 'preliminary')
          and not exists (select from reading.escalation e where e.exam_id = t.exam_id)
        order by t.exam_id
        limit 500
        on conflict (exam_id) do nothing
        """,
        now=now,
    )


def due(tx: Tx, *, now: datetime, limit: int = 20) -> list[Climb]:
    """Lock the climbs whose next step is due; none being read, none whose clock is stopped."""
    return tx.all(
        Climb,
        """
        select t.exam_id, t.site_id, s.name as site_name, s.member_id, t.modality, t.urgency,
               t.patient_id, t.complete_at, t.due_at, t.reader_id, e.position, e.held
        from reading.escalation e
        join reading.task t using (exam_id)
        join territory.site s on s.site_id = t.site_id
        where e.due_at <= %(now)s
          and t.state in ('unassigned', 'offered', 'assigned', 'draft', 'preliminary')
          and not exists (
            select from requests.question q
            where q.exam_id = t.exam_id and q.stops_clock and q.answered_at is null)
        order by e.due_at, e.exam_id
        limit %(limit)s
        for update of e skip locked
        """,
        now=now,
        limit=limit,
    )


def climb_to(
    tx: Tx, exam_id: ExamId, *, position: int, due_at: datetime | None, held: bool
) -> None:
    """The climb has reached a step, and its next one is then."""
    tx.run(
        """
        update reading.escalation
        set position = %(position)s, due_at = %(due)s, held = %(held)s
        where exam_id = %(exam)s
        """,
        exam=exam_id,
        position=position,
        due=due_at,
        held=held,
    )


def rest(tx: Tx) -> int:
    """Climbs of exams that are signed are over; how many."""
    return tx.run(
        """
        update reading.escalation e set due_at = null, held = false
        from reading.task t
        where t.exam_id = e.exam_id and t.signed_at is not null and e.due_at is not null
        """
    )


def standing(tx: Tx, exam_id: ExamId) -> Standing | None:
    """How far an exam has climbed, and when its next step is."""
    return tx.maybe(
        Standing,
        """
        select e.position, e.due_at, e.held,
               t.state in ('unassigned', 'offered', 'assigned', 'draft', 'preliminary') as waits
        from reading.escalation e join reading.task t using (exam_id)
        where e.exam_id = %(exam)s
        """,
        exam=exam_id,
    )


def add_call(
    tx: Tx,
    exam_id: ExamId,
    rung: Rung,
    *,
    person_id: PersonId | None,
    who: str,
    at: datetime,
) -> int:
    """Somebody is called, or nobody could be; the number of the call."""
    return tx.value(
        """
        insert into reading.escalation_call (exam_id, position, target, person_id, who, told_at)
        values (%(exam)s, %(position)s, %(target)s, %(person)s, %(who)s, %(at)s)
        returning call_id
        """,
        exam=exam_id,
        position=rung.position,
        target=rung.target,
        person=person_id,
        who=who,
        at=at,
    )


def pass_on(tx: Tx, exam_id: ExamId, *, at: datetime) -> int:
    """Those who were called and did not answer are passed over; how many."""
    return tx.run(
        """
        update reading.escalation_call set passed_on_at = %(at)s
        where exam_id = %(exam)s and person_id is not null and acknowledged_at is null
          and passed_on_at is null
        """,
        exam=exam_id,
        at=at,
    )


def acknowledge(tx: Tx, exam_id: ExamId, person_id: PersonId, *, at: datetime) -> int:
    """The person has answered the calls about an exam that they had not answered; how many."""
    return tx.run(
        """
        update reading.escalation_call set acknowledged_at = greatest(%(at)s, told_at)
        where exam_id = %(exam)s and person_id = %(person)s and acknowledged_at is null
        """,
        exam=exam_id,
        person=person_id,
        at=at,
    )


def calls(tx: Tx, exam_id: ExamId) -> list[Call]:
    """Everybody who was called about an exam, the first one first."""
    return tx.all(
        Call,
        """
        select c.call_id, c.position, c.target, c.person_id, coalesce(a.name, c.who) as name,
               c.told_at, c.acknowledged_at, c.passed_on_at
        from reading.escalation_call c
        left join access.account a using (person_id)
        where c.exam_id = %(exam)s
        order by c.call_id
        limit 200
        """,
        exam=exam_id,
    )


def coordinators(tx: Tx, site_id: SiteId) -> list[PersonId]:
    """Who coordinates the site."""
    return tx.values(
        """
        select r.person_id from access.role r join access.account a using (person_id)
        where r.role = 'coordinator' and r.site_id = %(site)s and a.closed_at is null
        order by r.person_id
        limit 50
        """,
        site=site_id,
    )


def queue(tx: Tx, *, limit: int = 10_000) -> list[Open]:
    """What waits for anybody, the most urgent first."""
    return tx.all(
        Open,
        """
        select exam_id, site_id, member_id, department, modality, exam_code, patient_id, urgency,
               complete_at, due_at, state, reader_id
        from reading.to_choose
        where state in ('unassigned', 'draft')
        order by urgency, due_at, exam_id
        limit %(limit)s
        """,
        limit=limit,
    )


def foresee(tx: Tx, expected: Mapping[ExamId, datetime | None]) -> None:
    """Each of these exams is expected then; those that no longer wait are not expected any more."""
    ids: Sequence[ExamId] = list(expected)
    tx.run("delete from reading.forecast where exam_id <> all(%(ids)s)", ids=ids)
    tx.run(
        """
        insert into reading.forecast as f (exam_id, expected_at)
        select exam_id, expected_at
        from unnest(%(ids)s::uuid[], %(ats)s::timestamptz[]) as x (exam_id, expected_at)
        order by exam_id
        on conflict (exam_id) do update set expected_at = excluded.expected_at
        where f.expected_at is distinct from excluded.expected_at
          and (f.expected_at is null or excluded.expected_at is null
               or abs(extract(epoch from f.expected_at - excluded.expected_at)) > 60)
        """,
        ids=ids,
        ats=[expected[one] for one in ids],
    )

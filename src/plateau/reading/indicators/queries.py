"""SQL of indicators; reads, writes nothing."""

from plateau.platform.db import Tx
from plateau.reading.indicators.types import Asked, Rates, Story

MOST = 200_000


# An exam's first signature that was not recalled, with what led to it and the target in force then.
_STORIES = """
with signed as (
  select n.exam_id, min(n.at) as at
  from reading.transition n
  where n.to_state = 'signed' and n.site_id = any(%(sites)s)
    and n.at >= %(start)s and n.at < %(end)s
    and not exists (
      select from reading.transition b
      where b.exam_id = n.exam_id
        and (b.to_state = 'signed' and b.at < n.at
             and not exists (
               select from reading.transition r
               where r.exam_id = b.exam_id and r.event = 'recalled'
                 and r.transition_id > b.transition_id)
             or b.event = 'recalled' and b.transition_id > n.transition_id))
  group by n.exam_id)
select t.exam_id, e.accession_number, t.urgency, s.name as site, t.modality,
       extract(hour from t.complete_at at time zone s.time_zone)::int as hour,
       case when home.home_site_id = t.site_id then 'local'
            when v.duty_id is not null then 'on_duty' else 'elsewhere' end as ring,
       asked.at as asked_at, decided.at as decided_at,
       st.last_instance_at as last_image_at, t.complete_at, signed.at as signed_at,
       coalesce(stopped.span, interval '0') as stopped, target.span as target
from signed
join reading.task t using (exam_id)
join requests.exam e using (exam_id)
join territory.site s on s.site_id = t.site_id
left join images.study st on st.study_uid = t.study_uid
left join lateral (
  select w.signed_by, w.duty_id from reading.version w
  where w.exam_id = t.exam_id and w.kind = 'final' order by w.number limit 1) v on true
left join lateral (
  select p.home_site_id from territory.practitioner p
  where p.person_id = v.signed_by order by p.valid_from desc limit 1) home on true
left join lateral (
  select min(r.at) as at from requests.transition r
  where r.subject_id = e.request_id and r.machine = 'request'
    and r.to_state = 'submitted') asked on true
left join lateral (
  select min(r.at) as at from requests.transition r
  where r.subject_id = e.request_id and r.machine = 'request'
    and r.to_state in ('accepted', 'substituted', 'refused')) decided on true
left join lateral (
  select sum(least(q.answered_at, signed.at) - q.asked_at) as span
  from requests.question q
  where q.exam_id = t.exam_id and q.stops_clock and q.asked_at < signed.at
    and q.answered_at is not null) stopped on true
left join lateral (
  select make_interval(mins => d.minutes) as span
  from territory.delay_target d
  where d.urgency = t.urgency and (d.site_id is null or d.site_id = t.site_id)
    and d.modality in ('*', t.modality)
    and d.valid_from <= (signed.at at time zone s.time_zone)::date
    and (d.valid_to is null or d.valid_to > (signed.at at time zone s.time_zone)::date)
  order by d.site_id is null, d.modality = '*'
  limit 1) target on true
order by signed.at, t.exam_id
limit %(most)s
"""


def stories(tx: Tx, asked: Asked) -> list[Story]:
    """The exams first signed in the period, by what happened to them."""
    return tx.all(
        Story,
        _STORIES,
        sites=list(asked.sites),
        start=asked.start,
        end=asked.end,
        most=MOST,
    )


def rates(tx: Tx, asked: Asked) -> Rates:
    """What became of requests, critical results and second readings of the period."""
    return tx.one(
        Rates,
        """
        select d.decided, d.refused, d.substituted, c.critical,
               c.in_time as critical_heard_in_time, r.twice as read_twice, r.discordant
        from (
          select count(*)::int as decided,
                 (count(*) filter (where to_state = 'refused'))::int as refused,
                 (count(*) filter (where to_state = 'substituted'))::int as substituted
          from requests.transition
          where machine = 'request' and to_state in ('accepted', 'substituted', 'refused')
            and at >= %(start)s and at < %(end)s and site_id = any(%(sites)s)) d
        cross join (
          select count(*)::int as critical,
                 (count(*) filter (where state = 'closed' and ended_at <= due_at))::int as in_time
          from reading.loop
          where kind = 'critical' and opened_at >= %(start)s and opened_at < %(end)s
            and site_id = any(%(sites)s)) c
        cross join (
          select count(*)::int as twice, (count(*) filter (where score >= 3))::int as discordant
          from reading.second_read
          where score is not null and scored_at >= %(start)s and scored_at < %(end)s
            and site_id = any(%(sites)s)) r
        """,
        sites=list(asked.sites),
        start=asked.start,
        end=asked.end,
    )

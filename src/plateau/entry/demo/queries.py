"""SQL of the demonstration's checks; reads only."""

from dataclasses import dataclass
from datetime import datetime

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

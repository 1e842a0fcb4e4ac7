"""SQL of the results: what requesters read, and who has read it."""

from collections.abc import Collection
from datetime import datetime

from plateau.exchange.types import Arrival, ExamReceipt, Link, Pending, Reading, Receipt, Result
from plateau.kernel.ids import ExamId, PersonId, SiteId, VersionId
from plateau.platform.db import Tx


def signed(tx: Tx, *, sites: Collection[SiteId], limit: int = 200) -> list[Result]:
    """The last version of each report of `sites`: those nobody has read first, then the newest."""
    return tx.all(
        Result,
        """
        select v.version_id, v.exam_id, t.urgency, p.surname, p.first_name, p.birth_on, p.sex,
               x.name as exam_name, s.name as site_name, v.number, v.kind, v.reason, v.signed_at,
               a.name as signer_name, v.conclusion, k.at as read_at, k.name as read_by
        from reading.version v
        join reading.task t using (exam_id)
        join patients.patient p using (patient_id)
        join territory.exam_type x using (exam_code)
        join territory.site s on s.site_id = t.site_id
        join access.account a on a.person_id = v.signed_by
        left join lateral (
          select r.at, b.name
          from exchange.acknowledgement r join access.account b using (person_id)
          where r.version_id = v.version_id
          order by r.at, r.person_id limit 1) k on true
        where t.site_id = any(%(sites)s) and not exists (
          select from reading.version w where w.exam_id = v.exam_id and w.number > v.number)
        order by k.at is not null, v.signed_at desc, v.version_id
        limit %(limit)s
        """,
        sites=list(sites),
        limit=limit,
    )


def pending(tx: Tx, *, sites: Collection[SiteId], limit: int = 200) -> list[Pending]:
    """The exams of `sites` without a signed report, the most urgent first."""
    return tx.all(
        Pending,
        """
        select e.exam_id, e.urgency, p.surname, p.first_name, p.birth_on, p.sex,
               x.name as exam_name, s.name as site_name,
               case when t.exam_id is null then e.state when t.state = 'reading' then 'reading'
                    else 'to_read' end as state,
               coalesce(r.submitted_at, e.planned_at) as asked_at, t.due_at
        from requests.exam e
        join requests.request r using (request_id)
        join patients.patient p on p.patient_id = e.patient_id
        join territory.exam_type x on x.exam_code = e.exam_code
        join territory.site s on s.site_id = e.site_id
        left join reading.task t on t.exam_id = e.exam_id
        where e.site_id = any(%(sites)s) and e.state <> 'cancelled'
          and coalesce((
            select v.kind in ('retraction', 'preliminary') from reading.version v
            where v.exam_id = e.exam_id order by v.number desc limit 1), true)
        order by e.urgency, asked_at, e.exam_id
        limit %(limit)s
        """,
        sites=list(sites),
        limit=limit,
    )


def is_visible(tx: Tx, version_id: VersionId, *, sites: Collection[SiteId]) -> bool:
    """Whether the version is of an exam of `sites`."""
    return bool(
        tx.values(
            """
            select v.version_id from reading.version v join reading.task t using (exam_id)
            where v.version_id = %(id)s and t.site_id = any(%(sites)s)
            """,
            id=version_id,
            sites=list(sites),
        )
    )


def chain(tx: Tx, exam_id: ExamId) -> list[Link]:
    """Every version of a report, the first one first."""
    return tx.all(
        Link,
        """
        select v.version_id, v.number, v.kind, v.reason, v.signed_at, a.name as signer_name
        from reading.version v join access.account a on a.person_id = v.signed_by
        where v.exam_id = %(exam)s
        order by v.number
        """,
        exam=exam_id,
    )


def readers(tx: Tx, version_id: VersionId) -> list[Reading]:
    """Who took note of a version, and when."""
    return tx.all(
        Reading,
        """
        select a.name, k.at
        from exchange.acknowledgement k join access.account a using (person_id)
        where k.version_id = %(id)s
        order by k.at, k.person_id
        """,
        id=version_id,
    )


def receipts(tx: Tx, version_id: VersionId) -> list[Receipt]:
    """Where a version stands with each destination."""
    return tx.all(
        Receipt,
        """
        select x.code as destination, d.state, d.delivered_at, d.last_outcome as outcome
        from exchange.delivery d join territory.destination x using (destination_id)
        where d.version_id = %(id)s
        order by x.code, x.destination_id
        """,
        id=version_id,
    )


def exam_receipts(tx: Tx, exam_id: ExamId, *, sites: Collection[SiteId]) -> list[ExamReceipt]:
    """Where each version of an exam's report stands with each destination."""
    return tx.all(
        ExamReceipt,
        """
        select v.number, x.code as destination, d.state, d.delivered_at, d.last_outcome as outcome
        from exchange.delivery d
        join territory.destination x using (destination_id)
        join reading.version v using (version_id)
        where d.exam_id = %(exam_id)s and d.site_id = any(%(sites)s)
        order by v.number, x.code, d.delivery_id
        limit 200
        """,
        exam_id=exam_id,
        sites=list(sites),
    )


def exam_readers(tx: Tx, exam_id: ExamId, *, sites: Collection[SiteId]) -> list[Reading]:
    """Who at the requester's side took note of the report."""
    return tx.all(
        Reading,
        """
        select a.name, k.at
        from exchange.acknowledgement k
        join access.account a using (person_id)
        join reading.version v using (version_id)
        join reading.task t using (exam_id)
        where v.exam_id = %(exam_id)s and t.site_id = any(%(sites)s)
        order by k.at, k.person_id
        limit 200
        """,
        exam_id=exam_id,
        sites=list(sites),
    )


def add_acknowledgement(
    tx: Tx, version_id: VersionId, *, person_id: PersonId, at: datetime
) -> bool:
    """Somebody has read a version; False when they had said so already."""
    touched = tx.run(
        """
        insert into exchange.acknowledgement (version_id, person_id, at)
        values (%(version)s, %(person)s, %(at)s)
        on conflict (version_id, person_id) do nothing
        """,
        version=version_id,
        person=person_id,
        at=at,
    )
    return touched == 1


def earlier_readers(tx: Tx, version_id: VersionId) -> list[PersonId]:
    """Who took note of a version before this one."""
    return tx.values(
        """
        select distinct k.person_id
        from reading.version v
        join reading.version w on w.exam_id = v.exam_id and w.number < v.number
        join exchange.acknowledgement k on k.version_id = w.version_id
        where v.version_id = %(version)s
        order by k.person_id
        """,
        version=version_id,
    )


def heard_retraction(tx: Tx, version_id: VersionId) -> ExamId | None:
    """The exam of a version, when its last retraction has reached every system and somebody.

    Whoever took note of a version that followed it knows of it too.
    """
    found = tx.values(
        """
        select r.exam_id
        from reading.version r
        where r.version_id = (
            select w.version_id from reading.version v
            join reading.version w using (exam_id)
            where v.version_id = %(version)s and w.kind = 'retraction'
            order by w.number desc limit 1)
          and not exists (
            select from exchange.delivery d
            where d.version_id = r.version_id and d.state <> 'delivered')
          and exists (
            select from exchange.acknowledgement k
            join reading.version w using (version_id)
            where w.exam_id = r.exam_id and w.number >= r.number)
        """,
        version=version_id,
    )
    return found[0] if found else None


def arrival(tx: Tx, version_id: VersionId) -> Arrival | None:
    """How far the last version of a report has come; None of a version that others follow."""
    return tx.maybe(
        Arrival,
        """
        select v.exam_id,
               count(d.delivery_id) filter (where d.state <> 'delivered') = 0
                 and count(d.delivery_id) > 0 as is_delivered,
               exists (
                 select from exchange.acknowledgement a
                 where a.version_id = v.version_id) as is_acknowledged
        from reading.version v
        left join exchange.delivery d using (version_id)
        where v.version_id = %(version)s
          and not exists (
            select from reading.version w where w.exam_id = v.exam_id and w.number > v.number)
        group by v.version_id
        """,
        version=version_id,
    )

"""SQL of the outbox: deliveries, their attempts, the lanes they go through."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from plateau.exchange.types import (
    Answer,
    Claim,
    Delivery,
    Facility,
    Letter,
    Owed,
    Signed,
    State,
    Tally,
    Trouble,
)
from plateau.kernel.ids import DeliveryId, DestinationId, ExamId, SiteId, VersionId
from plateau.platform.db import Tx


def versions_up_to(tx: Tx, version_id: VersionId) -> list[Signed]:
    """A signed version, after those of the same report that came before it."""
    return tx.all(
        Signed,
        """
        select w.version_id, w.exam_id, t.site_id, w.kind, w.signed_at
        from reading.version v
        join reading.version w on w.exam_id = v.exam_id and w.number <= v.number
        join reading.task t on t.exam_id = v.exam_id
        where v.version_id = %(id)s
        order by w.number
        """,
        id=version_id,
    )


def add_deliveries(tx: Tx, owed: Sequence[Owed], *, now: datetime, wall: datetime) -> None:
    """Owe versions to destinations; what is owed already stays as it is."""
    tx.run_many(
        """
        insert into exchange.delivery
          (delivery_id, destination_id, version_id, exam_id, site_id, control_id, state,
           created_at, due_at)
        select %(id)s, %(destination)s, v.version_id, v.exam_id, t.site_id, %(control)s, 'waiting',
               %(now)s, %(wall)s
        from reading.version v join reading.task t using (exam_id)
        where v.version_id = %(version)s
        on conflict (destination_id, version_id) do nothing
        """,
        [
            {
                "id": one.delivery_id,
                "destination": one.destination_id,
                "version": one.version_id,
                "control": one.control_id,
                "now": now,
                "wall": wall,
            }
            for one in owed
        ],
    )


def ever_owed(tx: Tx, exam_id: ExamId) -> set[DestinationId]:
    """The destinations to which a version of an exam's report was owed."""
    return set(
        tx.values(
            "select distinct destination_id from exchange.delivery where exam_id = %(exam)s",
            exam=exam_id,
        )
    )


def withdraw(tx: Tx, version_id: VersionId) -> None:
    """What waits of the versions before a retraction is not sent; one under way may still go."""
    tx.run(
        """
        update exchange.delivery d set state = 'withdrawn'
        from reading.version v
        join reading.version w on w.exam_id = v.exam_id and w.number < v.number
        where v.version_id = %(version)s and d.version_id = w.version_id
          and d.state in ('waiting', 'refused')
        """,
        version=version_id,
    )


def add_lanes(tx: Tx, destinations: Sequence[DestinationId], *, wall: datetime) -> None:
    """Have a lane for each destination."""
    tx.run(
        """
        insert into exchange.lane (destination_id, due_at)
        select id, %(wall)s from unnest(%(ids)s::uuid[]) id order by id
        on conflict (destination_id) do nothing
        """,
        ids=list(destinations),
        wall=wall,
    )


def claim(tx: Tx, *, wall: datetime, until: datetime) -> Claim | None:
    """Hold, until `until`, one lane in which something may be sent now; None when there is none."""
    return tx.maybe(
        Claim,
        """
        with free as (
          select l.destination_id
          from exchange.lane l
          where l.due_at <= %(wall)s and (l.claimed_until is null or l.claimed_until <= %(wall)s)
            and exists (
              select from exchange.ready d
              where d.destination_id = l.destination_id and d.due_at <= %(wall)s)
          order by l.due_at, l.destination_id
          limit 1
          for update of l skip locked
        )
        update exchange.lane l
        set claims = l.claims + 1, claimed_until = %(until)s
        from free
        where l.destination_id = free.destination_id
        returning l.destination_id, l.claims as number
        """,
        wall=wall,
        until=until,
    )


def release(tx: Tx, claim: Claim, *, due_at: datetime, failures: int) -> None:
    """Let others use the lane from `due_at`; nothing changes when somebody else took it over."""
    tx.run(
        """
        update exchange.lane
        set claimed_until = null, due_at = %(due)s, failures = %(failures)s
        where destination_id = %(destination)s and claims = %(number)s
        """,
        destination=claim.destination_id,
        number=claim.number,
        due=due_at,
        failures=failures,
    )


def failures(tx: Tx, destination_id: DestinationId) -> int:
    """How many times in a row nobody was there, or nobody answered."""
    return tx.value(
        "select failures from exchange.lane where destination_id = %(id)s", id=destination_id
    )


def next_letter(tx: Tx, destination_id: DestinationId, *, wall: datetime) -> Letter | None:
    """The oldest report owed to a destination that is due; never before an earlier version."""
    return tx.maybe(
        Letter,
        """
        select d.delivery_id, d.version_id, d.control_id, d.created_at, d.site_id, x.host,
               x.port, x.application, x.facility, s.code as site_code, t.patient_id,
               i.value as local_id, p.surname, p.first_name, p.birth_on, p.sex,
               e.accession_number, e.study_uid, e.exam_code, y.name as exam_name, t.modality,
               coalesce(e.started_at, e.acquired_at, t.complete_at) as observed_at,
               a.name as requester_name, r.aim, v.kind,
               exists (select from reading.version w where w.exam_id = d.exam_id
                       and w.number < v.number and w.kind = 'final') as follows, v.reason,
               v.indication, v.technique, v.result, v.conclusion, v.signed_at,
               b.name as signer_name, c.rpps as signer_rpps, v.document_key
        from exchange.ready d
        join territory.destination x using (destination_id)
        join territory.site s on s.site_id = d.site_id
        join reading.version v using (version_id)
        join reading.task t on t.exam_id = d.exam_id
        join requests.exam e on e.exam_id = d.exam_id
        join requests.request r using (request_id)
        join territory.exam_type y on y.exam_code = e.exam_code
        join patients.patient p on p.patient_id = t.patient_id
        left join lateral (
          select min(value) as value from patients.identifier
          where site_id = d.site_id and patient_id = t.patient_id) i on true
        join access.account a on a.person_id = r.requester_id
        join access.account b on b.person_id = v.signed_by
        left join territory.practitioner c on c.person_id = v.signed_by
        where d.destination_id = %(destination)s and d.due_at <= %(wall)s
        order by d.created_at, v.number, d.delivery_id
        limit 1
        """,
        destination=destination_id,
        wall=wall,
    )


def tally(tx: Tx, delivery_id: DeliveryId) -> Tally:
    """How often the receiver was there and did not accept this message."""
    return tx.one(
        Tally,
        """
        select count(*) filter (where outcome not in ('AA', 'silence', 'unreachable')) as faults,
               count(*) filter (where outcome = 'AR') as rejections
        from exchange.attempt where delivery_id = %(id)s
        """,
        id=delivery_id,
    )


def add_attempt(tx: Tx, delivery_id: DeliveryId, answer: Answer, *, at: datetime) -> None:
    """Keep how one attempt ended."""
    tx.run(
        """
        insert into exchange.attempt (delivery_id, at, outcome, detail)
        values (%(id)s, %(at)s, %(outcome)s, %(detail)s)
        """,
        id=delivery_id,
        at=at,
        outcome=answer.outcome,
        detail=answer.detail,
    )


def mark(
    tx: Tx,
    delivery_id: DeliveryId,
    answer: Answer,
    *,
    state: State,
    delivered_at: datetime | None,
    due_at: datetime,
) -> bool:
    """Say where a delivery stands after an attempt; False when it was delivered already."""
    touched = tx.run(
        """
        update exchange.delivery
        set state = %(state)s, attempts = attempts + 1, delivered_at = %(delivered)s,
            due_at = %(due)s, last_outcome = %(outcome)s, last_error = %(detail)s
        where delivery_id = %(id)s and state <> 'delivered'
          and (state <> 'withdrawn' or %(state)s = 'delivered')
        """,
        id=delivery_id,
        state=state,
        delivered=delivered_at,
        due=due_at,
        outcome=answer.outcome,
        detail="" if state is State.DELIVERED else answer.detail,
    )
    return touched == 1


def was_owed(tx: Tx, *, destination_id: DestinationId, sites: Collection[SiteId]) -> bool:
    """Whether a destination has, or had, something to receive for `sites`."""
    return bool(
        tx.value(
            "select exists (select from exchange.delivery"
            " where destination_id = %(destination)s and site_id = any(%(sites)s))",
            destination=destination_id,
            sites=list(sites),
        )
    )


def retry(
    tx: Tx, *, destination_id: DestinationId, sites: Collection[SiteId], wall: datetime
) -> int:
    """Have everything owed to a destination for `sites` tried now; how many."""
    touched = tx.run(
        """
        update exchange.delivery set state = 'waiting', due_at = %(wall)s
        where destination_id = %(destination)s and site_id = any(%(sites)s)
          and state in ('waiting', 'refused')
        """,
        destination=destination_id,
        sites=list(sites),
        wall=wall,
    )
    tx.run(
        """
        update exchange.lane set due_at = %(wall)s, failures = 0
        where destination_id = %(destination)s and %(touched)s > 0
        """,
        destination=destination_id,
        wall=wall,
        touched=touched,
    )
    return touched


def troubles(tx: Tx, *, sites: Collection[SiteId], late: datetime) -> list[Trouble]:
    """The destinations of `sites` that have not acknowledged what they should have by now.

    A delivery is in trouble once an attempt failed, or when it was due before `late` (real time)
    and nobody has tried it: the sender itself may be down.
    """
    return tx.all(
        Trouble,
        """
        select x.destination_id, x.code, s.name as site_name,
               count(*) filter (where d.state = 'waiting') as waiting,
               count(*) filter (where d.state = 'refused') as refused,
               min(d.created_at) as since, max(d.attempts) as attempts,
               (array_agg(d.last_outcome order by d.attempts desc, d.created_at))[1] as outcome,
               (array_agg(d.last_error order by d.attempts desc, d.created_at))[1] as detail
        from exchange.delivery d
        join territory.destination x using (destination_id)
        join territory.site s on s.site_id = x.site_id
        where d.state <> 'delivered' and d.site_id = any(%(sites)s)
          and (d.attempts > 0 or d.due_at < %(late)s)
        group by x.destination_id, x.code, s.name
        order by since, x.code
        limit 100
        """,
        sites=list(sites),
        late=late,
    )


def deliveries(
    tx: Tx, *, sites: Collection[SiteId], state: State | None, limit: int = 200
) -> list[Delivery]:
    """The deliveries of `sites`, the newest first; only those in `state` when one is given."""
    return tx.all(
        Delivery,
        """
        select d.delivery_id, d.exam_id, e.accession_number, v.number, x.code as destination,
               s.name as site_name, d.state, d.attempts, d.created_at, d.delivered_at,
               d.last_outcome as outcome, d.last_error as detail
        from exchange.delivery d
        join territory.destination x using (destination_id)
        join territory.site s on s.site_id = d.site_id
        join reading.version v using (version_id)
        join requests.exam e on e.exam_id = d.exam_id
        where d.site_id = any(%(sites)s)
          and (%(state)s::text is null or d.state = %(state)s)
        order by d.created_at desc, d.delivery_id
        limit %(limit)s
        """,
        sites=list(sites),
        state=state,
        limit=limit,
    )


def facility(tx: Tx, name: str, *, on: date) -> Facility | None:
    """The site that calls itself `name` in messages: its own code, or a destination's facility."""
    return tx.maybe(
        Facility,
        """
        select s.site_id, s.code
        from territory.site s
        where s.valid_from <= %(on)s and (s.valid_to is null or s.valid_to > %(on)s)
          and (s.code = %(name)s or exists (
            select from territory.destination x
            where x.site_id = s.site_id and x.facility = %(name)s
              and x.valid_from <= %(on)s and (x.valid_to is null or x.valid_to > %(on)s)))
        order by s.code = %(name)s desc, s.code, s.site_id
        limit 1
        """,
        name=name,
        on=on,
    )

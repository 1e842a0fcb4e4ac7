"""What people ask for and are told: absences, wishes, swaps, calendars, notices."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from plateau.kernel.ids import PersonId
from plateau.planning.publication.types import Absence, Feed, Notice, Offer, Swap, WishRow
from plateau.platform.db import Tx, json

_SWAP = """
    select w.swap_id, w.period_id, w.post_id, p.name as post_name, p.starts_at, p.ends_at,
           s.name as site_name, w.from_id, f.name as from_name, w.to_id, t.name as to_name,
           w.return_post_id, r.name as return_name, r.starts_at as return_starts_at, w.state,
           w.asked_at, w.answered_at, k.name as taken_by_name
    from planning.swap w
    join planning.post p using (post_id)
    join territory.site s on s.site_id = p.site_id
    left join access.account f on f.person_id = w.from_id
    left join access.account t on t.person_id = w.to_id
    left join access.account k on k.person_id = w.taken_by
    left join planning.post r on r.post_id = w.return_post_id
"""


def absences(
    tx: Tx, *, first: date, last: date, person_id: PersonId | None = None, granted: bool = False
) -> list[Absence]:
    """The absences that have a day between two days; of somebody; only those that hold."""
    return tx.all(
        Absence,
        """
        select leave_id as absence_id, l.person_id, a.name as person_name, first_on, last_on, kind,
               status as state, answer, told, asked_at, answered_at, b.name as answered_by
        from planning.leave l join access.account a on a.person_id = l.person_id
        left join access.account b on b.person_id = l.answered_by
        where first_on <= %(last)s and last_on >= %(first)s
          and (%(person)s::uuid is null or l.person_id = %(person)s)
          and (status = 'granted' or not %(granted)s)
        order by first_on, asked_at, leave_id limit 2000
        """,
        first=first,
        last=last,
        person=person_id,
        granted=granted,
    )


def absence(tx: Tx, absence_id: UUID) -> Absence:
    """One absence."""
    return tx.one(
        Absence,
        """
        select leave_id as absence_id, l.person_id, a.name as person_name, first_on, last_on, kind,
               status as state, answer, told, asked_at, answered_at, b.name as answered_by
        from planning.leave l join access.account a on a.person_id = l.person_id
        left join access.account b on b.person_id = l.answered_by
        where leave_id = %(id)s
        """,
        id=absence_id,
    )


def waiting_absences(tx: Tx) -> list[Absence]:
    """Leave that waits for the coordinator's answer, the oldest first."""
    return tx.all(
        Absence,
        """
        select leave_id as absence_id, l.person_id, a.name as person_name, first_on, last_on, kind,
               status as state, answer, told, asked_at, answered_at, b.name as answered_by
        from planning.leave l join access.account a on a.person_id = l.person_id
        left join access.account b on b.person_id = l.answered_by
        where status = 'asked' order by asked_at, leave_id limit 500
        """,
    )


def put_absence(tx: Tx, one: Absence, *, by: PersonId | None) -> None:
    """An absence, new or answered."""
    tx.run(
        """
        insert into planning.leave
          (leave_id, person_id, first_on, last_on, kind, status, answer, told, asked_at,
           answered_at, answered_by)
        values (%(id)s, %(person)s, %(first)s, %(last)s, %(kind)s, %(state)s, %(answer)s, %(told)s,
                %(asked)s, %(answered)s, %(by)s)
        on conflict (leave_id) do update set
          status = excluded.status, answer = excluded.answer, told = excluded.told,
          answered_at = excluded.answered_at, answered_by = excluded.answered_by
        """,
        id=one.absence_id,
        person=one.person_id,
        first=one.first_on,
        last=one.last_on,
        kind=one.kind,
        state=one.state,
        answer=one.answer,
        told=json(dict(one.told)),
        asked=one.asked_at,
        answered=one.answered_at,
        by=by,
    )


def wishes(
    tx: Tx, *, first: date, last: date, person_id: PersonId | None = None
) -> list[WishRow]:  # fmt: skip
    """The wishes for days between two days; of somebody."""
    return tx.all(
        WishRow,
        """
        select wish_id, person_id, wished_on as day, half, kind, points, is_hard
        from planning.wish where wished_on between %(first)s and %(last)s
          and (%(person)s::uuid is null or person_id = %(person)s)
        order by wished_on, half nulls first, wish_id limit 5000
        """,
        first=first,
        last=last,
        person=person_id,
    )


def put_wish(tx: Tx, one: WishRow, *, at: datetime) -> None:
    """A wish; the last word on a day and half-day holds."""
    tx.run(
        """
        insert into planning.wish
          (wish_id, person_id, wished_on, half, kind, points, is_hard, made_at)
        values (%(id)s, %(person)s, %(day)s, %(half)s, %(kind)s, %(points)s, false, %(at)s)
        on conflict (person_id, wished_on, kind, coalesce(half, '')) do update
        set points = excluded.points, made_at = excluded.made_at
        """,
        id=one.wish_id,
        person=one.person_id,
        day=one.day,
        half=one.half,
        kind=one.kind,
        points=one.points,
        at=at,
    )


def remove_wish(tx: Tx, wish_id: UUID, *, person_id: PersonId) -> int:
    """Somebody takes a wish of theirs back."""
    return tx.run(
        "delete from planning.wish where wish_id = %(id)s and person_id = %(person)s",
        id=wish_id,
        person=person_id,
    )


def swaps(tx: Tx, *, person_id: PersonId | None, open_only: bool) -> list[Swap]:
    """The offers; those by, to or open to somebody; those not yet answered."""
    return tx.all(
        Swap,
        _SWAP
        + """
        where (%(person)s::uuid is null or %(person)s in (w.from_id, w.to_id, w.taken_by)
               or (w.to_id is null and w.state = 'offered'))
          and (w.state = 'offered' or not %(open)s)
        order by (w.state = 'offered') desc, p.starts_at, w.asked_at, w.swap_id limit 200
        """,
        person=person_id,
        open=open_only,
    )


def swap(tx: Tx, swap_id: UUID) -> Swap:
    """One offer, held against others who would answer it."""
    tx.run("select from planning.swap where swap_id = %(id)s for update", id=swap_id)
    return tx.one(
        Swap,
        _SWAP
        + """
        where w.swap_id = %(id)s
        """,
        id=swap_id,
    )


def add_swap(tx: Tx, offer: Offer, *, at: datetime) -> None:
    """A post is on offer."""
    tx.run(
        """
        insert into planning.swap
          (swap_id, period_id, post_id, from_id, to_id, return_post_id, state, asked_at)
        values (%(id)s, %(period)s, %(post)s, %(of)s, %(to)s, %(return)s, 'offered', %(at)s)
        """,
        **{"id": offer.swap_id, "period": offer.period_id, "post": offer.post_id,
           "of": offer.from_id, "to": offer.to_id, "return": offer.return_post_id, "at": at},
    )  # fmt: skip


def answer_swap(
    tx: Tx, swap_id: UUID, *, state: str, by: PersonId | None, version_id: UUID | None, at: datetime
) -> int:
    """An offer was answered; 0 when somebody was first."""
    return tx.run(
        """
        update planning.swap
        set state = %(state)s, taken_by = %(by)s, version_id = %(version)s, answered_at = %(at)s
        where swap_id = %(id)s and state = 'offered'
        """,
        id=swap_id,
        state=state,
        by=by,
        version=version_id,
        at=at,
    )


def lapse_swaps(tx: Tx, *, at: datetime) -> int:
    """Offers whose post has begun, or changed hands, are over."""
    return tx.run(
        """
        update planning.swap w set state = 'lapsed', answered_at = %(at)s
        from planning.post p
        where p.post_id = w.post_id and w.state = 'offered'
          and (p.starts_at <= %(at)s
               or (w.from_id is not null and not exists (
                 select from planning.assignment a join planning.version v using (version_id)
                 where v.state = 'published' and a.post_id = w.post_id
                   and a.person_id = w.from_id)))
        """,
        at=at,
    )


def feed_of(tx: Tx, person_id: PersonId) -> Feed | None:
    """The calendar address of somebody that works."""
    return tx.maybe(
        Feed,
        "select feed_id, person_id, made_at from planning.feed"
        " where person_id = %(person)s and revoked_at is null",
        person=person_id,
    )


def feed_by_digest(tx: Tx, digest: bytes) -> Feed:
    """The calendar address of a secret; NotFoundError when there is none that works."""
    return tx.one(
        Feed,
        """
        select f.feed_id, f.person_id, f.made_at
        from planning.feed f join access.account a using (person_id)
        where f.digest = %(digest)s and f.revoked_at is null and a.closed_at is null
        """,
        digest=digest,
    )


def add_feed(tx: Tx, one: Feed, *, digest: bytes) -> None:
    """A calendar address."""
    tx.run(
        "insert into planning.feed (feed_id, person_id, digest, made_at)"
        " values (%(id)s, %(person)s, %(digest)s, %(at)s)",
        id=one.feed_id,
        person=one.person_id,
        digest=digest,
        at=one.made_at,
    )


def revoke_feed(tx: Tx, person_id: PersonId, *, at: datetime) -> int:
    """Somebody's calendar address no longer works."""
    return tx.run(
        "update planning.feed set revoked_at = %(at)s"
        " where person_id = %(person)s and revoked_at is null",
        person=person_id,
        at=at,
    )


def notices(tx: Tx, person_id: PersonId) -> list[Notice]:
    """What somebody was told, the newest first."""
    return tx.all(
        Notice,
        """
        select notice_id, text, told, at, seen_at from planning.notice
        where person_id = %(person)s order by at desc, notice_id desc limit 30
        """,
        person=person_id,
    )


def notify(
    tx: Tx, person_id: PersonId, *, text: str, told: Mapping[str, str], at: datetime
) -> None:
    """Somebody is told something."""
    tx.run(
        """
        insert into planning.notice (person_id, text, told, at)
        values (%(person)s, %(text)s, %(told)s, %(at)s)
        """,
        person=person_id,
        text=text,
        told=json(dict(told)),
        at=at,
    )


def see_notices(tx: Tx, person_id: PersonId, *, at: datetime) -> int:
    """Somebody has read what they were told."""
    return tx.run(
        "update planning.notice set seen_at = %(at)s"
        " where person_id = %(person)s and seen_at is null",
        person=person_id,
        at=at,
    )


def accept_lapsed(
    tx: Tx, swap_id: UUID, *, by: PersonId, version_id: UUID, at: datetime
) -> int:  # fmt: skip
    """An offer that lapsed because this very acceptance moved its post was accepted."""
    return tx.run(
        """
        update planning.swap
        set state = 'accepted', taken_by = %(by)s, version_id = %(version)s
        where swap_id = %(id)s and state = 'lapsed' and answered_at = %(at)s
        """,
        id=swap_id,
        by=by,
        version=version_id,
        at=at,
    )

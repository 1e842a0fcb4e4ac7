"""SQL of notifications; writes schema `access` only."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from plateau.access.notify.types import (
    Channel,
    Choice,
    Contact,
    Letter,
    News,
    Notification,
)
from plateau.kernel.ids import PersonId
from plateau.platform.db import Tx, json


def add(tx: Tx, news: News, *, at: datetime) -> int | None:
    """The notification is there; its number, or None when that key was told before."""
    return tx.value(
        """
        insert into access.notification
          (person_id, kind, text, told, link, urgent, key, created_at)
        values (%(person)s, %(kind)s, %(text)s, %(told)s, %(link)s, %(urgent)s, %(key)s, %(at)s)
        on conflict (person_id, key) do nothing
        returning notification_id
        """,
        person=news.person_id,
        kind=news.kind,
        text=news.text,
        told=json(dict(news.values)),
        link=news.link,
        urgent=news.urgent,
        key=news.key,
        at=at,
    )


def add_deliveries(
    tx: Tx, notification_id: int, channels: Sequence[Channel], *, wall: datetime, kept: timedelta
) -> None:
    """The notification is to be sent through these channels."""
    tx.run_many(
        """
        insert into access.notification_delivery
          (delivery_id, notification_id, channel, next_at, give_up_at)
        values (%(id)s, %(notification)s, %(channel)s, %(wall)s, %(until)s)
        """,
        [
            {
                "id": uuid4(),
                "notification": notification_id,
                "channel": channel.value,
                "wall": wall,
                "until": wall + kept,
            }
            for channel in channels
        ],
    )


def contact(tx: Tx, person_id: PersonId) -> Contact | None:
    """Where the person is reached."""
    return tx.maybe(
        Contact, "select email, phone from access.contact where person_id = %(id)s", id=person_id
    )


def set_contact(tx: Tx, person_id: PersonId, contact: Contact) -> None:
    """The person is reached there from now on."""
    tx.run(
        """
        insert into access.contact (person_id, email, phone)
        values (%(id)s, %(email)s, %(phone)s)
        on conflict (person_id) do update set email = excluded.email, phone = excluded.phone
        """,
        id=person_id,
        email=contact.email,
        phone=contact.phone,
    )


def choice(tx: Tx, person_id: PersonId, kind: str) -> Choice | None:
    """Where the person wants that kind to go, if they ever said."""
    return tx.maybe(
        Choice,
        """
        select kind, email, sms from access.notification_choice
        where person_id = %(id)s and kind = %(kind)s
        """,
        id=person_id,
        kind=kind,
    )


def choices(tx: Tx, person_id: PersonId) -> list[Choice]:
    """Everything the person said about where kinds go."""
    return tx.all(
        Choice,
        """
        select kind, email, sms from access.notification_choice
        where person_id = %(id)s order by kind
        """,
        id=person_id,
    )


def set_choices(tx: Tx, person_id: PersonId, choices: Sequence[Choice]) -> None:
    """These kinds go there from now on."""
    tx.run_many(
        """
        insert into access.notification_choice (person_id, kind, email, sms)
        values (%(id)s, %(kind)s, %(email)s, %(sms)s)
        on conflict (person_id, kind) do update set email = excluded.email, sms = excluded.sms
        """,
        [
            {"id": person_id, "kind": one.kind, "email": one.email, "sms": one.sms}
            for one in choices
        ],
    )


def of_person(
    tx: Tx, person_id: PersonId, *, before_id: int | None, limit: int
) -> list[Notification]:
    """What the person was told, the newest first."""
    return tx.all(
        Notification,
        """
        select n.notification_id, n.kind, n.text, n.told, n.link, n.urgent, n.created_at,
               n.seen_at,
               array(select channel from access.notification_delivery d
                     where d.notification_id = n.notification_id and d.state = 'sent'
                     order by channel) as sent,
               array(select channel from access.notification_delivery d
                     where d.notification_id = n.notification_id and d.state = 'waiting'
                     order by channel) as waiting,
               array(select channel from access.notification_delivery d
                     where d.notification_id = n.notification_id and d.state = 'given_up'
                     order by channel) as failed
        from access.notification n
        where n.person_id = %(id)s
          and (%(before)s::bigint is null or n.notification_id < %(before)s)
        order by n.notification_id desc
        limit %(limit)s
        """,
        id=person_id,
        before=before_id,
        limit=limit,
    )


def unseen(tx: Tx, person_id: PersonId) -> int:
    """How much of what the person was told they have not acknowledged."""
    return tx.value(
        """
        select count(*)::int from access.notification
        where person_id = %(id)s and seen_at is null
        """,
        id=person_id,
    )


def see(tx: Tx, person_id: PersonId, notification_id: int | None, *, at: datetime) -> int:
    """The person has seen that one, or all; what was still to be sent of them is needless."""
    return tx.run(
        """
        with seen as (
          update access.notification set seen_at = %(at)s
          where person_id = %(person)s and seen_at is null
            and (%(id)s::bigint is null or notification_id = %(id)s)
          returning notification_id
        ), spared as (
          update access.notification_delivery d set state = 'needless'
          from seen where d.notification_id = seen.notification_id and d.state = 'waiting'
            and d.claimed_until is null
        )
        select notification_id from seen
        """,
        person=person_id,
        id=notification_id,
        at=at,
    )


def exists(tx: Tx, person_id: PersonId, notification_id: int) -> bool:
    """Whether the person was told that."""
    return tx.value(
        """
        select exists (select from access.notification
                       where person_id = %(person)s and notification_id = %(id)s)
        """,
        person=person_id,
        id=notification_id,
    )


def claim(tx: Tx, channels: Sequence[Channel], *, wall: datetime, until: datetime) -> Letter | None:
    """Hold, until `until`, one message that is due; None when there is none."""
    return tx.maybe(
        Letter,
        """
        with free as (
          select delivery_id from access.notification_delivery
          where state = 'waiting' and next_at <= %(wall)s and channel = any(%(channels)s)
            and (claimed_until is null or claimed_until <= %(wall)s)
          order by next_at, attempts, delivery_id
          limit 1
          for update skip locked
        ), held as (
          update access.notification_delivery d set claimed_until = %(until)s
          from free where d.delivery_id = free.delivery_id
          returning d.delivery_id, d.notification_id, d.channel, d.attempts, d.give_up_at
        )
        select h.delivery_id, h.channel, h.attempts, h.give_up_at,
               coalesce(case h.channel when 'email' then c.email else c.phone end, '') as address,
               a.language, n.text, n.told, n.link, n.urgent
        from held h
        join access.notification n using (notification_id)
        join access.account a on a.person_id = n.person_id
        left join access.contact c on c.person_id = n.person_id
        """,
        channels=[channel.value for channel in channels],
        wall=wall,
        until=until,
    )


def conclude(
    tx: Tx,
    delivery_id: UUID,
    *,
    state: str,
    next_at: datetime,
    sent_at: datetime | None,
    error: str,
) -> None:
    """One more attempt was made, and ended so."""
    tx.run(
        """
        update access.notification_delivery
        set state = %(state)s, attempts = attempts + 1, next_at = %(next)s, sent_at = %(sent)s,
            last_error = %(error)s, claimed_until = null
        where delivery_id = %(id)s and state = 'waiting'
        """,
        id=delivery_id,
        state=state,
        next=next_at,
        sent=sent_at,
        error=error,
    )


def add_attempt(tx: Tx, delivery_id: UUID, *, at: datetime, error: str) -> None:
    """The attempt is in the log."""
    tx.run(
        """
        insert into access.notification_attempt (delivery_id, at, error)
        values (%(id)s, %(at)s, %(error)s)
        """,
        id=delivery_id,
        at=at,
        error=error,
    )


def postpone(tx: Tx, channel: str, *, until: datetime) -> None:
    """Nothing goes through a channel whose other side is away before then."""
    tx.run(
        """
        update access.notification_delivery set next_at = %(until)s
        where state = 'waiting' and channel = %(channel)s and next_at < %(until)s
          and claimed_until is null
        """,
        channel=channel,
        until=until,
    )


def give_up(tx: Tx, *, wall: datetime) -> int:
    """Messages too old to tell anybody anything are given up; how many."""
    return tx.run(
        """
        update access.notification_delivery set state = 'given_up'
        where state = 'waiting' and give_up_at <= %(wall)s
          and (claimed_until is null or claimed_until <= %(wall)s)
        """,
        wall=wall,
    )

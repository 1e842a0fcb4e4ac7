"""SQL of settlements: what a period counts, and where it stands."""

from collections.abc import Iterator
from datetime import date, datetime
from uuid import UUID

from plateau.activity.agreements.types import Agreement
from plateau.activity.counter.types import Span
from plateau.activity.settlement.types import Dispute, Duty, Money, Period, Signature
from plateau.kernel.ids import PersonId
from plateau.platform.db import Tx


def money(tx: Tx, agreement: Agreement, span: Span) -> list[Money]:
    """What the period cost and was forecast to, by head and payer."""
    return tx.all(
        Money,
        """
        select kind, head, debit as payer, sum(cents)::bigint as cents
        from activity.daily
        where agreement = %(code)s and kind in ('cost', 'forecast')
          and happened_on between %(first)s and %(last)s
        group by kind, head, debit
        order by kind, head, debit
        """,
        code=agreement.code,
        first=span.first_on,
        last=span.last_on,
    )


def duties(tx: Tx, agreement: Agreement, span: Span) -> list[Duty]:
    """The duties held on the lines of an agreement, without those taken back."""
    return tx.all(
        Duty,
        """
        select e.entry_id, e.session as line, e.starts_at, e.ends_at,
               coalesce(e.reader_member, '—') as member, coalesce(e.status, '') as status
        from activity.entry e
        where e.kind = 'duty' and e.quantity = 1 and e.session = any(%(lines)s)
          and e.happened_on between %(first)s and %(last)s
          and not exists (select from activity.entry back
                          where back.corrects = e.entry_id and back.quantity = -1)
        order by e.starts_at, e.entry_id
        limit 100000
        """,
        lines=list(agreement.lines),
        first=span.first_on,
        last=span.last_on,
    )


def disputed(tx: Tx, code: str, span: Span) -> list[int]:
    """The entries of the period that somebody disputes still."""
    return tx.values(
        """
        select d.entry_id
        from activity.dispute d
        join activity.entry e using (entry_id)
        where d.agreement = %(code)s and d.answered_at is null
          and e.happened_on between %(first)s and %(last)s
        order by d.entry_id
        """,
        code=code,
        first=span.first_on,
        last=span.last_on,
    )


def disputes(tx: Tx, code: str, span: Span) -> list[Dispute]:
    """What is disputed still in a period."""
    return tx.all(
        Dispute,
        """
        select d.dispute_id, d.entry_id, d.reason, a.name as raised_by_name, d.raised_at
        from activity.dispute d
        join activity.entry e using (entry_id)
        join access.account a on a.person_id = d.raised_by
        where d.agreement = %(code)s and d.answered_at is null
          and e.happened_on between %(first)s and %(last)s
        order by d.raised_at, d.dispute_id
        limit 200
        """,
        code=code,
        first=span.first_on,
        last=span.last_on,
    )


def add_dispute(tx: Tx, dispute: Dispute, *, code: str, person_id: PersonId) -> None:
    """Somebody disputes an entry."""
    tx.run(
        """
        insert into activity.dispute (dispute_id, agreement, entry_id, reason, raised_by, raised_at)
        values (%(id)s, %(code)s, %(entry)s, %(reason)s, %(person)s, %(at)s)
        """,
        id=dispute.dispute_id,
        code=code,
        entry=dispute.entry_id,
        reason=dispute.reason,
        person=person_id,
        at=dispute.raised_at,
    )


def answer_dispute(
    tx: Tx, dispute_id: UUID, *, code: str, answer: str, person_id: PersonId, at: datetime
) -> bool:
    """A dispute is answered; False when it was already, or is none."""
    touched = tx.run(
        """
        update activity.dispute
        set answer = %(answer)s, answered_by = %(person)s, answered_at = %(at)s
        where dispute_id = %(id)s and agreement = %(code)s and answered_at is null
        """,
        id=dispute_id,
        code=code,
        answer=answer,
        person=person_id,
        at=at,
    )
    return touched == 1


def periods(tx: Tx, code: str) -> list[Period]:
    """The periods of an agreement that were checked, the newest first."""
    return tx.all(
        Period,
        """
        select period_id, agreement, first_on, last_on, state, document, digest, head_entry,
               head_digest, checked_by, checked_at, closed_by, closed_at
        from activity.period
        where agreement = %(code)s
        order by first_on desc
        limit 200
        """,
        code=code,
    )


def period(tx: Tx, code: str, first_on: date) -> Period | None:
    """One period, held until the transaction ends; none while it is open."""
    return tx.maybe(
        Period,
        """
        select period_id, agreement, first_on, last_on, state, document, digest, head_entry,
               head_digest, checked_by, checked_at, closed_by, closed_at
        from activity.period
        where agreement = %(code)s and first_on = %(first)s
        for update
        """,
        code=code,
        first=first_on,
    )


def put_period(tx: Tx, period: Period) -> None:
    """A period is checked, again perhaps; a closed one stays as it is."""
    tx.run(
        """
        insert into activity.period
          (period_id, agreement, first_on, last_on, state, document, digest, head_entry,
           head_digest, checked_by, checked_at)
        values (%(id)s, %(code)s, %(first)s, %(last)s, 'checked', %(document)s, %(digest)s,
                %(entry)s, %(head)s, %(by)s, %(at)s)
        on conflict (agreement, first_on) do update set
          document = excluded.document, digest = excluded.digest, head_entry = excluded.head_entry,
          head_digest = excluded.head_digest, checked_by = excluded.checked_by,
          checked_at = excluded.checked_at
        where activity.period.state = 'checked'
        """,
        id=period.period_id,
        code=period.agreement,
        first=period.first_on,
        last=period.last_on,
        document=period.document,
        digest=period.digest,
        entry=period.head_entry,
        head=period.head_digest,
        by=period.checked_by,
        at=period.checked_at,
    )


def close(tx: Tx, period_id: UUID, *, person_id: PersonId, at: datetime) -> bool:
    """The period is closed; False when it was."""
    touched = tx.run(
        """
        update activity.period set state = 'closed', closed_by = %(person)s, closed_at = %(at)s
        where period_id = %(id)s and state = 'checked'
        """,
        id=period_id,
        person=person_id,
        at=at,
    )
    return touched == 1


def add_signature(
    tx: Tx, period: Period, *, member: str, person_id: PersonId, at: datetime
) -> None:
    """Somebody signs for a party what the period says now; a second time changes nothing."""
    tx.run(
        """
        insert into activity.signature (period_id, member, digest, person_id, signed_at)
        values (%(id)s, %(member)s, %(digest)s, %(person)s, %(at)s)
        on conflict do nothing
        """,
        id=period.period_id,
        member=member,
        digest=period.digest,
        person=person_id,
        at=at,
    )


def signatures(tx: Tx, period: Period) -> list[Signature]:
    """Who signed for what the period says now."""
    return tx.all(
        Signature,
        """
        select s.member, a.name as person_name, s.signed_at
        from activity.signature s
        join access.account a using (person_id)
        where s.period_id = %(id)s and s.digest = %(digest)s
        order by s.member
        """,
        id=period.period_id,
        digest=period.digest,
    )


def ledger_csv(tx: Tx) -> Iterator[bytes | bytearray | memoryview]:
    """The whole ledger as CSV with a head line, by number, without anything of patients."""
    return tx.copy_out(
        """
        copy (
          select entry_id, key, kind, counted_at, happened_on, corrects, quantity, exam_code,
                 modality, agreement, machine, session, reader_member, session_member,
                 patient_member, status, minutes, starts_at, ends_at, head, debit, credit, cents,
                 encode(digest, 'hex') as digest
          from activity.entry order by entry_id
        ) to stdout with (format csv, header)
        """
    )

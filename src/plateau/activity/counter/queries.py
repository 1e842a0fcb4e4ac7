"""SQL of counters: days for figures, entries for what is behind them."""

from plateau.activity.agreements.types import Agreement
from plateau.activity.counter.types import Figure, Line, Row, Span
from plateau.platform.db import Tx


def rows(tx: Tx, agreement: Agreement, span: Span) -> list[Row]:
    """What the days of a span say of the machines of an agreement; fees from 1 January on."""
    return tx.all(
        Row,
        """
        select d.happened_on as day, d.kind, d.machine, coalesce(v.modality, '') as modality,
               d.exam_code, d.reader_member, d.session_member, d.patient_member,
               sum(d.quantity)::bigint as quantity, sum(d.minutes)::bigint as minutes
        from activity.daily d
        left join territory.device v on v.ae_title = d.machine
        where d.machine = any(%(machines)s) and d.happened_on between %(january)s and %(last)s
          and (d.kind = 'fee' or d.happened_on >= %(first)s)
          and d.kind in ('reading', 'fee', 'session_held', 'session_made_up', 'session_lent',
                         'session_given_up', 'session_refused')
        group by 1, 2, 3, 4, 5, 6, 7, 8
        order by 1, 2, 3, 4, 5, 6, 7, 8
        limit 1000000
        """,
        machines=agreement.ae_titles,
        january=span.first_on.replace(month=1, day=1),
        first=span.first_on,
        last=span.last_on,
    )


def lines(
    tx: Tx, agreement: Agreement, figure: Figure, *, kinds: list[str], limit: int
) -> list[Line]:
    """The entries that a party's figure counts, the newest first, from a number downwards."""
    return tx.all(
        Line,
        """
        select e.entry_id, e.kind, e.happened_on, e.counted_at, e.quantity, e.corrects, e.exam_id,
               e.exam_code, e.machine, e.session, a.name as reader_name, e.reader_member, e.reason,
               e.session_member, e.patient_member, e.minutes, e.head, e.debit, e.credit, e.cents
        from activity.entry e
        left join access.account a on a.person_id = e.reader_id
        where e.happened_on between %(first)s and %(last)s and e.kind = any(%(kinds)s)
          and case when e.kind in ('cost', 'forecast') then e.agreement = %(code)s
                   when e.kind = 'duty' then e.session = any(%(lines)s)
                   else e.machine = any(%(machines)s) end
          and (%(after)s = 0 or e.entry_id < %(after)s)
          and (%(head)s = '' or e.head = %(head)s)
          and (%(member)s = '' or %(member)s = coalesce(
            case when e.kind in ('cost', 'forecast') then e.debit
                 when e.kind in ('session_lent', 'duty') then e.reader_member
                 when e.kind like 'session%%' then e.session_member
                 when %(owner)s = 'reader' then e.reader_member
                 when %(owner)s = 'session' then e.session_member
                 else e.patient_member end, '—'))
        order by e.entry_id desc
        limit %(limit)s
        """,
        machines=agreement.ae_titles,
        lines=list(agreement.lines),
        code=agreement.code,
        head=figure.head,
        first=figure.span.first_on,
        last=figure.span.last_on,
        kinds=kinds,
        member=figure.member,
        owner=agreement.owner,
        after=figure.after,
        limit=limit,
    )

"""SQL of the control room; within the sites that somebody coordinates."""

from collections.abc import Collection

from plateau.kernel.ids import SiteId
from plateau.platform.db import Tx
from plateau.reading.control.types import Exam


def unread(tx: Tx, *, sites: Collection[SiteId], limit: int) -> list[Exam]:
    """What is not signed at `sites`, the first due first."""
    return tx.all(
        Exam,
        """
        select t.exam_id, t.urgency, t.modality, x.name as exam_name, x.name_en as exam_name_en,
               s.name as site_name, t.state, t.due_at, f.expected_at, a.name as reader_name,
               exists (
                 select from requests.question q
                 where q.exam_id = t.exam_id and q.stops_clock and q.answered_at is null
               ) as is_stopped
        from reading.task t
        join territory.site s using (site_id)
        join territory.exam_type x using (exam_code)
        left join reading.forecast f using (exam_id)
        left join access.account a on a.person_id = t.reader_id
        where t.signed_at is null and t.site_id = any(%(sites)s)
          and t.state in ('unassigned', 'offered', 'assigned', 'reading', 'draft', 'preliminary')
        order by t.due_at, t.exam_id
        limit %(limit)s
        """,
        sites=list(sites),
        limit=limit,
    )

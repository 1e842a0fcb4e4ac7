"""SQL of studies that are sent on to other DICOM systems."""

from collections.abc import Set
from datetime import datetime
from uuid import UUID

from plateau.images.events import ForwardAsked
from plateau.images.forward.types import Forwarding
from plateau.kernel.ids import SiteId, StudyId
from plateau.platform.db import Tx


def modalities(tx: Tx, study_id: StudyId) -> list[str]:
    """The modalities of a study's series."""
    return tx.values(
        "select unnest(modalities) from images.study where study_id = %(id)s order by 1",
        id=study_id,
    )


def ask(tx: Tx, *, study_id: StudyId, ae_title: str, now: datetime, again_at: datetime) -> bool:
    """Have a study wait to be sent on; False when it does, or did, already."""
    added = tx.run(
        """
        insert into images.forwarding (study_id, ae_title, asked_at, due_at)
        values (%(study_id)s, %(ae_title)s, %(now)s, %(again_at)s)
        on conflict do nothing
        """,
        study_id=study_id,
        ae_title=ae_title,
        now=now,
        again_at=again_at,
    )
    return added == 1


def is_waiting(tx: Tx, *, study_id: StudyId, ae_title: str) -> bool:
    """Whether it has still to be sent."""
    found: str | None = tx.value(
        """
        select state from images.forwarding
        where study_id = %(study_id)s and ae_title = %(ae_title)s
        """,
        study_id=study_id,
        ae_title=ae_title,
    )
    return found == "waiting"


def note(
    tx: Tx, asked: ForwardAsked, *, state: str, sent: int, problem: str, now: datetime
) -> None:
    """What became of an attempt."""
    tx.run(
        """
        update images.forwarding
        set attempts = attempts + 1, state = %(state)s, sent = %(sent)s,
            last_error = nullif(%(problem)s, ''),
            done_at = case when %(state)s <> 'waiting' then %(now)s::timestamptz end
        where study_id = %(study_id)s and ae_title = %(ae_title)s and state = 'waiting'
        """,
        study_id=asked.study_id,
        ae_title=asked.ae_title,
        state=state,
        sent=sent,
        problem=problem,
        now=now,
    )


def overdue(tx: Tx, *, now: datetime, again_at: datetime) -> list[tuple[StudyId, str]]:
    """Those that wait since long; each is named once until `again_at`."""
    found: list[str] = tx.values(
        """
        update images.forwarding set due_at = %(again_at)s
        where (study_id, ae_title) in (
          select study_id, ae_title from images.forwarding
          where state = 'waiting' and due_at <= %(now)s
          order by due_at, study_id limit 100 for update skip locked)
        returning study_id || ' ' || ae_title
        """,
        now=now,
        again_at=again_at,
    )
    return [_pair(text) for text in found]


def again(tx: Tx, *, ae_title: str, sites: Set[SiteId], again_at: datetime) -> list[StudyId]:
    """Have what was not sent of `sites` wait again; their studies."""
    return tx.values(
        """
        update images.forwarding f set state = 'waiting', done_at = null, due_at = %(again_at)s
        from images.study st
        where st.study_id = f.study_id and f.ae_title = %(ae_title)s and f.state <> 'sent'
          and st.site_id = any(%(sites)s)
        returning f.study_id
        """,
        ae_title=ae_title,
        sites=list(sites),
        again_at=again_at,
    )


def forwardings(tx: Tx, *, sites: Set[SiteId], limit: int = 100) -> list[Forwarding]:
    """What is sent on from `sites`: what is not there yet first, then the latest."""
    return tx.all(
        Forwarding,
        """
        select f.study_id, f.ae_title, p.name as peer_name, s.name as site_name,
               st.accession_number, f.state, f.attempts, f.sent, st.instances, f.asked_at,
               f.done_at, f.last_error
        from images.forwarding f
        join territory.peer p using (ae_title)
        join images.study st using (study_id)
        join territory.site s on s.site_id = st.site_id
        where st.site_id = any(%(sites)s)
        order by f.state = 'sent', f.asked_at desc, f.study_id, f.ae_title
        limit %(limit)s
        """,
        sites=list(sites),
        limit=limit,
    )


def _pair(text: str) -> tuple[StudyId, str]:
    study_id, ae_title = text.split(" ", 1)
    return StudyId(UUID(study_id)), ae_title

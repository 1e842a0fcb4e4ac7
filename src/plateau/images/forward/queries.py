"""SQL of studies that are sent on to other DICOM systems."""

from collections.abc import Set
from datetime import datetime
from uuid import UUID

from plateau.images.forward.types import Attempt, Forwarding, Waiting
from plateau.images.move.types import Sent
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


def waiting(tx: Tx, *, study_id: StudyId, ae_title: str) -> Waiting | None:
    """What has still to be sent; None when nothing has."""
    return tx.maybe(
        Waiting,
        """
        select study_id, ae_title, asked_at, reached_at from images.forwarding
        where study_id = %(study_id)s and ae_title = %(ae_title)s and state = 'waiting'
        """,
        study_id=study_id,
        ae_title=ae_title,
    )


def sent(tx: Tx, *, study_id: StudyId, since: datetime | None) -> list[Sent]:
    """What a study has received since then, in the machine's order, its rejection notes last."""
    return tx.all(
        Sent,
        """
        select n.sop_instance_uid, n.sop_class_uid, n.transfer_syntax_uid, n.blob_key
        from (select n.*, 0 as turn from images.instance n
              union all
              select n.*, 1 from images.hidden n
              join images.rejection x on x.note_uid = n.sop_instance_uid
              where x.undone_at is null) n
        join images.series se using (series_id)
        where se.study_id = %(study_id)s
          and n.received_at >= coalesce(%(since)s::timestamptz, '-infinity')
        order by n.turn, se.number, se.series_uid, n.number, n.sop_instance_uid
        limit 65535
        """,
        study_id=study_id,
        since=since,
    )


def renew(
    tx: Tx,
    *,
    study_id: StudyId,
    is_whole: bool,
    now: datetime,
    due_at: datetime,
    ae_title: str = "",
) -> int:
    """Have what a study received since it was sent on wait, or all of it; to how many systems."""
    return tx.run(
        """
        update images.forwarding
        set state = 'waiting', asked_at = %(now)s, due_at = %(due_at)s, done_at = null,
            reached_at = case when not %(is_whole)s then reached_at end
        where study_id = %(study_id)s and (%(ae_title)s = '' or ae_title = %(ae_title)s)
        """,
        study_id=study_id,
        ae_title=ae_title,
        is_whole=is_whole,
        now=now,
        due_at=due_at,
    )


def note(tx: Tx, attempt: Attempt, *, state: str, now: datetime) -> None:
    """What became of an attempt; nothing when more was asked meanwhile, and is still to be sent."""
    tx.run(
        """
        update images.forwarding f
        set attempts = attempts + 1, state = %(state)s,
            sent = case when %(state)s = 'sent' then st.instances
                        else greatest(sent, %(sent)s) end,
            last_error = nullif(%(problem)s, ''),
            reached_at = case when %(state)s = 'sent' then %(reached_at)s else reached_at end,
            done_at = case when %(state)s <> 'waiting' then %(now)s::timestamptz end
        from images.study st
        where st.study_id = f.study_id and f.study_id = %(study_id)s
          and f.ae_title = %(ae_title)s and f.state = 'waiting' and f.asked_at = %(asked_at)s
        """,
        study_id=attempt.of.study_id,
        ae_title=attempt.of.ae_title,
        asked_at=attempt.of.asked_at,
        state=state,
        sent=attempt.sent,
        problem=attempt.problem,
        reached_at=attempt.reached_at,
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

"""SQL of storage commitment that we ask of others."""

from collections.abc import Sequence, Set
from datetime import datetime

from plateau.images.commitment.types import Promise, Wanted
from plateau.kernel.ids import SiteId, StudyId
from plateau.platform.db import Tx


def add(
    tx: Tx,
    *,
    transaction_uid: str,
    study_id: StudyId,
    ae_title: str,
    now: datetime,
    due_at: datetime,
) -> int:
    """Have all that is shown of a study wait to be asked about; how many instances."""
    found: int = tx.value(
        """
        insert into images.commitment_wanted
          (transaction_uid, ae_title, study_id, classes, uids, wanted_at, due_at)
        select %(transaction_uid)s, %(ae_title)s, %(study_id)s,
               array_agg(n.sop_class_uid order by n.sop_instance_uid),
               array_agg(n.sop_instance_uid order by n.sop_instance_uid), %(now)s, %(due_at)s
        from images.instance n join images.series se using (series_id)
        where se.study_id = %(study_id)s
        having count(*) > 0
        returning cardinality(uids)
        """,
        transaction_uid=transaction_uid,
        study_id=study_id,
        ae_title=ae_title,
        now=now,
        due_at=due_at,
    )
    return found or 0


def open_request(tx: Tx, transaction_uid: str) -> Wanted | None:
    """A request that has not been answered."""
    return tx.maybe(
        Wanted,
        """
        select transaction_uid, ae_title, study_id, classes, uids
        from images.commitment_wanted
        where transaction_uid = %(uid)s and answered_at is null
        """,
        uid=transaction_uid,
    )


def note_asked(tx: Tx, transaction_uid: str, *, problem: str, due_at: datetime) -> None:
    """What became of asking; an answer that came first stands."""
    tx.run(
        """
        update images.commitment_wanted
        set state = case when %(problem)s = '' then 'asked' else state end,
            attempts = attempts + 1, due_at = %(due_at)s, last_error = nullif(%(problem)s, '')
        where transaction_uid = %(uid)s and answered_at is null
        """,
        uid=transaction_uid,
        problem=problem,
        due_at=due_at,
    )


def answer(
    tx: Tx, transaction_uid: str, *, ae_title: str, failed: Sequence[str], at: datetime
) -> StudyId | None:
    """What a system says of a request made of it; the study, None for what was not asked."""
    found: StudyId | None = tx.value(
        """
        update images.commitment_wanted
        set state = case when cardinality(%(failed)s::text[]) = 0 then 'kept' else 'failed' end,
            failed = %(failed)s, answered_at = %(at)s, last_error = null
        where transaction_uid = %(uid)s and ae_title = %(ae_title)s and answered_at is null
        returning study_id
        """,
        uid=transaction_uid,
        ae_title=ae_title,
        failed=list(failed),
        at=at,
    )
    return found


def failures(tx: Tx, *, study_id: StudyId, ae_title: str) -> int:
    """How often a system has not answered for all of a study."""
    found: int = tx.value(
        """
        select count(*) from images.commitment_wanted
        where study_id = %(study_id)s and ae_title = %(ae_title)s and state = 'failed'
        """,
        study_id=study_id,
        ae_title=ae_title,
    )
    return found


def overdue(tx: Tx, *, now: datetime, again_at: datetime, most: int) -> list[str]:
    """The requests of which nothing was heard; each is named once until `again_at`."""
    return tx.values(
        """
        update images.commitment_wanted set due_at = %(again_at)s
        where transaction_uid in (
          select transaction_uid from images.commitment_wanted
          where answered_at is null and due_at <= %(now)s and attempts < %(most)s
          order by due_at, transaction_uid limit 100 for update skip locked)
        returning transaction_uid
        """,
        now=now,
        again_at=again_at,
        most=most,
    )


def promises(tx: Tx, *, sites: Set[SiteId], limit: int = 100) -> list[Promise]:
    """What other systems were asked of the studies of `sites`: what is not kept first."""
    return tx.all(
        Promise,
        """
        select w.ae_title, s.name as site_name, st.accession_number, w.state, w.wanted_at,
               w.answered_at, cardinality(w.uids) as instances, cardinality(w.failed) as failed,
               w.last_error
        from images.commitment_wanted w
        join images.study st using (study_id)
        join territory.site s using (site_id)
        where st.site_id = any(%(sites)s)
        order by w.state = 'kept', w.wanted_at desc, w.transaction_uid
        limit %(limit)s
        """,
        sites=list(sites),
        limit=limit,
    )

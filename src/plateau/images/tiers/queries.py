"""SQL of what moves between two stores."""

from collections.abc import Set
from datetime import datetime

from plateau.images.tiers.types import Quiet, Tier
from plateau.kernel.ids import SiteId, StudyId
from plateau.platform.db import Tx


def quiet(tx: Tx, *, before: datetime) -> Quiet | None:
    """The study that has been quiet longest, kept from other workers.

    Nothing of it came, and nobody looked at it or was sent it, since then.
    """
    return tx.maybe(
        Quiet,
        """
        select study_id, last_instance_at
        from images.study st
        where tier in ('hot', 'warm') and state = 'complete' and last_instance_at < %(before)s
          and (tiered_at is null or tiered_at < %(before)s)
          and not exists (select from access.audit a
                          where a.patient_id = st.patient_id and a.at >= %(before)s
                            and a.subject = 'study:' || st.study_id
                            and a.action in ('images.view', 'images.retrieve'))
          and not exists (select from images.forwarding f
                          where f.study_id = st.study_id and f.state = 'waiting')
        order by last_instance_at, study_id
        limit 1
        for no key update skip locked
        """,
        before=before,
    )


def copied(tx: Tx) -> Quiet | None:
    """A study that is in both stores, kept from other workers."""
    return tx.maybe(
        Quiet,
        """
        select study_id, last_instance_at from images.study
        where tier = 'copied'
        order by tiered_at, study_id
        limit 1
        for no key update skip locked
        """,
    )


def keys(tx: Tx, study_id: StudyId) -> list[str]:
    """Where the bytes of a study are, hidden ones included."""
    return tx.values(
        """
        select distinct blob_key from images.kept join images.series using (series_id)
        where study_id = %(id)s order by 1
        """,
        id=study_id,
    )


def set_tier(tx: Tx, one: Quiet, *, tier: str, now: datetime) -> bool:
    """The study is there now; False when more of it came meanwhile, or somebody looked at it."""
    changed = tx.run(
        """
        update images.study set tier = %(tier)s, tiered_at = %(now)s
        where study_id = %(id)s and last_instance_at = %(last)s and tier = any(%(before)s)
        """,
        id=one.study_id,
        last=one.last_instance_at,
        tier=tier,
        before=["copied"] if tier == "cold" else ["hot", "warm"],
        now=now,
    )
    return changed == 1


def is_cold(tx: Tx, study_id: StudyId) -> bool:
    """Whether a study is in the second store, or on its way there."""
    return bool(
        tx.value(
            "select tier in ('copied', 'cold') from images.study where study_id = %(id)s",
            id=study_id,
        )
    )


def warm(tx: Tx, study_id: StudyId, *, now: datetime) -> None:
    """The study is in both stores, unless more of it came meanwhile."""
    tx.run(
        """
        update images.study set tier = 'warm', tiered_at = %(now)s
        where study_id = %(id)s and tier in ('copied', 'cold')
        """,
        id=study_id,
        now=now,
    )


def postpone(tx: Tx, study_id: StudyId, *, now: datetime) -> None:
    """The study cannot be moved now: others go first."""
    tx.run("update images.study set tiered_at = %(now)s where study_id = %(id)s",
           id=study_id, now=now)  # fmt: skip


def tiers(tx: Tx, *, sites: Set[SiteId]) -> list[Tier]:
    """How much of `sites` is in each store."""
    return tx.all(
        Tier,
        """
        select tier, count(*) as studies, coalesce(sum(bytes), 0)::bigint as bytes
        from images.study where site_id = any(%(sites)s)
        group by tier order by tier
        """,
        sites=list(sites),
    )

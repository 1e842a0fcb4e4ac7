"""SQL of retention: what is past its time, holds, deletion."""

from collections.abc import Sequence, Set
from datetime import date, datetime
from typing import LiteralString

from plateau.images.retention.types import Hold, Life, Proposal, Reach, Tombstone
from plateau.kernel.ids import PersonId, SiteId, StudyId
from plateau.platform.db import Tx

# A visit is any study at any site of the member, whatever its modality.
_LIVES: LiteralString = """
with visit as (
  select st.patient_id, s.member_id,
         max(coalesce(st.started_at, st.first_instance_at) at time zone s.time_zone)::date as day
  from images.study st join territory.site s using (site_id)
  where %(ids)s::uuid[] is null
     or st.patient_id in (select patient_id from images.study where study_id = any(%(ids)s))
  group by 1, 2
)
select st.study_id, v.day as last_visit_on, p.birth_on as born_on, p.died_on, r.years,
       r.until_age, r.years_after_death
from images.study st
join territory.site s using (site_id)
join visit v on v.patient_id = st.patient_id and v.member_id = s.member_id
join patients.patient p on p.patient_id = st.patient_id
join territory.retention r on r.member_id = s.member_id
     and (r.modality = '*' or r.modality = any(st.modalities))
     and r.valid_from <= %(on)s and (r.valid_to is null or r.valid_to > %(on)s)
where (%(ids)s::uuid[] is null or st.study_id = any(%(ids)s))
"""


def candidates(tx: Tx, *, on: date, limit: int) -> list[Life]:
    """Studies that one rule at least lets go and that were not proposed, the oldest first."""
    return tx.all(
        Life,
        _LIVES
        + """
          and not exists (select from images.expiry e where e.study_id = st.study_id)
          and (p.died_on + make_interval(years => r.years_after_death) <= %(on)s
               or (v.day + make_interval(years => r.years) <= %(on)s
                   and (r.until_age is null
                        or p.birth_on + make_interval(years => r.until_age) <= %(on)s)))
        order by v.day, st.study_id
        limit %(limit)s
        """,
        ids=None,
        on=on,
        limit=limit,
    )


def lives(tx: Tx, study_ids: Sequence[StudyId], *, on: date) -> list[Life]:
    """What decides of these studies: every rule that holds for each."""
    return tx.all(
        Life, _LIVES + "order by st.study_id, r.modality limit 100000", ids=list(study_ids), on=on
    )


def begin_sweep(tx: Tx, *, on: date) -> bool:
    """True once a day, for whoever asks first."""
    added = tx.run(
        "insert into images.expiry_sweep values (%(on)s, 0) on conflict (day) do nothing", on=on
    )
    return added == 1


def propose(tx: Tx, found: Sequence[tuple[StudyId, date]], *, on: date, at: datetime) -> None:
    """These studies are past their time."""
    tx.run_many(
        """
        insert into images.expiry (study_id, due_on, proposed_at)
        values (%(id)s, %(due_on)s, %(at)s)
        on conflict (study_id) do update set due_on = excluded.due_on
        """,
        [{"id": study_id, "due_on": due_on, "at": at} for study_id, due_on in found],
    )
    tx.run(
        "update images.expiry_sweep set proposed = %(n)s where day = %(on)s", n=len(found), on=on
    )


def proposals(tx: Tx, *, sites: Set[SiteId], limit: int = 200) -> list[Proposal]:
    """What may be deleted at `sites`, what is past its time longest first."""
    return tx.all(
        Proposal,
        """
        select e.study_id, st.study_uid, s.name as site_name, st.accession_number, st.modalities,
               st.started_at, st.instances + st.hidden as instances, st.bytes, e.due_on,
               h.reason as hold_reason
        from images.expiry e
        join images.study st using (study_id)
        join territory.site s on s.site_id = st.site_id
        left join images.legal_hold h on h.study_id = e.study_id and h.lifted_at is null
        where st.site_id = any(%(sites)s)
        order by e.due_on, e.study_id
        limit %(limit)s
        """,
        sites=list(sites),
        limit=limit,
    )


def reach(tx: Tx, *, sites: Set[SiteId], study_id: StudyId | None = None,
          study_uid: str = "") -> Reach | None:  # fmt: skip
    """A study of `sites`, that nobody else holds, deletes or adds to until the transaction ends."""
    return tx.maybe(
        Reach,
        """
        select study_id, patient_id, site_id from images.study
        where (study_id = %(study_id)s or study_uid = %(study_uid)s) and site_id = any(%(sites)s)
        for update
        """,
        study_id=study_id,
        study_uid=study_uid,
        sites=list(sites),
    )


def is_held(tx: Tx, study_id: StudyId) -> bool:
    """Whether there is a reason to keep it."""
    return bool(
        tx.value(
            """
            select exists (select from images.legal_hold
                           where study_id = %(id)s and lifted_at is null)
            """,
            id=study_id,
        )
    )


def hold(tx: Tx, *, study_id: StudyId, reason: str, by: PersonId, at: datetime) -> bool:
    """There is a reason to keep a study; False when there is one already."""
    added = tx.run(
        """
        insert into images.legal_hold (study_id, reason, held_by, held_at)
        values (%(id)s, %(reason)s, %(by)s, %(at)s)
        on conflict (study_id) where lifted_at is null do nothing
        """,
        id=study_id,
        reason=reason,
        by=by,
        at=at,
    )
    return added == 1


def lift(tx: Tx, *, study_id: StudyId, reason: str, by: PersonId, at: datetime) -> bool:
    """There is no longer a reason to keep a study; False when there was none."""
    changed = tx.run(
        """
        update images.legal_hold
        set lifted_by = %(by)s, lifted_at = %(at)s, lifted_reason = %(reason)s
        where study_id = %(id)s and lifted_at is null
        """,
        id=study_id,
        reason=reason,
        by=by,
        at=at,
    )
    return changed == 1


def holds(tx: Tx, *, sites: Set[SiteId], limit: int = 100) -> list[Hold]:
    """The reasons to keep studies of `sites`: those that hold first."""
    return tx.all(
        Hold,
        """
        select h.hold_id, h.study_id, st.study_uid, s.name as site_name, st.accession_number,
               h.reason, a.name as held_by, h.held_at, b.name as lifted_by, h.lifted_at,
               h.lifted_reason
        from images.legal_hold h
        join images.study st using (study_id)
        join territory.site s on s.site_id = st.site_id
        join access.account a on a.person_id = h.held_by
        left join access.account b on b.person_id = h.lifted_by
        where st.site_id = any(%(sites)s)
        order by h.lifted_at is not null, h.held_at desc, h.hold_id
        limit %(limit)s
        """,
        sites=list(sites),
        limit=limit,
    )


def bury(tx: Tx, study_id: StudyId, *, due_on: date, by: PersonId, reason: str,
         at: datetime) -> int:  # fmt: skip
    """Write down what a study was, and which bytes it leaves; the number of its tombstone."""
    found: int = tx.value(
        """
        insert into images.tombstone
          (study_uid, patient_id, site_id, accession_number, series, instances, bytes, uids,
           due_on, deleted_at, deleted_by, reason)
        select st.study_uid, st.patient_id, st.site_id, st.accession_number,
               count(distinct se.series_id), count(n.sop_instance_uid), coalesce(sum(n.bytes), 0),
               coalesce(array_agg(n.sop_instance_uid order by n.sop_instance_uid)
                        filter (where n.sop_instance_uid is not null), '{}'),
               %(due_on)s, %(at)s, %(by)s, %(reason)s
        from images.study st
        left join images.series se using (study_id)
        left join images.kept n using (series_id)
        where st.study_id = %(id)s
        group by st.study_id
        returning tombstone_id
        """,
        id=study_id,
        due_on=due_on,
        by=by,
        reason=reason,
        at=at,
    )
    tx.run(
        """
        insert into images.doomed (blob_key, sop_instance_uid, at)
        select blob_key, sop_instance_uid, %(at)s
        from images.kept join images.series using (series_id)
        where study_id = %(id)s
        union
        select blob_key, sop_instance_uid, %(at)s from images.quarantine where study_id = %(id)s
        on conflict (blob_key) do nothing
        """,
        id=study_id,
        at=at,
    )
    return found


DELETIONS: tuple[LiteralString, ...] = (
    """
    delete from images.damage d using images.kept n, images.series se
    where n.sop_instance_uid = d.sop_instance_uid and se.series_id = n.series_id
      and se.study_id = %(id)s
    """,
    "delete from images.rejected where study_id = %(id)s",
    "delete from images.rejection where study_id = %(id)s",
    "delete from images.forwarding where study_id = %(id)s",
    "delete from images.quarantine where study_id = %(id)s",
    "delete from images.legal_hold where study_id = %(id)s",
    """
    delete from images.hidden n using images.series se
    where se.series_id = n.series_id and se.study_id = %(id)s
    """,
    """
    delete from images.instance n using images.series se
    where se.series_id = n.series_id and se.study_id = %(id)s
    """,
    "delete from images.series where study_id = %(id)s",
    """
    delete from images.step p using images.study st
    where st.study_id = %(id)s and p.study_uid = st.study_uid
    """,
    "delete from images.study where study_id = %(id)s",
)


def delete(tx: Tx, study_id: StudyId) -> None:
    """No row speaks of the study, but its tombstone and the audit trail."""
    for statement in DELETIONS:
        tx.run(statement, id=study_id)


def tombstones(tx: Tx, *, sites: Set[SiteId], limit: int = 50) -> list[Tombstone]:
    """What was deleted at `sites`, the latest first."""
    return tx.all(
        Tombstone,
        """
        select t.tombstone_id, t.study_uid, s.name as site_name, t.accession_number, t.series,
               t.instances, t.bytes, t.due_on, t.deleted_at, a.name as deleted_by, t.reason
        from images.tombstone t
        join territory.site s using (site_id)
        join access.account a on a.person_id = t.deleted_by
        where t.site_id = any(%(sites)s)
        order by t.deleted_at desc, t.tombstone_id
        limit %(limit)s
        """,
        sites=list(sites),
        limit=limit,
    )


def doomed(tx: Tx, *, before: datetime, limit: int) -> list[str]:
    """Bytes to remove now, kept from other workers; those that came again are forgotten here."""
    tx.run(
        """
        delete from images.doomed d
        where exists (select from images.kept n
                      where n.sop_instance_uid = d.sop_instance_uid and n.blob_key = d.blob_key)
           or exists (select from images.quarantine q
                      where q.sop_instance_uid = d.sop_instance_uid
                        and d.blob_key in (q.blob_key, q.kept_key))
           or exists (select from images.stranger_instance i where i.blob_key = d.blob_key)
           or exists (select from images.import_upload u where u.blob_key = d.blob_key)
           or exists (select from images.import_file f where f.blob_key = d.blob_key)
        """
    )
    return tx.values(
        """
        select blob_key from images.doomed where at <= %(before)s
        order by at, blob_key limit %(limit)s for update skip locked
        """,
        before=before,
        limit=limit,
    )


def forget(tx: Tx, blob_key: str) -> None:
    """These bytes are gone."""
    tx.run("delete from images.doomed where blob_key = %(key)s", key=blob_key)

"""SQL of rejection notes; a rejected row moves to `images.hidden`, and back if a person says so."""

from collections.abc import Sequence, Set
from datetime import date, datetime

from plateau.images.reject.types import Hidden, Named, Note, Place, Rejection
from plateau.kernel.ids import PersonId, SiteId, StudyId
from plateau.platform.db import Tx


def sender_of(tx: Tx, *, study_id: StudyId, on: date) -> str | None:
    """Who sends for the site of a study today: the machine that made it if it still does."""
    found: str | None = tx.value(
        """
        select d.ae_title from images.study st
        join images.sender d using (site_id)
        where st.study_id = %(study_id)s
          and d.valid_from <= %(on)s and (d.valid_to is null or d.valid_to > %(on)s)
        order by d.ae_title <> st.ae_title, d.ae_title
        limit 1
        """,
        study_id=study_id,
        on=on,
    )
    return found


def place(tx: Tx, *, study_uid: str) -> Place | None:
    """The study of a note, if it is there."""
    return tx.maybe(
        Place,
        """
        select study_id, study_uid, patient_id, site_id
        from images.study where study_uid = %(study_uid)s
        """,
        study_uid=study_uid,
    )


def is_any_elsewhere(tx: Tx, uids: Sequence[str], *, study_uid: str) -> bool:
    """Whether one of these instances is stored in another study."""
    return bool(
        tx.value(
            """
            select exists (
              select from images.kept n
              join images.series se using (series_id)
              join images.study st using (study_id)
              where n.sop_instance_uid = any(%(uids)s) and st.study_uid <> %(study_uid)s)
            """,
            uids=list(uids),
            study_uid=study_uid,
        )
    )


def lock(tx: Tx, study_id: StudyId) -> None:
    """Nobody else adds to the study, or hides what is in it, until the transaction ends."""
    tx.run(
        "select from images.study where study_id = %(id)s for no key update",
        id=study_id,
    )


def add(
    tx: Tx, note: Note, *, note_uid: str, study_id: StudyId, origin: str, at: datetime
) -> int | None:
    """Record a note; None when it is known, whatever became of it."""
    found: int | None = tx.value(
        """
        insert into images.rejection (note_uid, study_id, code, text, origin, at)
        values (%(note_uid)s, %(study_id)s, %(code)s, %(text)s, %(origin)s, %(at)s)
        on conflict (note_uid) do nothing
        returning rejection_id
        """,
        note_uid=note_uid,
        study_id=study_id,
        code=note.code,
        text=note.text,
        origin=origin,
        at=at,
    )
    return found


def name(tx: Tx, *, rejection_id: int, study_id: StudyId, uids: Sequence[str]) -> None:
    """These instances are rejected, whether they are there or not yet."""
    tx.run(
        """
        insert into images.rejected (study_id, sop_instance_uid, rejection_id)
        select distinct %(study_id)s::uuid, uid, %(rejection_id)s::bigint
        from unnest(%(uids)s::text[]) uid
        """,
        study_id=study_id,
        rejection_id=rejection_id,
        uids=list(uids),
    )


def hide(tx: Tx, study_id: StudyId) -> None:
    """Have what is rejected of a study hidden; what came again is the one that is hidden."""
    tx.run(
        """
        with gone as (
          delete from images.instance n
          using images.series se, (select distinct sop_instance_uid from images.rejected
                                   where study_id = %(id)s and not is_undone) r
          where se.series_id = n.series_id and se.study_id = %(id)s
            and r.sop_instance_uid = n.sop_instance_uid
          returning n.*
        )
        insert into images.hidden select * from gone
        on conflict (sop_instance_uid) do nothing
        """,
        id=study_id,
    )


def show(tx: Tx, study_id: StudyId) -> int:
    """Have what is no longer rejected of a study shown again; how many."""
    return tx.run(
        """
        with back as (
          delete from images.hidden n using images.series se
          where se.series_id = n.series_id and se.study_id = %(id)s
            and not exists (select from images.rejected r
                            where r.study_id = %(id)s and not r.is_undone
                              and r.sop_instance_uid = n.sop_instance_uid)
          returning n.*
        )
        insert into images.instance select * from back
        """,
        id=study_id,
    )


def recount(tx: Tx, study_id: StudyId) -> None:
    """The counters of a study and its series are those of what is shown."""
    tx.run(
        """
        update images.series se
        set instances = (select count(*) from images.instance n where n.series_id = se.series_id),
            revision = revision + 1
        where study_id = %(id)s
        """,
        id=study_id,
    )
    tx.run(
        """
        update images.study st
        set instances = c.instances, bytes = c.bytes, modalities = c.modalities,
            hidden = (select count(*) from images.series join images.hidden using (series_id)
                      where study_id = %(id)s)
        from (select coalesce(sum(se.instances), 0) as instances,
                     coalesce((select sum(n.bytes) from images.instance n
                               join images.series x using (series_id)
                               where x.study_id = %(id)s), 0) as bytes,
                     coalesce(array_agg(distinct se.modality) filter (where se.instances > 0),
                              '{}') as modalities
              from images.series se where se.study_id = %(id)s) c
        where st.study_id = %(id)s
        """,
        id=study_id,
    )
    tx.run(
        """
        delete from images.series_metadata m using images.series se
        where se.series_id = m.series_id and se.study_id = %(id)s
        """,
        id=study_id,
    )


def hidden_keys(tx: Tx, uids: Sequence[str]) -> dict[str, str]:
    """Where the bytes of those that are hidden lie, by UID."""
    found: list[str] = tx.values(
        """
        select sop_instance_uid || ' ' || blob_key from images.hidden
        where sop_instance_uid = any(%(uids)s)
        """,
        uids=list(uids),
    )
    return dict(pair.split(" ", 1) for pair in found)


def shown(tx: Tx, *, study_id: StudyId, series_uid: str, limit: int) -> list[Named]:
    """What is shown of a study or of one of its series; the metadata of the first one only."""
    return tx.all(
        Named,
        """
        select st.study_uid, se.series_uid, n.sop_class_uid, n.sop_instance_uid, n.number,
               case when row_number() over placed = 1 then n.metadata::text else '' end as metadata
        from images.study st
        join images.series se using (study_id)
        join images.instance n using (series_id)
        where st.study_id = %(study_id)s and %(series_uid)s in ('', se.series_uid)
        window placed as (order by se.number, se.series_uid, n.number, n.sop_instance_uid)
        order by se.number, se.series_uid, n.number, n.sop_instance_uid
        limit %(limit)s
        """,
        study_id=study_id,
        series_uid=series_uid,
        limit=limit,
    )


def rejections(tx: Tx, *, sites: Set[SiteId], rejection_id: int | None = None,
               study_uid: str | None = None, limit: int = 200) -> list[Rejection]:  # fmt: skip
    """The notes applied at `sites`, the latest first; one of them, or those of a study."""
    return tx.all(
        Rejection,
        """
        select x.rejection_id, x.study_id, st.study_uid, st.patient_id, st.site_id,
               s.name as site_name, st.accession_number,
               st.instances > 0 as is_shown, x.code, x.text,
               (select count(*) from images.rejected r
                where r.rejection_id = x.rejection_id
                  and r.sop_instance_uid <> x.note_uid)::int as named,
               (select count(*) from images.rejected r
                join images.hidden n using (sop_instance_uid)
                where r.rejection_id = x.rejection_id and r.sop_instance_uid <> x.note_uid
                  and not r.is_undone)::int as hidden,
               x.origin,
               (select a.name from access.account a
                where x.origin like '%% by ' || a.person_id) as account,
               x.at, x.undone_at, u.name as undone_by, x.undone_reason
        from images.rejection x
        join images.study st using (study_id)
        join territory.site s on s.site_id = st.site_id
        left join access.account u on u.person_id = x.undone_by
        where st.site_id = any(%(sites)s)
          and (%(id)s::bigint is null or x.rejection_id = %(id)s)
          and (%(study_uid)s::text is null or st.study_uid = %(study_uid)s)
        order by x.at desc, x.rejection_id
        limit %(limit)s
        """,
        sites=list(sites),
        id=rejection_id,
        study_uid=study_uid,
        limit=limit,
    )


def hidden(tx: Tx, rejection_id: int, *, limit: int = 2000) -> list[Hidden]:
    """The stored instances that a note hides, in the machine's order; none once it was undone."""
    return tx.all(
        Hidden,
        """
        select n.sop_instance_uid, se.number as series_number,
               se.description as series_description, se.modality, n.number, n.frames,
               n.rows is not null as has_pixels, n.blob_key
        from images.rejection x
        join images.rejected r using (rejection_id)
        join images.hidden n on n.sop_instance_uid = r.sop_instance_uid
        join images.series se on se.series_id = n.series_id and se.study_id = x.study_id
        where x.rejection_id = %(id)s and not r.is_undone and r.sop_instance_uid <> x.note_uid
        order by se.number, se.series_uid, n.number, n.sop_instance_uid
        limit %(limit)s
        """,
        id=rejection_id,
        limit=limit,
    )


def undo(tx: Tx, *, rejection_id: int, by: PersonId, reason: str, at: datetime) -> bool:
    """A note no longer rejects anything; False when it does not already. It stays hidden itself."""
    changed = tx.run(
        """
        update images.rejection
        set undone_at = %(at)s, undone_by = %(by)s, undone_reason = %(reason)s
        where rejection_id = %(id)s and undone_at is null
        """,
        id=rejection_id,
        by=by,
        reason=reason,
        at=at,
    )
    tx.run(
        """
        update images.rejected r set is_undone = true
        from images.rejection x
        where x.rejection_id = r.rejection_id and r.rejection_id = %(id)s
          and r.sop_instance_uid <> x.note_uid
        """,
        id=rejection_id,
    )
    return changed == 1

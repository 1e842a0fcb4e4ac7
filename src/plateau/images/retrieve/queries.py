"""SQL of what is retrieved: files, metadata of whole series."""

from collections.abc import Sequence
from uuid import UUID

from plateau.images.retrieve.types import DescribedSeries, Listed, Stored, Told
from plateau.kernel.ids import PatientId, StudyId
from plateau.platform.db import Tx


def stored(
    tx: Tx, *, study_id: StudyId, series_uid: str | None = None, uid: str | None = None
) -> list[Stored]:
    """The instances of a study, of one of its series, or one of them, in the machine's order."""
    return tx.all(
        Stored,
        """
        select n.sop_instance_uid, n.sop_class_uid, se.series_uid, n.transfer_syntax_uid,
               n.frames, n.blob_key, n.bytes, n.pixel_offset, n.frame_bytes
        from images.series se
        join images.instance n using (series_id)
        where se.study_id = %(study_id)s
          and (%(series_uid)s::text is null or se.series_uid = %(series_uid)s)
          and (%(uid)s::text is null or n.sop_instance_uid = %(uid)s)
        order by se.number, se.series_uid, n.number, n.sop_instance_uid
        limit 50000
        """,
        study_id=study_id,
        series_uid=series_uid,
        uid=uid,
    )


def stored_one(tx: Tx, *, study_id: StudyId, series_uid: str, uid: str) -> Stored | None:
    """One instance of a study: looked up by its UID, with a plan that is made once."""
    return tx.maybe(
        Stored,
        """
        select n.sop_instance_uid, n.sop_class_uid, se.series_uid, n.transfer_syntax_uid,
               n.frames, n.blob_key, n.bytes, n.pixel_offset, n.frame_bytes
        from images.instance n
        join images.series se using (series_id)
        where n.sop_instance_uid = %(uid)s and se.series_uid = %(series_uid)s
          and se.study_id = %(study_id)s
        """,
        study_id=study_id,
        series_uid=series_uid,
        uid=uid,
    )


def with_pixels(tx: Tx, *, study_id: StudyId, series_uid: str | None) -> list[Stored]:
    """The instances of a study or of one of its series that have pixels, as `stored` gives them."""
    return tx.all(
        Stored,
        """
        select n.sop_instance_uid, n.sop_class_uid, se.series_uid, n.transfer_syntax_uid,
               n.frames, n.blob_key, n.bytes, n.pixel_offset, n.frame_bytes
        from images.series se
        join images.instance n using (series_id)
        where se.study_id = %(study_id)s and n.rows is not null
          and (%(series_uid)s::text is null or se.series_uid = %(series_uid)s)
        order by se.number, se.series_uid, n.number, n.sop_instance_uid
        limit 50000
        """,
        study_id=study_id,
        series_uid=series_uid,
    )


def middle_picture(tx: Tx, *, study_id: StudyId, series_uid: str | None) -> Stored | None:
    """The middle one of the instances that have pixels, in the first series that has any."""
    return tx.maybe(
        Stored,
        """
        with shown as (
          select n.*, se.series_uid, row_number() over own as place, count(*) over all_of as total,
                 dense_rank() over (order by se.number, se.series_uid) as rank
          from images.series se
          join images.instance n using (series_id)
          where se.study_id = %(study_id)s and n.rows is not null
            and (%(series_uid)s::text is null or se.series_uid = %(series_uid)s)
          window all_of as (partition by se.series_id),
                 own as (all_of order by n.number, n.sop_instance_uid)
        )
        select sop_instance_uid, sop_class_uid, series_uid, transfer_syntax_uid, frames, blob_key,
               bytes, pixel_offset, frame_bytes
        from shown
        where rank = 1
        order by abs(2 * place - total - 1), sop_instance_uid
        limit 1
        """,
        study_id=study_id,
        series_uid=series_uid,
    )


def described_series(
    tx: Tx, *, study_id: StudyId, series_uid: str | None, patient_id: PatientId
) -> list[DescribedSeries]:
    """The series of a study or one of them, each with its metadata if what was made still holds."""
    return tx.all(
        DescribedSeries,
        """
        select se.series_id, se.instances, se.revision, m.body
        from images.series se
        left join images.series_metadata m
          on m.series_id = se.series_id and m.instances = se.instances
             and m.patient_id = %(patient_id)s
        where se.study_id = %(study_id)s and se.instances > 0
          and (%(series_uid)s::text is null or se.series_uid = %(series_uid)s)
        order by se.number, se.series_uid
        limit 5000
        """,
        study_id=study_id,
        series_uid=series_uid,
        patient_id=patient_id,
    )


def metadata(tx: Tx, *, series_id: UUID) -> list[Told]:
    """The metadata of each instance of a series."""
    return tx.all(
        Told,
        """
        select transfer_syntax_uid, metadata::text as metadata
        from images.instance
        where series_id = %(series_id)s
        order by number, sop_instance_uid
        limit 50000
        """,
        series_id=series_id,
    )


def metadata_of(tx: Tx, *, study_id: StudyId, series_uid: str, uid: str) -> Told | None:
    """The metadata of one instance."""
    return tx.maybe(
        Told,
        """
        select n.transfer_syntax_uid, n.metadata::text as metadata
        from images.series se
        join images.instance n using (series_id)
        where se.study_id = %(study_id)s and se.series_uid = %(series_uid)s
          and n.sop_instance_uid = %(uid)s
        """,
        study_id=study_id,
        series_uid=series_uid,
        uid=uid,
    )


def keep_metadata(
    tx: Tx, *, series_id: UUID, patient_id: PatientId, instances: int, body: bytes
) -> None:
    """Keep the metadata of a series for whoever asks next."""
    tx.run(
        """
        insert into images.series_metadata (series_id, patient_id, instances, body)
        values (%(series_id)s, %(patient_id)s, %(instances)s, %(body)s)
        on conflict (series_id) do update
        set patient_id = excluded.patient_id, instances = excluded.instances, body = excluded.body
        """,
        series_id=series_id,
        patient_id=patient_id,
        instances=instances,
        body=body,
    )


def forget_metadata(tx: Tx, *, study_id: StudyId) -> None:
    """Have the metadata of a study's series made again when it is next asked."""
    tx.run(
        """
        delete from images.series_metadata m using images.series se
        where se.series_id = m.series_id and se.study_id = %(study_id)s
        """,
        study_id=study_id,
    )


def listed(
    tx: Tx, *, study_id: StudyId, series_uid: str | None, uid: str | None, tags: Sequence[str]
) -> list[Listed]:
    """Some elements of each instance, in the order of `stored`."""
    return tx.all(
        Listed,
        """
        select n.sop_instance_uid,
               (select coalesce(jsonb_object_agg(key, value), '{}')
                from jsonb_each(n.metadata::jsonb) where key = any(%(tags)s))::text as elements
        from images.series se
        join images.instance n using (series_id)
        where se.study_id = %(study_id)s
          and (%(series_uid)s::text is null or se.series_uid = %(series_uid)s)
          and (%(uid)s::text is null or n.sop_instance_uid = %(uid)s)
        order by se.number, se.series_uid, n.number, n.sop_instance_uid
        limit 50000
        """,
        study_id=study_id,
        series_uid=series_uid,
        uid=uid,
        tags=list(tags),
    )

"""SQL of what arrives: instances, their series and studies, what was refused."""

from datetime import date, datetime
from uuid import uuid4

from plateau.images.types import Counts, Header, Origin, Standing
from plateau.kernel.ids import SiteId
from plateau.platform.db import Tx


def site_of_machine(tx: Tx, *, ae_title: str, on: date) -> SiteId | None:
    """The site whose machine calls itself so, on that day."""
    found: SiteId | None = tx.value(
        """
        select site_id from territory.device
        where ae_title = %(ae_title)s
          and valid_from <= %(on)s and (valid_to is null or valid_to > %(on)s)
        """,
        ae_title=ae_title,
        on=on,
    )
    return found


def standing(tx: Tx, *, header: Header, ae_title: str, on: date) -> Standing | None:
    """What is known of an instance and its sender; None when the sender is no machine of ours."""
    return tx.maybe(
        Standing,
        """
        select d.site_id, s.time_zone, i.patient_id, st.study_id,
               st.patient_id as study_patient_id, se.study_id as series_study_id,
               n.data_set_digest as digest
        from territory.device d
        join territory.site s using (site_id)
        left join patients.identifier i on i.site_id = d.site_id and i.value = %(local_id)s
        left join images.study st on st.study_uid = %(study_uid)s
        left join images.series se on se.series_uid = %(series_uid)s
        left join images.instance n on n.sop_instance_uid = %(sop_instance_uid)s
        where d.ae_title = %(ae_title)s
          and d.valid_from <= %(on)s and (d.valid_to is null or d.valid_to > %(on)s)
        """,
        local_id=header.local_id,
        study_uid=header.study_uid,
        series_uid=header.series_uid,
        sop_instance_uid=header.sop_instance_uid,
        ae_title=ae_title,
        on=on,
    )


def lock_study_uid(tx: Tx, study_uid: str) -> None:
    """Have a step that ends and a study that begins wait for each other."""
    tx.run(
        "select pg_advisory_xact_lock(hashtextextended(%(key)s, 0))",
        key=f"images.study:{study_uid}",
    )


def add_study(
    tx: Tx,
    *,
    header: Header,
    standing: Standing,
    ae_title: str,
    started_at: datetime,
    now: datetime,
) -> bool:
    """Record a study without instances, unless it is there; True when it was added."""
    added = tx.run(
        """
        insert into images.study
          (study_id, study_uid, patient_id, site_id, ae_title, accession_number, description,
           started_at, first_instance_at, last_instance_at, quiet_at, announced)
        select %(study_id)s, %(study_uid)s, %(patient_id)s, %(site_id)s, %(ae_title)s,
               %(accession)s, %(description)s, %(started_at)s, %(now)s, %(now)s, %(now)s,
               nullif(count(distinct uid), 0)
        from images.step
        left join lateral unnest(announced) uid on true
        where study_uid = %(study_uid)s and state <> 'IN PROGRESS'
        on conflict (study_uid) do nothing
        """,
        study_id=uuid4(),
        study_uid=header.study_uid,
        patient_id=standing.patient_id,
        site_id=standing.site_id,
        ae_title=ae_title,
        accession=header.accession_number,
        description=header.study_description,
        started_at=started_at,
        now=now,
    )
    return added == 1


def add_series(tx: Tx, header: Header) -> None:
    """Record a series without instances, unless it is there; its study lists its modality."""
    tx.run(
        """
        insert into images.series (series_id, study_id, series_uid, modality, number, description)
        select %(series_id)s, study_id, %(series_uid)s, %(modality)s, %(number)s, %(description)s
        from images.study
        where study_uid = %(study_uid)s
        on conflict (series_uid) do nothing
        """,
        series_id=uuid4(),
        study_uid=header.study_uid,
        series_uid=header.series_uid,
        modality=header.modality,
        number=header.series_number,
        description=header.series_description,
    )
    tx.run(
        """
        update images.study set modalities = modalities || %(modality)s::text
        where study_uid = %(study_uid)s and not %(modality)s = any(modalities)
        """,
        study_uid=header.study_uid,
        modality=header.modality,
    )


def add_instance(
    tx: Tx, *, header: Header, blob_key: str, size: int, origin: Origin, now: datetime
) -> bool:
    """Record an instance and count it in its series; False when it was already there."""
    added = tx.run(
        """
        with added as (
          insert into images.instance
            (sop_instance_uid, series_id, sop_class_uid, transfer_syntax_uid, number, frames, rows,
             columns, blob_key, data_set_digest, bytes, pixel_offset, frame_bytes, metadata,
             received_at, origin)
          select %(uid)s, series_id, %(class)s, %(syntax)s, %(number)s, %(frames)s, %(rows)s,
                 %(columns)s, %(blob_key)s, %(digest)s, %(size)s, %(offset)s, %(frame_bytes)s,
                 %(metadata)s::jsonb, %(now)s, %(origin)s
          from images.series where series_uid = %(series_uid)s
          on conflict (sop_instance_uid) do nothing
          returning series_id
        )
        update images.series s set instances = s.instances + 1
        from added
        where s.series_id = added.series_id
        """,
        uid=header.sop_instance_uid,
        series_uid=header.series_uid,
        **{"class": header.sop_class_uid},
        syntax=header.transfer_syntax_uid,
        number=header.instance_number,
        frames=header.frames,
        rows=header.rows,
        columns=header.columns,
        blob_key=blob_key,
        digest=header.digest,
        size=size,
        offset=header.pixel_offset,
        frame_bytes=header.frame_bytes,
        metadata=header.metadata,
        now=now,
        origin=str(origin),
    )
    return added == 1


def count_instance(
    tx: Tx, *, study_uid: str, size: int, now: datetime, quiet_at: datetime
) -> Counts:
    """Count one more instance; from here to the commit, nobody else counts for this study."""
    return tx.one(
        Counts,
        """
        update images.study
        set instances = instances + 1, bytes = bytes + %(size)s, quiet_at = %(quiet_at)s,
            last_instance_at = greatest(last_instance_at, %(now)s)
        where study_uid = %(study_uid)s
        returning study_id, instances, announced, state
        """,
        study_uid=study_uid,
        size=size,
        now=now,
        quiet_at=quiet_at,
    )


def digest_of(tx: Tx, sop_instance_uid: str) -> str | None:
    """The digest of what is stored under a SOP instance UID."""
    found: str | None = tx.value(
        "select data_set_digest from images.instance where sop_instance_uid = %(uid)s",
        uid=sop_instance_uid,
    )
    return found


def add_refusal(tx: Tx, *, origin: Origin, code: str, reason: str, at: datetime) -> None:
    """Record that something was refused, without a word on any patient."""
    tx.run(
        """
        insert into images.refusal (at, ae_title, address, code, reason)
        values (%(at)s, %(ae_title)s, %(address)s, %(code)s, %(reason)s)
        """,
        at=at,
        ae_title=origin.ae_title,
        address=origin.address,
        code=code,
        reason=reason,
    )

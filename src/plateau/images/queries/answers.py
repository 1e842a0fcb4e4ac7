"""SQL of what is asked of the hub: studies, series, instances."""

from collections.abc import Set
from datetime import datetime

from plateau.images.types import Found, Instance, Search, Series, Study, Visible
from plateau.kernel.ids import PatientId, PersonId, SiteId, StudyId
from plateau.platform.db import Tx

# PS3.4, B.5: X-ray radiation dose SR, enhanced X-ray radiation dose SR
DOSE_REPORTS = ["1.2.840.10008.5.1.4.1.1.88.67", "1.2.840.10008.5.1.4.1.1.88.76"]


def study(tx: Tx, study_uid: str) -> Study | None:
    """The study with that UID."""
    return tx.maybe(
        Study,
        """
        select st.study_id, st.study_uid, st.patient_id, st.site_id, s.name as site_name,
               s.time_zone, st.accession_number, st.description, st.modalities, st.started_at,
               st.state, st.announced, st.instances,
               (select count(*) from images.series se where se.study_id = st.study_id) as series,
               st.first_instance_at, st.complete_at
        from images.study st
        join territory.site s using (site_id)
        where st.study_uid = %(study_uid)s
        """,
        study_uid=study_uid,
    )


def priors(tx: Tx, *, patient_id: PatientId, study_uid: str, limit: int) -> list[Study]:
    """The patient's other studies, begun no later than the given one if it has begun."""
    return tx.all(
        Study,
        """
        select st.study_id, st.study_uid, st.patient_id, st.site_id, s.name as site_name,
               s.time_zone, st.accession_number, st.description, st.modalities, st.started_at,
               st.state, st.announced, st.instances,
               (select count(*) from images.series se where se.study_id = st.study_id) as series,
               st.first_instance_at, st.complete_at
        from images.study st
        join territory.site s using (site_id)
        left join images.study this on this.study_uid = %(study_uid)s
        where st.patient_id = %(patient_id)s and st.study_uid <> %(study_uid)s
          and (this.study_id is null or st.started_at <= this.started_at)
        order by st.started_at desc, st.study_id
        limit %(limit)s
        """,
        patient_id=patient_id,
        study_uid=study_uid,
        limit=limit,
    )


def dose_report_key(tx: Tx, study_uid: str) -> str | None:
    """Where the bytes of the study's latest dose report are."""
    found: str | None = tx.value(
        """
        select n.blob_key
        from images.study st
        join images.series se using (study_id)
        join images.instance n using (series_id)
        where st.study_uid = %(study_uid)s and n.sop_class_uid = any(%(classes)s)
        order by n.received_at desc, n.sop_instance_uid
        limit 1
        """,
        study_uid=study_uid,
        classes=DOSE_REPORTS,
    )
    return found


def visible(
    tx: Tx, *, study_uid: str, sites: Set[SiteId], person_id: PersonId, since: datetime
) -> Visible | None:
    """The study, if it or another one of its patient was made at `sites`.

    It is audited when this person was recorded as viewing it after `since`.
    """
    return tx.maybe(
        Visible,
        """
        select st.study_id, st.study_uid, st.patient_id, st.site_id,
               exists (select from access.audit a
                       where a.patient_id = st.patient_id and a.at > %(since)s
                         and a.person_id = %(person_id)s and a.action = 'images.view'
                         and a.subject = 'study:' || st.study_id) as is_audited
        from images.study st
        where st.study_uid = %(study_uid)s
          and exists (select from images.study o
                      where o.patient_id = st.patient_id and o.site_id = any(%(sites)s))
        """,
        study_uid=study_uid,
        sites=list(sites),
        person_id=person_id,
        since=since,
    )


def found(tx: Tx, *, search: Search, sites: Set[SiteId]) -> list[Found]:
    """The studies that match, of patients who have one at `sites`, the latest first."""
    return tx.all(
        Found,
        """
        select st.study_uid, st.patient_id, p.surname, p.first_name, p.birth_on, p.sex,
               s.time_zone, st.accession_number, st.description, st.modalities, st.started_at,
               (select count(*) from images.series se where se.study_id = st.study_id) as series,
               st.instances
        from images.study st
        join patients.patient p using (patient_id)
        join territory.site s on s.site_id = st.site_id
        where exists (select from images.study o
                      where o.patient_id = st.patient_id and o.site_id = any(%(sites)s))
          and (%(any_study)s or st.study_uid = any(%(study_uids)s))
          and (%(any_patient)s or st.patient_id = any(%(patient_ids)s))
          and (%(accession)s::text = '' or st.accession_number = %(accession)s)
        order by st.started_at desc, st.study_id
        limit %(limit)s offset %(offset)s
        """,
        sites=list(sites),
        any_study=not search.study_uids,
        study_uids=list(search.study_uids),
        any_patient=search.patient_ids is None,
        patient_ids=list(search.patient_ids or ()),
        accession=search.accession_number,
        limit=search.limit,
        offset=search.offset,
    )


def series(tx: Tx, study_id: StudyId) -> list[Series]:
    """The series of a study, in the machine's order."""
    return tx.all(
        Series,
        """
        select st.study_uid, se.series_uid, se.modality, se.number, se.description, se.instances
        from images.series se
        join images.study st using (study_id)
        where se.study_id = %(study_id)s
        order by se.number, se.series_uid
        limit 1000
        """,
        study_id=study_id,
    )


def instances(
    tx: Tx, *, study_id: StudyId, series_uid: str | None, sop_instance_uid: str | None = None
) -> list[Instance]:
    """The instances of a study, of one of its series, or one of them."""
    return tx.all(
        Instance,
        """
        select n.sop_instance_uid, n.sop_class_uid, se.series_uid, n.transfer_syntax_uid,
               n.number, n.frames, n.rows, n.columns, n.blob_key, n.blob_key as digest,
               n.bytes, n.pixel_offset, n.frame_bytes
        from images.series se
        join images.instance n using (series_id)
        where se.study_id = %(study_id)s
          and (%(series_uid)s::text is null or se.series_uid = %(series_uid)s)
          and (%(uid)s::text is null or n.sop_instance_uid = %(uid)s)
        order by se.number, se.series_uid, n.number, n.sop_instance_uid
        limit 20000
        """,
        study_id=study_id,
        series_uid=series_uid,
        uid=sop_instance_uid,
    )

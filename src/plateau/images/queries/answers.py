"""SQL of what is asked of the hub: studies, series, instances."""

from collections.abc import Set
from datetime import datetime

from plateau.images.types import Series, Study, Visible
from plateau.kernel.ids import PatientId, PersonId, SiteId, StudyId
from plateau.platform.db import Tx

# PS3.4, B.5: X-ray radiation dose SR, enhanced X-ray radiation dose SR
DOSE_REPORTS = ["1.2.840.10008.5.1.4.1.1.88.67", "1.2.840.10008.5.1.4.1.1.88.76"]

_STUDY = """
    select st.study_id, st.study_uid, st.patient_id, st.site_id, s.name as site_name,
           s.time_zone, st.accession_number, st.description, st.modalities, st.started_at,
           st.state, st.announced, st.instances,
           (select count(*) from images.series se
            where se.study_id = st.study_id and se.instances > 0) as series,
           st.first_instance_at, st.complete_at
    from images.study st
    join territory.site s using (site_id)
"""


def study(tx: Tx, study_uid: str) -> Study | None:
    """The study with that UID."""
    return tx.maybe(
        Study,
        _STUDY
        + """
        where st.study_uid = %(study_uid)s
        """,
        study_uid=study_uid,
    )


def priors(tx: Tx, *, patient_id: PatientId, study_uid: str, limit: int) -> list[Study]:
    """The patient's other studies, begun no later than the given one if it has begun."""
    return tx.all(
        Study,
        _STUDY
        + """
        left join images.study this on this.study_uid = %(study_uid)s
        where st.patient_id = %(patient_id)s and st.study_uid <> %(study_uid)s
          and st.instances > 0
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
               st.tier in ('copied', 'cold') as is_cold,
               exists (select from access.audit a
                       where a.patient_id = st.patient_id and a.at > %(since)s
                         and a.person_id = %(person_id)s and a.action = 'images.view'
                         and a.subject = 'study:' || st.study_id) as is_audited
        from images.study st
        where st.study_uid = %(study_uid)s and st.instances > 0
          and exists (select from images.study o
                      where o.patient_id = st.patient_id and o.site_id = any(%(sites)s))
        """,
        study_uid=study_uid,
        sites=list(sites),
        person_id=person_id,
        since=since,
    )


def series(tx: Tx, study_id: StudyId) -> list[Series]:
    """The series of a study, in the machine's order."""
    return tx.all(
        Series,
        """
        select st.study_uid, se.series_uid, se.modality, se.number, se.description, se.instances
        from images.series se
        join images.study st using (study_id)
        where se.study_id = %(study_id)s and se.instances > 0
        order by se.number, se.series_uid
        limit 1000
        """,
        study_id=study_id,
    )

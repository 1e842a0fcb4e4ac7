"""SQL of what machines retrieve: what is within their reach."""

from collections.abc import Sequence

from plateau.images.move.types import Reached, Selection, Sent
from plateau.kernel.ids import SiteId, StudyId
from plateau.platform.db import Tx


def reached(tx: Tx, *, selection: Selection, site_id: SiteId | None) -> list[Reached]:
    """The selected studies, of patients who have one at the site; no site reaches the whole pool.

    A bare PatientID names somebody only at a site.
    """
    return tx.all(
        Reached,
        """
        select st.study_id, st.patient_id, st.site_id, st.tier in ('copied', 'cold') as is_cold
        from images.study st
        where st.instances > 0
          and (%(site_id)s::uuid is null
               or exists (select from images.study o
                          where o.patient_id = st.patient_id and o.site_id = %(site_id)s))
          and (%(any_study)s or st.study_uid = any(%(study_uids)s))
          and (%(local_id)s = '' or st.patient_id = (
                select patient_id from patients.identifier
                where site_id = %(site_id)s and value = %(local_id)s))
        order by st.started_at, st.study_id
        limit 1000
        """,
        site_id=site_id,
        any_study=not selection.study_uids,
        study_uids=list(selection.study_uids),
        local_id=selection.local_id,
    )


def sent(tx: Tx, *, studies: Sequence[StudyId], selection: Selection) -> list[Sent]:
    """The selected instances of these studies, in the machine's order."""
    return tx.all(
        Sent,
        """
        select n.sop_instance_uid, n.sop_class_uid, n.transfer_syntax_uid, n.blob_key
        from images.series se
        join images.instance n using (series_id)
        where se.study_id = any(%(studies)s)
          and (%(any_series)s or se.series_uid = any(%(series_uids)s))
          and (%(any_instance)s or n.sop_instance_uid = any(%(uids)s))
        order by se.study_id, se.number, se.series_uid, n.number, n.sop_instance_uid
        limit 65535
        """,
        studies=list(studies),
        any_series=not selection.series_uids,
        series_uids=list(selection.series_uids),
        any_instance=not selection.uids,
        uids=list(selection.uids),
    )

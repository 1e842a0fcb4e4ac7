"""SQL of what can be had here, and of what others say."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime

from plateau.images.availability.types import Available, Said
from plateau.kernel.ids import SiteId, StudyId
from plateau.platform.db import Tx


def listeners(tx: Tx, *, site_id: SiteId, on: date) -> list[str]:
    """The systems of a site or of the whole pool that want to be told."""
    return tx.values(
        """
        select ae_title from territory.peer
        where wants_availability and (site_id is null or site_id = %(site_id)s)
          and valid_from <= %(on)s and (valid_to is null or valid_to > %(on)s)
        order by ae_title
        """,
        site_id=site_id,
        on=on,
    )


def site_of(tx: Tx, study_id: StudyId) -> SiteId | None:
    """The site of a study."""
    found: SiteId | None = tx.value(
        "select site_id from images.study where study_id = %(id)s", id=study_id
    )
    return found


def available(tx: Tx, study_id: StudyId) -> list[Available]:
    """The instances of a study, series by series; those that are hidden cannot be had."""
    return tx.all(
        Available,
        """
        select st.study_uid, se.series_uid, n.sop_class_uid, n.sop_instance_uid, n.availability
        from (select series_id, sop_class_uid, sop_instance_uid, 'ONLINE' as availability
              from images.instance
              union all
              select series_id, sop_class_uid, sop_instance_uid, 'UNAVAILABLE'
              from images.hidden) n
        join images.series se using (series_id)
        join images.study st using (study_id)
        where st.study_id = %(id)s
        order by se.series_uid, n.sop_instance_uid
        """,
        id=study_id,
    )


def note_told(
    tx: Tx, *, study_id: StudyId, ae_title: str, online: int, unavailable: int, at: datetime
) -> None:
    """A system has heard what of a study can be had."""
    tx.run(
        """
        insert into images.availability_told
        values (%(study_id)s, %(ae_title)s, %(at)s, %(online)s, %(unavailable)s)
        on conflict (study_id, ae_title) do update
        set told_at = excluded.told_at, online = excluded.online,
            unavailable = excluded.unavailable
        """,
        study_id=study_id,
        ae_title=ae_title,
        at=at,
        online=online,
        unavailable=unavailable,
    )


def note_said(tx: Tx, said: Sequence[Said], *, ae_title: str, at: datetime) -> None:
    """Another system says what can be had there; its last word stands."""
    tx.run_many(
        """
        insert into images.availability
          (ae_title, sop_instance_uid, study_uid, series_uid, availability, retrieve_from, said_at)
        values (%(by)s, %(sop_instance_uid)s, %(study_uid)s, %(series_uid)s, %(availability)s,
                %(retrieve_from)s, %(at)s)
        on conflict (ae_title, sop_instance_uid) do update
        set study_uid = excluded.study_uid, series_uid = excluded.series_uid,
            availability = excluded.availability, retrieve_from = excluded.retrieve_from,
            said_at = excluded.said_at
        """,
        [{**asdict(one), "by": ae_title, "at": at} for one in said],
    )

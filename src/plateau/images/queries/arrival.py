"""SQL of what arrives: instances, their series and studies, what was refused."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import LiteralString
from uuid import uuid4

import orjson

from plateau.images.types import (
    AS_SENT,
    Arrival,
    Coercion,
    Counts,
    Header,
    Opened,
    Origin,
    Standing,
    Wanted,
)
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


def is_known(tx: Tx, *, ae_title: str, on: date) -> bool:
    """Whether a machine or another system calls itself so, on that day."""
    return bool(
        tx.value(
            """
            select exists (
              select from territory.device
              where ae_title = %(ae_title)s
                and valid_from <= %(on)s and (valid_to is null or valid_to > %(on)s)
              union all
              select from territory.peer
              where ae_title = %(ae_title)s
                and valid_from <= %(on)s and (valid_to is null or valid_to > %(on)s))
            """,
            ae_title=ae_title,
            on=on,
        )
    )


def standings(tx: Tx, asked: Sequence[tuple[Header, Origin]], *, on: date) -> list[Standing]:
    """What is known of each instance and its sender; nothing of a sender that is no machine."""
    headers = [header for header, _ in asked]
    return tx.all(
        Standing,
        """
        select a.place::int, s.site_id, s.time_zone,
               coalesce(i.patient_id, f.patient_id) as patient_id, st.study_id,
               st.patient_id as study_patient_id, se.study_id as series_study_id, n.blob_key
        from unnest(%(ae_titles)b::text[], %(site_ids)b::uuid[], %(issuers)b::text[],
                    %(local_ids)b::text[], %(study_uids)b::text[], %(series_uids)b::text[],
                    %(uids)b::text[])
             with ordinality a(ae_title, site_id, issuer, local_id, study_uid, series_uid, uid,
                               place)
        left join images.sender d on d.ae_title = a.ae_title
             and d.valid_from <= %(on)s and (d.valid_to is null or d.valid_to > %(on)s)
        left join images.fetch g on g.ae_title = a.ae_title and g.study_uid = a.study_uid
             and g.state = 'waiting'
        join territory.site s on s.site_id = coalesce(a.site_id, g.site_id, d.site_id)
        left join patients.identifier i on a.issuer = '' and i.site_id = s.site_id
             and i.value = a.local_id
        left join patients.foreign_identifier f on a.issuer <> '' and f.issuer = a.issuer
             and f.value = a.local_id
        left join images.study st on st.study_uid = a.study_uid
        left join images.series se on se.series_uid = a.series_uid
        left join images.instance n on n.sop_instance_uid = a.uid
        """,
        ae_titles=[origin.ae_title for _, origin in asked],
        site_ids=[origin.site_id for _, origin in asked],
        issuers=[header.issuer for header in headers],
        local_ids=[header.local_id for header in headers],
        study_uids=[header.study_uid for header in headers],
        series_uids=[header.series_uid for header in headers],
        uids=[header.sop_instance_uid for header in headers],
        on=on,
    )


def coercion(tx: Tx, *, ae_title: str, on: date) -> Coercion:
    """How what a machine or system sends is meant, as the territory says on that day."""
    found = tx.maybe(
        Coercion,
        """
        select coalesce(d.issuer, p.issuer, '') as issuer,
               coalesce(d.character_set, p.character_set, '') as character_set,
               coalesce(d.accession_prefix, p.accession_prefix, '') as accession_prefix
        from (select issuer, character_set, accession_prefix from territory.device
              where ae_title = %(ae_title)s
                and valid_from <= %(on)s and (valid_to is null or valid_to > %(on)s)) d
        full join (select issuer, character_set, accession_prefix from territory.peer
                   where ae_title = %(ae_title)s
                     and valid_from <= %(on)s and (valid_to is null or valid_to > %(on)s)) p
             on true
        """,
        ae_title=ae_title,
        on=on,
    )
    return found or AS_SENT


def lock_study_uids(tx: Tx, study_uids: Iterable[str]) -> None:
    """Have a step that ends and a study that begins wait for each other."""
    tx.run(
        """
        select pg_advisory_xact_lock(hashtextextended('images.study:' || uid, 0))
        from unnest(%(uids)b::text[]) uid
        """,
        uids=sorted(set(study_uids)),
    )


_OPEN: LiteralString = """
with wanted as (
  select * from json_to_recordset(%(rows)b::text::json) w(
    place int, study_id uuid, study_uid text, patient_id uuid, site_id uuid, ae_title text,
    accession text, study_description text, started_at timestamptz, is_new boolean,
    series_id uuid, series_uid text, modality text, number int, description text)
), modalities as (
  select study_uid, array_agg(distinct modality) as all_of_them from wanted group by study_uid
), added as (
  insert into images.study
    (study_id, study_uid, patient_id, site_id, ae_title, accession_number, description, modalities,
     started_at, first_instance_at, last_instance_at, quiet_at, announced)
  select distinct on (study_uid) w.study_id, study_uid, w.patient_id, w.site_id, w.ae_title,
         w.accession, w.study_description, m.all_of_them, w.started_at, %(now)s, %(now)s, %(now)s,
         (select nullif(count(distinct uid), 0)
          from images.step sp cross join unnest(sp.announced) uid
          where sp.study_uid = w.study_uid and sp.state <> 'IN PROGRESS')
  from wanted w join modalities m using (study_uid)
  where w.is_new
  order by study_uid, w.place
  on conflict (study_uid) do nothing
  returning study_id, study_uid
), listed as (
  update images.study st set modalities = st.modalities || array(
    select unnest(m.all_of_them) except select unnest(st.modalities) order by 1)
  from modalities m
  where st.study_uid = m.study_uid and not st.modalities @> m.all_of_them
), opened as (
  insert into images.series (series_id, study_id, series_uid, modality, number, description)
  select w.series_id, coalesce(a.study_id, st.study_id), w.series_uid, w.modality, w.number,
         w.description
  from wanted w
  left join added a using (study_uid)
  left join images.study st using (study_uid)
  where coalesce(a.study_id, st.study_id) is not null
  order by w.series_uid
  on conflict (series_uid) do nothing
  returning series_uid
)
select (select count(*)::int from added) as studies, (select count(*)::int from opened) as series
"""


def open_series(tx: Tx, wanted: Sequence[Wanted], *, now: datetime) -> Opened:
    """Record series without instances and the studies they begin, unless they are there.

    A study lists the modalities of its series.
    """
    rows = orjson.dumps([_wanted(place, one) for place, one in enumerate(wanted)]).decode()
    return tx.one(Opened, _OPEN, rows=rows, now=now)


def _wanted(place: int, one: Wanted) -> dict[str, object]:
    found, known = one.header, one.standing
    return {
        "place": place,
        "study_id": uuid4(),
        "study_uid": found.study_uid,
        "patient_id": known.patient_id,
        "site_id": known.site_id,
        "ae_title": one.ae_title,
        "accession": found.accession_number,
        "study_description": found.study_description,
        "started_at": one.started_at,
        "is_new": known.study_id is None,
        "series_id": uuid4(),
        "series_uid": found.series_uid,
        "modality": found.modality,
        "number": found.series_number,
        "description": found.series_description,
    }


_ADD_INSTANCES: LiteralString = """
with arrived as (
  select * from json_to_recordset(%(rows)b::text::json) a(
    place int, uid text, series_uid text, class text, syntax text, number int, frames int,
    rows int, columns int, blob_key text, size bigint, pixel_offset bigint,
    frame_bytes int, origin text)
  join unnest(%(metadata)b::text[]) with ordinality m(metadata, nth) on nth = place
), added as (
  insert into images.instance
    (sop_instance_uid, series_id, sop_class_uid, transfer_syntax_uid, number, frames,
     rows, columns, blob_key, bytes, pixel_offset, frame_bytes, metadata, received_at,
     origin)
  select a.uid, se.series_id, a.class, a.syntax, a.number, a.frames, a.rows, a.columns,
         a.blob_key, a.size, a.pixel_offset, a.frame_bytes, a.metadata::json, %(now)s,
         a.origin
  from arrived a
  join images.series se on se.series_uid = a.series_uid
  on conflict (sop_instance_uid) do nothing
  returning sop_instance_uid, series_id, bytes
), counted as (
  select se.study_id, array_agg(sop_instance_uid) as uids, sum(bytes) as bytes
  from added join images.series se using (series_id)
  group by se.study_id
), locked as (
  select study_id from images.study join counted using (study_id)
  order by study_id for update of study
), in_series as (
  update images.series se set instances = se.instances + c.added
  from (select series_id, count(*) as added from added group by series_id) c
  where se.series_id = c.series_id
    and (select count(*) from locked) > 0  -- studies first, as when instances are hidden
)
update images.study st
set instances = st.instances + cardinality(c.uids), bytes = st.bytes + c.bytes,
    quiet_at = %(quiet_at)s, last_instance_at = greatest(st.last_instance_at, %(now)s)
from counted c
join locked using (study_id)
where st.study_id = c.study_id
returning c.uids, st.study_id, cardinality(c.uids) as added, st.instances, st.announced,
          st.state, st.hidden
"""


def add_instances(
    tx: Tx, arrivals: Sequence[Arrival], *, now: datetime, quiet_at: datetime
) -> list[Counts]:
    """Record instances and count those that were not there, in their series and studies.

    From here to the commit, nobody else counts for these studies. The rows go as one JSON text:
    the driver's own lists cost more than the insertion. Metadata go beside it, as they are.
    """
    return tx.all(
        Counts,
        _ADD_INSTANCES,
        rows=orjson.dumps([_row(place, one) for place, one in enumerate(arrivals, 1)]).decode(),
        metadata=[arrival.header.metadata for arrival in arrivals],
        now=now,
        quiet_at=quiet_at,
    )


def _row(place: int, arrived: Arrival) -> dict[str, object]:
    header = arrived.header
    return {
        "place": place,
        "uid": header.sop_instance_uid,
        "series_uid": header.series_uid,
        "class": header.sop_class_uid,
        "syntax": header.transfer_syntax_uid,
        "number": header.instance_number,
        "frames": header.frames,
        "rows": header.rows,
        "columns": header.columns,
        "blob_key": arrived.blob_key,
        "size": arrived.size,
        "pixel_offset": header.pixel_offset,
        "frame_bytes": header.frame_bytes,
        "origin": str(arrived.origin),
    }


def blob_key_of(tx: Tx, sop_instance_uid: str) -> str:
    """Where the bytes stored under a SOP instance UID are."""
    found: str = tx.value(
        "select blob_key from images.instance where sop_instance_uid = %(uid)s",
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

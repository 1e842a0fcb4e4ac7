"""SQL of what is read in; writes only its own tables."""

from collections.abc import Sequence, Set
from datetime import datetime
from uuid import UUID

from plateau.images.importing.types import (
    Earlier,
    Import,
    Progress,
    Refused,
    Result,
    Stranger,
    Upload,
    Waiting,
)
from plateau.kernel.ids import SiteId, StudyId
from plateau.platform.db import Tx


def add(tx: Tx, one: Import, *, now: datetime) -> None:
    """Record that something is to be read in."""
    tx.run(
        """
        insert into images.import
          (import_id, site_id, issuer, folder, asked_by, asked_at, touched_at)
        values (%(id)s, %(site)s, %(issuer)s, %(folder)s, %(by)s, %(now)s, %(now)s)
        """,
        id=one.import_id,
        site=one.site_id,
        issuer=one.issuer,
        folder=one.folder,
        by=one.asked_by,
        now=now,
    )


def add_upload(tx: Tx, import_id: UUID, upload: Upload) -> None:
    """One of the files of an upload, whose bytes are durable."""
    tx.run(
        """
        insert into images.import_upload (import_id, place, name, blob_key, bytes)
        values (%(id)s, %(place)s, %(name)s, %(key)s, %(bytes)s)
        """,
        id=import_id,
        place=upload.place,
        name=upload.name,
        key=upload.blob_key,
        bytes=upload.bytes,
    )


def uploads(tx: Tx, import_id: UUID) -> list[Upload]:
    """The files of an upload, in their order."""
    return tx.all(
        Upload,
        """
        select place, name, blob_key, bytes from images.import_upload
        where import_id = %(id)s order by place
        """,
        id=import_id,
    )


def one(tx: Tx, import_id: UUID) -> Import:
    """What is read in."""
    return tx.one(
        Import,
        """
        select import_id, site_id, issuer, folder, asked_by, state
        from images.import where import_id = %(id)s
        """,
        id=import_id,
    )


def begun(tx: Tx, *, site_id: SiteId, issuer: str, folder: str) -> Import | None:
    """The reading of that folder that has not come to its end."""
    return tx.maybe(
        Import,
        """
        select import_id, site_id, issuer, folder, asked_by, state
        from images.import
        where site_id = %(site)s and issuer = %(issuer)s and folder = %(folder)s
          and state = 'reading'
        """,
        site=site_id,
        issuer=issuer,
        folder=folder,
    )


def names(tx: Tx, import_id: UUID) -> set[str]:
    """The files of which it is known what became of them."""
    return set(
        tx.values("select name from images.import_file where import_id = %(id)s", id=import_id)
    )


def earlier(tx: Tx, uids: Sequence[str]) -> list[Earlier]:
    """Which of these instances are there already, and whence."""
    return tx.all(
        Earlier,
        """
        select sop_instance_uid, origin from images.instance
        where sop_instance_uid = any(%(uids)s)
        order by sop_instance_uid
        """,
        uids=list(uids),
    )


def note(tx: Tx, import_id: UUID, results: Sequence[Result], *, at: datetime) -> None:
    """What became of files; the last word on each stands."""
    tx.run_many(
        """
        insert into images.import_file (import_id, name, state, reason, blob_key, local_id)
        values (%(id)s, %(name)s, %(state)s, %(reason)s, %(blob_key)s, %(local_id)s)
        on conflict (import_id, name) do update set
          state = excluded.state, reason = excluded.reason, blob_key = excluded.blob_key,
          local_id = excluded.local_id
        """,
        [
            {
                "id": import_id,
                "name": result.name,
                "state": result.state,
                "reason": result.reason,
                "blob_key": result.blob_key,
                "local_id": result.local_id,
            }
            for result in results
        ],
    )
    tx.run(
        "update images.import set touched_at = %(at)s where import_id = %(id)s",
        at=at,
        id=import_id,
    )


def add_stranger(tx: Tx, import_id: UUID, stranger: Stranger) -> None:
    """A patient whom nobody here knows yet."""
    tx.run(
        """
        insert into images.import_patient (import_id, local_id, name, birth_date, sex)
        values (%(id)s, %(local_id)s, %(name)s, %(birth_date)s, %(sex)s)
        on conflict do nothing
        """,
        id=import_id,
        local_id=stranger.local_id,
        name=stranger.name,
        birth_date=stranger.birth_date,
        sex=stranger.sex,
    )


def strangers(tx: Tx, import_id: UUID) -> list[Stranger]:
    """The patients whom files wait for."""
    return tx.all(
        Stranger,
        """
        select p.local_id, p.name, p.birth_date, p.sex, count(*) as files
        from images.import_patient p
        join images.import_file f using (import_id, local_id)
        where import_id = %(id)s and f.state = 'held'
        group by p.local_id, p.name, p.birth_date, p.sex
        order by p.local_id
        limit 1000
        """,
        id=import_id,
    )


def held(tx: Tx, import_id: UUID) -> list[Waiting]:
    """The files whose patient has become known."""
    return tx.all(
        Waiting,
        """
        select f.name, f.blob_key
        from images.import_file f
        join images.import m using (import_id)
        where import_id = %(id)s and f.state = 'held'
          and (exists (select from patients.foreign_identifier i
                       where m.issuer <> '' and i.issuer = m.issuer and i.value = f.local_id)
               or exists (select from patients.identifier i
                          where m.issuer = '' and i.site_id = m.site_id and i.value = f.local_id))
        order by f.name
        """,
        id=import_id,
    )


def end(tx: Tx, import_id: UUID, *, state: str, problem: str, at: datetime) -> None:
    """It was read to its end, or cannot be."""
    tx.run(
        """
        update images.import
        set state = %(state)s, problem = nullif(%(problem)s, ''), done_at = %(at)s,
            touched_at = %(at)s
        where import_id = %(id)s and state = 'reading'
        """,
        id=import_id,
        state=state,
        problem=problem,
        at=at,
    )


def progress(
    tx: Tx, *, sites: Set[SiteId], import_id: UUID | None = None, limit: int = 50
) -> list[Progress]:
    """What is read in for `sites`, or one of it, the latest first."""
    return tx.all(
        Progress,
        """
        select m.import_id, m.site_id, s.name as site_name, m.issuer, m.folder,
               coalesce(a.name, m.asked_by) as asked_by, m.asked_at, m.touched_at, m.state,
               m.problem, m.done_at, coalesce(f.read, 0) as read, coalesce(f.stored, 0) as stored,
               coalesce(f.known, 0) as known, coalesce(f.held, 0) as held,
               coalesce(f.refused, 0) as refused, coalesce(f.other, 0) as other
        from images.import m
        join territory.site s using (site_id)
        left join access.account a on a.person_id::text = m.asked_by
        left join lateral (
          select count(*) as read, count(*) filter (where f.state = 'stored') as stored,
                 count(*) filter (where f.state = 'known') as known,
                 count(*) filter (where f.state = 'held') as held,
                 count(*) filter (where f.state = 'refused') as refused,
                 count(*) filter (where f.state = 'other') as other
          from images.import_file f where f.import_id = m.import_id) f on true
        where m.site_id = any(%(sites)s)
          and (%(id)s::uuid is null or m.import_id = %(id)s)
        order by m.asked_at desc, m.import_id
        limit %(limit)s
        """,
        sites=list(sites),
        id=import_id,
        limit=limit,
    )


def refused(tx: Tx, import_id: UUID, *, limit: int = 200) -> list[Refused]:
    """The files that were not kept, and why."""
    return tx.all(
        Refused,
        """
        select name, coalesce(reason, '') as reason from images.import_file
        where import_id = %(id)s and state = 'refused'
        order by name
        limit %(limit)s
        """,
        id=import_id,
        limit=limit,
    )


def studies(tx: Tx, uids: Sequence[str]) -> list[StudyId]:
    """The studies of these UIDs."""
    return tx.values(
        "select study_id from images.study where study_uid = any(%(uids)s) order by 1",
        uids=list(uids),
    )

"""Look-ups in the territory."""

from collections.abc import Sequence, Set
from datetime import date, datetime

from plateau.kernel.ids import DestinationId, DeviceId, PersonId, SiteId
from plateau.platform.db import Tx, json
from plateau.territory.types import (
    DelayTarget,
    Destination,
    Device,
    ExamType,
    Line,
    Member,
    Peer,
    Practitioner,
    Route,
    Site,
)


def members(tx: Tx) -> list[Member]:
    """Every member, by code."""
    return tx.all(
        Member,
        """
        select member_id, code, name, finess, valid_from, valid_to
        from territory.member
        order by code
        limit 1000
        """,
    )


def sites(tx: Tx, *, ids: Set[SiteId] | None) -> list[Site]:
    """The sites of `ids`, or all, by name."""
    return tx.all(
        Site,
        """
        select site_id, code, member_id, name, town, latitude, longitude, time_zone, finess,
               valid_from, valid_to
        from territory.site
        where %(ids)s::uuid[] is null or site_id = any(%(ids)s)
        order by name, site_id
        limit 1000
        """,
        ids=None if ids is None else list(ids),
    )


def device_by_ae(tx: Tx, ae_title: str, *, on: date) -> Device | None:
    """The machine that calls itself `ae_title` on that day."""
    return tx.maybe(
        Device,
        """
        select device_id, site_id, ae_title, modality, name, manufacturer, model,
               issuer, character_set, accession_prefix, max_associations, valid_from, valid_to
        from territory.device
        where ae_title = %(ae_title)s
          and valid_from <= %(on)s and (valid_to is null or valid_to > %(on)s)
        """,
        ae_title=ae_title,
        on=on,
    )


def peers(tx: Tx, *, ae_title: str = "", on: date) -> list[Peer]:
    """The other DICOM systems on that day, or the one that calls itself `ae_title`."""
    return tx.all(
        Peer,
        """
        select ae_title, name, host, port, site_id, may_store, may_query, may_retrieve, uses_tls,
               commits, wants_availability, fetches_by, web_url, issuer, character_set,
               accession_prefix, tls_ca, tls_cert, tls_key, max_associations,
               valid_from, valid_to
        from territory.peer
        where (%(ae_title)s = '' or ae_title = %(ae_title)s)
          and valid_from <= %(on)s and (valid_to is null or valid_to > %(on)s)
        order by ae_title
        limit 1000
        """,
        ae_title=ae_title,
        on=on,
    )


def routes(tx: Tx, *, site_id: SiteId, modalities: Sequence[str], on: date) -> list[Route]:
    """Where the studies of a site with such series are sent on to, on that day."""
    return tx.all(
        Route,
        """
        select site_id, modality, ae_title, valid_from, valid_to
        from territory.route
        where site_id = %(site_id)s and modality = any(%(modalities)s)
          and valid_from <= %(on)s and (valid_to is null or valid_to > %(on)s)
        order by modality, ae_title
        limit 1000
        """,
        site_id=site_id,
        modalities=["*", *modalities],
        on=on,
    )


def device_for(tx: Tx, *, site_id: SiteId, modality: str, on: date) -> Device | None:
    """The first machine of a site, by AE title, that makes such exams on that day."""
    return tx.maybe(
        Device,
        """
        select device_id, site_id, ae_title, modality, name, manufacturer, model,
               issuer, character_set, accession_prefix, max_associations, valid_from, valid_to
        from territory.device
        where site_id = %(site)s and modality = %(modality)s
          and valid_from <= %(on)s and (valid_to is null or valid_to > %(on)s)
        order by ae_title
        limit 1
        """,
        site=site_id,
        modality=modality,
        on=on,
    )


def device(tx: Tx, device_id: DeviceId) -> Device:
    """A machine, in use or not."""
    return tx.one(
        Device,
        """
        select device_id, site_id, ae_title, modality, name, manufacturer, model,
               issuer, character_set, accession_prefix, max_associations, valid_from, valid_to
        from territory.device
        where device_id = %(id)s
        """,
        id=device_id,
    )


def exam_types(tx: Tx) -> list[ExamType]:
    """The exams that can be asked for, by name."""
    return tx.all(
        ExamType,
        """
        select exam_code, name, name_en, modality, region, ccam, ccam_verified, minutes,
               technique, result, conclusion, withdrawn_on
        from territory.exam_type
        where withdrawn_on is null
        order by name, exam_code
        limit 1000
        """,
    )


def exam_type(tx: Tx, code: str) -> ExamType:
    """An exam, still offered or not."""
    return tx.one(
        ExamType,
        """
        select exam_code, name, name_en, modality, region, ccam, ccam_verified, minutes,
               technique, result, conclusion, withdrawn_on
        from territory.exam_type
        where exam_code = %(code)s
        """,
        code=code,
    )


def delay_targets(tx: Tx, *, on: date) -> list[DelayTarget]:
    """The delays in force on that day."""
    return tx.all(
        DelayTarget,
        """
        select urgency, site_id, modality, minutes, source, verified, valid_from, valid_to
        from territory.delay_target
        where valid_from <= %(on)s and (valid_to is null or valid_to > %(on)s)
        order by urgency, site_id nulls first, modality, valid_from desc
        """,
        on=on,
    )


def destinations(tx: Tx, *, site_id: SiteId, on: date) -> list[Destination]:
    """Where the reports of a site go on that day."""
    return tx.all(
        Destination,
        """
        select destination_id, code, site_id, kind, host, port, application, facility,
               valid_from, valid_to
        from territory.destination
        where site_id = %(site)s
          and valid_from <= %(on)s and (valid_to is null or valid_to > %(on)s)
        order by code
        """,
        site=site_id,
        on=on,
    )


def destination(tx: Tx, destination_id: DestinationId) -> Destination:
    """A destination, in use or not."""
    return tx.one(
        Destination,
        """
        select destination_id, code, site_id, kind, host, port, application, facility,
               valid_from, valid_to
        from territory.destination
        where destination_id = %(id)s
        """,
        id=destination_id,
    )


def may_read(tx: Tx, *, person_id: PersonId, site_id: SiteId, modality: str, on: date) -> bool:
    """Whether a reader in post has both the skill and the privilege on that day."""
    return tx.value(
        """
        select exists (
          select from territory.practitioner p
          join territory.skill s using (person_id)
          join territory.privilege v using (person_id)
          where p.person_id = %(person)s and s.modality = %(modality)s and v.site_id = %(site)s
            and p.valid_from <= %(on)s and (p.valid_to is null or p.valid_to > %(on)s)
            and s.valid_from <= %(on)s and (s.valid_to is null or s.valid_to > %(on)s)
            and v.valid_from <= %(on)s and (v.valid_to is null or v.valid_to > %(on)s)
        )
        """,
        person=person_id,
        site=site_id,
        modality=modality,
        on=on,
    )


def practitioner(tx: Tx, person_id: PersonId) -> Practitioner | None:
    """The reader that a person is, if one."""
    return tx.maybe(
        Practitioner,
        """
        select person_id, code, rpps, specialty, home_site_id, valid_from, valid_to
        from territory.practitioner
        where person_id = %(id)s
        """,
        id=person_id,
    )


def lines(tx: Tx, *, on: date) -> list[Line]:
    """The lines of duty on that day, by code."""
    return tx.all(
        Line,
        """
        select line_id, code, name, place_site_id, starts_at, ends_at, readers,
               valid_from, valid_to
        from territory.line
        where valid_from <= %(on)s and (valid_to is null or valid_to > %(on)s)
        order by code
        limit 1000
        """,
        on=on,
    )


def add_revision(
    tx: Tx, *, file_name: str, digest: str, changes: list[dict[str, str]], at: datetime
) -> None:
    """Remember what loading a file changed."""
    tx.run(
        """
        insert into territory.revision (loaded_at, file_name, digest, changes)
        values (%(at)s, %(name)s, %(digest)s, %(changes)s)
        """,
        at=at,
        name=file_name,
        digest=digest,
        changes=json(changes),
    )

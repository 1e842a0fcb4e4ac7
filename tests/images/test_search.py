"""What is found, by whom, in which order, and with which indexes."""

from uuid import uuid4

import pytest

import make
from images import web
from images.instances import as_file, ct
from plateau.images.search import queries as search
from plateau.images.search import service as searching
from plateau.images.search.matching import Query
from plateau.images.search.types import Scope
from plateau.kernel.errors import InvalidInputError
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db


@pytest.fixture
def world(db: Db) -> make.World:
    with db.begin() as tx:
        return make.a_world(tx)


@pytest.fixture
def scope(db: Db, blobs: Blobs, world: make.World) -> Scope:
    """The scope of a site at which one study of two images is stored."""
    first = ct()
    web.keep(db, blobs, as_file(first), as_file(ct(first.StudyInstanceUID, 2)))
    return Scope(sites=frozenset({world.site_id}))


@pytest.mark.parametrize(
    ("keyword", "wanted"),
    [
        ("PatientName", "TESTINVENTE^Camille"),
        ("PatientName", "testinventé"),
        ("PatientName", "TEST*"),
        ("PatientName", "*VENTE*"),
        ("PatientName", "*CAMILLE*"),
        ("PatientName", "^camille"),
        ("PatientName", "T?STINVENTE*"),
        ("PatientName", "*"),
        ("PatientBirthDate", "19500203"),
        ("PatientBirthDate", "-19511231"),
        ("PatientSex", "F"),
        ("StudyDate", "20261124"),
        ("StudyDate", "20261101-"),
        ("StudyDate", "-20261124"),
        ("StudyTime", "0200"),
        ("StudyTime", "01-0230"),
        ("AccessionNumber", "ACC1"),
        ("AccessionNumber", "A*1"),
        ("StudyDescription", "tete"),
        ("ModalitiesInStudy", "CT"),
        ("ModalitiesInStudy", "MR\\CT"),
        ("Modality", "C*"),
        ("SeriesNumber", "1"),
        ("RequestedProcedureID", "ACC1"),
        ("InstanceNumber", "2"),
    ],
)
def test_a_key_that_matches_finds(db: Db, scope: Scope, keyword: str, wanted: str) -> None:
    with db.begin() as tx:
        found = search.found(tx, Query(level="IMAGE", keys={keyword: wanted}), scope)
    assert {match.number for match in found} == ({2} if keyword == "InstanceNumber" else {1, 2})


@pytest.mark.parametrize(
    ("keyword", "wanted"),
    [
        ("PatientName", "CAMILLE*"),
        ("PatientName", "*VENTES*"),
        ("PatientName", "TESTINVENTE^Camille^Marie"),
        ("PatientName", "TEST%"),
        ("PatientID", "IPP-TEST"),
        ("PatientBirthDate", "19500204-"),
        ("PatientSex", "M"),
        ("StudyDate", "20261123"),
        ("StudyTime", "0201-"),
        ("AccessionNumber", "acc1"),
        ("StudyDescription", "tet"),
        ("ModalitiesInStudy", "MR"),
        ("StudyInstanceUID", "1.2.3"),
        ("SeriesNumber", "2"),
    ],
)
def test_a_key_that_does_not_match_finds_nothing(
    db: Db, scope: Scope, keyword: str, wanted: str
) -> None:
    with db.begin() as tx:
        assert search.found(tx, Query(level="IMAGE", keys={keyword: wanted}), scope) == []


@pytest.mark.parametrize(
    ("keyword", "wanted"),
    [
        ("StudyDate", "yesterday"),
        ("StudyDate", "20261301"),
        ("StudyDate", "20261124-20261101"),
        ("StudyTime", "25"),
        ("StudyInstanceUID", "1.2.x"),
        ("SeriesNumber", "one"),
        ("PatientName", "A" * 257),
        ("PatientName", "A\0"),
    ],
)
def test_a_value_without_sense_is_refused_by_name(
    db: Db, scope: Scope, keyword: str, wanted: str
) -> None:
    with db.begin() as tx, pytest.raises(InvalidInputError, match=keyword):
        search.found(tx, Query(level="IMAGE", keys={keyword: wanted}), scope)


def test_date_and_time_are_one_period_when_combined(db: Db, scope: Scope) -> None:
    keys = {"StudyDate": "20261123-20261124", "StudyTime": "2300-0230"}
    with db.begin() as tx:
        together = search.found(tx, Query(level="STUDY", keys=keys), scope)
        apart = search.found(tx, Query(level="STUDY", keys=keys, is_combined=False), scope)
    assert (len(together), len(apart)) == (1, 0)


@pytest.mark.parametrize(("wanted", "count"), [("cam test", 1), ("cam xyz", 0), ("mille", 0)])
def test_fuzzy_names_are_beginnings_of_words_in_any_order(
    db: Db, scope: Scope, wanted: str, count: int
) -> None:
    query = Query(level="PATIENT", keys={"PatientName": wanted}, is_fuzzy=True)
    with db.begin() as tx:
        assert len(search.found(tx, query, scope)) == count


def test_a_name_that_changes_is_found_under_the_new_one(
    db: Db, scope: Scope, world: make.World
) -> None:
    with db.begin() as tx:
        tx.run("update patients.patient set surname = 'Œuvré'")
        for name, count in (("oeuvre", 1), ("*EUVR*", 1), ("TEST*", 0)):
            query = Query(level="STUDY", keys={"PatientName": name})
            assert len(search.found(tx, query, scope)) == count


def test_a_local_identifier_designates_nobody_without_its_issuer(
    db: Db, scope: Scope, world: make.World
) -> None:
    with db.begin() as tx:
        elsewhere = make.a_site(tx, "AILLEURS")
        make.a_patient(tx, elsewhere, "IPP-TEST-1")
        tx.run(
            "insert into patients.identifier values (%(site)s, 'AUTRE', %(patient)s)",
            site=elsewhere,
            patient=world.patient_id,
        )

        def count(**keys: str) -> int:
            return len(search.found(tx, Query(level="STUDY", keys=keys), scope))

        assert count(PatientID="AUTRE") == count(PatientID="IPP-TEST-1") == 0
        assert count(PatientID="IPP-TEST-1", IssuerOfPatientID="TEST") == 1
        assert count(PatientID="AUTRE", IssuerOfPatientID="AILLEURS") == 1
        assert count(PatientID="IPP-TEST-1", IssuerOfPatientID="AILLEURS") == 0
        assert count(PatientID=str(world.patient_id)) == 1


def test_a_study_is_found_where_its_patient_has_one(db: Db, scope: Scope) -> None:
    with db.begin() as tx:
        elsewhere = make.a_site(tx, "AILLEURS")
        query = Query(level="STUDY")
        assert search.found(tx, query, Scope(sites=frozenset({elsewhere}))) == []
        assert search.found(tx, query, Scope(sites=frozenset())) == []
        assert len(search.found(tx, query, Scope(sites=None))) == 1


def test_pages_follow_each_other(db: Db, world: make.World) -> None:
    with db.begin() as tx:
        for _ in range(7):
            tx.run(
                """
                insert into images.study (study_id, study_uid, patient_id, site_id, ae_title,
                  started_at, first_instance_at, last_instance_at, quiet_at)
                values (%(id)s, %(uid)s, %(patient)s, %(site)s, 'CT_TEST',
                        %(at)s, %(at)s, %(at)s, %(at)s)
                """,
                id=uuid4(),
                uid=f"2.25.{uuid4().int}",
                patient=world.patient_id,
                site=world.site_id,
                at=make.NIGHT,
            )
        scope = Scope(sites=frozenset({world.site_id}))
        whole = search.found(tx, Query(level="STUDY"), scope)
        pages = [
            match
            for offset in (0, 3, 6)
            for match in search.found(tx, Query(level="STUDY", limit=3, offset=offset), scope)
        ]
        walked = [
            match
            for offset in (0, 3, 6)
            for match in searching.page(tx, Query(level="STUDY", limit=4, offset=offset), scope)[:3]
        ]
    assert pages == walked == whole
    assert len({match.study_uid for match in whole}) == 7


@pytest.fixture
def many(db: Db, world: make.World) -> Scope:
    """Twenty thousand studies of as many people."""
    with db.begin() as tx:
        tx.run(
            """
            insert into patients.patient
              (patient_id, surname, first_name, birth_on, sex, created_at)
            select md5('p' || n)::uuid, 'TESTINVENTE' || translate(md5(n::text), '0123456789',
                   'ghijklmnop'), 'Camille', '1950-02-03', 'F', now()
            from generate_series(1, 20000) n
            """
        )
        tx.run(
            """
            insert into images.study (study_id, study_uid, patient_id, site_id, ae_title,
              accession_number, started_at, first_instance_at, last_instance_at, quiet_at)
            select gen_random_uuid(), '2.25.' || n, md5('p' || n)::uuid, %(site)s, 'CT_TEST',
                   'A' || n, at, at, at, at
            from generate_series(1, 20000) n,
                 lateral (select %(at)s::timestamptz - n * interval '1 hour' as at) moment
            """,
            site=world.site_id,
            at=make.NIGHT,
        )
        tx.run("analyze images.listing")
    return Scope(sites=frozenset({world.site_id}))


@pytest.mark.parametrize(
    ("keyword", "wanted", "count"),
    [
        ("PatientName", "TESTINVENTE{name}*", 1),
        ("PatientName", "*{name}*", 1),
        ("StudyDate", "20250101-20250101", 24),
        ("AccessionNumber", "A123", 1),
        ("AccessionNumber", "A1999*", 11),
        ("StudyInstanceUID", "2.25.77", 1),
        ("PatientName", "*", 25),
    ],
)
def test_an_index_answers(db: Db, many: Scope, keyword: str, wanted: str, count: int) -> None:
    with db.begin() as tx:
        name = tx.value("select substr(translate(md5('5'), '0123456789', 'ghijklmnop'), 1, 12)")
    with db.begin() as tx:
        query = Query(level="STUDY", keys={keyword: wanted.format(name=name)}, limit=25)
        assert len(search.found(tx, query, many)) == count
        whole = "select seq_scan from pg_stat_xact_user_tables where relname = 'listing'"
        assert tx.value(whole) == 0

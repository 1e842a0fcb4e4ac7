"""What several doors bring at the same time."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

import make
from images.instances import CT, as_file, ct, encode
from plateau.images.store import Store
from plateau.images.types import (
    Origin,
    OtherContentError,
    OtherObjectError,
    UnknownPatientError,
)
from plateau.kernel.errors import ConflictError, NotFoundError, PlateauError, UnavailableError
from plateau.platform.blobs import Blobs, key_of
from plateau.platform.db import Db


@pytest.fixture
def store(db: Db, blobs: Blobs) -> Store:
    """A store in a territory of one site."""
    with db.begin() as tx:
        make.a_world(tx)
    store = Store(db, blobs)
    store.start()
    return store


def kept(db: Db) -> dict[str, str]:
    """The key of the bytes of each instance."""
    with db.begin() as tx:
        uids = tx.values("select sop_instance_uid from images.instance order by 1")
        keys = tx.values("select blob_key from images.instance order by sop_instance_uid")
    return dict(zip(uids, keys, strict=True))


def attempt(store: Store, content: bytes, origin: Origin = CT) -> type[PlateauError] | None:
    try:
        store.keep_file(content, origin=origin)
    except PlateauError as error:
        return type(error)
    return None


def test_all_that_comes_at_once_is_kept_and_counted_once(store: Store, db: Db) -> None:
    study_uids = [generate_uid() for _ in range(3)]
    images = [ct(study_uids[n % 3], n + 1) for n in range(60)]
    contents = [as_file(image) for image in images for _ in range(2)]

    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(lambda content: attempt(store, content), contents)) == {None}

    assert kept(db) == {str(one.SOPInstanceUID): key_of(as_file(one)) for one in images}
    with db.begin() as tx:
        counted = tx.values("select instances from images.study")
        in_series = tx.values("select instances from images.series")
    assert counted == in_series == [20, 20, 20]


def test_one_that_is_refused_takes_no_other_with_it(store: Store, db: Db) -> None:
    study_uid = generate_uid()
    good = [ct(study_uid, n + 1) for n in range(20)]
    unknown = [ct(generate_uid(), n + 1, patient="IPP-INCONNU") for n in range(5)]
    changed = changed_pixels(good[0])
    store.keep_file(as_file(good[0]), origin=CT)
    contents = [as_file(one) for one in (*good, *unknown, changed)]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda content: attempt(store, content), contents))

    assert found == [None] * 20 + [UnknownPatientError] * 5 + [OtherContentError]
    assert kept(db) == {str(one.SOPInstanceUID): key_of(as_file(one)) for one in good}


def changed_pixels(image: Dataset) -> Dataset:
    """Another object under the same UID."""
    changed = ct(image.StudyInstanceUID, 1)
    changed.SOPInstanceUID = image.SOPInstanceUID
    changed.PixelData = bytes(32)
    return changed


def test_a_series_cannot_belong_to_two_studies_that_begin_together(store: Store, db: Db) -> None:
    one, other = ct(), ct()
    other.SeriesInstanceUID = one.SeriesInstanceUID

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda image: attempt(store, as_file(image)), (one, other)))

    assert sorted(map(str, found)) == sorted(map(str, [None, ConflictError]))
    assert len(kept(db)) == 1


def test_other_content_under_a_stored_uid_is_held_for_a_person(store: Store, db: Db) -> None:
    image = ct()
    store.keep_file(as_file(image), origin=CT)

    assert attempt(store, as_file(changed_pixels(image))) is OtherContentError

    with db.begin() as tx:
        [held] = tx.values("select blob_key from images.quarantine where state = 'open'")
    assert held == key_of(as_file(changed_pixels(image)))
    assert kept(db) == {str(image.SOPInstanceUID): key_of(as_file(image))}


def test_nothing_is_kept_once_the_disk_is_almost_full(db: Db, blobs: Blobs) -> None:
    def full() -> None:
        raise UnavailableError("the disk of the image store is almost full")

    with db.begin() as tx:
        make.a_world(tx)
    store = Store(db, blobs, guard=full)
    store.start()

    assert attempt(store, as_file(ct())) is UnavailableError
    assert kept(db) == {}


def test_a_system_that_may_store_is_heard_like_a_machine(store: Store, db: Db) -> None:
    other = Origin(ae_title="ARCHIVE_TEST", address="127.0.0.1")
    assert attempt(store, as_file(ct()), other) is NotFoundError
    with db.begin() as tx:
        tx.run(
            """
            insert into territory.peer
              (ae_title, name, host, port, site_id, may_store, valid_from)
            select 'ARCHIVE_TEST', 'Archive', '127.0.0.1', 104, site_id, true, '2020-01-01'
            from territory.device where ae_title = 'CT_TEST'
            """
        )
    assert attempt(store, as_file(ct()), other) is None


def test_a_data_set_that_is_not_the_announced_instance_is_refused(store: Store, db: Db) -> None:
    image = ct()
    announced = (str(image.SOPClassUID), "2.25.1234")
    with pytest.raises(OtherObjectError):
        store.keep_data_set(
            memoryview(encode(image)), uids=announced, syntax=ExplicitVRLittleEndian, origin=CT
        )
    assert kept(db) == {}


def test_what_nobody_foresaw_stops_neither_the_thread_nor_the_log_s_silence(
    store: Store, db: Db, capfd: pytest.CaptureFixture[str]
) -> None:
    image = ct()
    with db.begin() as tx:
        tx.run("alter table images.instance rename column origin to elsewhere")
    with pytest.raises(psycopg.ProgrammingError):
        store.keep_file(as_file(image), origin=CT)
    with db.begin() as tx:
        tx.run("alter table images.instance rename column elsewhere to origin")

    assert attempt(store, as_file(image)) is None

    said = "".join(capfd.readouterr())
    assert "UndefinedColumn" in said
    assert "TESTINVENTE" not in said
    assert "IPP-TEST-1" not in said

"""What nobody looks at moves to a second store; whatever stops it, nothing is lost."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from obstore.store import LocalStore

import make
from images.instances import CT, as_file, ct
from images.rejecting import a_study, note
from images.web import client, keep
from plateau.images import jobs
from plateau.images.events import ColdStudyOpened
from plateau.images.move import service as moving
from plateau.images.move.types import Selection
from plateau.images.tiers import service as tiers
from plateau.images.upkeep import service as upkeep
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import UnavailableError
from plateau.kernel.ids import StudyId
from plateau.platform import runtime
from plateau.platform.blobs import Blobs, Buffer, open_folder, open_url
from plateau.platform.db import Db
from plateau.platform.settings import Settings

LATER = make.NIGHT + timedelta(days=200)
AFTER = timedelta(days=180)
pytestmark = pytest.mark.usefixtures("world")


class StoppedError(BaseException):
    """What kill -9 looks like from inside."""


class Fragile(Blobs):
    """A store whose process dies at the n-th thing it is asked to change."""

    left = 1_000_000

    def _step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise StoppedError

    def put(self, *pieces: Buffer) -> str:
        self._step()
        return super().put(*pieces)

    def _delete(self, key: str) -> None:
        self._step()
        super()._delete(key)


@pytest.fixture
def world(db: Db) -> make.World:
    with db.begin() as tx:
        return make.a_world(tx)


@pytest.fixture
def reader(world: make.World) -> Caller:
    return make.a_caller(world.requester_id, world.site_id)


@pytest.fixture
def two(tmp_path: Path) -> Blobs:
    """A store that has a second one."""
    return open_folder(tmp_path / "blobs", cold=open_folder(tmp_path / "cold"))


def a_quiet_study(db: Db, blobs: Blobs) -> list[bytes]:
    images = a_study(3)
    contents = [*map(as_file, images), as_file(note(images[:1]))]
    keep(db, blobs, *contents)
    settle(db)
    return contents


def settle(db: Db) -> None:
    with db.begin() as tx:
        tx.run("update images.study set state = 'complete', complete_at = last_instance_at")


def move(db: Db, blobs: Blobs, *, later: timedelta = timedelta(0)) -> int:
    steps = 0
    while tiers.move_one(db, blobs, now=LATER + later, after=AFTER):
        steps += 1
    return steps


def files(folder: Path) -> int:
    return sum(1 for path in folder.rglob("*") if path.is_file())


def tier(db: Db) -> str:
    with db.begin() as tx:
        return tx.value("select tier from images.study")


def readable(db: Db, blobs: Blobs) -> list[bytes]:
    with db.begin() as tx:
        keys = tx.values("select blob_key from images.kept")
    return sorted(blobs.get(key) for key in keys)


def test_a_quiet_study_moves_hidden_images_too(
    db: Db, two: Blobs, reader: Caller, tmp_path: Path
) -> None:
    contents = a_quiet_study(db, two)
    assert move(db, two) == 2
    assert (files(tmp_path / "blobs"), files(tmp_path / "cold")) == (0, 4)
    assert tier(db) == "cold"
    assert readable(db, two) == sorted(contents)
    assert move(db, two) == 0
    with db.begin() as tx:
        uid = tx.value("select sop_instance_uid from images.instance order by number")
        study_uid = tx.value("select study_uid from images.study")
        (found,) = tiers.tiers(tx, make.a_caller(reader.person_id, *reader.sites,
                                                 role=Role.ADMINISTRATOR))  # fmt: skip
    assert (found.tier, found.studies) == ("cold", 1)
    with client(db, two, reader) as web:
        answer = web.get(f"/dicom-web/studies/{study_uid}")
        assert answer.status_code == 200
        assert uid.encode() in answer.content


def test_without_a_second_store_nothing_moves(db: Db, blobs: Blobs) -> None:
    a_quiet_study(db, blobs)
    assert move(db, blobs) == 0
    with pytest.raises(UnavailableError):
        blobs.copy_to_cold("0" * 64)


def test_what_is_looked_at_or_still_arriving_stays(db: Db, two: Blobs, reader: Caller) -> None:
    images = a_study(1)
    keep(db, two, as_file(images[0]))
    assert move(db, two) == 0  # not complete
    settle(db)
    asked = Selection(study_uids=(images[0].StudyInstanceUID,))
    with db.begin() as tx:
        moving.chosen(tx, asked, origin=CT, now=LATER - timedelta(days=1))
    assert move(db, two) == 0
    assert move(db, two, later=AFTER) == 2


def test_what_comes_late_makes_the_study_move_again(db: Db, two: Blobs, tmp_path: Path) -> None:
    a_quiet_study(db, two)
    move(db, two)
    with db.begin() as tx:
        study_uid = tx.value("select study_uid from images.study")
    keep(db, two, as_file(ct(study_uid, 9)))
    assert (tier(db), files(tmp_path / "blobs")) == ("hot", 1)
    assert move(db, two) == 2
    assert (tier(db), files(tmp_path / "blobs"), files(tmp_path / "cold")) == ("cold", 0, 5)


def test_what_comes_while_a_study_is_in_both_stores_stays_in_the_first(
    db: Db, two: Blobs, tmp_path: Path
) -> None:
    a_quiet_study(db, two)
    assert tiers.copy_one(db, two, now=LATER, after=AFTER)
    with db.begin() as tx:
        study_uid = tx.value("select study_uid from images.study")
    keep(db, two, as_file(ct(study_uid, 9)))
    assert tier(db) == "hot"
    assert move(db, two) == 2
    assert (files(tmp_path / "blobs"), files(tmp_path / "cold")) == (0, 5)


def crashes(folder: Path) -> Iterator[Fragile]:
    for steps in range(9):
        (folder / "cold").mkdir(exist_ok=True)
        second = Fragile(LocalStore(folder / "cold"), folder / "cold")
        first = Fragile(LocalStore(folder / "blobs"), folder / "blobs", cold=second)
        first.left = second.left = steps // 2 + steps % 2
        yield first


def test_a_crash_at_any_point_loses_nothing(db: Db, blobs: Blobs, tmp_path: Path) -> None:
    contents = sorted(a_quiet_study(db, blobs))
    whole = open_folder(tmp_path / "blobs", cold=open_folder(tmp_path / "cold"))
    stops = 0
    for fragile in crashes(tmp_path):
        try:
            move(db, fragile)
        except StoppedError:
            stops += 1
        assert readable(db, whole) == contents
    move(db, whole)
    assert stops > 4
    assert tier(db) == "cold"
    assert readable(db, whole) == contents
    assert files(tmp_path / "blobs") == 0


def test_damaged_bytes_are_not_moved_and_hold_nobody_up(db: Db, two: Blobs, tmp_path: Path) -> None:
    keep(db, two, as_file(ct()))
    settle(db)
    (file,) = (path for path in (tmp_path / "blobs").rglob("*") if path.is_file())
    file.write_bytes(b"altered")
    keep(db, two, as_file(ct()))
    settle(db)
    move(db, two)
    assert (files(tmp_path / "blobs"), files(tmp_path / "cold")) == (1, 1)
    with db.begin() as tx:
        assert sorted(tx.values("select tier from images.study")) == ["cold", "hot"]


def test_the_look_at_every_byte_covers_both_stores(
    db: Db, two: Blobs, world: make.World, tmp_path: Path
) -> None:
    a_quiet_study(db, two)
    move(db, two)
    keep(db, two, as_file(ct()))
    (file, *_) = (path for path in (tmp_path / "cold").rglob("*") if path.is_file())
    file.write_bytes(b"altered")
    seen = upkeep.check_some(db, two, now=LATER, stop=threading.Event(), rate_mb_s=1e6)
    admin = make.a_caller(world.requester_id, world.site_id, role=Role.ADMINISTRATOR)
    with db.begin() as tx:
        assert [one.kind for one in upkeep.damages(tx, admin)] == ["altered"]
    assert seen == 5


def test_a_store_is_named_by_an_address(tmp_path: Path) -> None:
    store = open_url(f"file://{tmp_path}/with%20space")
    key = store.put(b"bytes")
    assert (tmp_path / "with space" / key[:2] / key).read_bytes() == b"bytes"


def cold_study(db: Db, two: Blobs) -> tuple[list[bytes], str]:
    contents = a_quiet_study(db, two)
    move(db, two)
    assert tier(db) == "cold"
    with db.begin() as tx:
        return sorted(contents), tx.value("select study_uid from images.study")


def deferred(db: Db) -> list[ColdStudyOpened]:
    """What the worker is asked to bring back."""
    with db.begin() as tx:
        found = tx.values(
            """
            select args->>'study_id' from public.procrastinate_jobs
            where task_name = 'plateau.images.jobs.bring_back' order by id
            """
        )
    return [ColdStudyOpened(study_id=StudyId(UUID(one))) for one in found]


def work_on(db: Db, two: Blobs) -> int:
    """What the worker does."""
    asked = deferred(db)
    for event in asked:
        tiers.bring_back(db, two, event.study_id, now=LATER)
    return len(asked)


def test_a_look_at_a_moved_study_brings_it_back_and_waits_for_nothing(
    db: Db, two: Blobs, reader: Caller, tmp_path: Path
) -> None:
    contents, study_uid = cold_study(db, two)
    with client(db, two, reader) as web:
        assert web.get(f"/dicom-web/studies/{study_uid}/metadata").status_code == 200
        assert web.get(f"/dicom-web/studies/{study_uid}").status_code == 200
    assert (files(tmp_path / "blobs"), tier(db)) == (0, "cold")  # the look copied nothing

    assert work_on(db, two) == 1  # one look, however many requests
    assert (files(tmp_path / "blobs"), files(tmp_path / "cold")) == (4, 4)
    assert tier(db) == "warm"
    assert readable(db, open_folder(tmp_path / "blobs")) == contents
    work_on(db, two)  # again: nothing changes
    assert (files(tmp_path / "blobs"), tier(db)) == (4, "warm")

    assert move(db, two) == 0  # somebody has just looked at it
    assert move(db, two, later=2 * AFTER) == 2
    assert (files(tmp_path / "blobs"), tier(db)) == (0, "cold")
    assert readable(db, two) == contents


def test_a_machine_that_is_sent_a_moved_study_brings_it_back(db: Db, two: Blobs) -> None:
    _, study_uid = cold_study(db, two)
    asked = Selection(study_uids=(study_uid,))
    with db.begin() as tx:
        moving.chosen(tx, asked, origin=CT, now=LATER)
    assert work_on(db, two) == 1
    assert tier(db) == "warm"


def test_the_job_engine_runs_the_return(db: Db, two: Blobs, reader: Caller) -> None:
    _, study_uid = cold_study(db, two)
    runtime.use(runtime.Runtime(db, two, runtime.settings_in_use()))
    with client(db, two, reader) as web:
        assert web.get(f"/images/studies/{study_uid}").status_code == 200
    (event,) = deferred(db)
    jobs.bring_back(event)
    assert tier(db) == "warm"


def test_the_storage_page_says_how_much_is_where(
    db: Db, two: Blobs, reader: Caller, world: make.World
) -> None:
    _, study_uid = cold_study(db, two)
    admin = make.a_caller(world.requester_id, world.site_id, role=Role.ADMINISTRATOR)
    with client(db, two, replace(admin, language="en")) as web:
        assert "In the second store" in web.get("/images/storage").text
    with client(db, two, reader) as web:
        web.get(f"/images/studies/{study_uid}")
    work_on(db, two)
    with client(db, two, replace(admin, language="en")) as web:
        assert "In both: looked at again" in web.get("/images/storage").text


def test_a_look_when_the_second_store_does_not_answer_is_tried_again(
    db: Db, two: Blobs, tmp_path: Path
) -> None:
    contents, study_uid = cold_study(db, two)
    with db.begin() as tx:
        moving.chosen(tx, Selection(study_uids=(study_uid,)), origin=CT, now=LATER)
    (tmp_path / "cold").rename(tmp_path / "away")
    (tmp_path / "cold").write_text("not a folder")
    with pytest.raises(UnavailableError):  # the engine tries again after this one
        work_on(db, two)
    assert tier(db) == "cold"
    (tmp_path / "cold").unlink()
    (tmp_path / "away").rename(tmp_path / "cold")
    work_on(db, two)
    assert (tier(db), readable(db, two)) == ("warm", contents)


def test_damaged_bytes_do_not_come_back(db: Db, two: Blobs, tmp_path: Path) -> None:
    _, study_uid = cold_study(db, two)
    (file, *_) = (path for path in (tmp_path / "cold").rglob("*") if path.is_file())
    file.write_bytes(b"altered")
    with db.begin() as tx:
        moving.chosen(tx, Selection(study_uids=(study_uid,)), origin=CT, now=LATER)
    work_on(db, two)
    assert (files(tmp_path / "blobs"), tier(db)) == (3, "cold")


def test_a_crash_while_a_study_comes_back_loses_nothing(
    db: Db, blobs: Blobs, tmp_path: Path
) -> None:
    whole = open_folder(tmp_path / "blobs", cold=open_folder(tmp_path / "cold"))
    contents, _ = cold_study(db, whole)
    with db.begin() as tx:
        study_id = StudyId(tx.value("select study_id from images.study"))
    stops = 0
    for fragile in crashes(tmp_path):
        try:
            tiers.bring_back(db, fragile, study_id, now=LATER)
        except StoppedError:
            stops += 1
        assert readable(db, whole) == contents
    assert stops > 2
    assert tier(db) == "warm"


def test_a_disk_without_room_leaves_a_study_where_it_is(db: Db, two: Blobs, tmp_path: Path) -> None:
    _, study_uid = cold_study(db, two)
    full = Settings(data_dir=tmp_path / "full", min_free_gb=1e9)
    runtime.use(runtime.Runtime(db, two, full))
    with db.begin() as tx:
        moving.chosen(tx, Selection(study_uids=(study_uid,)), origin=CT, now=LATER)
    (event,) = deferred(db)
    with pytest.raises(UnavailableError):
        jobs.bring_back(event)
    assert (files(tmp_path / "blobs"), tier(db)) == (0, "cold")

"""Room, counts and the look at every stored byte."""

import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

import make
from images.instances import as_file, ct
from images.web import client, keep
from plateau.images.upkeep import service as upkeep
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import UnavailableError
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.settings import Settings

FAST = 1e6
pytestmark = pytest.mark.usefixtures("world")


@pytest.fixture
def world(db: Db) -> make.World:
    with db.begin() as tx:
        return make.a_world(tx)


@pytest.fixture
def admin(world: make.World) -> Caller:
    return make.a_caller(world.requester_id, world.site_id, role=Role.ADMINISTRATOR)


def check(db: Db, blobs: Blobs, *, later: timedelta = timedelta(0)) -> int:
    return upkeep.check_some(
        db, blobs, now=make.NIGHT + later, stop=threading.Event(), rate_mb_s=FAST
    )


def stored_file(db: Db, tmp_path: Path, number: int = 0) -> Path:
    with db.begin() as tx:
        key = tx.values("select blob_key from images.instance order by sop_instance_uid")[number]
    return tmp_path / "blobs" / key[:2] / key


def test_a_disk_with_room_stores_and_one_without_refuses(tmp_path: Path) -> None:
    upkeep.check_space(Settings(data_dir=tmp_path, min_free_gb=0))
    (tmp_path / "full").mkdir()
    with pytest.raises(UnavailableError):
        upkeep.check_space(Settings(data_dir=tmp_path / "full", min_free_gb=1e9))


def test_the_disk_is_asked_once_a_second(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, min_free_gb=0)
    assert upkeep.space(settings) is upkeep.space(settings)


def test_a_bucket_has_no_room_to_measure() -> None:
    assert upkeep.space(Settings(blob_url="s3://invented/prefix")) is None


def test_what_came_is_counted_by_day_site_and_modality(db: Db, blobs: Blobs, admin: Caller) -> None:
    contents = [as_file(ct()), as_file(ct())]
    keep(db, blobs, *contents)
    with db.begin() as tx:
        upkeep.measure(tx, now=make.NIGHT)
        upkeep.measure(tx, now=make.NIGHT)  # again: counted once
        (usage,) = upkeep.usage(tx, admin, now=make.NIGHT)
        (day,) = upkeep.growth(tx, admin)

    size = sum(map(len, contents))
    assert (usage.modality, usage.instances, usage.bytes) == ("CT", 2, size)
    assert (day.instances, day.bytes) == (2, size)


def test_what_comes_after_a_day_is_over_is_counted_with_its_own_day(
    db: Db, blobs: Blobs, admin: Caller
) -> None:
    keep(db, blobs, as_file(ct()))
    with db.begin() as tx:
        upkeep.measure(tx, now=make.NIGHT)
    keep(db, blobs, as_file(ct()))
    with db.begin() as tx:
        upkeep.measure(tx, now=make.NIGHT + timedelta(days=2))
        assert [row.instances for row in upkeep.growth(tx, admin)] == [2]


def test_a_pass_sees_every_instance_then_rests(db: Db, blobs: Blobs) -> None:
    keep(db, blobs, *(as_file(ct()) for _ in range(3)))
    assert check(db, blobs) == 3
    assert check(db, blobs) == 0  # the end
    with db.begin() as tx:
        under_way, done = upkeep.sweeps(tx)
    assert under_way is None
    assert done
    assert done.checked == 3
    assert check(db, blobs, later=timedelta(hours=1)) == 0
    assert check(db, blobs, later=timedelta(hours=25)) == 3


def test_altered_and_missing_bytes_are_found_said_and_cleared_once_put_back(
    db: Db, blobs: Blobs, admin: Caller, tmp_path: Path
) -> None:
    keep(db, blobs, *(as_file(ct()) for _ in range(3)))
    altered, missing = stored_file(db, tmp_path, 0), stored_file(db, tmp_path, 1)
    whole = altered.read_bytes()
    altered.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    lost = missing.read_bytes()
    missing.unlink()
    check(db, blobs)
    with db.begin() as tx:
        assert sorted(one.kind for one in upkeep.damages(tx, admin)) == ["altered", "missing"]
    page = client(db, blobs, admin).get("/images/storage").text
    assert 'role="alert"' in page

    altered.write_bytes(whole)
    missing.write_bytes(lost)
    check(db, blobs)
    check(db, blobs, later=timedelta(hours=25))
    with db.begin() as tx:
        assert upkeep.damages(tx, admin) == []


def test_a_pass_that_is_stopped_goes_on_where_it_was(db: Db, blobs: Blobs) -> None:
    keep(db, blobs, *(as_file(ct()) for _ in range(3)))
    stop = threading.Event()
    stop.set()
    seen = upkeep.check_some(db, blobs, now=make.NIGHT, stop=stop, rate_mb_s=FAST)
    assert seen == 1
    assert check(db, blobs) == 2


def test_the_pass_reads_no_faster_than_it_may(db: Db, blobs: Blobs) -> None:
    content = as_file(ct())
    keep(db, blobs, content, as_file(ct()))
    rate = len(content) / 1e6 / 0.2  # one instance in 0.2 s
    began = time.monotonic()
    upkeep.check_some(db, blobs, now=make.NIGHT, stop=threading.Event(), rate_mb_s=rate)
    assert time.monotonic() - began >= 0.35


def test_the_storage_page_of_an_empty_hub(db: Db, blobs: Blobs, admin: Caller) -> None:
    assert client(db, blobs, admin).get("/images/storage").status_code == 200


def test_what_cannot_be_read_is_said_and_does_not_stop_the_pass(
    db: Db, blobs: Blobs, admin: Caller, tmp_path: Path
) -> None:
    keep(db, blobs, *(as_file(ct()) for _ in range(3)))
    unreadable = stored_file(db, tmp_path, 1)
    content = unreadable.read_bytes()
    unreadable.unlink()
    unreadable.mkdir()

    assert check(db, blobs) == 3
    assert check(db, blobs) == 0  # the end of the pass
    with db.begin() as tx:
        assert [one.kind for one in upkeep.damages(tx, admin)] == ["unreadable"]

    unreadable.rmdir()
    unreadable.write_bytes(content)
    check(db, blobs, later=timedelta(hours=25))
    with db.begin() as tx:
        assert upkeep.damages(tx, admin) == []


def test_a_store_that_does_not_answer_damages_nothing(
    db: Db, blobs: Blobs, admin: Caller, tmp_path: Path
) -> None:
    keep(db, blobs, as_file(ct()))
    away = tmp_path / "blobs"
    away.rename(tmp_path / "elsewhere")
    away.write_text("not a folder")

    with pytest.raises(UnavailableError):
        check(db, blobs)

    away.unlink()
    (tmp_path / "elsewhere").rename(away)
    with db.begin() as tx:
        assert upkeep.damages(tx, admin) == []
    assert check(db, blobs) == 1  # another call goes on from there

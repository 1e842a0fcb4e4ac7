"""Keeping what is stored: room for more, counts by day, and a look at every byte in turn."""

import shutil
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path

import structlog

from plateau.images.peers import service as peers
from plateau.images.upkeep import queries
from plateau.images.upkeep.types import Damage, Growth, Kept, Space, Sweep, Usage
from plateau.kernel.caller import Caller
from plateau.kernel.errors import NotFoundError, UnavailableError
from plateau.kernel.time import instant, local
from plateau.platform.blobs import Blobs, key_of
from plateau.platform.db import Db, Tx
from plateau.platform.settings import Settings

log = structlog.get_logger()
MISSING, ALTERED, UNREADABLE = "missing", "altered", "unreadable"
_NOBODYS = "0" * 64  # a key under which there is nothing
_GIGABYTE = 1_000_000_000
_LOOK_S = 1.0  # how long a measure of the disk holds
_FIRST_DAY = date(1970, 1, 1)
_TOGETHER = 50  # instances checked in one transaction
_REST = timedelta(hours=24)  # between the end of a pass and the next one
_RECENT = timedelta(days=7)
_DAYS = 31
_looked: dict[Path, tuple[float, Space]] = {}
_looking = threading.Lock()


def space(settings: Settings) -> Space | None:
    """Room where instances are stored, looked at once a second; None for a bucket."""
    if settings.blob_url:
        return None
    folder = settings.data_dir
    with _looking:
        at, known = _looked.get(folder, (0.0, None))
        if known is None or time.monotonic() - at > _LOOK_S:
            known = _measured(folder, int(settings.min_free_gb * _GIGABYTE))
            _looked[folder] = (time.monotonic(), known)
    return known


def check_space(settings: Settings) -> None:
    """Refuse to store when the disk has less room than `PLATEAU_MIN_FREE_GB`."""
    found = space(settings)
    if found is not None and found.is_short:
        raise UnavailableError("the disk of the image store is almost full")


def measure(tx: Tx, *, now: datetime) -> None:
    """What came on each day is counted, up to now; days that are over are counted once."""
    last = queries.last_measured(tx) or _FIRST_DAY
    today = local(now).date()
    since = min(last, today)
    queries.measure(tx, since=instant(since, time_of_day(0)), on=since)


def usage(tx: Tx, caller: Caller, *, now: datetime) -> list[Usage]:
    """What is stored of the caller's sites, by site and modality."""
    recent = local(now).date() - _RECENT
    return queries.usage(tx, sites=peers.sites(caller), recent=recent)


def growth(tx: Tx, caller: Caller) -> list[Growth]:
    """What came each day at the caller's sites."""
    return queries.growth(tx, sites=peers.sites(caller), days=_DAYS)


def damages(tx: Tx, caller: Caller) -> list[Damage]:
    """What is not as it was stored, at the caller's sites."""
    return queries.damages(tx, sites=peers.sites(caller))


def sweeps(tx: Tx) -> tuple[Sweep | None, Sweep | None]:
    """The pass under way and the last complete one."""
    return queries.sweep(tx, is_finished=False), queries.sweep(tx, is_finished=True)


def check_some(db: Db, blobs: Blobs, *, now: datetime, stop: threading.Event, rate_mb_s: float,
               rest: timedelta = _REST) -> int:  # fmt: skip
    """Re-read the next instances and compare them with their digest; how many.

    Where it stops, another call goes on. It reads at most `rate_mb_s` megabytes a second.
    """
    with db.begin() as tx:
        if _is_due(tx, now, rest):
            queries.begin_sweep(tx, now=now)
        sweep = queries.sweep(tx, is_finished=False)
        batch = queries.next_kept(tx, after=sweep.reached, limit=_TOGETHER) if sweep else []
        if sweep and not batch:
            queries.finish_sweep(tx, sweep_id=sweep.sweep_id, now=now)
            tx.touch("images")
    if sweep is None or not batch:
        return 0
    seen = list(_verdicts(blobs, batch, stop, rate_mb_s))
    with db.begin() as tx:
        _note(tx, sweep, seen, now)
    return len(seen)


def _note(tx: Tx, sweep: Sweep, seen: list[tuple[Kept, str]], now: datetime) -> None:
    """What was seen stands; where another worker was first, the pass is where that one left it."""
    wrong = [(one.sop_instance_uid, kind) for one, kind in seen if kind]
    queries.clear_damage(tx, [one.sop_instance_uid for one, kind in seen if not kind])
    if wrong:
        queries.note_damage(tx, wrong, at=now)
        log.error("instance.damaged", instances=len(wrong))
        tx.touch("images")
    queries.advance(
        tx,
        sweep=sweep,
        reached=seen[-1][0].sop_instance_uid,
        checked=len(seen),
        size=sum(one.bytes for one, _ in seen),
        now=now,
    )


def _verdicts(
    blobs: Blobs, batch: list[Kept], stop: threading.Event, rate_mb_s: float
) -> Iterator[tuple[Kept, str]]:
    """Each instance with what is wrong with it, slowly; fewer when asked to stop."""
    for one in batch:
        yield one, _verdict(blobs, one)
        if stop.wait(one.bytes / (rate_mb_s * 1_000_000)):
            return


def _verdict(blobs: Blobs, one: Kept) -> str:
    try:
        content = blobs.get(one.blob_key)
    except NotFoundError:
        return MISSING
    except UnavailableError:
        blobs.holds(_NOBODYS)  # raises when nothing answers at all: then it is not this instance
        return UNREADABLE
    return "" if key_of(content) == one.blob_key else ALTERED


def _is_due(tx: Tx, now: datetime, rest: timedelta) -> bool:
    last = queries.sweep(tx, is_finished=True)
    return last is None or now - (last.finished_at or datetime.min.replace(tzinfo=UTC)) >= rest


def _measured(folder: Path, least: int) -> Space:
    try:
        found = shutil.disk_usage(folder)
    except FileNotFoundError:  # not made yet: nothing is stored there
        found = shutil.disk_usage(folder.absolute().anchor)
    return Space(total=found.total, free=found.free, least=least)

"""Moving quiet studies to a second store: copy, compare, say so, and only then remove.

Whatever stops this between two steps, the bytes are in one store at least, and reading looks in
both; the next call goes on.
"""

from datetime import datetime, timedelta

import structlog

from plateau.images.peers import service as peers
from plateau.images.tiers import queries
from plateau.images.tiers.types import Tier
from plateau.kernel.caller import Caller
from plateau.kernel.errors import NotFoundError
from plateau.kernel.ids import StudyId
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db, Tx

log = structlog.get_logger()
COPIED, COLD = "copied", "cold"


def move_one(db: Db, blobs: Blobs, *, now: datetime, after: timedelta) -> bool:
    """One study moves on by one step; False when nothing has to move."""
    if blobs.cold is None:
        return False
    return remove_one(db, blobs, now=now) or copy_one(db, blobs, now=now, after=after)


def copy_one(db: Db, blobs: Blobs, *, now: datetime, after: timedelta) -> bool:
    """A study that nobody has looked at for so long is in both stores; False when there is none."""
    with db.begin() as tx:
        one = queries.quiet(tx, before=now - after)
        keys = queries.keys(tx, one.study_id) if one else []
    if one is None:
        return False
    if not all(_is_copied(blobs, key) for key in keys):  # the integrity sweep says which
        log.warning("tier.damaged", study_id=str(one.study_id))
        with db.begin() as tx:
            queries.postpone(tx, one.study_id, now=now)
        return True
    with db.begin() as tx:
        queries.set_tier(tx, one, tier=COPIED, now=now)
    return True


def remove_one(db: Db, blobs: Blobs, *, now: datetime) -> bool:
    """A study that is in both stores is in the second one only; False when there is none."""
    with db.begin() as tx:
        one = queries.copied(tx)
        keys = queries.keys(tx, one.study_id) if one else []
    if one is None:
        return False
    for key in keys:
        blobs.remove_moved(key)
    with db.begin() as tx:
        queries.set_tier(tx, one, tier=COLD, now=now)
    log.info("study.moved", study_id=str(one.study_id))
    return True


def bring_back(db: Db, blobs: Blobs, study_id: StudyId, *, now: datetime) -> bool:
    """What somebody looks at is in the first store again, and in the second; safe to run twice.

    False when something of it is damaged: what is not is there.
    """
    with db.begin() as tx:
        keys = queries.keys(tx, study_id) if queries.is_cold(tx, study_id) else []
    if not keys or blobs.cold is None:
        return True
    damaged = [key for key in keys if not _is_back(blobs, key)]
    if damaged:  # the integrity sweep says which
        log.warning("tier.damaged", study_id=str(study_id))
        return False
    with db.begin() as tx:
        queries.warm(tx, study_id, now=now)
        tx.touch("images")
    log.info("study.brought_back", study_id=str(study_id))
    return True


def tiers(tx: Tx, caller: Caller) -> list[Tier]:
    """How much of the caller's sites is in each store."""
    return queries.tiers(tx, sites=peers.sites(caller))


def _is_back(blobs: Blobs, key: str) -> bool:
    try:
        return blobs.copy_from_cold(key)
    except NotFoundError:
        return False


def _is_copied(blobs: Blobs, key: str) -> bool:
    try:
        return blobs.copy_to_cold(key)
    except NotFoundError:
        return False

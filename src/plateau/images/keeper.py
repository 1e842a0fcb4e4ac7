"""The store of a process that receives only now and then: a worker, a command."""

from datetime import timedelta
from functools import lru_cache, partial

from plateau.images.store import Store
from plateau.images.upkeep import service as upkeep
from plateau.platform import runtime
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db


def in_use() -> Store:
    """The store of this process, begun when it is first asked for."""
    return _begun(runtime.db(), runtime.blobs())


@lru_cache(maxsize=1)
def _begun(db: Db, blobs: Blobs) -> Store:
    settings = runtime.settings_in_use()
    found = Store(
        db,
        blobs,
        quiet=timedelta(seconds=settings.quiet_time_s),
        guard=partial(upkeep.check_space, settings),
    )
    found.start()
    return found

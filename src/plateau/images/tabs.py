"""The pages of the hub that somebody may open."""

from plateau.images.browse import service as browsing
from plateau.images.fetch import service as fetching
from plateau.images.importing import service as importing
from plateau.images.peers import service as peers
from plateau.images.quarantine import service as quarantine
from plateau.images.recognition import service as recognising
from plateau.images.reject import service as rejecting
from plateau.images.retention import service as keeping
from plateau.kernel.caller import Caller
from plateau.platform.db import Db

STUDIES, QUARANTINE, REJECTED = "/images", "/images/quarantine", "/images/rejected"
PEERS, STORAGE, RETENTION = "/images/peers", "/images/storage", "/images/retention"


def of(db: Db, caller: Caller) -> list[tuple[str, str, int]]:
    """The pages of the hub that the caller may open: address, code of its name, what waits."""
    found: list[tuple[str, str, int]] = []
    if caller.is_one_of(*browsing.VIEWERS):
        found.append((STUDIES, "studies", 0))
    if caller.is_one_of(*importing.IMPORTERS):
        found.append(("/images/imports", "imports", 0))
    if caller.is_one_of(*fetching.FETCHERS):
        found.append(("/images/fetch", "fetch", 0))
    if caller.is_one_of(*quarantine.KEEPERS):
        with db.begin() as tx:
            waiting = quarantine.waiting(tx, caller) + recognising.waiting(tx, caller)
        found.append((QUARANTINE, "quarantine", waiting))
    if caller.is_one_of(*rejecting.KEEPERS):
        found.append((REJECTED, "rejected", 0))
    if caller.is_one_of(*keeping.HOLDERS, *keeping.DELETERS):
        found.append((RETENTION, "retention", 0))
    if caller.is_one_of(*peers.WATCHERS):
        found += [(PEERS, "peers", 0), (STORAGE, "storage", 0)]
    return found

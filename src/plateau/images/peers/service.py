"""Who sends to the hub and who is sent to: what was seen of them, and whether they answer."""

from datetime import datetime, time

from plateau.access import service as access
from plateau.access.types import Access
from plateau.images.peers import queries
from plateau.images.peers.types import Address, Echo, Neighbour
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import NotFoundError
from plateau.kernel.ids import SiteId
from plateau.kernel.time import instant, local
from plateau.platform.db import Tx

WATCHERS = (Role.ADMINISTRATOR, Role.TECHNOLOGIST, Role.COORDINATOR, Role.PHYSICIST)
TESTERS = (Role.ADMINISTRATOR, Role.TECHNOLOGIST)


def listed(tx: Tx, caller: Caller, *, now: datetime) -> list[Neighbour]:
    """Machines and systems of the caller's sites and of the whole pool, those seen last first."""
    on = local(now).date()
    return queries.neighbours(tx, sites=sites(caller), on=on, since=instant(on, time(0)))


def strangers(tx: Tx, caller: Caller, *, now: datetime) -> list[str]:
    """Who was refused today because nobody knows them; administrators alone may add them."""
    if not caller.is_one_of(Role.ADMINISTRATOR):
        return []
    return queries.strangers(tx, since=instant(local(now).date(), time(0)))


def to_test(tx: Tx, caller: Caller, *, ae_title: str, now: datetime) -> Address:
    """The address of a system that the caller may test."""
    found = queries.address(
        tx, ae_title=ae_title, sites=caller.sites_as(*TESTERS), on=local(now).date()
    )
    if found is None or not caller.is_one_of(*TESTERS):
        raise NotFoundError("no address of {ae_title} is known", ae_title=ae_title)
    return found


def note(tx: Tx, caller: Caller, found: Echo, *, now: datetime) -> None:
    """What became of a test stands on the page, and who made it in the audit trail."""
    ok = found.took is not None
    queries.note_echo(tx, ae_title=found.ae_title, ok=ok, problem=found.problem, at=now)
    done = Access(action="images.peer.test", subject=f"peer:{found.ae_title}")
    access.record(tx, caller, done, at=now)


def sites(caller: Caller) -> frozenset[SiteId]:
    """The sites whose traffic the caller watches over."""
    found = caller.sites_as(*WATCHERS)
    if not found:
        raise NotFoundError("this page does not exist, or is not yours to see")
    return found

"""The control room: what waits to be read, and who is there to read it."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime

from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import NotFoundError
from plateau.kernel.ids import SiteId
from plateau.kernel.urgency import Urgency
from plateau.platform.db import Tx
from plateau.reading import assigning
from plateau.reading.control import queries, rules
from plateau.reading.control.types import Load, Room
from plateau.reading.loops import service as loops

_MOST = 10_000


def room(tx: Tx, caller: Caller, *, now: datetime) -> Room:
    """Reading at the sites that the caller coordinates; NotFoundError without any."""
    sites = caller.sites_as(Role.COORDINATOR)
    if not sites:
        raise NotFoundError("this page does not exist, or is not yours to see")
    unread = queries.unread(tx, sites=sites, limit=_MOST)
    count = Counter(one.urgency for one in unread)
    return Room(
        late=rules.late(unread, now),
        soon=rules.soon_late(unread, now),
        waiting=len(unread),
        by_urgency=[(urgency, count[urgency]) for urgency in Urgency],
        readers=_readers(tx, sites, now),
        overdue=[one for one in loops.lines(tx, caller) if one.due_at < now],
    )


def _readers(tx: Tx, sites: Collection[SiteId], now: datetime) -> list[Load]:
    """Those on duty for one of the sites, the least loaded first."""
    pool = assigning.Pool(tx, patients=(), now=now)
    here = [one for one in pool.readers if one.on_duty and one.covers & set(sites)]
    return [
        Load(
            name=one.name,
            held=one.held,
            load_minutes=one.load_minutes,
            read_minutes=one.read_minutes,
        )
        for one in sorted(here, key=lambda one: (one.load_minutes, one.name))
    ]

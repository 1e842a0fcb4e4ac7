"""The control room: what waits to be read, and who is there to read it."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime

from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import NotFoundError
from plateau.kernel.ids import SiteId
from plateau.kernel.urgency import Urgency
from plateau.platform.db import Tx
from plateau.reading import assigning
from plateau.reading.control import queries, rules
from plateau.reading.control.types import Load, Room, Sharing, ToGive
from plateau.reading.loops import service as loops
from plateau.reading.queries import readers
from plateau.reading.rules import ranking
from plateau.reading.rules.ranking import Reader
from plateau.reading.types import State

_MOST = 10_000
_SHARED = 100  # exams that may be given at once: the first due


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
    return _loads(pool.readers, sites)


def _loads(people: Sequence[Reader], sites: Collection[SiteId]) -> list[Load]:
    here = [one for one in people if one.on_duty and one.covers & set(sites)]
    return [_load(one) for one in sorted(here, key=lambda one: (one.load_minutes, one.name))]


def _load(one: Reader) -> Load:
    return Load(
        person_id=one.person_id,
        name=one.name,
        held=one.held,
        load_minutes=one.load_minutes,
        read_minutes=one.read_minutes,
    )


def sharing(tx: Tx, caller: Caller, *, now: datetime) -> Sharing:
    """What nobody reads yet where the caller coordinates, and to whom it may be given."""
    sites = caller.sites_as(Role.COORDINATOR)
    if not sites:
        raise NotFoundError("this page does not exist, or is not yours to see")
    found = readers.to_give(tx, sites=sites, limit=_SHARED)
    shown = {one.exam_id: one for one in queries.unread(tx, sites=sites, limit=_MOST)}
    pool = assigning.Pool(tx, patients={one.patient_id for one in found}, now=now)
    waiting = [pool.waiting(one) for one in found]
    loads = {one.person_id: _load(one) for one in pool.readers}
    orders = ranking.orders(waiting, pool.readers, now, pool.terms)
    return Sharing(
        exams=[
            ToGive(
                exam=shown[one.exam_id],
                choices=[loads[person] for person in order],
                is_given=one.state in {State.OFFERED, State.ASSIGNED},
            )
            for one, order in zip(found, orders, strict=True)
            if one.exam_id in shown
        ],
        waiting=sum(one.state != State.READING for one in shown.values()),
        readers=_loads(pool.readers, sites),
    )

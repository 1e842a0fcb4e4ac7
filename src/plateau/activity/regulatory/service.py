"""What is watched, for those who steer."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from plateau.activity.regulatory import queries
from plateau.activity.regulatory.types import Given, Intensity, Remote
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import NotFoundError
from plateau.kernel.time import local
from plateau.platform.db import Tx

_STEERING = (Role.MANAGER, Role.ADMINISTRATOR)
_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A year of what is watched."""

    since: date
    readers: tuple[Remote, ...]
    sites: tuple[Remote, ...]
    lines: tuple[Intensity, ...]
    given: tuple[Given, ...]


def watched(tx: Tx, caller: Caller, *, now: datetime) -> Watched:
    """The last 365 days at the sites for which somebody answers."""
    if not caller.is_one_of(*_STEERING):
        raise NotFoundError("there is no agreement to show you")
    own, since = caller.sites_as(*_STEERING), local(now).date() - _YEAR
    return Watched(
        since=since,
        readers=tuple(queries.readers(tx, sites=own, since=since)),
        sites=tuple(queries.sites(tx, sites=own, since=since)),
        lines=tuple(queries.intensities(tx, sites=own, since=since, now=now)),
        given=tuple(queries.given(tx, sites=own, since=since)),
    )

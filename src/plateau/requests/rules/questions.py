"""What may be asked about an exam, whose answer it is, and how long that stopped the clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from plateau.kernel.caller import Role


class Cause(StrEnum):
    """What is wrong with an exam, as a reader says it with one key."""

    MISSING_IMAGES = "missing_images"
    POOR_QUALITY = "poor_quality"
    WRONG_IDENTITY = "wrong_identity"
    MISSING_HISTORY = "missing_history"
    UNCLEAR_REQUEST = "unclear_request"
    PRIOR_AWAITED = "prior_awaited"


@dataclass(frozen=True, slots=True)
class Route:
    """Who answers, and whether the report can be late meanwhile."""

    owner: Role
    stops_clock: bool


ROUTES: Mapping[Cause, Route] = {
    Cause.MISSING_IMAGES: Route(Role.TECHNOLOGIST, stops_clock=True),
    Cause.POOR_QUALITY: Route(Role.TECHNOLOGIST, stops_clock=False),
    Cause.WRONG_IDENTITY: Route(Role.TECHNOLOGIST, stops_clock=True),
    Cause.MISSING_HISTORY: Route(Role.REQUESTER, stops_clock=True),
    Cause.UNCLEAR_REQUEST: Route(Role.REQUESTER, stops_clock=True),
    Cause.PRIOR_AWAITED: Route(Role.TECHNOLOGIST, stops_clock=True),
}


def stopped(stops: Iterable[tuple[datetime, datetime]]) -> timedelta:
    """How long at least one of the stops lasted: what overlaps counts once."""
    total = timedelta(0)
    until: datetime | None = None
    for begun, ended in sorted(stops):
        since = begun if until is None else max(begun, until)
        total += max(ended - since, timedelta(0))
        until = ended if until is None else max(until, ended)
    return total

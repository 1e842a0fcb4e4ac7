"""Indicators of the desk for those who steer: from transitions alone, each opens onto its exams."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from plateau.access import service as access
from plateau.access.types import Access
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import InvalidInputError, NotFoundError
from plateau.platform.db import Tx
from plateau.reading.indicators import queries, rules
from plateau.reading.indicators.types import Asked, Group, Rates, Story

STEERING = (Role.COORDINATOR, Role.MANAGER, Role.ADMINISTRATOR)
DAYS = (1, 7, 30, 365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A period of indicators; `is_cut` when there were too many exams to look at all."""

    start: datetime
    end: datetime
    groups: Sequence[Group]
    rates: Rates
    is_cut: bool


def shown(tx: Tx, caller: Caller, *, by: Sequence[str], days: int, now: datetime) -> Shown:
    """The indicators of the last days at the sites that the caller steers."""
    asked = _asked(caller, days, now)
    stories = queries.stories(tx, asked)
    return Shown(
        start=asked.start,
        end=asked.end,
        groups=rules.groups(stories, by),
        rates=queries.rates(tx, asked),
        is_cut=len(stories) == queries.MOST,
    )


def behind(
    tx: Tx, caller: Caller, *, by: Sequence[str], values: Sequence[str], days: int, now: datetime
) -> list[Story]:
    """The exams of a group, the slowest first; without values, all of them.

    That they were looked at is recorded.
    """
    asked = _asked(caller, days, now)
    stories = queries.stories(tx, asked)
    wanted = tuple(values)
    found = [one for one in stories if not wanted or rules.values_of(one, by) == wanted]
    seen = Access(action="indicators.exams", subject=f"{' '.join(by)}:{' '.join(wanted) or '*'}")
    access.record(tx, caller, seen, at=now)
    return sorted(found, key=lambda one: (-one.turnaround, one.exam_id))


def _asked(caller: Caller, days: int, now: datetime) -> Asked:
    sites = caller.sites_as(*STEERING)
    if not sites:
        raise NotFoundError("this page does not exist, or is not yours to see")
    if days not in DAYS:
        raise InvalidInputError("the period is one of those of the list")
    return Asked(start=now - timedelta(days=days), end=now, sites=sites)

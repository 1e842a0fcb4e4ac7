"""Contracts as coordinators changed them for some days: pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from plateau.planning.plan_types import Terms
from plateau.planning.roster.types import Contract, Span

_DAY = timedelta(days=1)


def amended(contracts: Iterable[Contract], changes: Iterable[Terms]) -> tuple[Contract, ...]:
    """Contracts with what was changed of them, the last change last; the other days stay.

    A change speaks of contracts that are there: it makes none where there is none.
    """
    found = tuple(contracts)
    for change in changes:
        found = tuple(part for one in found for part in _parts(one, change))
    return found


def _parts(one: Contract, change: Terms) -> Iterator[Contract]:
    """The days before a change, those of it as it says, and those after."""
    first, last = max(one.span.first, change.first_on), _earlier(one.span.last, change.last_on)
    if last is not None and last < first:
        yield one
        return
    if one.span.first < first:
        yield replace(one, span=Span(first=one.span.first, last=first - _DAY))
    if not change.is_off:
        yield _changed(one, change, Span(first=first, last=last))
    if last is not None and (one.span.last is None or last < one.span.last):
        yield replace(one, span=Span(first=last + _DAY, last=one.span.last))


def _earlier(one: date | None, other: date | None) -> date | None:
    known: Sequence[date] = [day for day in (one, other) if day is not None]
    return min(known, default=None)


def _changed(one: Contract, change: Terms, span: Span) -> Contract:
    return replace(
        one,
        span=span,
        share=one.share if change.share is None else change.share,
        half_days=one.half_days if change.half_days is None else change.half_days,
        takes_extra=one.takes_extra if change.takes_extra is None else change.takes_extra,
        max_duties=one.max_duties if change.max_duties is None else change.max_duties,
    )

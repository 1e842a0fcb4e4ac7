"""The arithmetic of agreements: shares to the cent, fees by rank, pay of duties by parts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby, pairwise
from typing import Protocol, TypeVar

from plateau.activity.agreements.types import Agreement, DutyPay, Fees, Made, PaidPart, Tariff
from plateau.kernel import holidays
from plateau.kernel.errors import RuleBrokenError
from plateau.kernel.time import instant, local


class Dated(Protocol):
    """Something that holds from a day until another."""

    @property
    def valid_from(self) -> date: ...  # noqa: D102 - the day it holds from
    @property
    def valid_to(self) -> date | None: ...  # noqa: D102 - the first day it no longer holds


D = TypeVar("D", bound=Dated)
_DAY = timedelta(days=1)
_SATURDAY, _SUNDAY = 5, 6


def in_force(tables: Iterable[D], *, on: date) -> D | None:
    """The one that holds on that day."""
    for table in tables:
        if table.valid_from <= on and (table.valid_to is None or on < table.valid_to):
            return table
    return None


def split(total_cents: int, parts: Mapping[str, int]) -> dict[str, int]:
    """Share `total_cents` in proportion to `parts`; the shares add up to the total exactly.

    Cents left over by rounding go to the largest remainders, ties to the first code, so that the
    same parts always give the same shares.
    Source: largest-remainder method (Hamilton).
    """
    whole = sum(parts.values())
    if whole <= 0 or min(parts.values()) < 0:
        raise RuleBrokenError("there is nothing to share {cents} cents by", cents=total_cents)
    shares = {code: total_cents * part // whole for code, part in parts.items()}
    by_remainder = sorted(parts, key=lambda code: (-(total_cents * parts[code] % whole), code))
    for code in by_remainder[: total_cents - sum(shares.values())]:
        shares[code] += 1
    return shares


def is_amortised(installed: date | None, tariff: Tariff, *, on: date) -> bool:
    """Whether a machine had worked for that many full years on 1 January of the year.

    Source: forfait technique, 2018 (seven full years at 1 January).
    """
    return (
        installed is not None
        and (on.year - installed.year) - ((installed.month, installed.day) > (1, 1))
        >= tariff.amortised_after
    )


def fee(tariff: Tariff, rank: int, *, amortised: bool) -> tuple[int, int]:
    """The tier and the amount of the fee that a machine makes at that rank of its year.

    Full up to `reference`, cut by the percent in force (half a cent rounds up); reduced beyond, by
    the thresholds passed. Units: cents; the cut in hundredths of a percent.
    Source: UNCAM decision of 14 October 2025 for the cuts.
    """
    if rank <= tariff.reference:
        full, cut = (
            (tariff.full_amortised_cents, tariff.cut_amortised)
            if amortised
            else (tariff.full_cents, tariff.cut)
        )
        return 0, _rounded(full * (100_00 - cut), 100_00)
    passed = sum(threshold < rank for threshold in tariff.thresholds)
    return 1 + passed, tariff.reduced_cents[passed]


def priced(
    made: Iterable[Made], tariffs: Sequence[Tariff], agreement: Agreement
) -> tuple[list[Fees], list[Made]]:
    """Each fee at the tier of its rank in its machine's year, and those that no tariff prices.

    `made` begins on 1 January. Within a day the ranks go by owner; fees taken back give back the
    last ranks. The order of `made` changes nothing.
    """
    found: list[Fees] = []
    unpriced: list[Made] = []
    installed = {machine.ae_title: machine.installed for machine in agreement.machines}
    ordered = sorted(made, key=lambda one: (one.machine, one.day, one.owner))
    for _, group in groupby(ordered, key=lambda one: (one.machine, one.day.year)):
        rank = 0
        for one in group:
            own = (tariff for tariff in tariffs if tariff.modality == one.modality)
            tariff = in_force(own, on=one.day)
            if tariff is None:
                unpriced.append(one)
            else:
                amortised = is_amortised(installed.get(one.machine), tariff, on=one.day)
                found += _at_ranks(one, tariff, rank, amortised=amortised)
            rank += one.count
    return found, unpriced


def _at_ranks(one: Made, tariff: Tariff, rank: int, *, amortised: bool) -> Iterator[Fees]:
    """The fees from the rank after `rank`, by tier; backwards when they are taken back."""
    low, high = sorted((rank, rank + one.count))
    sign = 1 if one.count > 0 else -1
    edges = [tariff.reference, *tariff.thresholds]
    steps = [low, *(edge for edge in edges if low < edge < high), high]
    for start, end in pairwise(steps):
        if end > start:
            tier, cents = fee(tariff, start + 1, amortised=amortised)
            yield Fees(
                machine=one.machine,
                day=one.day,
                owner=one.owner,
                tier=tier,
                is_amortised=amortised,
                count=sign * (end - start),
                unit_cents=cents,
                verified=tariff.verified,
                tariff_from=tariff.valid_from,
            )


def pay(starts_at: datetime, ends_at: datetime, table: DutyPay) -> list[PaidPart]:
    """What a duty pays, part by part; a part held partly pays in proportion to its real minutes.

    Early is from 20 to 24, deep from 0 to 8; a night held whole pays the whole amount. Saturday
    afternoon pays as the deep night, the days of Sundays and holidays as a whole one.
    Source: arrêté of 30 April 2003, art. 13; order of November 2025 on private on-call.
    """
    day, last = local(starts_at).date() - _DAY, local(ends_at).date()
    found: list[PaidPart] = []
    while day <= last:
        parts = [
            part
            for name, start, end, cents in _parts(day, table)
            if (part := _held(name, day, (start, end), (starts_at, ends_at), cents))
        ]
        found += _whole_night(parts, table)
        day += _DAY
    return found


def _parts(day: date, table: DutyPay) -> Iterator[tuple[str, datetime, datetime, int]]:
    """The paid parts that begin on a day: from, until, amount; the last is its night."""
    if day.weekday() == _SUNDAY or day in holidays.of_year(day.year):
        yield "whole", _at(day, 8), _at(day, 20), table.whole_cents
    elif day.weekday() == _SATURDAY:
        yield "deep", _at(day, 13), _at(day, 20), table.deep_cents
    yield "early", _at(day, 20), _at(day + _DAY, 0), table.early_cents
    yield "deep", _at(day + _DAY, 0), _at(day + _DAY, 8), table.deep_cents


def _held(
    name: str, day: date, part: tuple[datetime, datetime], duty: tuple[datetime, datetime],
    cents: int,
) -> PaidPart | None:  # fmt: skip
    held = (min(part[1], duty[1]) - max(part[0], duty[0])) // timedelta(minutes=1)
    if held <= 0:
        return None
    whole = (part[1] - part[0]) // timedelta(minutes=1)
    return PaidPart(
        part=name,
        day=day,
        minutes=held,
        of_minutes=whole,
        full_cents=cents,
        cents=_rounded(cents * held, whole),
    )


def _whole_night(parts: Sequence[PaidPart], table: DutyPay) -> list[PaidPart]:
    """The parts of a day, its night as one when it was held from beginning to end."""
    night = [*parts[-2:]]
    if [part.part for part in night] != ["early", "deep"] or any(
        part.minutes != part.of_minutes for part in night
    ):
        return [*parts]
    minutes = sum(part.minutes for part in night)
    whole = PaidPart(
        part="whole",
        day=night[0].day,
        minutes=minutes,
        of_minutes=minutes,
        full_cents=table.whole_cents,
        cents=table.whole_cents,
    )
    return [*parts[:-2], whole]


def _at(day: date, hour: int) -> datetime:
    return instant(day, time(hour))


def _rounded(numerator: int, denominator: int) -> int:
    """The nearest whole number; half goes up."""
    return (2 * numerator + denominator) // (2 * denominator)

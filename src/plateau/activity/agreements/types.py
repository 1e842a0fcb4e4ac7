"""Agreements and the tables of amounts, as the territory file says them.

Percents, weights and surfaces are whole hundredths; money is whole cents.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

UNITS = ("session", "exam", "minute", "icr", "euro")
HEADS = ("staff", "equipment", "premises", "others")


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine that is counted, and since when it works."""

    ae_title: str
    installed: date | None


@dataclass(frozen=True, slots=True)
class MakeUp:
    """How many sessions a week may be made up for, and within how many weeks."""

    within_weeks: int
    most_per_week: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What some members count together, from a day until another."""

    code: str
    name: str
    parties: tuple[str, ...]
    machines: tuple[Machine, ...]
    lines: tuple[str, ...]
    shares: Mapping[str, int]
    unit: str
    also: tuple[str, ...]
    owner: str
    tolerance: int
    period: str
    weights: Mapping[str, int]
    make_up: MakeUp | None
    operator: str | None
    keys: Mapping[str, str]
    capital: Mapping[str, int]
    surface: Mapping[str, int]
    duty_pay: str | None
    same_pay: str | None
    lending: str | None
    valid_from: date
    valid_to: date | None

    @property
    def ae_titles(self) -> list[str]:
        """The machines by title."""
        return [machine.ae_title for machine in self.machines]

    @property
    def units(self) -> list[str]:
        """Everything that is counted, what steers first."""
        return [self.unit, *(unit for unit in UNITS if unit in self.also and unit != self.unit)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """The technical fee of a modality from a day until another; see `rules.fee`."""

    modality: str
    reference: int
    full_cents: int
    full_amortised_cents: int
    thresholds: tuple[int, ...]
    reduced_cents: tuple[int, ...]
    amortised_after: int
    cut: int
    cut_amortised: int
    source: str
    verified: bool
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyPay:
    """What duties pay to a status from a day until another."""

    pay: str
    status: str
    whole_cents: int
    early_cents: int
    deep_cents: int
    source: str
    verified: bool
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fees:
    """Fees of one machine at one amount on one day: `cents` is `count` times `unit_cents`."""

    machine: str
    day: date
    owner: str
    tier: int  # 0: full; then the reduced ones
    is_amortised: bool
    count: int
    unit_cents: int
    verified: bool
    tariff_from: date

    @property
    def cents(self) -> int:
        """What they make together."""
        return self.count * self.unit_cents


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidPart:
    """A part of a duty: so many minutes of it at an amount for the whole part."""

    part: str  # whole, early, deep
    day: date
    minutes: int
    of_minutes: int
    full_cents: int
    cents: int


@dataclass(frozen=True, slots=True)
class Made:
    """How many fees a machine made on a day for an owner (less than none when taken back)."""

    machine: str
    modality: str
    day: date
    owner: str
    count: int

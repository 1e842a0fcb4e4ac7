"""What a counter shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Row:
    """What the ledger says of a kind on a day and a machine, by each rule of ownership."""

    day: date
    kind: str
    machine: str
    modality: str
    exam_code: str
    reader_member: str
    session_member: str
    patient_member: str
    quantity: int
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From a day to another, both counted."""

    first_on: date
    last_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One party against its target: `drift` is in ten-thousandths of the unit, and adds up to 0."""

    member: str
    done: int
    share: int  # hundredths of a percent
    total: int

    @property
    def drift(self) -> int:
        """What was done beyond the target, or missing from it."""
        return self.done * 100_00 - self.share * self.total

    @property
    def target(self) -> float:
        """What the share makes of the total, to show."""
        return self.share * self.total / 100_00

    @property
    def reached(self) -> float:
        """The part done, in percent, to show."""
        return 100 * self.done / self.total if self.total else self.share / 100

    @property
    def points(self) -> float:
        """How far from the target, in points, to show."""
        return self.drift / self.total / 100 if self.total else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Where the parties stand at the end of a week."""

    day: date
    standings: tuple[Standing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """Sessions that a party gives another one, and those of them that fit in the time agreed."""

    giver: str
    taker: str
    sessions: int
    feasible: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """One unit of an agreement over a span.

    `unowned` belongs to nobody by the rule of the agreement; `unpriced` has no weight or tariff.
    """

    unit: str
    standings: tuple[Standing, ...]
    total: int
    unowned: int
    unpriced: int
    is_in_band: bool
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """All units of an agreement over a span, and what is proposed to come back to the target."""

    counts: tuple[Count, ...]
    exchanges: tuple[Exchange, ...]
    sessions: Mapping[str, Mapping[str, int]]  # held, given_up…: by party


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure whose entries are asked for, from a number downwards (0: the newest)."""

    span: Span
    unit: str  # or a kind of entry: sessions given up, cost, forecast, duty
    member: str = ""
    head: str = ""  # of costs
    after: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """An entry behind a figure."""

    entry_id: int
    kind: str
    happened_on: date
    counted_at: datetime
    quantity: int
    corrects: int | None
    exam_id: UUID | None
    exam_code: str | None
    machine: str | None
    session: str | None
    reader_name: str | None
    reader_member: str | None
    reason: str | None
    session_member: str | None
    patient_member: str | None
    minutes: int | None
    head: str | None
    debit: str | None
    credit: str | None
    cents: int | None

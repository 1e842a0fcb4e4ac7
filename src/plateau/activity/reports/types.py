"""What a report is made of, before any word of it is chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

KINDS = ("pimm", "assembly", "intensity")
Cell = str | int | float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A year, up to today, of the members whose partners somebody answers for."""

    year: int
    first_on: date
    last_on: date
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """The duties of a line that readers of a member held. Units: minutes."""

    line: str
    member: str
    duties: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Volume:
    """Readings for a member, of a modality; those made on duty, and from another member."""

    member: str
    modality: str
    readings: int
    on_duty: int
    from_elsewhere: int


@dataclass(frozen=True, slots=True)
class Delay:
    """From complete images to the signature, for an urgency. Units: minutes."""

    urgency: str
    readings: int
    median: float
    p90: float
    p95: float


@dataclass(frozen=True, slots=True)
class Staff:
    """People under contract at a member on the last day, and what they are worth full-time."""

    member: str
    status: str
    people: int
    full_time: float


@dataclass(frozen=True, slots=True)
class Spent:
    """What a head of an agreement cost, and was forecast to. Units: cents."""

    agreement: str
    head: str
    cost: int
    forecast: int


@dataclass(frozen=True, slots=True)
class Line:
    """What sets the level of an on-call line over a year."""

    line: str
    duties: int
    minutes: int
    acts: int
    night_acts: int  # signed from midnight to 08:00, local
    elsewhere: int
    call_outs: int
    call_out_minutes: int


@dataclass(frozen=True, slots=True)
class Balance:
    """What a member's statements of the year add up to, by section. Units: cents."""

    agreement: str
    member: str
    section: str
    cents: int


@dataclass(frozen=True, slots=True)
class State:
    """Where a period of the year is."""

    agreement: str
    first_on: date
    last_on: date
    state: str  # open, checked, closed
    blockers: int
    is_verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that the reports of a year say."""

    scope: Scope
    held: Sequence[Held]
    volumes: Sequence[Volume]
    delays: Sequence[Delay]
    staff: Sequence[Staff]
    spent: Sequence[Spent]
    lines: Sequence[Line]
    balances: Sequence[Balance]
    states: Sequence[State]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of a report; `money` are the columns that are cents."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    money: frozenset[int] = frozenset()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report in words: its tables, and what it lacks."""

    kind: str
    title: str
    year: int
    until: date
    tables: Sequence[Table]
    missing: Sequence[str]

"""What a settlement is made of."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from plateau.activity.agreements.types import Agreement, DutyPay, Tariff
from plateau.activity.counter.types import Row, Span
from plateau.kernel.ids import PersonId

MOVES = ("cost", "paid", "fee", "received")  # the sections that make the balance


@dataclass(frozen=True, slots=True)
class Money:
    """What a head cost (or was forecast to), by who paid."""

    kind: str  # cost, forecast
    head: str
    payer: str
    cents: int


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty held on a line, and whose law its reader works by."""

    entry_id: int
    line: str
    starts_at: datetime
    ends_at: datetime
    member: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that a settlement is computed from; `rows` begin on 1 January of the year."""

    agreement: Agreement
    span: Span
    rows: tuple[Row, ...]
    money: tuple[Money, ...]
    duties: tuple[Duty, ...]
    disputed: tuple[int, ...]
    tariffs: tuple[Tariff, ...]
    pay: tuple[DutyPay, ...]


@dataclass(frozen=True, slots=True, order=True)
class Item:
    """A line of a statement; `basis` is the path from inputs to amount.

    The cents of the sections of `MOVES` add up to the balance; the others inform.
    """

    section: str
    what: str
    basis: str
    quantity: int | None
    cents: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What one member reads and signs."""

    member: str
    items: tuple[Item, ...]
    balance_cents: int


@dataclass(frozen=True, slots=True, order=True)
class Blocker:
    """A reason why the period cannot be closed, with the item that it names."""

    why: str  # unpriced, unowned, no_weight, no_key, no_pay, disputed
    item: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """What a member pays another one."""

    payer: str
    payee: str
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A period settled: the same facts always give the same one."""

    code: str
    span: Span
    statements: tuple[Statement, ...]
    transfers: tuple[Transfer, ...]
    blockers: tuple[Blocker, ...]
    is_verified: bool


@dataclass(frozen=True, slots=True)
class Period:
    """A period that was checked, perhaps closed."""

    period_id: UUID
    agreement: str
    first_on: date
    last_on: date
    state: str
    document: str
    digest: bytes
    head_entry: int
    head_digest: bytes
    checked_by: PersonId
    checked_at: datetime
    closed_by: PersonId | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed for a party, and when."""

    member: str
    person_name: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class Dispute:
    """An entry that somebody does not agree with."""

    dispute_id: UUID
    entry_id: int
    reason: str
    raised_by_name: str
    raised_at: datetime

"""What the ledger holds."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from plateau.kernel.ids import DutyId, ExamId, LineId, MemberId, PersonId, SiteId, VersionId


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that counts, before it has a number; its fields are columns of the ledger.

    `cents` goes from the account `debit` to the account `credit`: both are named or neither is.
    """

    key: str
    kind: str
    happened_on: date
    corrects: int | None = None
    quantity: int = 1
    exam_id: ExamId | None = None
    version_id: VersionId | None = None
    exam_code: str | None = None
    modality: str | None = None
    urgency: str | None = None
    site_id: SiteId | None = None
    member_id: MemberId | None = None
    reader_id: PersonId | None = None
    line_id: LineId | None = None
    duty_id: DutyId | None = None
    complete_at: datetime | None = None
    signed_at: datetime | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    agreement: str | None = None
    machine: str | None = None
    session: str | None = None
    reader_member: str | None = None
    session_member: str | None = None
    patient_member: str | None = None
    status: str | None = None
    minutes: int | None = None
    head: str | None = None
    debit: str | None = None
    credit: str | None = None
    cents: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain stands: its last number and what that entry carries."""

    entry_id: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Frozen:
    """Something that is counted from a day only: what came before is closed."""

    subject: str
    open_from: date


@dataclass(frozen=True, slots=True)
class Sum:
    """What entries alike in all but number add up to on a day."""

    happened_on: date
    kind: str
    agreement: str
    machine: str
    session: str
    exam_code: str
    reader_member: str
    session_member: str
    patient_member: str
    head: str
    debit: str
    credit: str
    quantity: int
    minutes: int
    cents: int


@dataclass(frozen=True, slots=True)
class Fault:
    """An entry that is not what was written, and how that shows."""

    entry_id: int
    what: str  # altered, missing, cut, head, sums


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What verifying the ledger has shown."""

    entries: int
    digest: bytes
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """Why an entry is taken back, on which day that counts, and what counts instead."""

    entry_id: int
    on: date
    reason: str
    instead: Fact | None = None


Value = str | int | date | datetime | UUID | None

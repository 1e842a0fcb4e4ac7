"""What people enter."""

from dataclasses import dataclass
from datetime import date, datetime

from plateau.kernel.ids import LineId

SESSIONS = ("session_given_up", "session_lent", "session_made_up", "session_refused")
MONEY = ("cost", "forecast")


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What became of a session: whose it was, and who used it when it was lent or made up."""

    kind: str  # of SESSIONS
    on: date
    machine: str  # AE title
    session_member: str
    reader_member: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOut:
    """Somebody on a line was called out."""

    line: str
    line_id: LineId
    starts_at: datetime
    ends_at: datetime
    reader_member: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """What a head cost, or is forecast to: `reference` is the invoice's or the budget line's."""

    kind: str  # of MONEY
    on: date
    head: str
    payer: str
    cents: int
    reference: str

"""When a delivery is tried again, and when a person has to look."""

import base64
import hashlib
from datetime import timedelta

from plateau.exchange.types import Outcome, State
from plateau.kernel.ids import DeliveryId

LONGEST_DELAY = timedelta(minutes=5)
REJECTIONS = 5  # this many AR: the message itself is at fault, only a person can help
_DOUBLINGS = 16


def control_id(delivery_id: DeliveryId) -> str:
    """The number of a delivery's message: 20 characters, the same on each attempt.

    The receiver recognises a message that it already has by this number.

    Source: HL7 2.5.1, MSH-10, at most 20 characters.
    """
    digest = hashlib.sha256(delivery_id.bytes).digest()
    return base64.b32encode(digest[:15]).decode()[:20]


def retry_delay(failures: int, first: timedelta) -> timedelta:
    """How long to wait after so many failures in a row: doubles from `first`, up to 5 minutes."""
    if failures < 1:
        return timedelta(0)
    return min(first * 2 ** min(failures - 1, _DOUBLINGS), LONGEST_DELAY)


def is_down(outcome: Outcome) -> bool:
    """Whether the destination itself fails, so that nothing else need be tried on it for now."""
    return outcome in {Outcome.UNREACHABLE, Outcome.SILENCE}


def state_after(outcome: Outcome, rejections: int) -> State:
    """Where a delivery stands after an attempt, `rejections` of which were AR in all."""
    if outcome is Outcome.ACCEPTED:
        return State.DELIVERED
    if outcome is Outcome.REJECTED and rejections >= REJECTIONS:
        return State.REFUSED
    return State.WAITING

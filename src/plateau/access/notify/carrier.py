"""The carrier: sends what waits, one message at a time, and writes down what came of it.

A message is claimed in one transaction and its result written in another: none is open while the
other side takes its time. When this process dies in between, the message is sent again under the
same number, by which the receiver knows it.
"""

from datetime import datetime, timedelta

import structlog

from plateau.access.notify import gates, queries, rules
from plateau.access.notify.types import Channel, DeliveryState, Letter
from plateau.kernel.errors import InvalidInputError, UnavailableError
from plateau.platform.db import Db, Tx
from plateau.platform.settings import Settings

log = structlog.get_logger()
_MARGIN = timedelta(seconds=30)
_SENDERS = {Channel.EMAIL.value: gates.email, Channel.SMS.value: gates.sms}


def carry_due(db: Db, settings: Settings, *, wall: datetime) -> int:
    """Everything due is sent or put off; how many attempts that took."""
    with db.begin() as tx:
        given_up = queries.give_up(tx, wall=wall)
    if given_up:
        log.warning("notification.given_up", messages=given_up)
    attempts = 0
    while carry_one(db, settings, wall=wall):
        attempts += 1
    return attempts


def carry_one(db: Db, settings: Settings, *, wall: datetime) -> bool:
    """One message that is due is sent or put off; False when nothing is due."""
    until = wall + timedelta(seconds=settings.notify_timeout_s) * 3 + _MARGIN
    with db.begin() as tx:
        letter = queries.claim(tx, configured(settings), wall=wall, until=until)
    if letter is None:
        return False
    error = _send(settings, letter, at=wall)
    with db.begin() as tx:
        state = _conclude(tx, letter, error, settings, wall=wall)
    level = log.warning if error else log.info
    level(
        "notification.attempted",
        delivery_id=str(letter.delivery_id),
        channel=letter.channel,
        state=state,
    )
    return True


def configured(settings: Settings) -> list[Channel]:
    """The channels that lead somewhere."""
    known = ((Channel.EMAIL, settings.smtp_url), (Channel.SMS, settings.sms_webhook_url))
    return [channel for channel, url in known if url]


def _send(
    settings: Settings, letter: Letter, *, at: datetime
) -> UnavailableError | InvalidInputError | None:
    """Nothing when the message was taken; otherwise why not."""
    if not letter.address:
        return InvalidInputError("the person is no longer reached that way")
    try:
        _SENDERS[letter.channel](settings, letter, at=at)
    except (UnavailableError, InvalidInputError) as error:
        return error
    return None


def _conclude(
    tx: Tx,
    letter: Letter,
    error: UnavailableError | InvalidInputError | None,
    settings: Settings,
    *,
    wall: datetime,
) -> DeliveryState:
    """What came of an attempt is written; a channel that is away is left alone for a while."""
    said = str(error) if error else ""
    first = timedelta(seconds=settings.notify_retry_s)
    next_at = wall + rules.retry_delay(letter.attempts + 1, first)
    state = DeliveryState.SENT
    if isinstance(error, UnavailableError):
        state = DeliveryState.WAITING
    elif error:
        state = DeliveryState.GIVEN_UP
    queries.add_attempt(tx, letter.delivery_id, at=wall, error=said)
    queries.conclude(
        tx,
        letter.delivery_id,
        state=state.value,
        next_at=next_at,
        sent_at=None if error else wall,
        error=said,
    )
    if isinstance(error, gates.AwayError):
        queries.postpone(tx, letter.channel, until=next_at)
    return state

"""The sender: takes what is owed, one message at a time to each destination, and writes down
what came of it. Several senders, in several processes, may run at once."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import structlog

from plateau.exchange import hl7v2, mllp, oru, service
from plateau.exchange.types import Answer, Attempt, Letter, Outcome
from plateau.kernel.errors import PlateauError
from plateau.platform import clock, runtime
from plateau.platform.counters import DELIVERIES
from plateau.platform.db import Db
from plateau.platform.runtime import Runtime

log = structlog.get_logger()
_SENDERS = 4  # so that a silent destination does not hold up the others
_IDLE_S = 0.5


def run(db: Db, stop: threading.Event) -> None:
    """Send until asked to stop; a bug in one sender stops them all, for the supervisor to see."""
    post = Runtime(db, runtime.blobs(), runtime.settings_in_use())
    with ThreadPoolExecutor(_SENDERS, thread_name_prefix="outbox") as senders:
        running = [senders.submit(_run_one, post, stop) for _ in range(_SENDERS)]
    for one in running:
        one.result()


def _run_one(post: Runtime, stop: threading.Event) -> None:
    try:
        while not stop.is_set():
            if not _sent_something(post):
                stop.wait(_IDLE_S)
    finally:
        stop.set()


def _sent_something(post: Runtime) -> bool:
    try:
        return send_due(post, wall=clock.wall(), now=clock.now()) is not None
    except PlateauError as error:  # the database is away: what was claimed frees itself
        log.warning("outbox.waiting", code=error.code)
        return False


def send_due(post: Runtime, *, wall: datetime, now: datetime) -> Outcome | None:
    """Send one message that is due; how that ended, or None when nothing is due.

    The lane is claimed in one transaction and the result written in another: no transaction is
    open while the other side takes its time. When this process dies in between, the message is
    sent again under the same control id, by which the receiver knows it.
    """
    timeout_s = post.settings.mllp_timeout_s
    with post.db.begin() as tx:
        found = service.claim_next(tx, wall=wall, timeout_s=timeout_s)
    if found is None:
        return None
    claim, letter = found
    started = time.monotonic()
    answer = _send(post, letter)
    spent = timedelta(seconds=time.monotonic() - started)
    attempt = Attempt(claim=claim, letter=letter, answer=answer, at=now + spent, wall=wall + spent)
    with post.db.begin() as tx:
        first_delay = timedelta(seconds=post.settings.outbox_retry_s)
        service.conclude(tx, attempt, first_delay=first_delay)
    _log(letter, answer)
    return answer.outcome


def _send(post: Runtime, letter: Letter) -> Answer:
    try:
        content = oru.build(letter, post.blobs.get(letter.document_key))
    except PlateauError as error:
        return Answer(outcome=Outcome.UNREADY, detail=str(error))
    answer = mllp.ask(letter.host, letter.port, content, timeout_s=post.settings.mllp_timeout_s)
    return hl7v2.read_answer(answer, letter.control_id) if isinstance(answer, bytes) else answer


def _log(letter: Letter, answer: Answer) -> None:
    DELIVERIES.labels(answer.outcome).inc()
    level = log.info if answer.outcome is Outcome.ACCEPTED else log.warning
    level("delivery.attempted", delivery_id=str(letter.delivery_id), outcome=answer.outcome)

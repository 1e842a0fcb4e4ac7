"""Storage commitment, user's side: an archive is asked to answer for what it was sent.

Its answer comes on the same association, or later on one of its own. Source: PS3.4, annex J.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import cast
from uuid import uuid4

import structlog
from pydicom.dataset import Dataset
from pynetdicom import evt
from pynetdicom.dimse_primitives import N_EVENT_REPORT
from pynetdicom.events import Event

from plateau.images.commitment import asking, messages
from plateau.images.commitment.types import Promise, Wanted
from plateau.images.events import CommitmentRefused, CommitmentWanted, StudyForwarded
from plateau.images.peers import dialing
from plateau.images.peers import service as peers
from plateau.images.peers.types import Address, address_of
from plateau.kernel.caller import Caller
from plateau.kernel.errors import (
    InvalidInputError,
    NotFoundError,
    PlateauError,
    RuleBrokenError,
    UnavailableError,
)
from plateau.kernel.time import local
from plateau.platform.db import Db, Tx
from plateau.platform.dimse import SUCCESS, decoded
from plateau.platform.jobs import emit
from plateau.territory import service as territory

log = structlog.get_logger()
Hear = Callable[[Dataset], None]
_SOON = timedelta(minutes=2)  # to wait for the job that asks
_PATIENCE = timedelta(hours=1)  # to wait for an answer
_MOST_ASKED = 48
_MOST_SENT = 3  # a system that still does not have it after that is a person's business
_ANSWER_S = 30.0
_AT_ONCE_S = 1.0  # how long we stay for an answer on the same association


def plan(tx: Tx, event: StudyForwarded, *, now: datetime) -> str | None:
    """An archive that was sent a study waits to be asked about it; under which transaction UID."""
    peer = territory.peer(tx, event.ae_title, on=local(now).date())
    if peer is None or not peer.commits:
        return None
    uid = f"2.25.{uuid4().int}"
    added = asking.add(
        tx,
        transaction_uid=uid,
        study_id=event.study_id,
        ae_title=event.ae_title,
        now=now,
        due_at=now + _SOON,
    )
    if not added:
        return None
    emit(tx, CommitmentWanted(transaction_uid=uid))
    return uid


def ask(db: Db, event: CommitmentWanted, *, ours: str, clock: Callable[[], datetime]) -> None:
    """Ask by N-ACTION; UnavailableError when it does not answer, to be tried again."""
    with db.begin() as tx:
        wanted = asking.open_request(tx, event.transaction_uid)
        if wanted is None:
            return
        peer = territory.peer(tx, wanted.ae_title, on=local(clock()).date())

    def hear(said: Dataset) -> None:
        with db.begin() as tx:
            answered(tx, said, ae_title=wanted.ae_title, now=clock())

    problem: PlateauError | None = None
    try:
        if peer is None:
            raise NotFoundError("it is no longer in the territory file")
        _request(address_of(peer), wanted, ours=ours, hear=hear)
    except PlateauError as error:
        problem = error
        log.warning("commitment.not_asked", ae_title=wanted.ae_title, code=error.code)
    with db.begin() as tx:
        asking.note_asked(
            tx, wanted.transaction_uid, problem=str(problem or ""), due_at=clock() + _PATIENCE
        )
        tx.touch("images")
    if isinstance(problem, UnavailableError):
        raise problem


def answered(tx: Tx, said: Dataset, *, ae_title: str, now: datetime) -> bool:
    """What an archive says is recorded; what it does not have is sent again, some times."""
    transaction_uid, failed = messages.verdict(said)
    study_id = asking.answer(tx, transaction_uid, ae_title=ae_title, failed=failed, at=now)
    if study_id is None:
        return False
    if failed:
        log.warning("commitment.failed", ae_title=ae_title, instances=len(failed))
        if asking.failures(tx, study_id=study_id, ae_title=ae_title) < _MOST_SENT:
            emit(tx, CommitmentRefused(study_id=study_id, ae_title=ae_title))
    tx.touch("images")
    return True


def ask_again(tx: Tx, *, now: datetime) -> None:
    """Those of which nothing was heard are asked again, once an hour, for two days."""
    for uid in asking.overdue(tx, now=now, again_at=now + _PATIENCE, most=_MOST_ASKED):
        emit(tx, CommitmentWanted(transaction_uid=uid))


def listed(tx: Tx, caller: Caller) -> list[Promise]:
    """What others were asked to answer for, of the caller's sites."""
    return asking.promises(tx, sites=peers.sites(caller))


def _request(to: Address, wanted: Wanted, *, ours: str, hear: Hear) -> None:
    came, told = threading.Event(), threading.Event()

    def on_report(event: Event) -> tuple[int, None]:
        request = cast("N_EVENT_REPORT", event.request)
        try:
            hear(decoded(request.EventInformation, event.context))
        except InvalidInputError:
            return messages.PROCESSING_FAILURE, None
        came.set()
        return SUCCESS, None

    def on_sent(_: Event) -> None:
        if came.is_set():  # our answer to it has left: now we may let go
            told.set()

    handlers: list[evt.EventHandlerType] = [
        (evt.EVT_N_EVENT_REPORT, on_report),
        (evt.EVT_PDU_SENT, on_sent),
    ]
    with dialing.associated(
        to, [messages.context()], ours=ours, answer_s=_ANSWER_S, handlers=handlers
    ) as association:
        asked = messages.request(wanted.transaction_uid, wanted.classes, wanted.uids)
        try:
            status, _ = association.send_n_action(
                asked, messages.REQUEST, messages.SERVICE, messages.INSTANCE
            )
        except (RuntimeError, ValueError) as error:  # ended by the other side, or never agreed
            raise UnavailableError("the association was cut") from error
        code: int | None = status.get("Status")
        if code is None:
            raise UnavailableError("the association was cut")
        if code != SUCCESS:
            raise RuleBrokenError("it refuses to answer for it ({status})", status=f"{code:04X}")
        told.wait(_AT_ONCE_S)

"""Drafts that come in: from whom, of what, and whether they are wanted."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from plateau.access import service as access
from plateau.access.types import Access
from plateau.kernel.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    NotSignedInError,
    RuleBrokenError,
)
from plateau.platform.db import Tx
from plateau.reading.assistant import rules
from plateau.reading.assistant.queries import arriving as queries
from plateau.reading.assistant.types import Arrival, Awaited, Model
from plateau.reading.rules import lifecycle
from plateau.reading.types import State

_AT_ONCE = 200


def model_of(tx: Tx, *, token: str) -> Model:
    """The program that holds the token; NotSignedInError when nobody does."""
    model = queries.model_of(tx, token_hash=hash_of(token)) if token else None
    if model is None:
        raise NotSignedInError("this address wants the token of a program")
    return model


def hash_of(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


def propose(tx: Tx, model: Model, arrival: Arrival, *, now: datetime) -> tuple[UUID, bool]:
    """The draft is kept, for the reader of its exam alone; its identifier, and whether it is new.

    Refused, and not kept, unless an administrator has switched the program on for this type of
    exam at this site.
    """
    if (arrival.model_name, arrival.model_version) != (model.name, model.version):
        raise InvalidInputError(
            "the token is of {name} {version}", name=model.name, version=model.version
        )
    exam = queries.reported(
        tx, study_uid=arrival.study_uid, accession_number=arrival.accession_number
    )
    if exam is None:
        raise NotFoundError("there is no such exam to read")
    before = queries.sent_before(tx, model.model_id, key=arrival.key, exam_id=exam.exam_id)
    if before is not None:
        if not before[1]:
            raise ConflictError("another draft of this exam, or of this identifier, was sent")
        return before[0], False
    switch = queries.switch_on(tx, model.model_id, exam, now=now)
    if switch is None:
        raise RuleBrokenError("this program is not switched on for this type of exam at this site")
    if State(exam.state) in lifecycle.DONE:
        raise ConflictError("this report is already signed")
    blind = rules.is_blind(switch.salt, exam.exam_id, permille=switch.blind_permille)
    proposal_id = uuid4()
    queries.add(tx, proposal_id, arrival, of=(exam.exam_id, switch), blind=blind, now=now)
    what = Access(
        action="assistant.receive",
        subject=f"exam:{exam.exam_id}",
        patient_id=exam.patient_id,
        site_id=exam.site_id,
    )
    access.record(tx, f"{model.name} {model.version}", what, at=now)
    tx.touch("worklist")
    return proposal_id, True


def awaited(tx: Tx, model: Model, *, now: datetime) -> Sequence[Awaited]:
    """The exams that a program may still send a draft of, the most urgent first."""
    return queries.awaited(tx, model.model_id, now=now, limit=_AT_ONCE)


def document(tx: Tx, model: Model, proposal_id: UUID) -> dict[str, Any]:
    """What the program itself once sent, as it came."""
    found = queries.document(tx, model.model_id, proposal_id)
    if found is None:
        raise NotFoundError("there is no such draft of yours")
    return found

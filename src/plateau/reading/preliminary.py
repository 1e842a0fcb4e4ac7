"""Giving a report before it is signed: marked as such wherever it is read, and to be signed."""

from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from plateau.kernel.caller import Caller
from plateau.kernel.errors import InvalidInputError
from plateau.kernel.ids import VersionId
from plateau.platform.blobs import Blobs
from plateau.platform.db import Tx
from plateau.reading import entering, holding, sealing, service, signature
from plateau.reading.queries import tasks, texts
from plateau.reading.types import Giving, Kind, Seal, Step
from plateau.requests import service as requests

LONGEST = 200  # characters of whom it was told


def give(
    tx: Tx, blobs: Blobs, caller: Caller, giving: Giving, *, now: datetime, wall: datetime
) -> VersionId:
    """Whoever asked for the exam may see the text at once; it waits to be signed by a reader.

    The text is kept as a draft too.
    """
    save, told = giving.save, giving.told.strip()
    if len(told) > LONGEST:
        raise InvalidInputError("a text here has {most} characters at most", most=LONGEST)
    held = holding.lock(tx, caller, save.exam_id)
    holding.require_held(held, caller, now=now)
    sheet = requests.exam_sheet(tx, save.exam_id)
    signature.require_clean(signature.lint(save.sections, sheet), despite_warnings=True)
    service.save_draft(tx, caller, save, now=now, wall=wall)
    facts = replace(entering.facts_of(tx, save.exam_id), reason=told)
    state = holding.log(tx, held, Step.PRELIMINARY, caller, now, facts)
    tasks.free(tx, exam_id=save.exam_id, state=state)
    holding.record(tx, caller, held, "report.preliminary", now)
    version_id = VersionId(uuid4())
    seal = Seal(
        exam_id=held.exam_id,
        patient_id=held.patient_id,
        number=len(texts.versions(tx, save.exam_id)) + 1,
        kind=Kind.PRELIMINARY,
        reason=told,
        signed_by=caller.person_id,
        signed_at=now,
    )
    sealing.seal(tx, blobs, version_id, save.sections, seal)
    return version_id

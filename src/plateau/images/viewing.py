"""What signed-in people see of studies; out of reach reads as absent, and viewing is recorded."""

from datetime import datetime, timedelta

from plateau.access import service as access
from plateau.access.types import Access
from plateau.images.events import ColdStudyOpened
from plateau.images.queries import answers, arrival
from plateau.images.types import Visible
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import NotFoundError
from plateau.platform.db import Tx
from plateau.platform.jobs import emit

VIEWERS = (Role.READER, Role.TECHNOLOGIST, Role.COORDINATOR, Role.REQUESTER)
_SAME_LOOK = timedelta(minutes=10)  # one line of audit for all the requests of a viewer


def _visible(tx: Tx, caller: Caller, study_uid: str, now: datetime) -> Visible:
    found = answers.visible(
        tx,
        study_uid=study_uid,
        sites=caller.sites_as(*VIEWERS),
        person_id=caller.person_id,
        since=now - _SAME_LOOK,
    )
    if found is None:
        raise NotFoundError("study not found")
    return found


def seen(tx: Tx, caller: Caller, study_uid: str, now: datetime) -> Visible | None:
    """A visible study, if this look at it has its line of audit already."""
    study = _visible(tx, caller, study_uid, now)
    return study if study.is_audited else None


def opened(tx: Tx, caller: Caller, study_uid: str, now: datetime) -> Visible:
    """A visible study, with a line of audit for this look at it."""
    study = _visible(tx, caller, study_uid, now)
    if study.is_audited:
        return study
    arrival.lock_study_uids(tx, [f"{study_uid}:{caller.person_id}"])  # viewers ask many at once
    study = _visible(tx, caller, study_uid, now)
    if not study.is_audited:
        seen = Access(
            action="images.view",
            subject=f"study:{study.study_id}",
            patient_id=study.patient_id,
            site_id=study.site_id,
        )
        access.record(tx, caller, seen, at=now)
        if study.is_cold:
            emit(tx, ColdStudyOpened(study_id=study.study_id))
    return study

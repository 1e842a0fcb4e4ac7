"""What signed-in people retrieve; out of reach reads as absent, and each look is recorded."""

from dataclasses import dataclass
from datetime import datetime

from plateau.images import viewing
from plateau.images.retrieve import describing, queries
from plateau.images.retrieve.describing import Description
from plateau.images.retrieve.directory import TAGS
from plateau.images.retrieve.types import Listed, Stored
from plateau.kernel.caller import Caller
from plateau.kernel.errors import NotFoundError
from plateau.kernel.ids import StudyId
from plateau.platform.db import Tx


@dataclass(frozen=True, slots=True)
class Address:
    """The UIDs in a path; those that it does not have are empty."""

    study_uid: str
    series_uid: str = ""
    uid: str = ""


def files(tx: Tx, caller: Caller, address: Address, *, now: datetime) -> list[Stored]:
    """Where the instances at an address lie; there is at least one."""
    study = viewing.opened(tx, caller, address.study_uid, now)
    found = queries.stored(
        tx,
        study_id=study.study_id,
        series_uid=address.series_uid or None,
        uid=address.uid or None,
    )
    if not found:
        raise NotFoundError("instance not found")
    return found


def seen(tx: Tx, caller: Caller, address: Address, *, now: datetime) -> Stored | None:
    """Where one instance lies, if the audit trail says already that its study is looked at."""
    study = viewing.seen(tx, caller, address.study_uid, now)
    return _one(tx, study.study_id, address) if study else None


def instance(tx: Tx, caller: Caller, address: Address, *, now: datetime) -> Stored:
    """Where one instance lies."""
    study = viewing.opened(tx, caller, address.study_uid, now)
    return _one(tx, study.study_id, address)


def _one(tx: Tx, study_id: StudyId, address: Address) -> Stored:
    found = queries.stored_one(
        tx, study_id=study_id, series_uid=address.series_uid, uid=address.uid
    )
    if found is None:
        raise NotFoundError("instance not found")
    return found


def listed(tx: Tx, caller: Caller, address: Address, *, now: datetime) -> list[Listed]:
    """What the directory of a file-set says of the instances at an address."""
    study = viewing.opened(tx, caller, address.study_uid, now)
    return queries.listed(
        tx,
        study_id=study.study_id,
        series_uid=address.series_uid or None,
        uid=address.uid or None,
        tags=TAGS,
    )


def shown(tx: Tx, caller: Caller, address: Address, *, now: datetime) -> list[Stored]:
    """The instances of a study or a series that can be shown as pictures; there is one at least."""
    study = viewing.opened(tx, caller, address.study_uid, now)
    found = queries.with_pixels(tx, study_id=study.study_id, series_uid=address.series_uid or None)
    if not found:
        raise NotFoundError("there is no picture here")
    return found


def middle(tx: Tx, caller: Caller, address: Address, *, now: datetime) -> Stored:
    """The image that stands for a study or a series."""
    study = viewing.opened(tx, caller, address.study_uid, now)
    found = queries.middle_picture(
        tx, study_id=study.study_id, series_uid=address.series_uid or None
    )
    if found is None:
        raise NotFoundError("there is no picture here")
    return found


def describe(tx: Tx, caller: Caller, address: Address, *, now: datetime) -> Description:
    """The metadata at an address."""
    study = viewing.opened(tx, caller, address.study_uid, now)
    if address.uid:
        return describing.of_instance(tx, study, series_uid=address.series_uid, uid=address.uid)
    return describing.of_series(tx, study, series_uid=address.series_uid or None)

"""Keeping what people send by web: who may, in whose name, and what becomes of it."""

from collections.abc import Sequence
from datetime import datetime

import structlog

from plateau.access import service as access
from plateau.access.types import Access
from plateau.images import service
from plateau.images.quota import service as quotas
from plateau.images.store import Store
from plateau.images.stow import queries as senders
from plateau.images.stow.types import OtherStudyError, Outcome, Part, TooLargeError
from plateau.images.types import Origin
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import InvalidInputError, NotFoundError, PlateauError
from plateau.kernel.time import local
from plateau.platform.counters import STORES
from plateau.platform.db import Tx
from plateau.platform.dimse import status_of

log = structlog.get_logger()
_SENDERS = (Role.TECHNOLOGIST, Role.ADMINISTRATOR)


def origin_of(tx: Tx, caller: Caller, *, ae_title: str, address: str, now: datetime) -> Origin:
    """In which machine's name somebody sends: the one they say, or the only one of their sites."""
    sites = caller.sites_as(*_SENDERS)
    titles = senders.machines(tx, sites=sites, ae_title=ae_title, on=local(now).date())
    if not titles:
        raise NotFoundError("no machine of yours calls itself so")
    if len(titles) > 1:
        raise InvalidInputError("say in which machine's name this is sent: ?ae_title=")
    quotas.check(tx, site_id=None, ae_title=titles[0], now=now)
    return Origin(
        ae_title=titles[0], address=address, protocol="stow", account=str(caller.person_id)
    )


def keep(store: Store, part: Part, *, study_uid: str, origin: Origin) -> Outcome:
    """What became of one part; it is durable if there is no error."""
    outcome = _kept(store, part, study_uid, origin)
    STORES.labels("0000" if outcome.error is None else f"{status_of(outcome.error):04X}").inc()
    return outcome


def note(
    tx: Tx, caller: Caller, outcomes: Sequence[Outcome], *, origin: Origin, now: datetime
) -> None:
    """The audit trail says which studies were added to, and coordinators see what was refused."""
    studies = {one.found.study_uid for one in outcomes if one.found and not one.error}
    for study_uid in sorted(studies):
        study = service.study_of(tx, study_uid)
        if study:
            done = Access(
                action="images.store",
                subject=f"study:{study.study_id}",
                patient_id=study.patient_id,
                site_id=study.site_id,
            )
            access.record(tx, caller, done, at=now)
    for error in [one.error for one in outcomes if one.error]:
        log.warning("store.refused", code=error.code, reason=error.text, ae_title=origin.ae_title)
        service.refuse(tx, origin=origin, error=error, at=now)


def _kept(store: Store, part: Part, study_uid: str, origin: Origin) -> Outcome:
    if part.is_too_large:
        return Outcome(None, TooLargeError("larger than this archive accepts"))
    try:
        found = store.read(part.content, origin=origin)
    except PlateauError as error:
        return Outcome(None, error)
    if study_uid and found.study_uid != study_uid:
        return Outcome(found, OtherStudyError("this instance belongs to another study"))
    try:
        store.keep_file(part.content, origin=origin, found=found)
    except PlateauError as error:
        return Outcome(found, error)
    return Outcome(found)

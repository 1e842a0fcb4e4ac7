"""Rejecting images: a note hides what it names, whoever sent it; only a person brings it back."""

from collections.abc import Sequence
from datetime import datetime

import orjson

from plateau.access import service as access
from plateau.access.types import Access
from plateau.images.events import ImagesRejected, ImagesRestored
from plateau.images.formats import part10
from plateau.images.reject import queries, rules, writing
from plateau.images.reject.types import Hidden, Note, Place, Rejection, Wish
from plateau.images.types import Arrival, Origin
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PlateauError,
    RuleBrokenError,
)
from plateau.kernel.ids import SiteId, StudyId
from plateau.kernel.time import local
from plateau.platform.blobs import Blobs
from plateau.platform.db import Tx
from plateau.platform.jobs import emit

KEEPERS = (Role.TECHNOLOGIST, Role.ADMINISTRATOR)
JUDGES = (Role.TECHNOLOGIST, Role.READER)  # who may look at what was rejected: care, not upkeep
_MOST_NAMED = 10_000
_LONGEST = 1000  # characters of a description


def note_of(one: Arrival) -> Note | None:
    """What an arrival rejects, if it is a rejection note."""
    if one.header.sop_class_uid != rules.KEY_OBJECTS:
        return None
    return rules.read(orjson.loads(one.header.metadata), study_uid=one.header.study_uid)


def refusal(tx: Tx, note: Note, *, study_uid: str, site_id: SiteId | None) -> PlateauError | None:
    """Why a note is not kept: a site rejects its own images only, each study by a note in it."""
    found = queries.place(tx, study_uid=study_uid)
    if found and found.site_id != site_id:
        return RuleBrokenError("only the site of a study rejects images of it")
    if queries.is_any_elsewhere(tx, [*note.uids, *note.elsewhere], study_uid=study_uid):
        return RuleBrokenError("a rejection note names images of its own study only")
    return None


def apply(tx: Tx, note: Note, one: Arrival, *, at: datetime) -> None:
    """What a stored note names is rejected, there or not yet; the same note twice changes nothing.

    The note itself is hidden with what it names: it is no image of the study.
    """
    study = queries.place(tx, study_uid=one.header.study_uid)
    if study is None:
        raise NotFoundError("study not found")
    note_uid, origin = one.header.sop_instance_uid, str(one.origin)
    rejection_id = queries.add(
        tx, note, note_uid=note_uid, study_id=study.study_id, origin=origin, at=at
    )
    if rejection_id is None:
        return
    queries.name(
        tx, rejection_id=rejection_id, study_id=study.study_id, uids=[*note.uids, note_uid]
    )
    _record(tx, origin, study, action="images.reject", reason=rules.MEANINGS[note.code], at=at)
    emit(tx, ImagesRejected(rejection_id=rejection_id, study_id=study.study_id,
                            study_uid=study.study_uid, site_id=study.site_id, code=note.code,
                            at=at))  # fmt: skip


def hide(tx: Tx, study_id: StudyId) -> None:
    """Nothing that is rejected of a study is shown or counted."""
    queries.hide(tx, study_id)
    queries.recount(tx, study_id)
    tx.touch("images", "exams")


def differing(tx: Tx, blobs: Blobs, arrivals: Sequence[Arrival]) -> set[str]:
    """Which of these came under the UID of a hidden instance, with other content."""
    kept = queries.hidden_keys(tx, [one.header.sop_instance_uid for one in arrivals])
    return {
        one.header.sop_instance_uid
        for one in arrivals
        if (key := kept.get(one.header.sop_instance_uid, one.blob_key)) != one.blob_key
        and not part10.same_data_set(blobs.get(key), blobs.get(one.blob_key))
    }


def write(
    tx: Tx, caller: Caller, study_uid: str, wish: Wish, *, now: datetime
) -> tuple[bytes, Origin]:
    """A rejection note that says what a person wants, and in whose name it is to be stored."""
    study = _reachable(tx, caller, study_uid)
    if wish.code not in rules.MEANINGS:
        raise InvalidInputError("choose a reason")
    if len(wish.text) > _LONGEST:
        raise InvalidInputError("a description has {most} characters at most", most=_LONGEST)
    among = rules.numbers(wish.numbers)
    queries.lock(tx, study.study_id)
    shown = queries.shown(
        tx, study_id=study.study_id, series_uid=wish.series_uid, limit=_MOST_NAMED
    )
    chosen = [one for one in shown if rules.is_chosen(one.number, among)]
    if not chosen:
        raise NotFoundError("no image of this study has these numbers")
    ae_title = queries.sender_of(tx, study_id=study.study_id, on=local(now).date())
    if ae_title is None:
        raise RuleBrokenError("no machine of this site is in the territory file today")
    reason = f"{rules.MEANINGS[wish.code]}. {wish.text}".strip()
    _record(tx, caller, study, action="images.reject.ask", reason=reason, at=now)
    content = writing.note(chosen, code=wish.code, text=wish.text, at=now, like=shown[0].metadata)
    origin = Origin(
        ae_title=ae_title, address="page", protocol="page", account=str(caller.person_id)
    )
    return content, origin


def undo(tx: Tx, caller: Caller, rejection_id: int, *, reason: str, now: datetime) -> None:
    """What a note hid is shown again, unless another note rejects it; ConflictError if it is."""
    found = queries.rejections(tx, sites=_sites(caller), rejection_id=rejection_id)
    if not found:
        raise NotFoundError("there is no such rejection")
    reason = reason.strip()
    if not reason:
        raise InvalidInputError("say why: it is kept with the decision")
    study = queries.place(tx, study_uid=found[0].study_uid)
    if study is None:
        raise NotFoundError("study not found")
    queries.lock(tx, study.study_id)
    if not queries.undo(tx, rejection_id=rejection_id, by=caller.person_id, reason=reason, at=now):
        raise ConflictError("somebody has already brought these images back")
    queries.show(tx, study.study_id)
    queries.recount(tx, study.study_id)
    _record(tx, caller, study, action="images.restore", reason=reason, at=now)
    emit(tx, ImagesRestored(rejection_id=rejection_id, study_id=study.study_id,
                            study_uid=study.study_uid, site_id=study.site_id, at=now))  # fmt: skip
    tx.touch("images", "exams")


def listed(tx: Tx, caller: Caller, *, now: datetime) -> list[Rejection]:
    """The rejections at the sites that the caller keeps, the latest first."""
    found = queries.rejections(tx, sites=_sites(caller))
    seen = Access(action="images.reject.list", subject="rejections")
    access.record(tx, caller, seen, at=now)
    return found


def opened(
    tx: Tx, caller: Caller, rejection_id: int, *, now: datetime
) -> tuple[Rejection, list[Hidden]]:
    """A rejection and the images that it hides, for whoever may judge them; looking is recorded."""
    found, images = looked_at(tx, caller, rejection_id)
    study = Place(found.study_id, found.study_uid, found.patient_id, found.site_id)
    _record(tx, caller, study, action="images.reject.view", reason=f"note {rejection_id}", at=now)
    return found, images


def looked_at(tx: Tx, caller: Caller, rejection_id: int) -> tuple[Rejection, list[Hidden]]:
    """The same, for the pictures of a page that is open already."""
    sites = caller.sites_as(*JUDGES)
    found = queries.rejections(tx, sites=sites, rejection_id=rejection_id)
    if not found:
        raise NotFoundError("there is no such rejection")
    return found[0], queries.hidden(tx, rejection_id)


def may_look(caller: Caller) -> frozenset[SiteId]:
    """The sites whose rejected images somebody may look at."""
    return caller.sites_as(*JUDGES)


def of_study(tx: Tx, caller: Caller, study_uid: str) -> list[Rejection]:
    """The rejections in a study, for whoever may undo them; nothing for others."""
    return queries.rejections(tx, sites=caller.sites_as(*KEEPERS), study_uid=study_uid)


def may_reject(caller: Caller, site_id: SiteId) -> bool:
    """Whether a person may reject images of a site."""
    return site_id in caller.sites_as(*KEEPERS)


def _reachable(tx: Tx, caller: Caller, study_uid: str) -> Place:
    found = queries.place(tx, study_uid=study_uid)
    if found is None or not may_reject(caller, found.site_id):
        raise NotFoundError("study not found")
    return found


def _sites(caller: Caller) -> frozenset[SiteId]:
    sites = caller.sites_as(*KEEPERS)
    if not sites:
        raise NotFoundError("this page does not exist, or is not yours to see")
    return sites


def _record(
    tx: Tx, who: Caller | str, study: Place, *, action: str, reason: str, at: datetime
) -> None:
    done = Access(
        action=action,
        subject=f"study:{study.study_id}",
        patient_id=study.patient_id,
        site_id=study.site_id,
        reason=reason,
    )
    access.record(tx, who, done, at=at)

"""Complete studies are sent on to other DICOM systems, as the routes of the territory say."""

from datetime import datetime, timedelta
from io import BytesIO

import structlog
from pydicom import dcmread
from pydicom.dataset import Dataset
from pynetdicom import build_context
from pynetdicom.association import Association

from plateau.access import service as access
from plateau.access.types import Access
from plateau.images.events import ForwardAsked, StudyComplete, StudyForwarded
from plateau.images.formats import transcode
from plateau.images.forward import queries
from plateau.images.forward.types import Attempt, Forwarding, Waiting
from plateau.images.move import rules as retrieve_rules
from plateau.images.move.types import Sent
from plateau.images.peers import dialing
from plateau.images.peers import queries as contacts
from plateau.images.peers import service as peers
from plateau.images.peers.types import Address, address_of
from plateau.kernel.caller import Caller
from plateau.kernel.errors import NotFoundError, PlateauError, RuleBrokenError, UnavailableError
from plateau.kernel.ids import StudyId
from plateau.kernel.time import local
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db, Tx
from plateau.platform.jobs import emit
from plateau.territory import service as territory

log = structlog.get_logger()
_GATHER = timedelta(seconds=30)  # late instances seldom come alone
_OVERLAP = timedelta(minutes=10)  # what was still being recorded is sent again: that is harmless
_AGAIN = timedelta(hours=1)  # after the attempts of the job engine have come to their end
_ANSWER_S = 30.0
_OUT_OF_RESOURCES = range(0xA700, 0xA800)  # try later. PS3.4, table B.2-1
_WARNINGS = range(0xB000, 0xC000)  # stored, with a remark


def plan(tx: Tx, event: StudyComplete, *, now: datetime) -> list[str]:
    """A complete study waits to be sent to each system its routes name; which."""
    found = territory.routes(
        tx,
        site_id=event.site_id,
        modalities=queries.modalities(tx, event.study_id),
        on=local(now).date(),
    )
    titles = sorted({route.ae_title for route in found})
    for title in titles:
        asked = queries.ask(
            tx, study_id=event.study_id, ae_title=title, now=now, again_at=now + _AGAIN
        )
        if asked:
            emit(tx, ForwardAsked(study_id=event.study_id, ae_title=title))
    return titles


def send(db: Db, blobs: Blobs, asked: ForwardAsked, *, ours: str, now: datetime) -> None:
    """Another system has every instance of a study; UnavailableError when it may later.

    A system that refuses an instance for good is not asked again, unless a person does.
    """
    with db.begin() as tx:
        waiting = queries.waiting(tx, study_id=asked.study_id, ae_title=asked.ae_title)
        if waiting is None:
            return
        peer = territory.peer(tx, asked.ae_title, on=local(now).date())
        found = queries.sent(tx, study_id=asked.study_id, since=waiting.reached_at)
    done: list[str] = []
    problem: PlateauError | None = None
    try:
        if peer is None:
            raise NotFoundError("it is no longer in the territory file")
        _deliver(blobs, address_of(peer), found, ours=ours, done=done)
    except PlateauError as error:
        problem = error
    with db.begin() as tx:
        _note(tx, waiting, sent=len(done), problem=problem, now=now)
    if isinstance(problem, UnavailableError):
        raise problem


def renew(tx: Tx, *, study_id: StudyId, now: datetime, is_whole: bool = False) -> None:
    """What came after a study was sent on, or all of it, is sent where the study went."""
    queries.renew(tx, study_id=study_id, is_whole=is_whole, now=now, due_at=now + _GATHER)


def send_whole(tx: Tx, *, study_id: StudyId, ae_title: str, now: datetime) -> None:
    """All of a study is sent once more to a system that says it does not have it."""
    queries.renew(
        tx, study_id=study_id, ae_title=ae_title, is_whole=True, now=now, due_at=now + _AGAIN
    )
    emit(tx, ForwardAsked(study_id=study_id, ae_title=ae_title))


def ask_again(tx: Tx, *, now: datetime) -> None:
    """What came late is sent; what the job engine has given up is tried again, once an hour."""
    for study_id, ae_title in queries.overdue(tx, now=now, again_at=now + _AGAIN):
        emit(tx, ForwardAsked(study_id=study_id, ae_title=ae_title))


def again(tx: Tx, caller: Caller, *, ae_title: str, now: datetime) -> int:
    """Everything a system has not been sent of the caller's sites is sent now; how many."""
    sites = caller.sites_as(*peers.TESTERS)
    found: list[StudyId] = queries.again(tx, ae_title=ae_title, sites=sites, again_at=now + _AGAIN)
    for study_id in found:
        emit(tx, ForwardAsked(study_id=study_id, ae_title=ae_title))
    done = Access(action="images.forward.again", subject=f"peer:{ae_title}")
    access.record(tx, caller, done, at=now)
    tx.touch("images")
    return len(found)


def listed(tx: Tx, caller: Caller) -> list[Forwarding]:
    """What is sent on from the caller's sites."""
    return queries.forwardings(tx, sites=peers.sites(caller))


def _note(
    tx: Tx, asked: Waiting, *, sent: int, problem: PlateauError | None, now: datetime
) -> None:
    state = "sent" if problem is None else "refused"
    queries.note(
        tx,
        Attempt(of=asked, sent=sent, problem=str(problem or ""), reached_at=now - _OVERLAP),
        state="waiting" if isinstance(problem, UnavailableError) else state,
        now=now,
    )
    if problem is None:
        emit(tx, StudyForwarded(study_id=asked.study_id, ae_title=asked.ae_title))
        contacts.note_seen(tx, ae_title=asked.ae_title, at=now)
    else:
        log.warning("forward.failed", ae_title=asked.ae_title, code=problem.code)
    tx.touch("images")


def _deliver(blobs: Blobs, to: Address, found: list[Sent], *, ours: str, done: list[str]) -> None:
    contexts = [build_context(uid, syntaxes) for uid, syntaxes in retrieve_rules.proposals(found)]
    with dialing.associated(to, contexts, ours=ours, answer_s=_ANSWER_S) as association:
        agreed = {
            (str(context.abstract_syntax), str(context.transfer_syntax[0]))
            for context in association.accepted_contexts
        }
        for one in found:
            syntax = retrieve_rules.syntax_for(one, agreed)
            if syntax is None:
                raise RuleBrokenError("it does not accept this kind of image")
            _store(association, _data_set(blobs, one, syntax))
            done.append(one.sop_instance_uid)


def _store(association: Association, data_set: Dataset) -> None:
    try:
        status: int | None = association.send_c_store(data_set).get("Status")
    except RuntimeError as error:  # the association was ended by the other side
        raise UnavailableError("the association was cut") from error
    if status is None:
        raise UnavailableError("the association was cut")
    if status in _OUT_OF_RESOURCES:
        raise UnavailableError("it is out of resources ({status})", status=f"{status:04X}")
    if status != 0 and status not in _WARNINGS:
        raise RuleBrokenError("it refused an instance ({status})", status=f"{status:04X}")


def _data_set(blobs: Blobs, one: Sent, syntax: str) -> Dataset:
    content = blobs.get(one.blob_key)
    if syntax != one.transfer_syntax_uid:
        target = transcode.target(syntax, one.transfer_syntax_uid)
        content = transcode.to_syntax(content, target)
    return dcmread(BytesIO(content))

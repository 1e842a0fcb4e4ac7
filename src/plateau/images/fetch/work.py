"""Fetching a study: by C-GET, by C-MOVE to ourselves, or by web; the one store keeps what comes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

import httpx
import structlog
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import StoragePresentationContexts, build_context, build_role, evt
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.events import Event

from plateau.images.events import FetchAsked
from plateau.images.fetch import queries
from plateau.images.fetch.types import FETCHED, REFUSED, WAITING, Fetch, Tally
from plateau.images.peers import dialing
from plateau.images.peers.types import address_of
from plateau.images.quota import service as quotas
from plateau.images.store import Store
from plateau.images.stow.parts import Parts, media_type
from plateau.images.types import Origin
from plateau.kernel.errors import (
    NotFoundError,
    PlateauError,
    RuleBrokenError,
    UnavailableError,
)
from plateau.kernel.time import local
from plateau.platform.db import Db
from plateau.platform.dimse import PENDING, SUCCESS, status_of
from plateau.territory import service as territory
from plateau.territory.types import Peer

log = structlog.get_logger()
_GET, _MOVE = "1.2.840.10008.5.1.4.1.2.2.3", "1.2.840.10008.5.1.4.1.2.2.2"
_ANSWER_S = 60.0
_LOOK = 20  # instances between two looks at whether it was called off
_MOST_CLASSES = 120
_MOST_ATTEMPTS = 40
_LARGEST = 1 << 30
_SOME_FAILED = 0xB000


def _(text: str) -> str:
    """Mark a text for translation; the page translates it."""
    return text


@dataclass(slots=True)
class Work:
    """A study that is being fetched."""

    db: Db
    keeper: Store
    one: Fetch
    peer: Peer
    ours: str
    tally: Tally = field(default_factory=Tally)
    down: UnavailableError | None = None  # why nothing can be kept at the moment

    @property
    def origin(self) -> Origin:
        """From whom it comes, and who has it fetched."""
        return Origin(
            ae_title=self.peer.ae_title,
            address=self.peer.host,
            protocol=f"fetch-{self.peer.fetches_by}",
            account=self.one.asked_by,
            site_id=self.one.site_id,
            issuer=self.one.issuer,
        )

    def get(self) -> None:
        """C-GET: it comes on the association that asks."""
        classes = [str(cx.abstract_syntax) for cx in StoragePresentationContexts[:_MOST_CLASSES]]
        native = [ExplicitVRLittleEndian, ImplicitVRLittleEndian]
        contexts = [build_context(_GET), *(build_context(uid, list(native)) for uid in classes)]
        with dialing.associated(
            address_of(self.peer),
            contexts,
            ours=self.ours,
            answer_s=_ANSWER_S,
            roles=[build_role(uid, scp_role=True) for uid in classes],
            handlers=[(evt.EVT_C_STORE, self._on_store)],
        ) as association:
            self._follow(association.send_c_get(self._asked(), _GET), association.abort)

    def move(self) -> None:
        """C-MOVE to ourselves: it comes as if it had been sent."""
        with dialing.associated(
            address_of(self.peer), [build_context(_MOVE)], ours=self.ours, answer_s=_ANSWER_S
        ) as association:
            answers = association.send_c_move(self._asked(), self.ours, _MOVE)
            self._follow(answers, association.abort, counts=True)

    def web(self) -> None:
        """WADO-RS: the whole study in one answer, an instance at a time in memory."""
        path = f"{self.peer.web_url}/studies/{self.one.study_uid}"
        kind = 'multipart/related; type="application/dicom"; transfer-syntax=*'
        tls = dialing.tls_of(address_of(self.peer))
        verify = tls[0] if tls else True
        try:
            with (
                httpx.Client(verify=verify, timeout=_ANSWER_S) as client,
                client.stream("GET", path, headers={"Accept": kind}) as answer,
            ):
                self._read(answer)
        except httpx.HTTPError as error:
            raise UnavailableError("it does not answer by web") from error

    def _read(self, answer: httpx.Response) -> None:
        if answer.status_code >= 500:
            raise UnavailableError("it answered with {status}", status=str(answer.status_code))
        if answer.status_code != 200:
            raise RuleBrokenError("it answered with {status}", status=str(answer.status_code))
        _, options = media_type(answer.headers.get("content-type", ""))
        parts = Parts(options.get("boundary", "").encode("latin-1"), largest=_LARGEST)
        for chunk in answer.iter_bytes():
            for part in parts.feed(chunk):
                self._keep(lambda content=bytes(part.content): self._keep_file(content))
        parts.finish()

    def _keep_file(self, content: bytes) -> None:
        self.keeper.keep_file(content, origin=self.origin)

    def _on_store(self, event: Event) -> int:
        request = cast("C_STORE", event.request)
        uids = (str(request.AffectedSOPClassUID), str(request.AffectedSOPInstanceUID))
        data_set = request.DataSet.getbuffer() if request.DataSet else memoryview(b"")
        syntax = event.context.transfer_syntax
        try:
            self._keep(
                lambda: self.keeper.keep_data_set(
                    data_set, uids=uids, syntax=syntax, origin=self.origin
                )
            )
        except UnavailableError as error:
            self.down = error
            return status_of(error)
        except PlateauError as error:  # it was called off: whoever follows the answers notices
            return status_of(error)
        return SUCCESS if not self.tally.problem else 0xC000

    def _keep(self, keep: Callable[[], None]) -> None:
        """Count an instance that is kept, or say why it is not."""
        self.tally.problem = ""
        try:
            keep()
        except UnavailableError:
            raise
        except PlateauError as error:
            self.tally.failed += 1
            self.tally.problem = str(error)
        else:
            self.tally.arrived += 1
        if (self.tally.arrived + self.tally.failed) % _LOOK == 0:
            self.look()

    def look(self) -> None:
        """Say how far it is; NotFoundError once it was called off."""
        with self.db.begin() as tx:
            wanted = queries.is_wanted(tx, self.one.fetch_id)
            queries.note(tx, self.one.fetch_id, self.tally)
            tx.touch("images")
        if not wanted:
            raise CancelledError(_("somebody has called it off"))

    def _follow(
        self,
        answers: Iterator[tuple[Dataset, Dataset | None]],
        abort: Callable[[], None],
        *,
        counts: bool = False,
    ) -> None:
        """Follow what the other system says until it is done; end it when it was called off."""
        try:
            for status, _ in answers:
                self._hear(status, counts=counts)
        except CancelledError:
            abort()
            raise
        except (RuntimeError, ValueError) as error:
            raise UnavailableError("the association was cut") from error
        if self.down:
            raise self.down

    def _hear(self, status: Dataset, *, counts: bool) -> None:
        code: int | None = status.get("Status")
        if code is None:
            raise UnavailableError("the association was cut")
        done, failed = (
            int(status.get(f"NumberOf{kind}Suboperations") or 0) for kind in ("Completed", "Failed")
        )
        rest = status.get("NumberOfRemainingSuboperations")
        if code == PENDING and rest is not None:
            self.tally.expected = done + failed + int(rest)
        if counts:
            self.tally.arrived, self.tally.failed = done, failed
        if code == PENDING:
            self.look()
        elif code == _SOME_FAILED:
            self.tally.failed = max(self.tally.failed, failed, 1)
            self.tally.problem = self.tally.problem or _("it could not send all of it")
        elif code != SUCCESS:
            raise RuleBrokenError("it answered with a failure ({status})", status=f"{code:04X}")

    def _asked(self) -> Dataset:
        asked = Dataset()
        asked.QueryRetrieveLevel, asked.StudyInstanceUID = "STUDY", self.one.study_uid
        return asked


class CancelledError(NotFoundError):
    """Somebody has called a fetch off."""


def run(db: Db, keeper: Store, event: FetchAsked, *, ours: str, now: datetime) -> None:
    """A study is fetched; UnavailableError when it may be later, to be tried again."""
    with db.begin() as tx:
        one = queries.one(tx, event.fetch_id)
        peer = territory.peer(tx, one.ae_title, on=local(now).date())
    if one.state != WAITING:
        return
    tally, problem = Tally(), None
    try:
        if peer is None or peer.fetches_by is None:
            raise NotFoundError("it is no longer in the territory file")
        with db.begin() as tx:
            quotas.check(tx, site_id=one.site_id, now=now)
        work = Work(db, keeper, one, peer, ours)
        tally = work.tally
        {"get": work.get, "move": work.move, "web": work.web}[peer.fetches_by]()
    except PlateauError as error:
        problem = error
    _note(db, one, tally, problem, now)
    is_patient = one.attempts + 1 < _MOST_ATTEMPTS
    if isinstance(problem, UnavailableError) and is_patient:
        raise problem


def _note(db: Db, one: Fetch, tally: Tally, problem: PlateauError | None, now: datetime) -> None:
    if problem is not None:
        log.warning("fetch.failed", ae_title=one.ae_title, code=problem.code)
        tally.problem = str(problem)
    is_over = not isinstance(problem, UnavailableError) or one.attempts + 1 >= _MOST_ATTEMPTS
    is_whole = problem is None and not tally.failed and tally.arrived > 0
    if problem is None and not tally.arrived and not tally.failed:
        tally.problem = _("it has nothing of this study")
    with db.begin() as tx:
        queries.note(tx, one.fetch_id, tally)
        queries.note_attempt(tx, one.fetch_id, problem=tally.problem)
        if is_over:
            queries.end(tx, one.fetch_id, state=FETCHED if is_whole else REFUSED, at=now)
        tx.touch("images")

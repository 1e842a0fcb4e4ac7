"""The one way in: bytes durable, row durable, then success, for every door that receives instances.

What several associations bring at the same time is committed together: PostgreSQL writes its log
to the disk once for all of them.
"""

import queue
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from plateau.images import service
from plateau.images.formats import header, part10
from plateau.images.quarantine import service as quarantine
from plateau.images.quota import service as quotas
from plateau.images.strangers import service as strangers
from plateau.images.types import (
    AS_SENT,
    Arrival,
    Coercion,
    Header,
    Origin,
    OtherContentError,
    OtherObjectError,
    UnknownPatientError,
)
from plateau.kernel.errors import PlateauError, UnavailableError
from plateau.platform import clock
from plateau.platform.blobs import Blobs, Buffer
from plateau.platform.db import Db

log = structlog.get_logger()
_TOGETHER = 64  # instances committed at once, at most
_GATHER_S = 0.005
_TRUSTED_S = 10.0  # how long a series that was accepted is not asked about again
_MOST_TRUSTED = 10_000


@dataclass(slots=True)
class _Waiting:
    """An arrival and what became of it; a lock costs a tenth of a future."""

    arrival: Arrival
    problem: BaseException | None = None
    done: threading.Lock = field(default_factory=threading.Lock)


class Store:
    """Where doors hand over what they receive; safe to share between threads."""

    def __init__(
        self,
        db: Db,
        blobs: Blobs,
        *,
        quiet: timedelta = service.QUIET,
        guard: Callable[[], None] = lambda: None,
    ) -> None:
        """`guard` raises when nothing more must be kept."""
        self._db, self._blobs, self._quiet, self._guard = db, blobs, quiet, guard
        self._trusted: dict[tuple[str, ...], float] = {}
        self._room: dict[tuple[str, str], tuple[float, int]] = {}
        self._taking = threading.Lock()  # of that room
        self._meant: dict[tuple[str, str], tuple[float, Coercion]] = {}
        self._waiting: queue.SimpleQueue[_Waiting] = queue.SimpleQueue()
        self._coming: set[int] = set()  # the threads that are about to ask
        self._thread = threading.Thread(target=self._commit_all, name="store", daemon=True)

    def start(self) -> None:
        """Begin to commit; what was acknowledged is durable, so nothing has to be ended."""
        self._thread.start()

    def read(self, content: Buffer, *, origin: Origin) -> Header:
        """What a DICOM file of that origin says."""
        return header.read(content, self._meant_by(origin))

    def keep_file(self, content: Buffer, *, origin: Origin, found: Header | None = None) -> None:
        """Keep a DICOM file, which may have been read already; it is durable when this returns."""
        with self._on_its_way():
            self._keep([content], found or self.read(content, origin=origin), origin)

    def keep_data_set(
        self, data_set: memoryview, *, uids: tuple[str, str], syntax: str, origin: Origin
    ) -> None:
        """Keep a data set under its SOP class and instance UIDs, as a DICOM file."""
        meta = part10.meta(*uids, syntax)
        with self._on_its_way():
            opened = part10.open_data_set(data_set, syntax=syntax, starts_at=len(meta))
            found = header.describe(opened, self._meant_by(origin))
            if uids != (found.sop_class_uid, found.sop_instance_uid):
                raise OtherObjectError("the data set is not the instance that was announced")
            self._keep([meta, data_set], found, origin)

    @contextmanager
    def _on_its_way(self) -> Generator[None]:
        me = threading.get_ident()
        self._coming.add(me)
        try:
            yield
        finally:
            self._coming.discard(me)

    def _keep(self, pieces: Sequence[Buffer], found: Header, origin: Origin) -> None:
        if quotas.is_limited(origin):
            with self._taking:
                self._take_room(origin, sum(map(len, pieces)))
        try:
            is_expected = self._is_expected(found, origin)
        except UnknownPatientError:
            if not strangers.is_kept(found, origin):
                raise
            self._hold(pieces, found, origin)
            return
        self._guard()
        key = self._blobs.put(*pieces)
        arrived = Arrival(found, key, sum(map(len, pieces)), origin, is_expected)
        waiting = _Waiting(arrived)
        waiting.done.acquire()
        self._waiting.put(waiting)
        waiting.done.acquire()  # released once it is committed, or refused
        if waiting.problem:
            self._trusted.pop(_patient(found, origin), None)
            raise waiting.problem

    def _hold(self, pieces: Sequence[Buffer], found: Header, origin: Origin) -> None:
        """Keep what nobody sees before somebody has said who its patient is."""
        self._guard()
        one = Arrival(found, self._blobs.put(*pieces), sum(map(len, pieces)), origin)
        with self._db.begin() as tx:
            strangers.hold(tx, one, at=clock.now())

    def _take_room(self, origin: Origin, size: int) -> None:
        """Refuse what goes beyond a quota; what is left is asked again after some seconds."""
        target, now = (str(origin.site_id or ""), origin.ae_title), time.monotonic()
        until, left = self._room.get(target, (0.0, 0))
        if until <= now:
            with self._db.begin() as tx:
                left = quotas.room(
                    tx, site_id=origin.site_id, ae_title=origin.ae_title, now=clock.now()
                )
            until = now + _TRUSTED_S
        if left <= 0:
            self._room[target] = (until, left)
            raise quotas.refusal()
        self._room[target] = (until, left - size)

    def _meant_by(self, origin: Origin) -> Coercion:
        """How what somebody sends is meant; asked again after some seconds."""
        sender, now = (origin.ae_title, origin.issuer), time.monotonic()
        until, known = self._meant.get(sender, (0.0, AS_SENT))
        if until > now:
            return known
        with self._db.begin() as tx:
            known = service.coercion(tx, origin, now=clock.now())
        self._meant[sender] = (now + _TRUSTED_S, known)
        return known

    def _is_expected(self, found: Header, origin: Origin) -> bool:
        """Whether its series is known to be there; refuse what is not worth keeping.

        A series is asked about before its bytes are kept, then trusted for some seconds. So is a
        patient at a machine: whether a new series fits its study is found with its row.
        """
        patient = _patient(found, origin)
        series = (*patient, found.study_uid, found.series_uid)
        now = time.monotonic()
        if self._trusted.get(series, 0) > now:
            return True
        if self._trusted.get(patient, 0) > now:
            return False
        with self._db.begin() as tx:
            is_there = service.check_arrival(tx, found, origin=origin, now=clock.now())
        if len(self._trusted) >= _MOST_TRUSTED:
            self._trusted.clear()
        self._trusted[patient] = now + _TRUSTED_S
        if is_there:
            self._trusted[series] = now + _TRUSTED_S
        return is_there

    def _commit_all(self) -> None:
        while True:
            self._commit(self._next_batch())

    def _next_batch(self) -> list[_Waiting]:
        """One that waits, and those on their way at this moment if they do not take long."""
        batch = [self._waiting.get()]
        deadline = time.monotonic() + _GATHER_S
        while len(batch) < min(_TOGETHER, len(self._coming)):
            try:
                batch.append(self._waiting.get(timeout=max(deadline - time.monotonic(), 0)))
            except queue.Empty:
                break
        return batch

    def _commit(self, batch: Sequence[_Waiting]) -> None:
        """Index a batch; when it cannot be done together, each on its own."""
        try:
            problems = self._index([one.arrival for one in batch])
        except Exception as error:  # noqa: BLE001 - this thread serves every door, and must go on
            if not isinstance(error, PlateauError):  # its text may hold values: only its kind
                log.warning("store.failed", kind=type(error).__name__)
            if len(batch) > 1 and not isinstance(error, UnavailableError):
                for one in batch:
                    self._commit([one])
                return
            problems = dict.fromkeys(range(len(batch)), error)
        _tell(batch, problems)

    def _index(self, arrivals: Sequence[Arrival]) -> dict[int, PlateauError]:
        now = clock.now()
        with self._db.begin() as tx:
            problems = service.index(tx, self._blobs, arrivals, now=now, quiet=self._quiet)
            for place, problem in problems.items():
                if isinstance(problem, OtherContentError):  # a person decides between the two
                    quarantine.hold_arrival(tx, arrivals[place], reason=str(problem), at=now)
        return problems


def _patient(found: Header, origin: Origin) -> tuple[str, ...]:
    """What says who the patient is."""
    return origin.ae_title, str(origin.site_id or ""), found.issuer, found.local_id


def _tell(batch: Sequence[_Waiting], problems: Mapping[int, BaseException]) -> None:
    for place, one in enumerate(batch):
        one.problem = problems.get(place)
        one.done.release()

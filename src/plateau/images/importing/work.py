"""Reading in: each file goes to the store, and what became of it is a row before the next batch.

Whatever stops this, what has a row is durable; a file without one is read again, and the store
knows it.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO

import orjson
import structlog

from plateau.access import service as access
from plateau.access.types import Access
from plateau.images.formats import header
from plateau.images.importing import queries, rules, sources
from plateau.images.importing.types import (
    BROKEN,
    DONE,
    HELD,
    KNOWN,
    OTHER,
    READING,
    REFUSED,
    STORED,
    Import,
    Item,
    Result,
    Stranger,
    Upload,
    Waiting,
)
from plateau.images.store import Store
from plateau.images.types import Coercion, Header, Origin, UnknownPatientError
from plateau.kernel.errors import (
    InvalidInputError,
    NotFoundError,
    PlateauError,
    UnavailableError,
)
from plateau.platform import clock
from plateau.platform.blobs import Blobs
from plateau.platform.db import Db, Tx

log = structlog.get_logger()
TITLE = "IMPORT"  # stands where machines have their AE title
_AT_ONCE = 4
_BATCH = 16
_DIRECTORY = "DICOMDIR"


def _(text: str) -> str:
    """Mark a text for translation; the page translates it."""
    return text


_MISSING = _("it is named by the DICOMDIR, and is not there")


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that was read, and what is to be remembered of it."""

    result: Result
    study_uid: str = ""
    stranger: Stranger | None = None
    names: Sequence[str] = ()  # of a DICOMDIR


@dataclass(slots=True)
class Work:
    """Something that is being read in."""

    db: Db
    blobs: Blobs
    keeper: Store
    one: Import
    named: dict[str, str] = field(default_factory=dict[str, str])
    present: set[str] = field(default_factory=set[str])
    studies: set[str] = field(default_factory=set[str])

    @property
    def origin(self) -> Origin:
        """Who has it read in, and for which site."""
        return Origin(
            ae_title=TITLE,
            address=str(self.one.import_id),
            protocol="import",
            account=self.one.asked_by,
            site_id=self.one.site_id,
            issuer=self.one.issuer,
        )

    def read_folder(self) -> None:
        """Every file of a folder, or of an archive on the same machine."""
        path = Path(self.one.folder)
        if path.is_dir():
            self._read(sources.of_folder(path))
        else:
            with _opened(path) as file, sources.of_file(file, path.name) as items:
                self._read(items)
        self._note_missing()

    def read_uploads(self, uploads: Sequence[Upload]) -> None:
        """Every file that was uploaded, and those of archives."""
        with ExitStack() as stack:
            for upload in uploads:
                file = sources.stored_file(self.blobs, upload.blob_key, upload.bytes)
                within = f"{upload.name}/" if len(uploads) > 1 else ""
                self._read(stack.enter_context(sources.of_file(file, upload.name, within)))
                if sources.is_archive(file):
                    self._note_missing()

    def read_held(self, waiting: Iterable[Waiting]) -> None:
        """Files that waited for their patient."""
        for one in waiting:
            content = self.blobs.get(one.blob_key)
            self._note([self._keep(one.name, content)])

    def _read(self, items: Iterator[Item]) -> None:
        with self.db.begin() as tx:
            done = queries.names(tx, self.one.import_id)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            while batch := list(islice(items, _BATCH)):
                self.present |= {sources.same_name(item.name) for item in batch}
                rest = [one for one in batch if one.name not in done or _is_directory(one)]
                self._note(list(pool.map(self._take, rest)))

    def _take(self, item: Item) -> Taken:
        try:
            content = sources.read(item)
            if content is None:
                return Taken(Result(item.name, OTHER))
            if _is_directory(item):
                folder = item.name.rpartition("/")[0]
                return Taken(Result(item.name, OTHER), names=sources.named_by(content, folder))
            return self._keep(item.name, content)
        except InvalidInputError as error:
            return Taken(Result(item.name, REFUSED, str(error)))

    def _keep(self, name: str, content: bytes) -> Taken:
        found = header.read(content, Coercion(issuer=self.one.issuer))
        with self.db.begin() as tx:
            earlier = queries.earlier(tx, [found.sop_instance_uid])
        try:
            self.keeper.keep_file(content, origin=self.origin)
        except UnavailableError:
            raise
        except UnknownPatientError:
            return self._hold(name, content, found)
        except PlateauError as error:
            return Taken(Result(name, REFUSED, str(error)))
        is_ours = all(one.origin == str(self.origin) for one in earlier)
        return Taken(Result(name, STORED if is_ours else KNOWN), found.study_uid)

    def _hold(self, name: str, content: bytes, found: Header) -> Taken:
        key = self.blobs.put(content)
        who = rules.stranger(orjson.loads(found.metadata), found.local_id)
        return Taken(Result(name, HELD, blob_key=key, local_id=found.local_id), stranger=who)

    def _note(self, batch: Sequence[Taken]) -> None:
        for one in batch:
            self.named |= {sources.same_name(name): name for name in one.names}
        new = {one.study_uid for one in batch} - self.studies - {""}
        with self.db.begin() as tx:
            now = clock.now()
            queries.note(tx, self.one.import_id, [one.result for one in batch], at=now)
            for who in {one.stranger for one in batch if one.stranger}:
                queries.add_stranger(tx, self.one.import_id, who)
            self._audit(tx, sorted(new))
            tx.touch("images")
        self.studies |= new

    def _note_missing(self) -> None:
        names = sources.missing(self.named, self.present)
        self._note([Taken(Result(name, REFUSED, _MISSING)) for name in names])
        self.named.clear()

    def _audit(self, tx: Tx, study_uids: Sequence[str]) -> None:
        for study_id in queries.studies(tx, study_uids):
            done = Access(
                action="images.import", subject=f"study:{study_id}", site_id=self.one.site_id
            )
            access.record(tx, str(self.origin), done, at=clock.now())


def run(db: Db, blobs: Blobs, keeper: Store, one: Import, *, may_read: bool = True) -> None:
    """What is to be read in is, to its end; safe to run again after whatever stopped it.

    Files that wait for a patient who is known by now are kept, too.
    """
    work = Work(db, blobs, keeper, one)
    if one.state == READING and may_read:
        _read_all(work)
    with db.begin() as tx:
        waiting = queries.held(tx, one.import_id)
    work.read_held(waiting)


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise NotFoundError("this folder cannot be read: {folder}", folder=str(path)) from error


def _read_all(work: Work) -> None:
    import_id, state, problem = work.one.import_id, DONE, ""
    with work.db.begin() as tx:
        uploads = queries.uploads(tx, import_id)
    try:
        if work.one.folder:
            work.read_folder()
        else:
            work.read_uploads(uploads)
    except (InvalidInputError, NotFoundError) as error:
        log.warning("import.refused", code=error.code)
        state, problem = BROKEN, str(error)
    with work.db.begin() as tx:
        queries.end(tx, import_id, state=state, problem=problem, at=clock.now())
        tx.touch("images")


def _is_directory(item: Item) -> bool:
    return item.name.rpartition("/")[2].partition(";")[0].upper() == _DIRECTORY

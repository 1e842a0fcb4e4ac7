"""What is read in from a folder, a CD or an upload."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import IO
from uuid import UUID

from plateau.kernel.ids import SiteId

STORED, KNOWN, HELD, REFUSED, OTHER = "stored", "known", "held", "refused", "other"
READING, DONE, BROKEN = "reading", "done", "refused"


@dataclass(frozen=True, slots=True)
class Item:
    """One file of what is read in; `problem` says why it must not be opened."""

    name: str
    size: int
    open: Callable[[], AbstractContextManager[IO[bytes]]]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Import:
    """Something that is read in, as the work needs it."""

    import_id: UUID
    site_id: SiteId
    issuer: str
    folder: str
    asked_by: str
    state: str


@dataclass(frozen=True, slots=True)
class Upload:
    """One file that was uploaded: a DICOM file, or an archive of them."""

    place: int
    name: str
    blob_key: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one file."""

    name: str
    state: str
    reason: str | None = None
    blob_key: str | None = None
    local_id: str | None = None


@dataclass(frozen=True, slots=True)
class Stranger:
    """A patient of files that wait, as those files name them."""

    local_id: str
    name: str
    birth_date: str
    sex: str
    files: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file that waits for its patient."""

    name: str
    blob_key: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far something that is read in is."""

    import_id: UUID
    site_id: SiteId
    site_name: str
    issuer: str
    folder: str
    asked_by: str
    asked_at: datetime
    touched_at: datetime
    state: str
    problem: str | None
    done_at: datetime | None
    read: int
    stored: int
    known: int
    held: int
    refused: int
    other: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that was not kept, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """Where an instance that is there already came from."""

    sop_instance_uid: str
    origin: str

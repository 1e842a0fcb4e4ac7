"""A study as a ZIP that says nothing of its patient, made while it is sent; recorded."""

import hashlib
import hmac
import io
import secrets
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from plateau.access import service as access
from plateau.access.types import Access
from plateau.images import viewing
from plateau.images.anonymise import copying, queries
from plateau.images.anonymise.types import Secret
from plateau.images.queries import answers
from plateau.images.retrieve import queries as retrieving
from plateau.images.retrieve.types import Stored
from plateau.kernel.caller import Caller, Role
from plateau.kernel.errors import InvalidInputError, NotFoundError, PlateauError
from plateau.platform.blobs import Blobs
from plateau.platform.db import Tx
from plateau.platform.dimse import TROUBLES

EXPORTERS = (Role.READER, Role.COORDINATOR)
_LONGEST = 100
_THE_SAME_DATE = (1980, 1, 1, 0, 0, 0)
_ABOUT = """\
Anonymised copy: Basic Application Level Confidentiality Profile of DICOM PS3.15, annex E, with
dates shifted. Instances: {copied}. Left out: {left}.

Nobody has looked at the pixels. Look at them before you give this to anybody: a machine may have
written a name in them, and a head can be recognised.
"""


@dataclass(frozen=True, slots=True)
class Export:
    """What is to be copied, and what pseudonyms are made of."""

    instances: Sequence[Stored]
    secret: Secret


def export(tx: Tx, caller: Caller, study_uid: str, *, project: str, now: datetime) -> Export:
    """A study that somebody may see, to be copied without its patient for a project."""
    if not caller.is_one_of(*EXPORTERS):
        raise NotFoundError("study not found")
    viewing.opened(tx, caller, study_uid, now)
    return _export(tx, caller, study_uid, project, now)


def export_for(tx: Tx, caller: Caller, study_uid: str, *, project: str, now: datetime) -> Export:
    """The same for somebody whom a reader of the site has asked, who may not know the patient."""
    return _export(tx, caller, study_uid, project, now)


def export_by_command(tx: Tx, study_uid: str, *, project: str, now: datetime) -> Export:
    """The same for whoever runs a command on this machine."""
    return _export(tx, "command", study_uid, project, now)


def steps(blobs: Blobs, wanted: Export) -> list[Callable[[], bytes]]:
    """The pieces of the ZIP, in order: no more than one instance is in memory."""
    archive = _Archive()
    each = [
        partial(archive.add, blobs, one, wanted.secret, place)
        for place, one in enumerate(wanted.instances, 1)
    ]
    return [*each, archive.end]


class _Archive:
    """A ZIP that leaves as it is made."""

    def __init__(self) -> None:
        self._sink = _Sink()
        self._zip = zipfile.ZipFile(self._sink, "w")
        self._copied = 0
        self._left: list[str] = []
        self._warnings: list[str] = []

    def add(self, blobs: Blobs, one: Stored, secret: Secret, place: int) -> bytes:
        """An instance without its patient, or nothing and a word in the last file."""
        name = f"IM{place:05d}"
        try:
            made = copying.anonymous(blobs.get(one.blob_key), secret)
        except PlateauError as error:
            self._left.append(f"{name}: {error}")
            return b""
        except TROUBLES:
            self._left.append(f"{name}: it cannot be read")
            return b""
        if made.warning:
            self._warnings.append(f"{name}: {made.warning}")
        self._copied += 1
        return self._write(f"IMAGES/{name}", made.content)

    def end(self) -> bytes:
        """What was done, and the table at the end."""
        said = [_ABOUT.format(copied=self._copied, left=len(self._left)), *self._left,
                *self._warnings]  # fmt: skip
        last = self._write("README.txt", "\n".join([*said, ""]).encode())
        self._zip.close()
        return last + self._sink.taken()

    def _write(self, name: str, content: bytes) -> bytes:
        self._zip.writestr(zipfile.ZipInfo(name, _THE_SAME_DATE), content)
        return self._sink.taken()


class _Sink(io.RawIOBase):
    """Keeps what is written until it is taken."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        """Nothing else can be done with it."""
        return True

    def write(self, piece: object, /) -> int:
        """Keep a piece."""
        content = bytes(memoryview(piece))  # pyright: ignore[reportArgumentType] - it is a buffer
        self._pieces.append(content)
        return len(content)

    def taken(self) -> bytes:
        """What was written since."""
        body = b"".join(self._pieces)
        self._pieces.clear()
        return body


def _export(tx: Tx, who: Caller | str, study_uid: str, project: str, now: datetime) -> Export:
    project = project.strip()
    if not project or len(project) > _LONGEST:
        raise InvalidInputError("say for which project, in {most} characters", most=_LONGEST)
    study = answers.study(tx, study_uid)
    if study is None:
        raise NotFoundError("study not found")
    instances = retrieving.stored(tx, study_id=study.study_id)
    done = Access(
        action="images.anonymise",
        subject=f"study:{study.study_id}",
        patient_id=study.patient_id,
        site_id=study.site_id,
        reason=project,
    )
    access.record(tx, who, done, at=now)
    master = queries.key(tx, drawn=secrets.token_bytes(32))
    key = hmac.new(master, project.casefold().encode(), hashlib.sha256).digest()
    return Export(instances, Secret(key=key, patient_id=study.patient_id))

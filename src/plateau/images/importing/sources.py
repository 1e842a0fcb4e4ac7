"""The files of a folder, a CD or an archive, one after the other; nothing is ever written out."""

import io
import os
import zipfile
import zlib
from collections.abc import Generator, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import IO

from pydicom import dcmread
from pydicom.uid import MediaStorageDirectoryStorage

from plateau.images.formats import part10
from plateau.images.importing.types import Item
from plateau.kernel.errors import InvalidInputError, NotFoundError
from plateau.platform.blobs import Blobs
from plateau.platform.dimse import TROUBLES

LARGEST = 1 << 30  # bytes of one instance
DIRECTORY = str(MediaStorageDirectoryStorage)
_MOST_BYTES = 256 << 30  # of an archive, once expanded
_MOST_FILES = 1_000_000
_SWELLS = 200  # times; DICOM files that large shrink much less
_SMALL = 64 << 20  # a small file may: it can be black
_LONGEST_NAME = 300
_READ_AHEAD = 1 << 20
_ARCHIVE = (b"PK\3\4", b"PK\5\6")
_CORRUPT = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


def _(text: str) -> str:
    """Mark a text for translation; the page translates it."""
    return text


def of_folder(folder: Path) -> Iterator[Item]:
    """The files below a folder, in order; links lead elsewhere and are not followed."""
    if not folder.is_dir():
        raise NotFoundError("this folder cannot be read: {folder}", folder=str(folder))
    for directory, below, names in os.walk(folder):
        below.sort()
        for name in sorted(names):
            path = Path(directory, name)
            if path.is_file() and not path.is_symlink():
                name_in_it = shown(str(path.relative_to(folder)))
                yield Item(name_in_it, path.stat().st_size, partial(path.open, "rb"))


@contextmanager
def of_file(file: IO[bytes], name: str, within: str = "") -> Generator[Iterator[Item]]:
    """The files of an archive, named as being `within` it, or the file itself when it is none."""
    if not is_archive(file):
        yield iter([Item(shown(name), file.seek(0, io.SEEK_END), partial(_again, file))])
        return
    try:
        archive = zipfile.ZipFile(file)
    except _CORRUPT as error:
        raise InvalidInputError("the archive is damaged") from error
    with archive:
        yield _members(archive, within)


def is_archive(file: IO[bytes]) -> bool:
    """Whether a file begins like a ZIP archive."""
    file.seek(0)
    return file.read(4) in _ARCHIVE


def read(item: Item) -> bytes | None:
    """The bytes of a DICOM file; None when it is none. What is not DICOM is hardly read at all."""
    if item.problem:
        raise InvalidInputError(item.problem)
    try:
        with item.open() as file:
            head = file.read(132)
            if head[128:] != b"DICM":
                return None
            if item.size > LARGEST:
                raise InvalidInputError("larger than this archive accepts")
            return head + file.read(LARGEST)
    except (*_CORRUPT, OSError) as error:
        raise InvalidInputError("this file cannot be read to its end") from error


def named_by(content: bytes, directory: str) -> list[str]:
    """The files that a DICOMDIR in that folder names. Source: PS3.3, F.3."""
    opened = part10.open_file(content)
    part10.elements(opened.data_set, implicit=opened.is_implicit)
    try:
        records = dcmread(io.BytesIO(content)).get("DirectoryRecordSequence") or []
        found = [_parts(record.get("ReferencedFileID")) for record in records]
    except TROUBLES as error:
        raise InvalidInputError("not a usable DICOM object") from error
    folder = [directory] if directory else []
    return ["/".join([*folder, *parts]) for parts in found if parts]


def same_name(name: str) -> str:
    """A name as it is compared: CDs are written in capitals, with versions, and read otherwise."""
    return name.partition(";")[0].rstrip(".").casefold()


def stored_file(blobs: Blobs, key: str, size: int) -> IO[bytes]:
    """An object of the store, read in pieces as a file is."""
    return io.BufferedReader(_Stored(blobs, key, size), _READ_AHEAD)


def _parts(value: object) -> list[str]:
    if not value:
        return []
    return [value] if isinstance(value, str) else [str(part) for part in value]  # pyright: ignore[reportGeneralTypeIssues]


def _members(archive: zipfile.ZipFile, within: str) -> Iterator[Item]:
    members = [one for one in archive.infolist() if not one.is_dir()]
    total = sum(one.file_size for one in members)
    if len(members) > _MOST_FILES or total > _MOST_BYTES:
        raise InvalidInputError("the archive holds more than is taken here")
    seen: dict[str, int] = {}
    for one in members:
        name = shown(within + one.filename)
        seen[name] = seen.get(name, 0) + 1
        unlike = f"{name} ({seen[name]})" if seen[name] > 1 else name
        yield Item(unlike, one.file_size, partial(archive.open, one), _fault(one))


def _fault(member: zipfile.ZipInfo) -> str:
    parts = member.filename.replace("\\", "/").split("/")
    if ".." in parts or parts[0] == "" or parts[0].endswith(":"):
        return _("its name leads out of the archive")
    if member.file_size > max(_SMALL, member.compress_size * _SWELLS):
        return _("it expands to too much")
    return ""


def shown(name: str) -> str:
    """A name that can be kept and shown, whatever it is made of."""
    plain = name.encode("utf-8", "backslashreplace").decode().replace("\0", "").replace("\\", "/")
    if len(plain) <= _LONGEST_NAME:
        return plain
    return f"{plain[:_LONGEST_NAME]}… {sha256(plain.encode()).hexdigest()[:12]}"


def _again(file: IO[bytes]) -> AbstractContextManager[IO[bytes]]:
    file.seek(0)
    return nullcontext(file)


class _Stored(io.RawIOBase):
    """Bytes of the object store, as a file that can be searched."""

    def __init__(self, blobs: Blobs, key: str, size: int) -> None:
        self._blobs, self._key, self._size, self._at = blobs, key, size, 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go elsewhere."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(start + offset, 0)
        return self._at

    def tell(self) -> int:
        """Where it is."""
        return self._at

    def readinto(self, buffer: memoryview, /) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Fill a buffer."""
        length = min(len(buffer), max(self._size - self._at, 0))
        if length == 0:
            return 0
        content = self._blobs.get_range(self._key, self._at, length)
        buffer[: len(content)] = content
        self._at += len(content)
        return len(content)


def missing(named: Mapping[str, str], present: set[str]) -> list[str]:
    """The files that are named and not there, by their compared names."""
    return [name for compared, name in named.items() if compared not in present]

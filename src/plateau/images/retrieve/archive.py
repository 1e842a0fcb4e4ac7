"""A file-set as one ZIP (PS3.12, V), written while it is read: no file is ever whole on a disk."""

import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from plateau.images.retrieve import bodies, directory
from plateau.images.retrieve.media import ZIP
from plateau.images.retrieve.streaming import Step, Streamed
from plateau.images.retrieve.types import Listed, Stored
from plateau.kernel.errors import RuleBrokenError
from plateau.platform.blobs import Blobs

_NEEDS = 20  # version 2.0 of the format; 4.5 beyond 4 GB is refused below
_LATER = 0x0008  # checksum and sizes stand after the content
_STORED = 0
_DATE = (1 << 5) | 1  # 1980-01-01: the time of reading says nothing about the images
_LOCAL = struct.Struct("<IHHHHHIIIHH")
_AFTER = struct.Struct("<IIII")
_CENTRAL = struct.Struct("<IHHHHHHIIIHHHHHII")
_END = struct.Struct("<IHHHHIIH")
_LARGEST, _MOST = 0xFFFFFFFF, 0xFFFF


@dataclass(slots=True)
class _Archive:
    """What the end of the file must say of what went before."""

    at: int = 0
    central: list[bytes] = field(default_factory=list[bytes])

    def entry(self, name: str, content: bytes) -> bytes:
        """A file, whose line in the table at the end is noted."""
        path, checksum, size = name.encode("ascii"), zlib.crc32(content), len(content)
        fixed = (_NEEDS, _LATER, _STORED, 0, _DATE)
        head = _LOCAL.pack(0x04034B50, *fixed, 0, 0, 0, len(path), 0)
        after = _AFTER.pack(0x08074B50, checksum, size, size)
        places = (len(path), 0, 0, 0, 0, 0, self.at)
        line = _CENTRAL.pack(0x02014B50, _NEEDS, *fixed, checksum, size, size, *places)
        self.central.append(line + path)
        body = b"".join((head, path, content, after))
        self.at += len(body)
        return body

    def end(self) -> bytes:
        """The table at the end."""
        table, count = b"".join(self.central), len(self.central)
        return table + _END.pack(0x06054B50, 0, 0, count, count, len(table), self.at, 0)


def answer(blobs: Blobs, found: Sequence[Stored], listed: Sequence[Listed]) -> Streamed:
    """The files, as they were received, with their directory."""
    index = directory.dicomdir(found, listed)
    names = ["DICOMDIR", *directory.names(found)]
    length = _length(names, [len(index), *(one.bytes for one in found)])
    archive = _Archive()
    readers: list[Callable[[], bytes]] = [lambda: index, *(_reader(blobs, one) for one in found)]
    steps = [_step(archive, name, read) for name, read in zip(names, readers, strict=True)]
    headers = {
        **bodies.PRIVATE,
        "Content-Type": ZIP,
        "Content-Disposition": 'attachment; filename="images.zip"',
    }
    return Streamed([*steps, archive.end], length=length, headers=headers)


def _reader(blobs: Blobs, one: Stored) -> Callable[[], bytes]:
    return lambda: blobs.get(one.blob_key)


def _step(archive: _Archive, name: str, read: Callable[[], bytes]) -> Step:
    return lambda: archive.entry(name, read())


def _length(names: Sequence[str], sizes: Sequence[int]) -> int:
    """The size of the whole; RuleBrokenError when the plain format cannot hold it."""
    path_bytes = sum(map(len, names))
    each = _LOCAL.size + _AFTER.size + _CENTRAL.size
    total = sum(sizes) + 2 * path_bytes + each * len(names) + _END.size
    if total > _LARGEST or len(names) > _MOST:
        raise RuleBrokenError("this is too large for one archive: ask for its series")
    return total

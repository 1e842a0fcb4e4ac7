"""Object storage: immutable bytes under a key derived from their content."""

import hashlib
import os
from pathlib import Path

from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from plateau.kernel.errors import NotFoundError, UnavailableError


class Blobs:
    """A bucket, or a local folder."""

    def __init__(self, store: ObjectStore, folder: Path | None = None) -> None:
        self._store = store
        self._folder = folder

    def put(self, content: bytes) -> str:
        """Store `content` durably; its key. Storing the same bytes twice is harmless."""
        key = key_of(content)
        try:
            self._store.put(_path(key), content)
            if self._folder:
                _sync(self._folder / _path(key))
        except (BaseError, OSError) as error:
            raise UnavailableError("the object store is full or cannot be reached") from error
        return key

    def get(self, key: str) -> bytes:
        """The bytes under `key`."""
        try:
            return bytes(self._store.get(_path(key)).bytes())
        except FileNotFoundError as error:
            raise NotFoundError("these bytes are not in the object store") from error
        except (BaseError, OSError) as error:
            raise UnavailableError("the object store cannot be reached") from error

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """`length` bytes of `key` from `start`."""
        try:
            return bytes(self._store.get_range(_path(key), start=start, length=length))
        except FileNotFoundError as error:
            raise NotFoundError("these bytes are not in the object store") from error
        except (BaseError, OSError) as error:
            raise UnavailableError("the object store cannot be reached") from error


def key_of(content: bytes) -> str:
    """The key under which `content` is kept."""
    return hashlib.blake2b(content, digest_size=20).hexdigest()


def open_folder(folder: Path) -> Blobs:
    """A local folder, made when missing."""
    folder.mkdir(parents=True, exist_ok=True)
    return Blobs(LocalStore(folder), folder)


def open_url(url: str) -> Blobs:
    """A bucket: `s3://bucket/prefix`, with the credentials of the environment."""
    return Blobs(from_url(url))


def _path(key: str) -> str:
    return f"{key[:2]}/{key}"


def _sync(path: Path) -> None:
    """Have the file and its name on the disk before anyone says it is kept."""
    for name in (path, path.parent):
        handle = os.open(name, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

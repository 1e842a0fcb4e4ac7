"""What this process has at hand, for doors that nobody calls with arguments."""

from dataclasses import dataclass

from plateau.platform.blobs import Blobs
from plateau.platform.db import Db
from plateau.platform.settings import Settings, settings


@dataclass(frozen=True, slots=True)
class Runtime:
    """What a process has at hand."""

    db: Db
    blobs: Blobs
    settings: Settings


_current: list[Runtime] = []


def use(runtime: Runtime) -> None:
    """Set by the entry point, once."""
    _current[:] = [runtime]


def db() -> Db:
    """The database."""
    return _current[0].db


def blobs() -> Blobs:
    """The object store."""
    return _current[0].blobs


def settings_in_use() -> Settings:
    """The settings this process runs with."""
    return _current[0].settings if _current else settings()

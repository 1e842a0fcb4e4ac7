"""Fragments that many people see alike: made once for each change, by whoever asks first."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from fastapi import Request

T = TypeVar("T")
_MOST = 200
_LONGEST_S = 5.0  # what is shown ages even while nothing changes: minutes left, minutes taken


@dataclass(slots=True)
class _Kept:
    lock: threading.Lock = field(default_factory=threading.Lock)
    version: int = -1
    made_at: float = 0.0
    value: Any = None


class Shared:
    """What was made lately, by what it depends on; those asked for longest ago are forgotten."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, version: int, make: Callable[[], T]) -> T:
        """What `make` gives, made again only for another version or after some seconds.

        Whoever asks while it is being made waits for it.
        """
        with self._lock:
            one = self._kept.setdefault(key, _Kept())
            self._kept.move_to_end(key)
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        with one.lock:
            if one.version != version or time.monotonic() - one.made_at > _LONGEST_S:
                started = time.monotonic()
                one.value = make()
                one.made_at, one.version = started, version
            return one.value


def alike(request: Request, topic: str, key: Hashable, make: Callable[[], T]) -> T:
    """What `make` gives, shared with whoever asks for the same until `topic` changes.

    The change that a page heard of is in what it gets: it is counted before any page hears of it.
    """
    listener = getattr(request.app.state, "listener", None)
    if listener is None:  # nobody says what changes
        return make()
    shared: Shared = request.app.state.shared
    return shared.get((topic, key), listener.changes(topic), make)

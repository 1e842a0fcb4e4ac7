"""Where pages of answers ended: whoever asks for page after page never counts them again."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

_MOST = 20_000
_KEPT_S = 300.0


@dataclass(frozen=True, slots=True)
class Place:
    """A study in the order of every list: the latest first, then by identifier."""

    started_at: datetime
    study_id: UUID


class Trail:
    """The last places that were reached, by what was searched and how many answers before.

    A page so begins where the one before it ended, whatever has arrived since at the top. What was
    noted too long ago is counted again.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._places: OrderedDict[tuple[Hashable, int], tuple[float, Place]] = OrderedDict()
        self._lock = threading.Lock()
        self._clock = clock

    def get(self, searched: Hashable, offset: int) -> Place | None:
        """Where the answers before this offset ended, if that was read a short time ago."""
        with self._lock:
            noted_at, place = self._places.get((searched, offset), (0.0, None))
        return place if place and self._clock() - noted_at < _KEPT_S else None

    def note(self, searched: Hashable, offset: int, place: Place) -> None:
        """So many answers end at this place."""
        with self._lock:
            self._places[searched, offset] = (self._clock(), place)
            self._places.move_to_end((searched, offset))
            if len(self._places) > _MOST:
                self._places.popitem(last=False)

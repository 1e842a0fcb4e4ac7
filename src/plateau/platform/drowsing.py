"""Associations on which nothing happens: their threads wait, and cost next to nothing.

The library's two threads of an association look for work a thousand times a second. A hundred idle
machines would leave no processor to the one that sends.
"""

import threading
import time

NAP_S = 0.05  # how long a drowsy thread looks away; what comes from the network wakes it at once
_AWAKE_S = 1.0  # of silence, before a thread is drowsy


class Drowsing(threading.Event):
    """The library's resting point of an association, where its thread naps in times of silence."""

    def __init__(self) -> None:
        super().__init__()
        self._stirred_at = time.monotonic()
        self._woken = threading.Event()
        self.set()

    @property
    def is_drowsy(self) -> bool:
        """Whether nothing has come or gone for a while."""
        return time.monotonic() - self._stirred_at > _AWAKE_S

    def stir(self) -> None:
        """Something comes or goes: whoever naps looks again now."""
        self._stirred_at = time.monotonic()
        self._woken.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Nap if nothing happens, then rest until the thread may go on."""
        if self.is_drowsy:
            self._woken.clear()
            if self.is_drowsy:  # still: nobody stirred in between
                self._woken.wait(NAP_S)
        return super().wait(timeout)

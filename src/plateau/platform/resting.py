"""An association of ours whose reader really rests while we ask something.

The library's thread that reads what a peer asks of us is told to rest before we send; it says that
it rests a moment before it does, and on a busy machine may still take the answer away from us.
"""

import threading

from pynetdicom.association import Association

_LOOK_S = 0.01  # how often a reader that ended is noticed


class Checkpoint(threading.Event):
    """An event whose `clear` returns once the one who waits for it is really held."""

    def __init__(self, reader: threading.Thread) -> None:
        super().__init__()
        self._reader = reader
        self._changed = threading.Condition()
        self._is_open = True
        self._is_held = False

    def is_set(self) -> bool:
        """Whether the reader may go on."""
        return self._is_open

    def set(self) -> None:
        """Let the reader go on."""
        with self._changed:
            self._is_open = True
            self._changed.notify_all()

    def wait(self, timeout: float | None = None) -> bool:
        """Rest until told to go on; for the reader."""
        with self._changed:
            while not self._is_open:
                self._is_held = True
                self._changed.notify_all()
                self._changed.wait(timeout)
            self._is_held = False
        return True

    def clear(self) -> None:
        """Stop the reader; returns once it rests, or has ended."""
        with self._changed:
            self._is_open = False
            if threading.current_thread() is self._reader:
                return
            while not self._is_held and self._reader.is_alive():
                self._changed.wait(_LOOK_S)


def rested(association: Association) -> Association:
    """The same association, safe to ask several things of, one after the other."""
    checkpoint = Checkpoint(association)
    association._reactor_checkpoint = checkpoint  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    return association

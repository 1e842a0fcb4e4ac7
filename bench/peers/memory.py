"""What this process and those it started used: memory at most, processor in all."""

import resource
import threading

import psutil

_LOOK_S = 0.2


def processor() -> float:
    """The processor time of this process and of those it started that have ended, in seconds."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, kinds))


class Peak:
    """Looks five times a second, while it lasts. Units: gibibytes."""

    def __init__(self) -> None:
        self.gib = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Peak":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        me = psutil.Process()
        while not self._ended.wait(_LOOK_S):
            held = sum(_held(one) for one in (me, *me.children(recursive=True)))
            self.gib = max(self.gib, held / 2**30)


def _held(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.Error:  # it has ended
        return 0

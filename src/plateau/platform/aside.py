"""Work that may crash, done in processes of its own: what ends one of them ends nothing else."""

import atexit
import os
import queue
import resource
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

from plateau.kernel.errors import UnavailableError

_SIZE = struct.Struct("<?Q")  # whether it went well, and how many bytes follow


class FailedError(Exception):
    """The work was refused, took too long, or ended the process that did it."""


class Aside:
    """Processes that each run one module, made when first needed and kept for the next question."""

    def __init__(self, module: str, *, most: int, patience_s: float) -> None:
        self._module = module
        self._patience_s = patience_s
        self._idle: queue.LifoQueue[subprocess.Popen[bytes] | None] = queue.LifoQueue()
        self._most = most
        for _ in range(most):
            self._idle.put(None)
        atexit.register(self.close)

    def ask(self, question: bytes) -> bytes:
        """The answer of one of the processes; FailedError when there is none.

        UnavailableError when all of them stayed busy.
        """
        try:
            process = self._idle.get(timeout=self._patience_s)
        except queue.Empty as error:
            raise UnavailableError("too much is being decoded; try again") from error
        try:
            if process is None or process.poll() is not None:
                process = self._start()
            is_well, answer = self._converse(process, question)
        except OSError as error:
            process = _end(process)
            raise FailedError("the process that did the work ended") from error
        finally:
            self._idle.put(process)
        if not is_well:
            raise FailedError("the work was refused")
        return answer

    def close(self) -> None:
        """No process is left; one is made again if somebody asks."""
        with suppress(queue.Empty):
            idle = [self._idle.get_nowait() for _ in range(self._most)]
            for process in idle:
                self._idle.put(_end(process))

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - our own module, no shell
            [sys.executable, "-P", "-m", self._module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )

    def _converse(self, process: subprocess.Popen[bytes], question: bytes) -> tuple[bool, bytes]:
        """What a process answers; OSError when it ends, of itself or for being late."""
        if process.stdin is None or process.stdout is None:
            raise BrokenPipeError
        late = threading.Timer(self._patience_s, process.kill)
        late.daemon = True
        late.start()
        try:
            process.stdin.write(_SIZE.pack(True, len(question)))
            process.stdin.write(question)
            process.stdin.flush()
            head = process.stdout.read(_SIZE.size)
            is_well, size = _SIZE.unpack(head) if len(head) == _SIZE.size else (False, -1)
            answer = process.stdout.read(size) if size >= 0 else b""
        finally:
            late.cancel()
        if len(answer) != size:
            raise BrokenPipeError
        return is_well, answer


def serve(
    answer: Callable[[bytes], bytes], *, refuses: tuple[type[Exception], ...], memory_bytes: int
) -> None:
    """Answer question after question, until whoever asks has gone.

    Nothing that libraries print is taken for an answer; what they cannot hold in `memory_bytes`,
    and what raises one of `refuses`, is refused.
    """
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while head := sys.stdin.buffer.read(_SIZE.size):
        try:
            is_well, said = True, answer(sys.stdin.buffer.read(_SIZE.unpack(head)[1]))
        except (MemoryError, *refuses):
            is_well, said = False, b""
        answers.write(_SIZE.pack(is_well, len(said)))
        answers.write(said)
        answers.flush()


def _end(process: subprocess.Popen[bytes] | None) -> None:
    """End a process at once: it keeps nothing that anybody could miss."""
    if process is None:
        return
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):  # what was not sent can no longer be
                pipe.close()
